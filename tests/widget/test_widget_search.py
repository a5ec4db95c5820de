"""Search: the search for a rate by short trainings, with a stand-in for the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lrfind_widget import LRFinderWidget, SearchResult, Status
from lrfind_widget.curves.formatting import format_lr
from tests.waiting import eventually
from tests.widget.hands import press
from tests.widget.messages import tell
from tests.widget.shown import bars, below
from tests.widget.training import Gate, adam, batches, bits, classifier

RANGE = {"start_lr": 1e-5, "end_lr": 1.0, "num_it": 50, "seed": 0, "stop_div": False}


@pytest.fixture
def make(make: Any) -> Callable[..., LRFinderWidget]:
    """Make widgets over a short range."""
    return lambda *objects, **given: make(*objects, **(RANGE | given))


def found_by(widget: LRFinderWidget) -> SearchResult:
    found = widget.wait(60)
    assert isinstance(found, SearchResult)
    return found


def test_the_button_searches_from_the_suggestion_and_selects_what_is_found(make: Any) -> None:
    widget = make()
    widget.start()
    widget.wait(60)
    suggested = widget.suggested_lr
    press(widget, "Search")
    found = found_by(widget)
    assert found.lrs[0] == suggested
    assert widget.comparison is found
    assert widget.selected_lr == found.best_lr
    panel = below(widget)
    assert panel.bar.sentence == found.standing
    assert found.verdict.startswith(f"Take {format_lr(found.best_lr)}. ")
    assert widget.status is Status.FINISHED
    assert bars(widget).how.identical
    assert bars(widget).run.done == bars(widget).run.total


def test_every_rate_has_its_line_also_those_that_were_added(make: Any) -> None:
    widget = make()
    widget.search(1e-4, steps=24)
    found = found_by(widget)
    assert len(found.lrs) > 3
    curves = below(widget).chart.curves
    assert len(curves.names) == len(found.lrs)
    assert [int((curves.number == n).sum()) for n in range(len(found.lrs))] == list(found.taken)
    assert any(found.dropped)
    assert "fell behind and ended early" in curves.label


def test_it_is_said_how_far_it_is(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    widget.search(1e-3, steps=16)
    gate.let(2)
    assert eventually(lambda: "16 of" not in bars(widget).run.sentence)
    assert "Searching: 3 rates from 3.2e-4 to 3.2e-3," in bars(widget).run.sentence
    assert bars(widget).run.total == 48
    widget.stop()
    gate.let(3)
    widget.wait(60)


def test_it_can_be_paused_resumed_and_stopped_with_what_is_known(make: Any) -> None:
    gate = Gate()
    widget = make(data=gate)
    widget.search(1e-3, steps=16)
    gate.let(3)
    widget.pause()
    gate.let(1)
    assert eventually(lambda: widget.status is Status.PAUSED)
    widget.resume()
    gate.let(8)
    assert eventually(lambda: bars(widget).run.done > 25)
    widget.stop()
    gate.let(100)
    found = found_by(widget)
    assert widget.status is Status.STOPPED
    assert found.sentence.startswith("Stopped on request after")
    assert "So far:" in found.sentence
    assert below(widget).bar.sentence == found.verdict


def test_everything_comes_back(make: Any) -> None:
    model = classifier()
    optimizer = adam(model)
    before = bits(model, optimizer)
    widget = make(model, batches(), optimizer)
    widget.search(1e-3, steps=12)
    widget.wait(60)
    assert bits(model, optimizer) == before


def test_a_part_of_the_data_is_held_back_with_one_press(make: Any) -> None:
    widget = make()
    widget.search(1e-3, steps=12, for_steps=100)
    assert "training loss decided" in found_by(widget).sentence
    press(widget, "Search with validation")
    found = found_by(widget)
    assert (found.hold_back, found.for_steps, found.lrs[0]) == (0.2, 100, 1e-3)
    assert "search_held_back" not in [each["command"] for each in below(widget).bar.buttons]
    assert np.isfinite(below(widget).chart.curves.val_loss).any()


def test_what_cannot_be_held_back_is_not_offered(make: Any) -> None:
    widget = make(data=batches(2))
    widget.search(1e-3, steps=12)
    widget.wait(60)
    assert "search_held_back" not in [each["command"] for each in below(widget).bar.buttons]
    with pytest.raises(ValueError, match="leaves nothing to train with"):
        widget.search_held_back()


def test_it_begins_at_the_rate_that_is_seen_though_that_was_not_told_yet(make: Any) -> None:
    widget = make()
    tell(bars(widget).choice, event="press", command="search", value=0.05)
    found = found_by(widget)
    assert (found.lrs[0], found.origin) == (0.05, "chosen")


def test_with_validation_too_it_begins_at_the_rate_that_is_seen(make: Any) -> None:
    widget = make()
    widget.search(steps=12)
    widget.wait(60)
    tell(below(widget).bar, event="press", command="search_held_back", value=0.05)
    found = found_by(widget)
    assert (found.hold_back, found.lrs[0], found.origin) == (0.2, 0.05, "chosen")


def test_the_rate_is_that_for_the_real_training(make: Any) -> None:
    widget = make()
    widget.search(1e-3, steps=12)
    plain = found_by(widget)
    widget.search(1e-3, steps=12, for_steps=120, for_schedule="one_cycle")
    found = found_by(widget)
    assert found.best_lr == pytest.approx(plain.best_lr * 10 ** (0.42 - 0.32))
    assert widget.selected_lr == found.best_lr


def test_a_choice_by_hand_stays_and_the_best_is_a_press_away(make: Any) -> None:
    widget = make()
    widget.selected_lr = 2e-3
    widget.search(steps=24)
    found = found_by(widget)
    assert found.lrs[0] == 2e-3
    assert widget.selected_lr == 2e-3
    press(widget, f"Use {format_lr(found.best_lr)}")
    assert widget.selected_lr == found.best_lr


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ({"lr": -1.0}, "lr must be finite"),
        ({"for_steps": 0}, "for_steps=0"),
        ({"for_schedule": "linear"}, "for_schedule='linear'"),
        ({"hold_back": 2.0}, "hold_back=2.0"),
    ],
)
def test_a_goal_that_is_none_is_refused_before_anything_is_shown(
    make: Any, goal: dict[str, Any], words: str
) -> None:
    widget = make()
    with pytest.raises(ValueError, match=words):
        widget.search(**goal)
    assert below(widget) is None
