"""An action that waits until the calls for it have calmed down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Debounce:
    """Runs an action once, some time after the last of many calls for it.

    Parameters
    ----------
    action : callable
        Runs on a thread of its own.
    seconds : float
        How long there must be no further call.
    """

    def __init__(self, action: Callable[[], None], seconds: float) -> None:
        self._action = action
        self._seconds = seconds
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._due = 0.0
        self._waiting = False

    def call(self) -> None:
        """Ask for the action. Returns at once; any thread may call it."""
        with self._lock:
            self._due = time.monotonic() + self._seconds
            if self._waiting or self._cancelled.is_set():
                return
            self._waiting = True
        threading.Thread(target=self._run, name="lrfind-debounce", daemon=True).start()

    def cancel(self) -> None:
        """Forget what was asked for, and refuse further calls."""
        self._cancelled.set()

    def _run(self) -> None:
        while not self._cancelled.wait(max(0.0, self._due - time.monotonic())):
            with self._lock:
                if time.monotonic() < self._due:
                    continue
                self._waiting = False
            self._action()
            return
