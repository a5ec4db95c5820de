"""Several loaders that are read as one: dicts, lists and tuples of them, however deep."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

from torch import nn
from torch.utils.data import DataLoader, IterableDataset

PARTS = ("loader", "dataloader", "sampler", "batch_sampler", "dataset")
"""Names under which loaders keep what they draw from."""

MOST = 100
"""What has more parts is a list of batches, and not looked through."""
_END = object()
"""Stands for the end of an iterator, where None may be a batch."""


class JoinedLoader:
    """Reads several loaders, in dicts, lists and tuples, with a batch of each in its place.

    The `mode` is that of Lightning's `CombinedLoader`, by default that of its training: what ends
    before the longest is started again. "sequential" gives the batches of one after another's.
    """

    def __init__(self, loaders: Any, mode: str = "max_size_cycle") -> None:
        self.loaders = loaders
        self.mode = mode

    def __iter__(self) -> Iterator[Any]:
        if self.mode == "sequential":
            return (batch for batch, _ in numbered(self))
        return self._together()

    def mapped(self, change: Callable[[Any], Any]) -> JoinedLoader:
        """Return the same of loaders that are changed."""
        changed = _rebuilt(self.loaders, map(change, leaves(self)))
        return JoinedLoader(changed, self.mode)

    def _together(self) -> Iterator[Any]:
        loaders = leaves(self)
        iterators: list[Any] = []
        ended: set[int] = set()
        try:
            iterators += map(iter, loaders)
            while True:
                batches: list[Any] = []
                for place, loader in enumerate(loaders):
                    batch = next(iterators[place], _END)
                    if batch is _END:
                        ended.add(place)
                        if len(ended) == len(loaders) or self.mode == "min_size":
                            return
                        if self.mode == "max_size":
                            batches.append(None)
                            continue
                        iterators[place] = None  # before its successor, whose workers start
                        iterators[place] = iter(loader)
                        batch = next(iterators[place], _END)
                    if batch is _END:  # it is empty, or cannot be started again
                        return
                    batches.append(batch)
                yield _rebuilt(self.loaders, iter(batches))
        except (Exception, KeyboardInterrupt):  # in whose traceback they would live on
            for iterator, loader in zip(iterators, loaders, strict=False):
                if iterator is not loader:
                    end_iterator(iterator)
            raise


def end_iterator(iterator: object) -> None:
    """End the generator or the worker processes behind an iterator, whatever error that gives."""
    for name in ("close", "_shutdown_workers"):
        with contextlib.suppress(Exception):
            end = getattr(iterator, name, None)
            if callable(end):
                end()


def numbered(loader: Any) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Yield each batch with its number, and where loaders are read in turn with its loader's."""
    if not (isinstance(loader, JoinedLoader) and loader.mode == "sequential"):
        yield from ((batch, (number,)) for number, batch in enumerate(loader))
        return
    for place, each in enumerate(leaves(loader)):
        yield from ((batch, (number, place)) for number, batch in enumerate(each))


def joined(loader: Any, *, in_turn: bool = False) -> Any:
    """Return a loader as it is, several as one: also those of Lightning's `CombinedLoader`."""
    mode = "sequential" if in_turn else "max_size_cycle"
    kind = type(loader)
    package = kind.__module__.partition(".")[0]
    if kind.__name__ == "CombinedLoader" and package in ("lightning", "pytorch_lightning"):
        loader, mode = loader.iterables, loader._mode  # noqa: SLF001
        return JoinedLoader(loader, mode) if _is_plain(loader) else loader
    return JoinedLoader(loader, mode) if are_several(loader) else loader


def are_several(loader: Any) -> bool:
    """Whether a dict, list or tuple holds loaders, and not batches.

    It does where a part of it, down to some depth, can be nothing else (`_is_loader`); all others
    are loaders then too. A dict does also where each part may be one, or is a list of batches.
    """
    return _holds_loaders(loader) or _is_of_loaders(loader)


def may_be_loader(part: Any) -> bool:
    """Whether a part of a list is an object to iterate over, of which that is all that is known.

    Not where it is moved to a device, has a shape, or is a collection, as batches are.
    """
    kind = type(part)
    is_data = isinstance(part, (nn.Module, Mapping, Sequence, Set))
    is_data |= any(hasattr(kind, name) for name in ("to", "shape"))
    is_data |= dataclasses.is_dataclass(part) and _keeps_arrays(part)
    return hasattr(kind, "__iter__") and not is_data


def _holds_loaders(loader: Any, depth: int = 3) -> bool:
    if not (depth and _is_plain(loader)) or len(loader) > MOST:
        return False
    return any(_is_loader(part) or _holds_loaders(part, depth - 1) for part in _parts(loader))


def _is_of_loaders(loader: Any) -> bool:
    """Whether it is a dict of what gives batches, with nothing among it that is a part of one."""
    parts = _parts(loader) if isinstance(loader, dict) else []
    return bool(parts) and all(
        may_be_loader(part) or _is_of_batches(part) or _is_of_loaders(part) for part in parts
    )


def _is_of_batches(part: Any) -> bool:
    """Whether it is a list of batches of several parts each; one of tensors may be a batch."""
    if not isinstance(part, Sequence) or is_named_tuple(part):
        return False
    is_several = bool(part) and isinstance(part[0], (tuple, list, Mapping))
    return not part or (is_several and any(map(_is_array, _parts(part[0]))))


def leaves(loader: Any) -> list[Any]:
    """Return the loaders that a joined one reads; any other by itself, and none of None."""
    return [] if loader is None else list(named_leaves("", loader).values())


def named_leaves(name: str, loader: Any) -> dict[str, Any]:
    """Return the same by the code that leads to each, such as ``dataloader["a"]``."""
    if isinstance(loader, JoinedLoader):
        return _named(name, loader.loaders)
    return {name: loader}


def _named(name: str, loaders: Any) -> dict[str, Any]:
    keys = loaders if isinstance(loaders, dict) else range(len(loaders))
    found: dict[str, Any] = {}
    for key, part in zip(keys, _parts(loaders), strict=True):
        place = f'{name}["{key}"]' if isinstance(key, str) else f"{name}[{key!r}]"
        found |= _named(place, part) if are_several(part) else {place: part}
    return found


def _rebuilt(loaders: Any, values: Iterator[Any]) -> Any:
    """Return the structure of some loaders, with a value in the place of each."""
    parts = [_rebuilt(p, values) if are_several(p) else next(values) for p in _parts(loaders)]
    if isinstance(loaders, dict):
        return dict(zip(loaders, parts, strict=True))
    if is_named_tuple(loaders):
        return type(loaders)(*parts)
    return parts if isinstance(loaders, list) else tuple(parts)


def _parts(container: Any) -> list[Any]:
    return list(container.values() if isinstance(container, Mapping) else container)


def _is_plain(value: Any) -> bool:
    return type(value) in (dict, OrderedDict, list, tuple) or is_named_tuple(value)


def is_named_tuple(value: object) -> bool:
    """Whether a value is a tuple whose places have names."""
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape")


def _keeps_arrays(part: Any) -> bool:
    """Whether an object has tensors or arrays as attributes, or in one."""
    kept = getattr(part, "__dict__", {}).values()
    return any(_is_array(v[0] if type(v) in (list, tuple) and v else v) for v in kept)


def _is_loader(part: Any) -> bool:
    if isinstance(part, (DataLoader, IterableDataset, Iterator, JoinedLoader)):
        return True
    inside = getattr(part, "__dict__", None)
    if not isinstance(inside, dict) or not hasattr(type(part), "__iter__"):
        return False
    if any(name in PARTS or isinstance(value, DataLoader) for name, value in inside.items()):
        return True
    return may_be_loader(part) and not _keeps_arrays(part)
