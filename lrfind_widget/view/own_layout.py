"""The layouts of our widgets."""

from __future__ import annotations

from ipywidgets import Layout

from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget


class OwnLayout(ThreadSafeWidget, Layout):  # type: ignore[misc]
    """A layout that Python may change and a page may not."""
