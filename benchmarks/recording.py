"""A stand-in for the page that counts what widgets send it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import comm
from comm.base_comm import BaseComm


class Sent:
    """How many messages of which kind, and how many bytes.

    Attributes
    ----------
    total : int
        Bytes in all: content as JSON, and buffers.
    largest : int
        Bytes of the largest message of points.
    """

    def __init__(self) -> None:
        self.total = 0
        self.largest = 0
        self._bytes: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._counting = threading.Lock()

    def add(self, data: dict[str, Any], buffers: list[Any]) -> None:
        """Count a message."""
        size = len(json.dumps(data, default=str)) + sum(memoryview(b).nbytes for b in buffers)
        event = str(data.get("content", {}).get("event") or data.get("method"))
        with self._counting:
            self.total += size
            self._bytes[event] = self._bytes.get(event, 0) + size
            self._counts[event] = self._counts.get(event, 0) + 1
            if event == "append":
                self.largest = max(self.largest, size)

    def of(self, event: str) -> int:
        """Return the bytes of one kind of message."""
        return self._bytes.get(event, 0)

    def count(self, event: str) -> int:
        """Return how many messages of one kind there were."""
        return self._counts.get(event, 0)


@contextlib.contextmanager
def recording_comms() -> Iterator[Sent]:
    """Count what all widgets send that are made meanwhile."""
    sent = Sent()

    class Counting(BaseComm):
        def publish_msg(  # type: ignore[override]
            self, *_: Any, data: Any = None, buffers: Any = None, **__: Any
        ) -> None:
            sent.add(data or {}, list(buffers or []))

    usual = comm.create_comm
    comm.create_comm = Counting  # type: ignore[assignment]
    try:
        yield sent
    finally:
        comm.create_comm = usual
