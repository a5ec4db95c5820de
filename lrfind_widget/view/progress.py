"""How far a sweep has come, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable


class Progress:
    """Counts steps and the time that was spent on them, pauses left out.

    Parameters
    ----------
    clock : callable, default time.monotonic
        Returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running_since: float | None = None
        self._spent = 0.0
        self.done = 0

    def go(self) -> None:
        """Let the time run, at the start or after a pause."""
        if self._running_since is None:
            self._running_since = self._clock()

    def halt(self) -> None:
        """Stop the time, for a pause or at the end."""
        if self._running_since is not None:
            self._spent += self._clock() - self._running_since
            self._running_since = None

    def advance(self, steps: int) -> None:
        """Count steps that were taken."""
        self.done += steps

    @property
    def seconds_per_step(self) -> float | None:
        """Mean time of a step in seconds; None before the first."""
        if not self.done:
            return None
        running = 0.0 if self._running_since is None else self._clock() - self._running_since
        return (self._spent + running) / self.done
