"""Which cell of a notebook runs now, so that running it again replaces its sweep."""

from __future__ import annotations

import weakref
from typing import Any, Protocol


class Closable(Protocol):
    """Anything that can be closed."""

    def close(self) -> None:
        """End what runs and let go of everything."""


class Cells:
    """Remembers what each cell made, until that cell runs again.

    A front end clears the output of a cell that is run again, but the kernel does not
    learn that the widgets in it are gone: a sweep would go on unseen. `claim` closes what the
    same cell made in an earlier execution; two widgets of one execution live side by side.
    """

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, list[weakref.ref[Closable]]]] = {}

    def claim(self, item: Closable) -> None:
        """Register `item` with the cell that runs now, if there is one."""
        cell, execution = _now()
        if not cell:
            return
        earlier, items = self._made.get(cell, (execution, []))
        if earlier != execution:
            for reference in items:
                outdated = reference()
                if outdated is not None:
                    outdated.close()
            items = []
        self._made[cell] = (execution, [*items, weakref.ref(item)])


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
