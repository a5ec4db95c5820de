"""Batches that several trainings read from the beginning, and that are drawn once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lrfind_widget.isolation.object_graph import values_inside
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.isolation.storage import total_bytes
from lrfind_widget.training.batch import copied
from lrfind_widget.training.batches import Batches, MadeLoader


class Tape(Batches):
    """The batches of a loader, kept for others who read them later, each a copy of its own.

    The loader draws from a stream of its own, which parts from that of the first reader after the
    first batch: in the epoch that begins there, a reader draws what it would have drawn alone.
    Batches that all have read stay while they fit into `room` bytes; else `begin_again` draws them
    anew.
    """

    def __init__(
        self, loader: Iterable[Any] | MadeLoader, random: RandomSources, room: float
    ) -> None:
        super().__init__(loader)
        self.position = 0
        """Which batch the present reader gets next."""
        self.beginning: list[Any] | None = None
        """The random state that every reader after the first begins with."""
        self.least = 0
        """Nobody who reads now gets a batch before this one."""
        self._random = random
        self._before: list[Any] = []
        self._stream: list[Any] | None = None
        self._room = room
        self._kept: dict[int, tuple[Any, tuple[int, int]]] = {}
        self._sizes: dict[int, int] = {}
        self._drawn = 0
        self._drawn_at = self.at

    def next(self) -> Any:
        """Return the present reader's next batch."""
        while self._drawn <= self.position:
            self.at = self._drawn_at
            batch = self._draw()
            self._drawn_at = self.at
            self._kept[self._drawn] = batch, self.at
            self._sizes[self._drawn] = sum(total_bytes(values_inside([batch])).values())
            self._drawn += 1
            self._make_room()
        batch, self.at = self._kept[self.position]
        self.position += 1
        return copied(batch)

    def has(self, position: int) -> bool:
        """Whether a reader at a position can go on without `begin_again`."""
        return all(place in self._kept for place in range(position, self._drawn))

    def begin_again(self, rewind_loaders: Callable[[], None]) -> None:
        """Draw everything anew, the same batches as the first time."""
        super().close()
        rewind_loaders()
        self._kept, self._sizes, self._drawn = {}, {}, 0
        self._stream = self._before
        self._drawn_at = (-1, -1)

    def _draw(self) -> Any:
        if self._stream is None:
            self._before = self._random.get()
            batch = super().next()
            self.beginning = self._stream = self._random.get()
            return batch
        reader = self._random.get()
        self._random.set(self._stream)
        try:
            return super().next()
        finally:
            self._stream = self._random.get()
            self._random.set(reader)

    def _make_room(self) -> None:
        """Drop batches that nobody reads now, the oldest first, where there is no room for them."""
        while sum(self._sizes.values()) > self._room and min(self._kept) < self.least:
            oldest = min(self._kept)
            del self._kept[oldest], self._sizes[oldest]
