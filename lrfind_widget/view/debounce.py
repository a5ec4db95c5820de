"""An action that waits until the calls for it have calmed down."""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable

CLOSE_SECONDS = 10.0
"""How long closing, and the end of the process, wait for an action under way."""

_ALL: weakref.WeakSet[Debounce] = weakref.WeakSet()


class Debounce:
    """Runs an action once, some time after the last of many calls for it."""

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = weakref.WeakMethod(action)
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._due = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False
        _ALL.add(self)

    def call(self, seconds: float) -> None:
        """Ask for the action after so many seconds. Returns at once; any thread may call it."""
        with self._lock:
            self._due = time.monotonic() + seconds
            self._changed.set()
            if self._closed or self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="lrfind-later", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Drop what was asked for, and wait for an action that is under way."""
        with self._lock:
            self._closed = True
            self._changed.set()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=CLOSE_SECONDS)

    def _run(self) -> None:
        while self._is_due():
            action = self._action()
            if action is not None:
                action()
            del action
            with self._lock:
                if self._due <= 0.0:
                    self._thread = None
                    return

    def _is_due(self) -> bool:
        """Wait until the action is due; return False where it is dropped."""
        while True:
            with self._lock:
                if self._closed:
                    self._thread = None
                    return False
                left = self._due - time.monotonic()
                if left <= 0:
                    self._due = 0.0
                    return True
                self._changed.clear()
            self._changed.wait(left)


@atexit.register
def _close_all() -> None:
    """End what draws or waits while the libraries it uses are still whole."""
    for debounce in list(_ALL):
        debounce.close()
