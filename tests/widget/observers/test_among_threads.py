"""What observers hear, and hold up, while several threads call them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Status
from tests.waiting import eventually
from tests.widget.hands import drag
from tests.widget.observers.observing import WAIT, agrees, begin, has_ended, on
from tests.widget.shown import chart
from tests.widget.training import Gate

pytestmark = pytest.mark.usefixtures("quick")


class TestAmongThreads:
    def test_hear_each_change_in_its_order(self, widget: LRFinderWidget, gate: Gate) -> None:
        heard: list[Status] = []
        widget.observe(lambda change: heard.append(change.new), "status")
        for _ in range(3):
            widget.start()
            gate.let(50)
            widget.wait(WAIT)
        assert heard == [Status.SWEEPING, Status.FINISHED] * 3

    def test_that_waits_for_another_thread_holds_up_no_other(
        self, sweeping: LRFinderWidget, gate: Gate
    ) -> None:
        """The observer of one thread waits while another one chooses and reads."""
        widget = sweeping
        chosen = threading.Event()
        on(widget, "status", has_ended, lambda: chosen.wait(WAIT))
        widget.stop()
        gate.let(1)
        assert eventually(lambda: widget.state.status is Status.STOPPED)
        drag(widget, 0.5)
        widget.select(0.25)
        assert chart(widget).marker.value == widget.state.selected_lr == 0.25
        chosen.set()
        assert eventually(lambda: agrees(widget))
        assert widget.selected_lr == 0.25

    def test_hears_the_end_before_a_waiting_cell_goes_on(
        self, widget: LRFinderWidget, gate: Gate
    ) -> None:
        heard: list[Any] = []
        widget.observe(lambda change: heard.append(change.new), "status")
        begin(widget, gate)
        widget.wait(WAIT)
        assert heard[-1] is widget.status is Status.FINISHED
