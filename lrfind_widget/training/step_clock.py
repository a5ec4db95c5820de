"""The time a step takes."""

from __future__ import annotations

import time
from collections.abc import Callable


class StepClock:
    """Measures the time that is spent on steps, pauses left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running_since: float | None = None
        self._spent = 0.0

    def go(self) -> None:
        """Let the time run, at the start or after a pause."""
        if self._running_since is None:
            self._running_since = self._clock()

    def halt(self) -> None:
        """Stop the time, for a pause or at the end."""
        self._spent = self._so_far()
        self._running_since = None

    def seconds_per_step(self, steps: int) -> float | None:
        """Return the mean time of a step in seconds; None before the first."""
        return self._so_far() / steps if steps else None

    def _so_far(self) -> float:
        if self._running_since is None:
            return self._spent
        return self._spent + self._clock() - self._running_since
