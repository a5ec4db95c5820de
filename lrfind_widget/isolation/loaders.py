"""What iterating over a user's loader changes in it, and the worker processes behind it.

Whatever this package needs to know of the inside of a `DataLoader` is in this file.
"""

from __future__ import annotations

import contextlib
import copy
import multiprocessing
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from torch.utils.data import DataLoader, Dataset, Sampler

_SCALARS = (bool, int, float, complex, str, type(None))
_NAMES = ("loader", "dataloader", "sampler", "batch_sampler", "dataset")


class LoaderState:
    """The state of data loaders: persistent workers, and counters on samplers and data sets.

    The sweep starts workers of its own, which end with it. Attributes that are plain numbers,
    strings, flags or None are set back. What only moves forward (a generator, a stream, a file
    position) cannot be, and then the numbers beside it stay as well.
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

    def detach_workers(self) -> None:
        """Let the sweep start workers of its own."""
        for attributes, _ in self._workers:
            attributes["_iterator"] = None

    def restore(self) -> None:
        """End the sweep's workers, attach the user's again, set counters back."""
        for attributes, workers in self._workers:
            current = attributes["_iterator"]
            attributes["_iterator"] = workers
            if current is not workers:
                _shut_down_workers(current)
        for attributes, saved in self._scalars:
            for name, value in saved.items():
                if attributes.get(name) is not value and type(attributes.get(name)) in _SCALARS:
                    attributes[name] = value


class SeparateLoader:
    """A loader with persistent workers of its own; any other loader is used as it is.

    To start a loader again takes its persistent workers from whoever iterates over it meanwhile,
    such as the training where it is the same loader.
    """

    def __init__(self, loader: Iterable[Any]) -> None:
        self._persistent = bool(getattr(loader, "persistent_workers", False))
        self._loader: Any = loader
        if self._persistent:
            self._loader = copy.copy(loader)
            self._loader._iterator = None  # noqa: SLF001

    def __iter__(self) -> Iterator[Any]:
        return iter(self._loader)

    def start_workers(self) -> bool:
        """Start the persistent workers; return whether that was still to be done."""
        missing = self._persistent and self._loader._iterator is None  # noqa: SLF001
        if missing:
            iter(self._loader)
        return missing

    def close(self) -> None:
        """End the persistent workers."""
        if self._persistent:
            iterator, self._loader._iterator = self._loader._iterator, None  # noqa: SLF001
            end_iterator(iterator)


def end_iterator(iterator: object) -> None:
    """End the generator or the worker processes behind an iterator.

    An error of theirs is dropped: the sweep's own end, and its error if there is one, matter more.
    """
    close = getattr(iterator, "close", None)
    if callable(close):
        with contextlib.suppress(Exception):
            close()
    with contextlib.suppress(Exception):
        _shut_down_workers(iterator)


def live_workers() -> list[str]:
    """Return the threads and worker processes that load data now, by name and number."""
    threads = [t for t in threading.enumerate() if "pin_memory" in t.name]
    processes = [
        process
        for process in multiprocessing.active_children()
        if getattr(getattr(process, "_target", None), "__name__", "") == "_worker_loop"
    ]
    return [
        *(f"{thread.name} {thread.ident}" for thread in threads),
        *(f"worker process {process.pid}" for process in processes),
    ]


def _shut_down_workers(iterator: object) -> None:
    shut_down = getattr(iterator, "_shutdown_workers", None)
    if callable(shut_down):
        shut_down()


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
