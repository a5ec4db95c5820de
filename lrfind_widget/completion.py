"""An end that threads and coroutines can wait for."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading

SLICE = 0.25
"""Longest single wait in seconds, so that a keyboard interrupt is never held up."""


class Completion:
    """A moment that comes once."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    @property
    def is_set(self) -> bool:
        """Whether the moment is past."""
        return self._event.is_set()

    def set(self) -> None:
        """Let everyone go on. Any thread may call it, more than once."""
        with self._lock:
            self._event.set()
            waiting, self._waiting = self._waiting, []
        for loop, arrived in waiting:
            # A loop that was closed meanwhile has nobody waiting.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(arrived.set)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the moment, at most `timeout` seconds; return whether it has come."""
        left = math.inf if timeout is None else timeout
        while not self._event.wait(min(SLICE, max(left, 0.0))):
            left -= SLICE
            if left <= 0:
                return False
        return True

    async def wait_async(self) -> None:
        """Wait for the moment in a coroutine, without blocking its loop."""
        arrived = asyncio.Event()
        with self._lock:
            if self._event.is_set():
                return
            self._waiting.append((asyncio.get_running_loop(), arrived))
        await arrived.wait()
