"""What a page types for the next sweep, and that each choice is to be applied."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget import LRFinderWidget
from tests.widget.hands import drag
from tests.widget.messages import put, tell
from tests.widget.shown import bars
from tests.widget.training import adam, classifier

pytestmark = pytest.mark.usefixtures("quick")


def type_in(widget: LRFinderWidget, **texts: str) -> None:
    for name, text in texts.items():
        tell(bars(widget).settings, event="type", name=name, text=text)


def run(widget: LRFinderWidget) -> None:
    tell(bars(widget).run, event="press", command="start")


def test_is_what_the_button_starts(make: Any) -> None:
    widget = make(num_it=100)
    type_in(widget, num_it="12", start_lr="1e-4", end_lr="1", repeats="2", wd="0.1", seed="3")
    run(widget)
    result = widget.wait(60)
    taken = {name: result.settings[name] for name in ("num_it", "start_lr", "end_lr", "repeats")}
    assert taken == {"num_it": 12, "start_lr": 1e-4, "end_lr": 1.0, "repeats": 2}
    assert (result.settings["wd"], result.settings["seed"]) == (0.1, 3)
    assert bars(widget).settings.refused_messages == 0


def test_what_is_wrong_is_said_and_starts_nothing(make: Any) -> None:
    widget = make(num_it=12)
    type_in(widget, num_it="<b>many</b>")
    said = bars(widget).settings.wrong
    assert said == 'Steps: "<b>many</b>" is not a number.'
    run(widget)
    assert widget.status == "waiting"
    type_in(widget, num_it="15")
    assert bars(widget).settings.wrong == ""
    run(widget)
    assert len(widget.wait(60)) == 15


@pytest.mark.parametrize(
    "message",
    [
        {"name": "num_it"},
        {"text": "5"},
        {"name": "num_it", "text": 5},
        {"name": "num_it", "text": None},
        {"name": "num_it", "text": "5" * 41},
        {"name": "isolation", "text": "in_place"},
        {"name": "loss_fn", "text": "x"},
        {"name": ["num_it"], "text": "5"},
        {"name": {}, "text": {}},
    ],
)
def test_a_message_that_makes_no_sense_is_refused(make: Any, message: dict[str, Any]) -> None:
    widget = make(num_it=12)
    tell(bars(widget).settings, event="type", **message)
    assert bars(widget).settings.refused_messages == 1
    assert widget.state.typed == {}


def test_a_range_of_each_group_is_not_for_a_page(make: Any) -> None:
    model = classifier()
    optimizer = adam(model)
    widget = make(model, optimizer=optimizer, start_lr=[1e-6], end_lr=1.0)
    type_in(widget, start_lr="1e-3")
    assert bars(widget).settings.refused_messages == 1


class TestApplyEveryChoice:
    def test_can_be_switched_on_and_off_by_a_page(self, make: Any) -> None:
        model = classifier()
        optimizer = adam(model)
        widget = make(model, optimizer=optimizer, num_it=20)
        drag(widget, 0.02)
        put(bars(widget).settings, auto_apply=True)
        assert optimizer.param_groups[0]["lr"] == 0.02
        drag(widget, 0.05)
        assert optimizer.param_groups[0]["lr"] == 0.05
        put(bars(widget).settings, auto_apply=False)
        drag(widget, 0.1)
        assert optimizer.param_groups[0]["lr"] == 0.05

    @pytest.mark.parametrize("value", [None, 1, "yes", [True]])
    def test_is_yes_or_no(self, make: Any, value: Any) -> None:
        widget = make(num_it=20)
        put(bars(widget).settings, auto_apply=value)
        assert bars(widget).settings.refused_messages == 1
        assert bars(widget).settings.auto_apply is widget.state.auto_apply is False

    def test_is_not_there_without_an_optimizer(self, make: Any) -> None:
        widget = make(num_it=12)
        widget.start()
        stored = LRFinderWidget.from_result(widget.wait(60))
        put(bars(stored).settings, auto_apply=True)
        assert bars(stored).settings.refused_messages == 1
        assert bars(stored).settings.auto_apply is None
        stored.close()
