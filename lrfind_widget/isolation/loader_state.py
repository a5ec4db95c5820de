"""What iterating over a user's loader changes in it, and how that is set back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch.utils.data import DataLoader, Dataset, Sampler

_SCALARS = (bool, int, float, complex, str, type(None))


class LoaderState:
    """The state of data loaders: persistent workers, and counters on samplers and data sets.

    A loader's persistent workers are kept aside: the sweep starts its own, which end with it.
    Of loaders, samplers and data sets, also of those inside another loader, attributes that are
    plain numbers, strings, flags or None are set back. What only moves forward (a generator, a
    stream, a file position) cannot be, and then the numbers beside it stay as well.
    """

    def __init__(self, loaders: Iterable[object]) -> None:
        self._workers: list[tuple[dict[str, Any], Any]] = []
        self._scalars: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for loader in loaders:
            for part in _parts(loader):
                attributes = vars(part)
                workers = isinstance(part, DataLoader) and "_iterator" in attributes
                if workers:
                    self._workers.append((attributes, attributes["_iterator"]))
                own = {k: v for k, v in attributes.items() if not (workers and k == "_iterator")}
                if not any(isinstance(value, Iterator) for value in own.values()):
                    saved = {k: v for k, v in own.items() if type(v) in _SCALARS}
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


_NAMES = ("loader", "dataloader", "sampler", "batch_sampler", "dataset")


def _parts(loader: object) -> list[object]:
    """Return a loader and what it draws from, where these are objects with attributes."""
    found: list[object] = []
    queue = [loader]
    while queue:
        part = queue.pop()
        attributes = getattr(part, "__dict__", None)
        # An iterator only moves forward, as do the numbers in it.
        if not isinstance(attributes, dict) or isinstance(part, Iterator):
            continue
        if any(part is other for other in found):
            continue
        found.append(part)
        queue += [
            value
            for name, value in attributes.items()
            if name in _NAMES or isinstance(value, (DataLoader, Dataset, Sampler))
        ]
        more = attributes.get("datasets")
        queue += list(more)[:100] if isinstance(more, (list, tuple)) else []
    return found
