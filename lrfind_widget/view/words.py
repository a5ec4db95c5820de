"""Sentences and pictures in core widgets alone, for pages that have not our front end."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from typing import Any

from ipywidgets import HTML

from lrfind_widget.view.thread_safe_widget import OwnLayout, OwnStyle, ThreadSafeWidget


class Words(ThreadSafeWidget, HTML):  # type: ignore[misc]
    """What a label of the core does not show: sentences that wrap, and a picture with its words.

    What comes from elsewhere is escaped: it is text.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(layout=OwnLayout(), style=OwnStyle(), **given)

    def close(self) -> None:
        """Close it with its style."""
        self.style.close()
        super().close()

    def say(self, *sentences: str) -> None:
        """Show some sentences, each on a line of its own."""
        self.put(lines(sentences))

    def put(self, markup: str) -> None:
        """Show markup of ours; without any take no room."""
        self.value = markup
        show(self, bool(markup))


def lines(sentences: Iterable[str]) -> str:
    """Return sentences as markup, each on a line of its own."""
    return "".join(f"<div>{escape(text)}</div>" for text in sentences if text)


def image(png: bytes, words: str, style: str = "max-width: 100%") -> str:
    """Return a picture as markup, with the words that stand for it."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{escape(words)}" style="{style}" src="data:image/png;base64,{data}">'


def show(widget: Any, is_shown: bool) -> None:
    """Show a widget, or have it take no room."""
    widget.layout.display = None if is_shown else "none"
