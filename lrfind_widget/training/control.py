"""Pause and stop, asked for on one thread and heeded on another."""

from __future__ import annotations

import threading


class Control:
    """What a sweep is asked to do next. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused = False
        self._stopped = False
        self.asked = False
        """Whether anything is asked at all; a sweep looks here before each step."""

    @property
    def paused(self) -> bool:
        """Whether the sweep is asked to wait."""
        return self._paused and not self._stopped

    @property
    def stopped(self) -> bool:
        """Whether the sweep is asked to end."""
        return self._stopped

    def pause(self) -> None:
        """Ask the sweep to wait before its next step."""
        self._set(paused=True)

    def resume(self) -> None:
        """Ask it to go on."""
        self._set(paused=False)

    def stop(self) -> None:
        """Ask it to end before its next step, also where it waits."""
        self._set(stopped=True)

    def wait_while_paused(self) -> None:
        """Block until somebody asks to go on or to end."""
        with self._changed:
            self._changed.wait_for(lambda: not self.paused)

    def reset(self) -> None:
        """Forget what was asked."""
        self._set(paused=False, stopped=False)

    def _set(self, *, paused: bool | None = None, stopped: bool | None = None) -> None:
        with self._changed:
            if paused is not None:
                self._paused = paused
            if stopped is not None:
                self._stopped = stopped
            self.asked = self._paused or self._stopped
            self._changed.notify_all()
