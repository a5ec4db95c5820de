"""What iterating over a user's loader changes in it, and how that is set back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_SCALARS = (bool, int, float, complex, str, type(None))


class LoaderState:
    """The state of data loaders: persistent workers, and counters on samplers and data sets.

    A loader's persistent workers are kept aside: the sweep starts its own, which end with it.
    Of samplers and data sets, attributes that are plain numbers, strings, flags or None are set
    back. What only moves forward (a generator, a stream, a file position) cannot be.
    """

    def __init__(self, loaders: Iterable[object]) -> None:
        self._workers: list[tuple[dict[str, Any], Any]] = []
        self._scalars: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for loader in loaders:
            inside = getattr(loader, "__dict__", None)
            if inside is None:
                continue
            if "_iterator" in inside:
                self._workers.append((inside, inside["_iterator"]))
            for part in _parts(inside):
                attributes = vars(part)
                saved = {k: v for k, v in attributes.items() if type(v) in _SCALARS}
                self._scalars.append((attributes, saved))

    def put_workers_aside(self) -> None:
        """Let the sweep start workers of its own."""
        for inside, _ in self._workers:
            inside["_iterator"] = None

    def restore(self) -> None:
        """End the sweep's workers, put the user's back, set counters back."""
        for inside, workers in self._workers:
            current = inside["_iterator"]
            inside["_iterator"] = workers
            if current is not None and current is not workers:
                shut_down = getattr(current, "_shutdown_workers", None)
                if shut_down is not None:
                    shut_down()
        for attributes, saved in self._scalars:
            for name, value in saved.items():
                if attributes.get(name) is not value and type(attributes.get(name)) in _SCALARS:
                    attributes[name] = value


def _parts(inside: dict[str, Any]) -> list[object]:
    found: list[object] = []
    queue = [inside.get(name) for name in ("sampler", "batch_sampler", "dataset")]
    while queue:
        part = queue.pop()
        attributes = getattr(part, "__dict__", None)
        if not isinstance(attributes, dict) or any(part is other for other in found):
            continue
        found.append(part)
        queue += [attributes.get(name) for name in ("sampler", "batch_sampler", "dataset")]
        more = attributes.get("datasets")
        queue += list(more)[:100] if isinstance(more, (list, tuple)) else []
    return found
