"""Messages of a page to a bar."""

from __future__ import annotations

from typing import Any

from lrfind_widget.view.bar import Bar


def press(bar: Bar, **content: Any) -> None:
    """Deliver a custom message as a page would send it."""
    bar.comm.handle_msg(custom(content))


def custom(content: Any) -> dict[str, Any]:
    return {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
