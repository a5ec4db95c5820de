"""Observers that act once, and what is asked of the widget afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lrfind_widget import LRFinderWidget, Status
from tests.widget.shown import bars, chart
from tests.widget.training import Gate

WAIT = 30


class Observer:
    """Does something once, when a trait becomes what it waits for.

    Attributes
    ----------
    threads : list of str
        The thread that it was done on.
    raised : list of BaseException
        What it raised, which is raised again.
    """

    def __init__(self, action: Callable[[], object], when: Callable[[Any], bool]) -> None:
        self.threads: list[str] = []
        self.raised: list[BaseException] = []
        self._action = action
        self._when = when

    def __call__(self, change: Any) -> None:
        if self.threads or not self._when(change.new):
            return
        self.threads.append(threading.current_thread().name)
        try:
            self._action()
        except BaseException as error:
            self.raised.append(error)
            raise


def on(widget: LRFinderWidget, trait: str, when: Any, action: Callable[[], object]) -> Observer:
    """Let an observer of a trait act once; `when` is a value, or asks whether it is the one."""
    made = Observer(action, when if callable(when) else lambda new: new is when)
    widget.observe(made, trait)
    return made


def is_true(_: Any) -> bool:
    return True


def has_ended(status: Status) -> bool:
    return not status.is_running and status is not Status.WAITING


def agrees(widget: LRFinderWidget) -> bool:
    """Whether traits, session and page say the same."""
    state, marker = widget.state, chart(widget).marker
    rates = {widget.selected_lr, widget.value, state.selected_lr, marker.value}
    statuses = {widget.status, state.status, Status(bars(widget).run.status)}
    analysis = None if state.is_sweeping else state.analysis
    suggested = None if analysis is None else analysis.suggested.lr
    return len(rates) == len(statuses) == 1 and (
        analysis is None or widget.suggested_lr == suggested
    )


def begin(widget: LRFinderWidget, gate: Gate) -> None:
    """Start a sweep, and let it go on when that is over."""
    widget.start()
    gate.let(1000)


def open_soon(gate: Gate) -> None:
    threading.Timer(0.05, lambda: gate.let(1000)).start()


def fail() -> None:
    raise ZeroDivisionError


def threads() -> list[str]:
    """Return the names of our threads."""
    return [each.name for each in threading.enumerate() if each.name.startswith("lrfind")]
