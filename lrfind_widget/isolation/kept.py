"""What user code keeps by hand from step to step, and where it keeps it.

The moving average in a dict, the hidden state in a closure, the last fakes in a list or in an
attribute of a trainer: a step changes them whether a copy of the model is trained or the model.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from torch import Tensor

from lrfind_widget.isolation.attributes import outside
from lrfind_widget.isolation.checksum import bits_of, checksums
from lrfind_widget.isolation.code_references import CACHE, globals_used
from lrfind_widget.isolation.fingerprint import some_of
from lrfind_widget.isolation.memory import in_words
from lrfind_widget.isolation.object_graph import BUFFERS, CONTAINERS, MAPPINGS, visit
from lrfind_widget.isolation.reach import ELEMENTS, GENERATORS, Reached, left_out
from lrfind_widget.isolation.saved_bytes import attempt
from lrfind_widget.isolation.snapshot import ContentsRecord, Snapshot
from lrfind_widget.isolation.storage import total_bytes
from lrfind_widget.results.receipt import ReceiptItem

_SCALARS = (bool, int, float, complex, str, bytes, type(None), np.generic)
_VALUES = (Tensor, np.ndarray)
_KEPT = (*_SCALARS, *_VALUES, *GENERATORS, *CONTAINERS, tuple, frozenset)
"""Kinds of values that are set back. Anything else may be a file, a connection or a stream."""
_MANY = 1_000_000
"""A container with more elements than this is data, and left alone."""
_LEAST = 1 << 28
"""Bytes of tensors that are saved even where the model is smaller."""
_COMPARED = 1 << 30
"""Bytes of tensors that are compared besides those that are saved."""
_MISSING: Any = object()


class KeptState:
    """What functions and loaders keep besides what is trained: saved, restored and compared.

    It is `reached` without what is `owned`. Of tensors `nbytes` are saved, the smallest first. A
    list or a dict that has only grown, and by no tensor, is a log and keeps its lines. What only
    moves forward (a stream, a file position) cannot be set back, and the numbers beside it stay
    with it. Without `for_receipt` nothing is compared, and logs get their lines back too.
    """

    def __init__(
        self,
        reached: Reached,
        owned: set[int],
        nbytes: int,
        *,
        for_receipt: bool = True,
        near: bool = False,
        earlier: KeptState | None = None,
    ) -> None:
        self._skipped: list[str] = []
        if not reached.complete:
            self._skipped = ["all that your functions refer to, which is too much"]
        known = set() if for_receipt else owned
        is_cut = any(id(value) not in known for large in reached.cut for value in left_out(large))
        if reached.iterators:
            self._skipped += ["iterators, which only move forward"]
        self._places: list[_Place] = []
        for holder in {id(holder): holder for holder in reached.holders}.values():
            if id(holder) not in owned:
                try:
                    is_cut |= _is_large(holder)
                    self._places += _places(holder)
                except Exception:  # a container of one's own may do anything
                    self._skipped.append(f"a {type(holder).__name__}")
        if is_cut:
            self._skipped.append(f"what is in collections of more than {ELEMENTS} elements")
        self._values: list[Any] = []
        self._too_large: list[Any] = []
        most = max(nbytes, _LEAST)
        total = 0
        values = {id(value): value for value in reached.values if id(value) not in owned}
        for value in sorted(values.values(), key=_nbytes):
            total += _nbytes(value)
            if total <= most:
                self._values.append(value)
            elif total <= most + _COMPARED:
                self._too_large.append(value)
            else:
                self._skipped.append(_described(value))
        for place in self._places:
            place.strictly = not for_receipt
        before = None if earlier is None else earlier._saved  # noqa: SLF001
        self._saved: Snapshot = Snapshot(self._values, near=near, earlier=before)
        self._sums = self._checksums() if for_receipt else []

    @property
    def cannot_restore(self) -> str:
        """What would stay as it is when all else is restored; "" where there is nothing."""
        moving = [place.name for place in self._places if place.moves_on]
        too_large = [f"{_described(value)}, too large to be saved" for value in self._too_large]
        return next(iter([*self._skipped, *too_large, *moving]), "")

    def restore(self) -> list[str]:
        """Restore everything; may be called again."""
        problems: list[str] = []
        for kept in self._places:
            attempt(problems, kept.name, kept.restore)
        return problems + (self._saved.restore() if self._values else [])

    def compare(self) -> list[ReceiptItem]:
        """Compare with what was kept before; nothing where nothing was."""
        changed = [kept.name for kept in self._places if kept.changes()]
        names = [_described(value) for value in self._values]
        names += [f"{_described(value)}, too large to be saved" for value in self._too_large]
        sums = zip(names, self._sums, self._checksums(), strict=True)
        changed += [name for name, then, now in sums if then != now]
        count = len(self._places) + len(self._values) + len(self._too_large)
        if not count and not self._skipped:
            return []
        how = (
            "what variables, containers and attributes refer to, tensors by a 64-bit checksum, "
            "caches by their entries; lists that have only grown are logs"
        )
        if self._too_large:
            size = in_words(sum(_nbytes(value) for value in self._too_large))
            how += f"; {size} of it were too large to be saved"
        detail = some_of(list(dict.fromkeys(changed or self._skipped)))
        return [ReceiptItem("kept by functions and loaders", count, how, not changed, detail)]

    def _checksums(self) -> list[int]:
        values = [*self._values, *self._too_large]
        return checksums(v.detach() if isinstance(v, Tensor) else bits_of(v) for v in values)


@dataclass
class _Names:
    """Names and what they refer to: variables, attributes, the keys of a dict."""

    name: str
    read: Callable[[], dict[Any, Any]]
    put: Callable[[Any, Any], object]
    drop: Callable[[Any], object]
    may_be_log: bool = False
    strictly: bool = False

    def __post_init__(self) -> None:
        self._saved = self.read()
        # Numbers beside what only moves forward stay with it.
        self.moves_on = any(map(_moves_on, self._saved.values()))

    def changes(self) -> dict[Any, Any]:
        """Return what is to be set back, under its names."""
        now, changes = self.read(), {}
        for name in {**self._saved, **now}:
            before, after = self._saved.get(name, _MISSING), now.get(name, _MISSING)
            both = [value for value in (before, after) if value is not _MISSING]
            if before is after or not (self.strictly or all(isinstance(v, _KEPT) for v in both)):
                continue
            if not self.moves_on or any(map(_bears_values, both)):
                changes[name] = before
        is_log = self.may_be_log and not self.strictly
        if is_log and all(value is _MISSING for value in changes.values()):
            return changes if any(_bears_values(now[name]) for name in changes) else {}
        return changes

    def restore(self) -> None:
        """Set them back."""
        for name, value in self.changes().items():
            if value is _MISSING:
                self.drop(name)
            else:
                self.put(name, value)


class _Elements:
    """The elements of a list, a deque or a set."""

    def __init__(self, container: Any) -> None:
        self.name = f"a {type(container).__name__}"
        self.moves_on = self.strictly = False
        self._container = container
        self._record = ContentsRecord(container)

    def changes(self) -> bool:
        """Whether there is something to set back."""
        if self.strictly or self._record.is_unchanged() or isinstance(self._container, BUFFERS):
            return not self._record.is_unchanged()
        now, before = list(self._container), self._record.saved
        known = set(map(id, before))
        new = [value for value in now if id(value) not in known]
        if not all(isinstance(value, _KEPT) for value in new):
            return False
        is_log = len(now) > len(before) and all(map(operator.is_, now, before))
        return not is_log or any(map(_bears_values, new))

    def restore(self) -> None:
        """Set them back."""
        if self.changes():
            self._record.restore()


class _Cache:
    """What `functools.lru_cache` keeps, which can only be cleared."""

    def __init__(self, cache: Any) -> None:
        self.name = f"the cache of {getattr(cache, '__name__', 'a function')}"
        self.moves_on = self.strictly = False
        self._cache = cache
        self._saved = cache.cache_info()

    def changes(self) -> bool:
        """Whether there are other entries."""
        now = self._cache.cache_info()
        return bool((now.misses, now.currsize) != (self._saved.misses, self._saved.currsize))

    def restore(self) -> None:
        """Clear it where it was empty before."""
        if self._cache.cache_info() != self._saved and not self._saved.misses:
            self._cache.cache_clear()


_Place = _Names | _Elements | _Cache


def _is_large(holder: Any) -> bool:
    return isinstance(holder, CONTAINERS) and len(holder) > _MANY


def _places(holder: Any) -> list[_Place]:
    """Return the places of a function, a container or an object with attributes."""
    if isinstance(holder, types.FunctionType):
        code, space = holder.__code__, holder.__globals__
        places: list[_Place] = [
            _Names(f"the variable {name}", partial(_contents, cell), *_setters(cell))
            for name, cell in zip(code.co_freevars, holder.__closure__ or (), strict=True)
        ]
        stored = globals_used(code, ("STORE_GLOBAL",))
        if stored:
            read = partial(_selected, space, stored)
            put, drop = space.__setitem__, space.__delitem__
            places.append(_Names(f"the variables {', '.join(stored)}", read, put, drop))
        return [*places, _mapping(f"attributes of {holder.__name__}", vars(holder))]
    if isinstance(holder, CACHE):
        return [_Cache(holder)]
    if _is_large(holder):
        return []
    if isinstance(holder, MAPPINGS):
        return [_mapping("a dict", holder, may_be_log=True)]
    if isinstance(holder, CONTAINERS):
        return [_Elements(holder)]
    name = f"attributes of a {type(holder).__name__}"
    slots = _Names(name, partial(outside, holder), *_setters(holder))
    return [_mapping(name, getattr(holder, "__dict__", {})), slots]


def _mapping(name: str, mapping: Any, *, may_be_log: bool = False) -> _Names:
    put, drop = mapping.__setitem__, mapping.__delitem__
    return _Names(name, partial(dict, mapping), put, drop, may_be_log)


def _setters(obj: object) -> tuple[Callable[[str, Any], None], Callable[[str], None]]:
    # Not by the __setattr__ of the class, which may do more, or refuse.
    return partial(object.__setattr__, obj), partial(object.__delattr__, obj)


def _contents(cell: types.CellType) -> dict[str, Any]:
    """Return what the variable of a closure refers to, if it was assigned."""
    try:
        return {"cell_contents": cell.cell_contents}
    except ValueError:
        return {}


def _selected(space: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: space[name] for name in names if name in space}


def _moves_on(value: object) -> bool:
    """Whether a value is a stream, a file, a lock or the like."""
    return isinstance(value, Iterator) or any(
        hasattr(type(value), name) for name in ("fileno", "acquire", "send")
    )


def _bears_values(value: object) -> bool:
    """Whether a value is a tensor or an array, or has some inside."""
    return any(isinstance(part, _VALUES) for part in islice(visit([value]), 1000))


def _nbytes(value: Any) -> int:
    return sum(total_bytes([value]).values())


def _described(value: Any) -> str:
    kind = "a tensor" if isinstance(value, Tensor) else "an array"
    return f"{kind} of shape {[*value.shape]}"
