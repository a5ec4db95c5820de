"""What a mark has sent, and what a page sends to it."""

from __future__ import annotations

from typing import Any

import numpy as np


def floats(buffer: Any) -> list[float]:
    """Return the numbers of a binary buffer."""
    return np.frombuffer(buffer, dtype="<f8").tolist()


def custom(mark: Any) -> list[dict[str, Any]]:
    """Return the custom messages that a mark has sent."""
    return [message["content"] for message in mark.comm.sent("custom")]


def buffers_of(mark: Any, method: str) -> list[list[Any]]:
    """Return the buffers of each message of one kind."""
    return [
        message["buffers"]
        for message in mark.comm.published
        if message["data"].get("method") == method
    ]


def tell(mark: Any, **content: Any) -> None:
    """Send a mark a custom message as the page does."""
    mark.comm.receive({"method": "custom", "content": content})


def put(mark: Any, **state: Any) -> None:
    """Set traits of a mark as the page does."""
    mark.comm.receive({"method": "update", "state": state, "buffer_paths": []})
