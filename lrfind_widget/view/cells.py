"""Which cell of a notebook runs now, and whether anybody watches it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ipywidgets import Box, Widget, widget_serialization

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
"""How an output names the widget that it shows."""


class Cells:
    """Remembers what each cell made, until that cell runs again.

    A front end clears the output then, and a sweep would go on unseen: `claim` closes what the same
    cell made in an earlier execution; two widgets of one execution live side by side.
    """

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, weakref.WeakSet[Any]]] = {}

    def claim(self, item: Any) -> None:
        """Register `item`, which can be closed, with the cell that runs now, if there is one."""
        cell, execution = _now()
        if not cell:
            return
        earlier, items = self._made.get(cell, ("", weakref.WeakSet()))
        if earlier != execution:
            for outdated in list(items):
                outdated.close()
            items = weakref.WeakSet()
        items.add(item)
        self._made[cell] = (execution, items)


def after_unwatched_display(widget: Widget, action: Callable[[], object]) -> Callable[[], None]:
    """Call `action` at the end of each cell that displays a widget, where nobody watches it.

    A program that runs the notebook (nbconvert, papermill, Quarto) says with each cell that nobody
    can be asked for input. Voila says so too, but shows the widgets to a person afterwards. The
    widget may lie in a box, which alone is displayed then. What is returned ends that.
    """
    shell, request = _shell_and_request()
    asked = request.get("content", {}).get("allow_stdin")
    if asked is not False or "voila" in os.environ.get("SERVER_SOFTWARE", ""):
        return lambda: None
    displayed: list[str] = []

    def hear(message: dict[str, Any]) -> dict[str, Any]:
        if message["header"]["msg_type"] == "display_data":
            view = message["content"]["data"].get(WIDGET_VIEW, {})
            displayed.append(view.get("model_id", ""))
        return message

    def end(result: Any) -> None:
        seen = [_widget_of(model_id) for model_id in displayed]
        displayed.clear()
        if any(each is widget for each in with_parts([*seen, getattr(result, "result", None)])):
            action()

    shell.display_pub.register_hook(hear)
    shell.events.register("post_run_cell", end)

    def leave() -> None:
        shell.display_pub.unregister_hook(hear)
        if end in shell.events.callbacks["post_run_cell"]:
            shell.events.unregister("post_run_cell", end)

    return leave


def while_cells_run(begin: Callable[[], object], end: Callable[[], object]) -> Callable[[], None]:
    """Call `begin` and `end` around each cell from now on; return what ends that."""
    shell, _ = _shell_and_request()
    events = getattr(shell, "events", None)
    if events is None:
        return lambda: None
    calls = {"pre_run_cell": lambda *_: begin(), "post_run_cell": lambda *_: end()}
    for event, call in calls.items():
        events.register(event, call)

    def leave() -> None:
        for event, call in calls.items():
            if call in events.callbacks[event]:
                events.unregister(event, call)

    return leave


def _widget_of(model_id: str) -> Any:
    return widget_serialization["from_json"](f"IPY_MODEL_{model_id}", None)


def with_parts(widgets: Iterable[Any]) -> Iterator[Any]:
    """Yield what may be widgets, and what lies in them."""
    for each in widgets:
        yield each
        if isinstance(each, Box):
            yield from with_parts(each.children)


def _now() -> tuple[str, str]:
    """Return the ids of the cell that runs now and of this execution of it, or empty text."""
    request = _shell_and_request()[1]
    cell = request.get("metadata", {}).get("cellId", "")
    return str(cell), str(request.get("header", {}).get("msg_id", ""))


def _shell_and_request() -> tuple[Any, dict[str, Any]]:
    """Return IPython's shell, and the request that it deals with now, if it is a kernel's."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None, {}
    shell: Any = get_ipython()
    kernel: Any = getattr(shell, "kernel", None)
    request: Any = kernel.get_parent() if hasattr(kernel, "get_parent") else None
    return shell, request if isinstance(request, dict) else {}


CELLS = Cells()
