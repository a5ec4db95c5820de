"""What Colab's module of this name does for widgets of other packages, written for the tests."""

from __future__ import annotations

from typing import Any

from IPython import get_ipython

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
#: Where Colab says its manager is; the page of the tests only looks whether there is an address.
_URL = "https://colab.example/manager.js"


def enable_custom_widget_manager() -> None:
    """Name a manager in the metadata of all widgets that this thread displays from now on."""
    get_ipython().display_pub.register_hook(_name_manager)


def _name_manager(message: dict[str, Any]) -> dict[str, Any]:
    content = message["content"]
    if _WIDGET_VIEW in content.get("data", {}):
        content["metadata"][_WIDGET_VIEW] = {"colab": {"custom_widget_manager": {"url": _URL}}}
    return message
