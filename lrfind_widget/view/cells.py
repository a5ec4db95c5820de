"""Which cell of a notebook runs now, so that running it again replaces its sweep."""

from __future__ import annotations

import weakref
from typing import Any


class Cells:
    """Remembers what each cell made, until that cell runs again.

    A front end clears the output of a cell that is run again, but the kernel does not
    learn that the widgets in it are gone: a sweep would go on unseen. `claim` closes what the
    same cell made in an earlier execution; two widgets of one execution live side by side.
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


def _now() -> tuple[str, str]:
    """Return the ids of the cell that runs now and of this execution of it, or empty text."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return "", ""
    kernel: Any = getattr(get_ipython(), "kernel", None)
    request: Any = kernel.get_parent() if hasattr(kernel, "get_parent") else None
    if not isinstance(request, dict):
        return "", ""
    cell = request.get("metadata", {}).get("cellId", "")
    return str(cell), str(request.get("header", {}).get("msg_id", ""))


CELLS = Cells()
