"""Which cell of a notebook runs now, and whether anybody watches it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from typing import Any


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


def at_end_of_unwatched_cell(action: Callable[[], object]) -> None:
    """Call `action` at the end of the cell that runs now, where nobody watches it.

    A program that runs the notebook (nbconvert, papermill, Quarto) says with each cell that nobody
    can be asked for input. Voila says so too, but shows the widgets to a person afterwards.
    """
    shell, request = _shell_and_request()
    asked = request.get("content", {}).get("allow_stdin")
    if asked is not False or "voila" in os.environ.get("SERVER_SOFTWARE", ""):
        return

    def once(*_: Any) -> None:
        shell.events.unregister("post_run_cell", once)
        action()

    shell.events.register("post_run_cell", once)


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
