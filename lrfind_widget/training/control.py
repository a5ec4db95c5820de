"""Pause and stop, asked for on one thread and done on another."""

from __future__ import annotations

from collections.abc import Callable

from lrfind_widget.endings import Sentence, sweep_stopped
from lrfind_widget.isolation.random_state import (
    CHANGING,
    RandomState,
    tell_of_change,
    wait_until,
)
from lrfind_widget.outcomes import StopReason


class SweepEnded(Exception):  # noqa: N818 - an end, which need not be an error
    """A pass ends before its last step.

    `sentence` makes the reason in words of the record of the pass and the number of steps planned.
    """

    def __init__(self, reason: StopReason, sentence: Sentence, text: str = "") -> None:
        super().__init__(text)
        self.reason = reason
        self.sentence = sentence


class Control:
    """What a run is asked to do next. Every method may be called from any thread.

    `on_wait` is called on the thread of the run, with True when a pause begins and False when it
    ends; `on_aside` with what is done besides the steps, and with "" when that ends.
    """

    def __init__(self) -> None:
        self.on_wait: Callable[[bool], None] = ignore_wait
        self.on_aside: Callable[[str], None] = ignore_aside
        self.random: RandomState | None = None
        self._paused = False
        self._stopped = False

    def pause(self) -> None:
        """Ask it to wait before its next step."""
        self._set(paused=True)

    def resume(self) -> None:
        """Ask it to go on."""
        self._set(paused=False)

    def stop(self) -> None:
        """Ask it to end before its next step, also where it waits."""
        self._set(stopped=True)

    def reset(self) -> None:
        """Forget what was asked."""
        self._set(paused=False, stopped=False)

    def is_stopped(self) -> bool:
        """Whether it is asked to end."""
        return self._stopped

    def wait_or_stop(self) -> None:
        """Wait while it is asked to wait."""
        while self._waits():
            self._wait()
        if self._stopped:
            raise SweepEnded(StopReason.STOPPED, sweep_stopped)

    def _waits(self) -> bool:
        return self._paused and not self._stopped

    def _wait(self) -> None:
        if self.random is not None:
            self.random.suspend()
        self.on_wait(True)
        try:
            wait_until(lambda: not self._waits())
            if self.random is not None and not self._stopped:
                self.random.resume()
                self.random.take_turn(self.is_stopped)
        finally:
            self.on_wait(False)

    def _set(self, *, paused: bool | None = None, stopped: bool | None = None) -> None:
        with CHANGING:
            if paused is not None:
                self._paused = paused
            if stopped is not None:
                self._stopped = stopped
            tell_of_change()


def ignore_aside(what: str) -> None:
    """Do nothing when something is done besides the steps."""


def ignore_wait(waiting: bool) -> None:
    """Do nothing when a pause begins or ends."""
