"""One thread that brings news to the front end, at a bounded pace."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Protocol

from lrfind_widget.view.background import background, reported

CLOSE_SECONDS = 10.0
"""How long closing waits for a publication under way."""


class Subject(Protocol):
    """What a publisher publishes."""

    def publish(self) -> bool:
        """Send what is new; return True when there will be nothing more."""


class Publisher:
    """Calls `subject.publish()` soon after each `wake()`, at most every `interval` seconds.

    The thread that trains calls `wake()`, which only sets an event: it never waits for a
    front end. The publisher holds its subject weakly, so that a subject nobody wants any
    more can go, and the thread ends with it.

    Parameters
    ----------
    subject : Subject
        The object to publish. Its `publish` runs on the publisher's thread.
    interval : float, default 0.1
        Least time between two calls of `publish`, in seconds.
    on_end : callable, optional
        Called on the publisher's thread after the last `publish`, also when that raised.
    """

    def __init__(
        self,
        subject: Subject,
        *,
        interval: float = 0.1,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self._subject = weakref.ref(subject)
        self._interval = interval
        self._on_end = on_end
        self._news = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lrfind-publisher", daemon=True)

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs on this publisher's thread."""
        return threading.current_thread() is self._thread

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something new. Never blocks; any thread may call it."""
        self._news.set()

    def close(self) -> None:
        """End the thread without another `publish`, and wait for one that is under way."""
        self._closed.set()
        self._news.set()
        if self._thread.ident is not None and not self.is_current_thread:
            # Bounded, since it may be inside an observer that waits for the caller.
            self._thread.join(timeout=CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            with background():
                while not self._publish_once():
                    # The pause bounds the pace; what happens meanwhile goes with the next call.
                    self._closed.wait(self._interval)
        finally:
            if self._on_end is not None:
                self._on_end()

    def _publish_once(self) -> bool:
        """Wait for news and publish it; return True when it was the last."""
        while not self._news.wait(timeout=1.0):
            if self._subject() is None:
                return True
        self._news.clear()
        subject = self._subject()
        if self._closed.is_set() or subject is None:
            return True
        with reported():
            return subject.publish()
        return False
