"""What iterating over a user's loader changes in it, and the worker processes behind it.

Whatever this package needs to know of the inside of a `DataLoader` is in this file.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from lrfind_widget.isolation.joined_loader import PARTS, JoinedLoader, end_iterator, numbered
from lrfind_widget.isolation.reach import Reached

_MANY = 2_000_000
"""A list or a row with more elements than this is data."""
_WORKERS = "_iterator"
"""Where a `DataLoader` keeps its persistent workers."""


def add_loaders(reached: Reached, loaders: Iterable[object]) -> None:
    """Add the counters and orders that loaders, samplers and data sets keep.

    Orders are lists and rows of whole numbers, which may be shuffled in place.
    """
    for part in (part for loader in loaders for part in _parts(loader)):
        own = [value for name, value in vars(part).items() if name != _WORKERS]
        if any(isinstance(value, Iterator) for value in own):
            continue
        lists = [value for value in own if type(value) is list and len(value) <= _MANY]
        inner = [value for values in lists for value in values if type(value) is list]
        reached.holders += [part, *lists, *inner]
        reached.tensors += [v for v in own if isinstance(v, Tensor) and _is_row(v)]
        reached.arrays += [v for v in own if isinstance(v, np.ndarray) and _is_row(v)]


class SeparateLoader:
    """A loader with persistent workers of its own; any other loader is used as it is.

    To start a loader again takes its persistent workers from whoever iterates over it meanwhile:
    a cell of the user's, another sweep, or the training where the validation uses the same one.
    """

    def __init__(self, loader: Iterable[Any]) -> None:
        self._persistent: list[Any] = []
        self.loader: Any = self._separate(loader, set())
        """What is read."""
        self._read: Iterator[Any] | None = None

    def epoch(self, _number: int) -> Iterator[Any]:
        """Start it again."""
        self._read = None  # before its successor: two sets of workers would be one too many
        self._read = iter(self.loader)
        return self._read

    def numbered(self) -> Iterator[tuple[Any, tuple[int, ...]]]:
        """Yield each batch with its number, see `joined_loader.numbered`."""
        return numbered(self.loader)

    def start_workers(self) -> bool:
        """Start the persistent workers; return whether that was still to be done."""
        missing = [loader for loader in self._persistent if loader._iterator is None]  # noqa: SLF001
        for loader in missing:
            iter(loader)
        return bool(missing)

    def close(self) -> None:
        """End what was started here: generators, and worker processes."""
        read, self._read = self._read, None
        if read is not self.loader:
            end_iterator(read)
        for loader in self._persistent:
            iterator, loader._iterator = loader._iterator, None  # noqa: SLF001
            end_iterator(iterator)

    def _separate(self, loader: Any, seen: set[int]) -> Any:
        """Return a shallow copy of a loader with persistent workers, and of what wraps one."""
        if isinstance(loader, JoinedLoader):
            return loader.mapped(lambda each: self._separate(each, set()))
        attributes = getattr(loader, "__dict__", None)
        if not isinstance(attributes, dict) or isinstance(loader, Iterator) or id(loader) in seen:
            return loader
        seen.add(id(loader))
        changed: dict[str, Any] = {
            name: new
            for name, value in attributes.items()
            if (name in PARTS or isinstance(value, DataLoader))
            and (new := self._separate(value, seen)) is not value
        }
        persistent = isinstance(loader, DataLoader) and loader.persistent_workers
        if persistent:
            changed[_WORKERS] = None
        if not changed:
            return loader
        # Not by its own __copy__ or __reduce__, which may do anything.
        copied = object.__new__(type(loader))
        vars(copied).update(attributes | changed)
        if persistent:
            self._persistent.append(copied)
        return copied


def live_workers() -> list[str]:
    """Return the threads and worker processes that load data now, by name and number."""
    threads = [t for t in threading.enumerate() if "pin_memory" in t.name]
    # What a process runs is forgotten with its start; that it is one of a loader, or of a pool,
    # shows in that it ends with this one.
    processes = [process for process in multiprocessing.active_children() if process.daemon]
    return [
        *(f"{thread.name} {thread.ident}" for thread in threads),
        *(f"worker process {process.pid}" for process in processes),
    ]


def _is_row(value: Any) -> bool:
    """Whether an array or a tensor is a row of whole numbers, or one such as an epoch's."""
    return value.ndim <= 1 and max(value.shape, default=1) <= _MANY and "int" in str(value.dtype)


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
            if name in PARTS or isinstance(value, (DataLoader, Dataset, Sampler))
        ]
        more = attributes.get("datasets")
        queue += list(more)[:100] if isinstance(more, (list, tuple)) else []
    return found
