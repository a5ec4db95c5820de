"""The optimizer's own rate, where the range does not hold it."""

from __future__ import annotations

import pytest

from lrfind_widget import lr_find
from tests.unit.results import result
from tests.unit.toys import batches, classifier, sgd


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (20.0, "Raise end_lr to 200 to see it."),
        (1e-9, "Lower start_lr to 1e-10 to see it."),
        (0.1, ""),
        (None, ""),
    ],
)
def test_a_suggestion_says_that_it_was_not_tried(own: float | None, said: str) -> None:
    notes = [note for note in result(own_lr=own).suggestion().notes if "own rate" in note]
    assert [note.endswith(said) for note in notes] == [True] * bool(said)
    assert result(own_lr=own).suggestion().certainty == "sure"


def test_a_sweep_keeps_it() -> None:
    model = classifier()
    found = lr_find(model, batches(), sgd(model, lr=20.0), num_it=5, progress=False)
    assert found.own_lr == 20.0
