"""A comm that keeps what a widget sends, and through which a test speaks as the page."""

from __future__ import annotations

import threading
import time
from typing import Any

from comm.base_comm import BaseComm


class RecordingComm(BaseComm):
    """Keeps every message that a widget publishes, instead of sending it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.published: list[dict[str, Any]] = []
        self._publishing = threading.Lock()
        super().__init__(*args, **kwargs)

    def publish_msg(  # type: ignore[override]
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        message = {
            "msg_type": msg_type,
            "data": data or {},
            "buffers": list(buffers or []),
            "at": time.monotonic(),
        }
        with self._publishing:
            self.published.append(message)

    def sent(self, method: str) -> list[dict[str, Any]]:
        """Return the data of the messages of one kind: "update", "custom" or "echo_update"."""
        return [
            message["data"]
            for message in list(self.published)
            if message["data"].get("method") == method
        ]

    def receive(self, data: Any, buffers: Any = ()) -> None:
        """Hand the widget a message as if the page had sent it."""
        self.handle_msg({"content": {"data": data}, "buffers": list(buffers)})
