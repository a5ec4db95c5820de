"""The layouts of our widgets."""

from __future__ import annotations

from ipywidgets import Layout

from lrfind_widget.view.shared_widget import SharedWidget


class OwnLayout(SharedWidget, Layout):  # type: ignore[misc]
    """A layout that Python may change and a page may not."""
