"""The batches of the latest steps, to look at once more."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from torch import Tensor

from lrfind_widget.isolation.checksum import bits_of, checksums
from lrfind_widget.isolation.object_graph import visit
from lrfind_widget.isolation.snapshot import ContentsRecord


class RecentBatches:
    """The first batch of each of the latest steps, as the loader gave it.

    Nothing is copied: what a step has taken out of a batch, or put into it, is undone for as long
    as it is looked at, and a batch whose values a step has written over is spoilt.
    """

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self._batches: deque[_Batch] = deque(maxlen=steps)
        self._is_first = False

    def begin_step(self) -> None:
        """Keep the batch that comes next."""
        self._is_first = True

    def add(self, batch: Any) -> None:
        """Keep a batch, before the step uses it, where it is the first of a step."""
        if self._is_first:
            self._batches.append(_Batch(batch))
        self._is_first = False

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[Callable[[], list[Any]]]:
        """Give what returns the batches as they were, the oldest first.

        Afterwards they are again as they are now.
        """
        now = [record for kept in self._batches for record in _contents(kept.batch)]
        try:
            yield self._restored
        finally:
            for contents in now:
                contents.restore()

    def _restored(self) -> list[Any]:
        for kept in self._batches:
            for contents in kept.contents:
                contents.restore()
        return [kept.batch for kept in self._batches]

    @property
    def is_spoilt(self) -> bool:
        """Whether the values of one were changed in place."""
        return any(kept.marks != list(map(_mark, kept.values)) for kept in self._batches)


class _Batch:
    def __init__(self, batch: Any) -> None:
        self.batch = batch
        self.contents = _contents(batch)
        self.values = [part for part in visit([batch]) if isinstance(part, _VALUES)]
        self.marks = list(map(_mark, self.values))


_VALUES = (Tensor, np.ndarray)


def _contents(batch: Any) -> list[ContentsRecord]:
    return [ContentsRecord(part) for part in visit([batch]) if not isinstance(part, _VALUES)]


def _mark(value: Any) -> int:
    """Return what differs once values were written to a tensor or an array."""
    if isinstance(value, Tensor):
        return 0 if value.is_inference() else value._version  # noqa: SLF001
    return checksums([bits_of(value)])[0]
