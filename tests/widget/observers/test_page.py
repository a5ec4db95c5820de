"""What an observer may do that is called for a message of the page."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget import LRFinderWidget
from tests.waiting import eventually
from tests.widget.hands import drag, set_setting
from tests.widget.observers.observing import WAIT, agrees, fail, is_true, on, open_soon, threads
from tests.widget.shown import bars
from tests.widget.training import Gate

pytestmark = pytest.mark.usefixtures("quick")


class TestInAHandlerOfMessages:
    """A person has moved the marker, or a setting, on the page."""

    def test_may_wait_for_the_result(self, sweeping: LRFinderWidget, gate: Gate) -> None:
        widget = sweeping
        found: list[Any] = []
        done = on(widget, "selected_lr", is_true, lambda: found.append(widget.wait(WAIT)))
        open_soon(gate)
        drag(widget, 0.5)
        assert eventually(lambda: found or done.raised)  # on the publisher's thread, perhaps
        assert done.raised == []
        assert found == [widget.result]
        assert eventually(lambda: agrees(widget))
        assert widget.selected_lr == 0.5

    def test_may_start(self, widget: LRFinderWidget, gate: Gate) -> None:
        done = on(widget, "selected_lr", is_true, widget.start)
        drag(widget, 0.5)
        gate.let(1000)
        assert done.raised == []
        assert widget.wait(WAIT) is widget.result
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_is_told_that_a_start_is_too_early(
        self, sweeping: LRFinderWidget, gate: Gate, handler_errors: list[BaseException]
    ) -> None:
        """By the publisher's thread where that sets the traits at this moment."""
        widget = sweeping
        done = on(widget, "selected_lr", is_true, widget.start)
        drag(widget, 0.5)
        assert eventually(lambda: done.raised)
        assert "stop" in str(done.raised[0])
        assert handler_errors == done.raised * (done.threads == ["MainThread"])
        handler_errors.clear()
        gate.let(1000)
        widget.wait(WAIT)
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    @pytest.mark.parametrize("sweeps", [False, True])
    def test_may_close(self, widget: LRFinderWidget, gate: Gate, sweeps: bool) -> None:
        if sweeps:
            widget.start()
            assert gate.asked.wait(WAIT)
            open_soon(gate)
        done = on(widget, "selected_lr", is_true, widget.close)
        drag(widget, 0.5)
        assert done.raised == []
        assert widget.comm is None
        assert eventually(lambda: not threads())

    def test_may_select(self, widget: LRFinderWidget) -> None:
        on(widget, "selected_lr", is_true, lambda: widget.select(0.25))
        drag(widget, 0.5)
        assert widget.selected_lr == 0.25
        assert agrees(widget)

    def test_may_set_a_setting(self, widget: LRFinderWidget) -> None:
        on(widget, "beta", is_true, lambda: setattr(widget, "skip_start", 3))
        set_setting(widget, "beta", 0.5)
        assert (widget.beta, widget.skip_start) == (0.5, 3)
        assert (bars(widget).settings.beta, bars(widget).settings.skip_start) == (0.5, 3)

    @pytest.mark.parametrize("trait", ["selected_lr", "value"])
    def test_that_raises_is_told_and_leaves_no_trait_behind(
        self, widget: LRFinderWidget, trait: str, handler_errors: list[BaseException]
    ) -> None:
        on(widget, trait, is_true, fail)
        drag(widget, 0.5)
        assert [type(error) for error in handler_errors] == [ZeroDivisionError]
        handler_errors.clear()
        assert agrees(widget)
        assert widget.selected_lr == 0.5

    def test_that_raises_does_not_hold_up_the_next_move(
        self, widget: LRFinderWidget, handler_errors: list[BaseException]
    ) -> None:
        on(widget, "selected_lr", is_true, fail)
        drag(widget, 0.5)
        drag(widget, 0.25)
        assert [type(error) for error in handler_errors] == [ZeroDivisionError]
        handler_errors.clear()
        assert widget.selected_lr == 0.25
        assert agrees(widget)
