"""Google Colab, and what it asks for before it shows a widget of another package."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def is_here() -> bool:
    """Whether this is a kernel of Colab's, which makes no models but those that it draws."""
    return "google.colab" in sys.modules


@contextmanager
def heard_of_display(mime_type: str) -> Iterator[dict[str, Any]]:
    """Listen to what Colab adds of one type to an output that is displayed meanwhile.

    Colab shows an output with the manager of widgets that these name, and adds them in the thread
    that runs the cells alone, so that an update from another one has to repeat them. Elsewhere
    none.
    """
    heard: dict[str, Any] = {}
    if not is_here():
        yield heard
        return
    importlib.import_module("google.colab.output").enable_custom_widget_manager()

    def listen(message: dict[str, Any]) -> dict[str, Any]:
        metadata = message["content"].get("metadata", {})
        if mime_type in metadata:
            heard[mime_type] = metadata[mime_type]
        return message

    # After Colab's own, which is asked first.
    publisher = sys.modules["IPython"].get_ipython().display_pub
    publisher.register_hook(listen)
    try:
        yield heard
    finally:
        publisher.unregister_hook(listen)
