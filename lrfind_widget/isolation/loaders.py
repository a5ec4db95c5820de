"""What iterating over a user's loader changes in it, and the worker processes behind it.

Whatever this package needs to know of the inside of a `DataLoader` is in this file.
"""

from __future__ import annotations

import contextlib
import copy
import multiprocessing
import operator
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

_SCALARS = (bool, int, float, complex, str, type(None))
_MANY = 2_000_000
"""A list or a row with more elements than this is data."""
_NAMES = ("loader", "dataloader", "sampler", "batch_sampler", "dataset")
_WORKERS = "_iterator"
"""Where a `DataLoader` keeps its persistent workers."""


class LoaderState:
    """The state of data loaders: counters and orders kept by loaders, samplers and data sets.

    Attributes that are plain numbers, strings, flags or None are set back, and so are lists and
    rows of whole numbers, which may be shuffled in place. What only moves forward (a generator, a
    stream, a file position) cannot be, and then what is beside it stays as well.
    """

    def __init__(self, loaders: Iterable[object]) -> None:
        self._attributes: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._rows: list[tuple[Any, Any]] = []
        for part in (part for loader in loaders for part in _parts(loader)):
            attributes = vars(part)
            own = {k: v for k, v in attributes.items() if k != _WORKERS}
            if any(isinstance(value, Iterator) for value in own.values()):
                continue
            for value in own.values():
                if type(value) is list and len(value) <= _MANY:
                    inner = [part for part in value if type(part) is list and len(part) <= _MANY]
                    self._lists += [(part, list(part)) for part in (value, *inner)]
                elif _is_row(value):
                    self._rows.append((value, copy.deepcopy(value)))
            kept = {k: v for k, v in own.items() if type(v) in (*_SCALARS, list) or _is_row(v)}
            self._attributes.append((attributes, kept))

    def restore(self) -> None:
        """Set counters and orders back."""
        for attributes, saved in self._attributes:
            for name, value in saved.items():
                now = attributes.get(name)
                if now is not value and (type(now) in _SCALARS or type(now) is type(value)):
                    attributes[name] = value
        for values, before in self._lists:
            grown = len(values) > len(before) and all(map(operator.is_, values, before))
            known = set(map(id, before))
            # A log keeps its lines, and what has been opened since stays open, and in its list.
            if not grown and all(id(v) in known or type(v) in _SCALARS for v in values):
                values[:] = before
        for row, numbers in self._rows:
            row[:] = numbers


class SeparateLoader:
    """A loader with persistent workers of its own; any other loader is used as it is.

    To start a loader again takes its persistent workers from whoever iterates over it meanwhile:
    a cell of the user's, another sweep, or the training where the validation uses the same one.
    """

    def __init__(self, loader: Iterable[Any]) -> None:
        self._persistent: list[Any] = []
        self._loader: Any = self._separate(loader, set())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._loader)

    def start_workers(self) -> bool:
        """Start the persistent workers; return whether that was still to be done."""
        missing = [loader for loader in self._persistent if loader._iterator is None]  # noqa: SLF001
        for loader in missing:
            iter(loader)
        return bool(missing)

    def close(self) -> None:
        """End the persistent workers."""
        for loader in self._persistent:
            iterator, loader._iterator = loader._iterator, None  # noqa: SLF001
            end_iterator(iterator)

    def _separate(self, loader: Any, seen: set[int]) -> Any:
        """Return a shallow copy of a loader with persistent workers, and of what wraps one."""
        attributes = getattr(loader, "__dict__", None)
        if not isinstance(attributes, dict) or isinstance(loader, Iterator) or id(loader) in seen:
            return loader
        seen.add(id(loader))
        changed: dict[str, Any] = {
            name: new
            for name, value in attributes.items()
            if (name in _NAMES or isinstance(value, DataLoader))
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
    # What a process runs is forgotten with its start; that it is one of a loader, or of a pool,
    # shows in that it ends with this one.
    processes = [process for process in multiprocessing.active_children() if process.daemon]
    return [
        *(f"{thread.name} {thread.ident}" for thread in threads),
        *(f"worker process {process.pid}" for process in processes),
    ]


def _shut_down_workers(iterator: object) -> None:
    shut_down = getattr(iterator, "_shutdown_workers", None)
    if callable(shut_down):
        shut_down()


def _is_row(value: object) -> bool:
    """Whether a value is a one-dimensional array or tensor of whole numbers."""
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and value.size <= _MANY and value.dtype.kind in "iu"
    return (
        isinstance(value, Tensor)
        and value.dim() == 1
        and value.numel() <= _MANY
        and value.dtype in (torch.int64, torch.int32)
    )


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
