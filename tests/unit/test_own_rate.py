"""The optimizer's own rate, where the range does not hold it."""

from __future__ import annotations

import pytest

from lrfind_widget import lr_find
from lrfind_widget.curves.group_ranges import GroupRanges
from tests.unit.curves import exponential, valley
from tests.unit.results import result
from tests.unit.toys import batches, classifier, sgd


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (20.0, "Sweep to 200 to see it."),
        (1e-9, "Sweep from 1e-10 to see it."),
        (0.1, ""),
        (None, ""),
    ],
)
def test_a_suggestion_says_that_it_was_not_tried(own: float | None, said: str) -> None:
    notes = [note for note in result(own_lr=own).suggestion().notes if "own rate" in note]
    assert [note.endswith(said) for note in notes] == [True] * bool(said)
    assert result(own_lr=own).suggestion().certainty == "sure"


def test_with_ranges_of_groups_the_end_is_a_list_as_it_is_typed() -> None:
    groups = GroupRanges((1e-7, 1e-5), (10.0, 10.0), 0).settings()
    found = result(own_lr=20.0, settings={"groups": groups})
    assert any("Sweep to [200, 95] to see it." in note for note in found.suggestion().notes)

    lrs = exponential(end_lr=1e-2)
    groups = GroupRanges((1e-7, 1e-6), (1e-2, 1.0), 0).settings()
    settings = {"start_lr": 1e-7, "end_lr": 1e-2, "num_it": 100, "groups": groups}
    doubted = result(valley(lrs, noise=0.01), lrs=lrs, settings=settings).suggestion()
    assert "better. Sweep to [1e-1, 16]." in " ".join(doubted.caveats)
    assert doubted.advice is not None
    assert doubted.advice.value == pytest.approx(0.1)


def test_a_sweep_keeps_it() -> None:
    model = classifier()
    found = lr_find(model, batches(), sgd(model, lr=20.0), num_it=5, progress=False)
    assert found.own_lr == 20.0
