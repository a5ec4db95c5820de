"""One thread that takes news to its listeners at a bounded pace."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from lrfind_widget.background import background, reported
from lrfind_widget.completion import Completion

HOLD_SECONDS = 5.0
"""How long the first publication waits at most for whoever started."""

CLOSE_SECONDS = 10.0
"""How long closing waits for a publication under way."""


class Publisher:
    """Calls a method soon after each `wake()`, at most every `interval` seconds.

    The thread that trains calls `wake()`, which only sets an event: it never waits for a front
    end. The method's object is held weakly, and the thread ends with it.
    """

    def __init__(self, publish: Callable[[Any], bool], run: Any, interval: float) -> None:
        self._published = run
        self._publish = weakref.WeakMethod(publish)
        self._interval = interval
        self._news = threading.Event()
        self._released = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lrfind-publisher", daemon=True)
        self.completion = Completion()

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs on this publisher's thread."""
        return threading.current_thread() is self._thread

    @property
    def can_be_waited_for(self) -> bool:
        """Whether another thread than the caller's publishes, in this process."""
        return self._thread.is_alive() and not self.is_current_thread

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def release(self) -> None:
        """Let it publish: whoever started it has called the listeners, or waits for the end."""
        self._tell(self._released)

    def wake(self) -> None:
        """Say that there is something new. Never blocks; any thread may call it."""
        self._tell(self._news)

    def close(self) -> None:
        """End the thread without another publication, and wait for one that is under way."""
        self._tell(self._closed, self._news, self._released)
        if self.can_be_waited_for:
            # Bounded, since it may be inside an observer that waits for the caller.
            self._thread.join(timeout=CLOSE_SECONDS)

    def _tell(self, *events: threading.Event) -> None:
        """Set events, unless its thread is gone: where a process was forked they may be locked."""
        if self._thread.ident is None or self._thread.is_alive():
            for event in events:
                event.set()

    def _run(self) -> None:
        try:
            with background():
                self._released.wait(HOLD_SECONDS)
                while not self._publish_once():
                    # The pause bounds the pace; what happens meanwhile goes with the next call.
                    self._closed.wait(self._interval)
        finally:
            self.completion.set()

    def _publish_once(self) -> bool:
        """Wait for news and publish it; return whether it was the last."""
        while not self._news.wait(timeout=1.0):
            if self._publish() is None:
                return True
        self._news.clear()
        publish = self._publish()
        if self._closed.is_set() or publish is None:
            return True
        with reported():
            return publish(self._published)
        return False
