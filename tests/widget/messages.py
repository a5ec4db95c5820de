"""What a widget has sent, and what a page sends to it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np


def written(column: Any) -> list[float]:
    """Return the numbers of a column that is text, as those within another value are."""
    return floats(base64.b64decode(column["float64"]))


def floats(buffer: Any) -> list[float]:
    """Return the numbers of a binary buffer."""
    return np.frombuffer(buffer, dtype="<f8").tolist()


def custom(widget: Any) -> list[dict[str, Any]]:
    """Return the custom messages that a widget has sent."""
    return [message["content"] for message in widget.comm.sent("custom")]


def buffers_of(mark: Any, method: str) -> list[list[Any]]:
    """Return the buffers of each message of one kind."""
    return [
        message["buffers"]
        for message in mark.comm.published
        if message["data"].get("method") == method
    ]


def updates(widget: Any) -> list[dict[str, Any]]:
    """Return the states that a widget has sent, without what it has echoed."""
    return [message["state"] for message in widget.comm.sent("update")]


def tell(widget: Any, **content: Any) -> None:
    """Send a widget a custom message as the page does."""
    widget.comm.receive({"method": "custom", "content": content})


def put(widget: Any, **state: Any) -> None:
    """Set traits of a widget as the page does."""
    widget.comm.receive({"method": "update", "state": state, "buffer_paths": []})
