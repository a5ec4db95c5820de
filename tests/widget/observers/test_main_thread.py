"""What an observer may do that is called on the main thread."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget, Status
from lrfind_widget.publisher import Publisher
from tests.waiting import eventually
from tests.widget.observers.observing import (
    WAIT,
    agrees,
    begin,
    fail,
    is_true,
    on,
    open_soon,
    threads,
)
from tests.widget.training import Gate

pytestmark = pytest.mark.usefixtures("quick")


class TestOnTheMainThread:
    """`start()` has begun a sweep, and calls the observers before it returns."""

    def test_may_wait_for_the_result(self, widget: LRFinderWidget, gate: Gate) -> None:
        found: list[Any] = []

        def wait() -> None:
            open_soon(gate)
            found.append(widget.wait(WAIT))

        done = on(widget, "status", Status.SWEEPING, wait)
        widget.start()
        assert found == [widget.result]
        assert done.threads == ["MainThread"]
        assert eventually(lambda: agrees(widget) and widget.status is Status.FINISHED)

    def test_is_told_that_a_second_start_is_too_early(
        self, widget: LRFinderWidget, gate: Gate
    ) -> None:
        done = on(widget, "status", Status.SWEEPING, widget.start)
        with pytest.raises(RuntimeError, match="stop"):
            widget.start()
        assert len(done.raised) == 1
        gate.let(1000)
        assert widget.wait(WAIT) is widget.result
        assert len(widget.runs) == 1
        assert agrees(widget)

    def test_may_close(self, widget: LRFinderWidget, gate: Gate) -> None:
        def close() -> None:
            open_soon(gate)
            widget.close()

        done = on(widget, "status", Status.SWEEPING, close)
        widget.start()
        assert done.raised == []
        assert widget.comm is None
        assert eventually(lambda: not threads())

    def test_may_stop(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", Status.SWEEPING, widget.stop)
        begin(widget, gate)
        widget.wait(WAIT)
        assert widget.status is Status.STOPPED

    def test_may_select(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", Status.SWEEPING, lambda: widget.select(0.5))
        widget.start()
        assert agrees(widget)
        gate.let(1000)
        widget.wait(WAIT)
        assert widget.selected_lr == 0.5
        assert agrees(widget)

    def test_may_raise_and_the_sweep_goes_on(self, widget: LRFinderWidget, gate: Gate) -> None:
        on(widget, "status", Status.SWEEPING, fail)
        with pytest.raises(ZeroDivisionError):
            widget.start()
        gate.let(1000)
        assert widget.wait(WAIT) is widget.result
        assert agrees(widget)

    def test_hears_of_the_start_before_anything_else_however_fast_the_sweep(
        self, widget: LRFinderWidget, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard: list[tuple[Status, str]] = []
        widget.observe(
            lambda change: heard.append((change.new, threading.current_thread().name)), "status"
        )
        real = Publisher.start

        def start_and_be_quick(publisher: Publisher) -> None:
            gate.let(1000)
            real(publisher)
            publisher.completion.wait(1)

        monkeypatch.setattr(Publisher, "start", start_and_be_quick)
        widget.start()
        assert heard[0] == (Status.SWEEPING, "MainThread")
        widget.wait(WAIT)
        assert [status for status, _ in heard] == [Status.SWEEPING, Status.FINISHED]

    @pytest.mark.parametrize("trait", ["selected_lr", "value"])
    def test_that_raises_leaves_no_trait_behind(self, widget: LRFinderWidget, trait: str) -> None:
        on(widget, trait, is_true, fail)
        with pytest.raises(ZeroDivisionError):
            widget.select(0.5)
        assert widget.selected_lr == widget.value == 0.5

    @pytest.mark.parametrize("trait", ["beta", "rule", "y_range"])
    def test_of_a_setting_that_raises_leaves_no_trait_behind(
        self, widget: LRFinderWidget, gate: Gate, trait: str
    ) -> None:
        begin(widget, gate)
        widget.wait(WAIT)
        on(widget, trait, is_true, fail)
        changes = {"beta": 0.5, "rule": "min_over_10", "y_range": "all"}
        with pytest.raises(ZeroDivisionError):
            widget.analyse(**changes)
        assert {name: getattr(widget, name) for name in changes} == changes
        assert agrees(widget)
