"""The batches of the latest steps, to look at once more."""

from __future__ import annotations

from collections import deque
from typing import Any

from torch import Tensor

from lrfind_widget.isolation.object_graph import visit
from lrfind_widget.isolation.snapshot import ContentsRecord


class RecentBatches:
    """The first batch of each of the latest steps, as the loader gave it.

    Nothing is copied: what a step has taken out of a batch is put in again, and a batch whose
    values it has written over is spoilt.
    """

    def __init__(self, steps: int) -> None:
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

    def restored(self) -> list[Any]:
        """Return the batches as they were, the oldest first."""
        return [kept.restored() for kept in self._batches]

    @property
    def is_spoilt(self) -> bool:
        """Whether the values of one were changed in place."""
        return any(kept.is_spoilt for kept in self._batches)


class _Batch:
    def __init__(self, batch: Any) -> None:
        self._batch = batch
        inside: list[Any] = list(visit([batch]))
        self._versions = [(t, t._version) for t in inside if _has_version(t)]  # noqa: SLF001
        self._contents = [
            ContentsRecord(part)
            for part in inside
            if not isinstance(part, Tensor) and not hasattr(part, "ndim")
        ]

    def restored(self) -> Any:
        for contents in self._contents:
            contents.restore()
        return self._batch

    @property
    def is_spoilt(self) -> bool:
        return any(tensor._version != version for tensor, version in self._versions)  # noqa: SLF001


def _has_version(part: Any) -> bool:
    return isinstance(part, Tensor) and not part.is_inference()
