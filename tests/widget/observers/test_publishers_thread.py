"""What an observer may do that is called on the publisher's thread."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Status
from tests.waiting import eventually
from tests.widget.observers.observing import (
    WAIT,
    agrees,
    begin,
    fail,
    has_ended,
    is_true,
    on,
    threads,
)
from tests.widget.shown import bars
from tests.widget.training import Gate

pytestmark = pytest.mark.usefixtures("quick")


class TestOnThePublishersThread:
    """A sweep has ended; its result is there already."""

    def test_may_wait_for_the_result(self, widget: LRFinderWidget, gate: Gate) -> None:
        found: list[Any] = []
        done = on(widget, "status", has_ended, lambda: found.append(widget.wait(WAIT)))
        begin(widget, gate)
        assert widget.wait(WAIT) is widget.result
        assert found == [widget.result]
        assert done.threads == ["lrfind-publisher"]
        assert agrees(widget)

    def test_may_wait_on_another_thread(self, widget: LRFinderWidget, gate: Gate) -> None:
        found: list[Any] = []

        def wait_elsewhere() -> None:
            thread = threading.Thread(target=lambda: found.append(widget.wait(WAIT)))
            thread.start()
            thread.join(0.05)

        on(widget, "status", has_ended, wait_elsewhere)
        begin(widget, gate)
        widget.wait(WAIT)
        assert eventually(lambda: found == [widget.result])

    @pytest.mark.parametrize("trait", ["status", "suggested_lr", "min_grad_lr", "selected_lr"])
    def test_may_start_the_next_sweep(self, widget: LRFinderWidget, gate: Gate, trait: str) -> None:
        when = has_ended if trait == "status" else is_true
        done = on(widget, trait, when, lambda: widget.start(wd=0.5))
        begin(widget, gate)
        assert eventually(lambda: len(widget.runs) == 2)
        widget.wait(WAIT)
        assert done.threads == ["lrfind-publisher"]
        assert [run.settings["wd"] for run in widget.runs] == [None, 0.5]
        assert eventually(lambda: agrees(widget))

    @pytest.mark.parametrize("trait", ["suggested_lr", "selected_lr"])
    def test_that_starts_the_next_sweep_sees_it_in_the_status(
        self, widget: LRFinderWidget, gate: Gate, trait: str
    ) -> None:
        on(widget, trait, is_true, widget.start)
        widget.start()
        gate.let(50)
        assert eventually(lambda: len(widget.runs) == 1 and widget.state.status is Status.SWEEPING)
        assert eventually(lambda: widget.status is Status.SWEEPING, 2)
        gate.let(1000)
        widget.wait(WAIT)

    def test_may_compare(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", has_ended, lambda: widget.compare([1e-3, 1e-2], steps=3))
        begin(widget, gate)
        assert eventually(lambda: widget.comparison is not None)
        assert eventually(lambda: agrees(widget) and widget.status is Status.FINISHED)

    def test_may_close(self, widget: LRFinderWidget, gate: Gate) -> None:
        done = on(widget, "status", has_ended, widget.close)
        begin(widget, gate)
        assert eventually(lambda: widget.comm is None)
        assert done.raised == []
        assert eventually(lambda: not threads())
        assert widget.result is not None

    def test_may_select(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", has_ended, lambda: widget.select(0.5))
        begin(widget, gate)
        widget.wait(WAIT)
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    def test_may_apply(self, widget: LRFinderWidget, gate: Gate) -> None:
        done = on(widget, "status", has_ended, widget.apply)
        begin(widget, gate)
        widget.wait(WAIT)
        assert done.raised == []
        assert bars(widget).choice.message.startswith("Applied: lr went from 1e-3 to")

    def test_may_change_a_setting(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", has_ended, lambda: setattr(widget, "rule", "min_over_10"))
        begin(widget, gate)
        widget.wait(WAIT)
        assert widget.suggested_lr == widget.suggestions["min_over_10"].lr
        assert agrees(widget)

    def test_may_raise_and_the_end_is_shown_all_the_same(
        self, widget: LRFinderWidget, gate: Gate, told: list[BaseException]
    ) -> None:
        on(widget, "status", has_ended, fail)
        begin(widget, gate)
        assert widget.wait(WAIT) is widget.result
        assert agrees(widget)
        assert [type(error) for error in told] == [ZeroDivisionError]
