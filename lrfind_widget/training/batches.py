"""An iterable of batches, as long as a sweep needs it to be."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from lrfind_widget import endings
from lrfind_widget.isolation.loaders import SeparateLoader
from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.control import SweepEnded

_END = object()
"""Stands for the end of an iterator, where None may be a batch."""


class OutOfDataError(SweepEnded, ValueError):
    """There is no further batch: why, and what to do, is `text`.

    The end of a sweep that has taken a step, and an error before that.
    """

    def __init__(self, text: str) -> None:
        sentence = functools.partial(endings.sweep_out_of_data, text)
        super().__init__(StopReason.FINISHED, sentence, text)


class Reading(Protocol):
    """Data that is read."""

    def close(self) -> None:
        """End it, and what was started for it."""


class Epochs(Reading, Protocol):
    """Data that is read epoch by epoch."""

    def epoch(self, number: int) -> Iterator[Any]:
        """Begin an epoch, from 0 on."""


class MadeLoader(ABC):
    """A trainer's loader, which is made anew for each training: after the seeds are set.

    What it gives may be more than a batch, such as all that one update takes.
    """

    @abstractmethod
    def begin(self) -> Epochs:
        """Make it."""


class Batches:
    """Endless batches: the loader is started again whenever it ends."""

    def __init__(self, loader: Iterable[Any] | MadeLoader) -> None:
        self.given = 0
        self.at = (-1, -1)
        """How often the loader was started again before the latest batch, and its number since."""
        self.is_last = False
        """Whether gradients are not accumulated beyond the latest batch."""
        self._loader = loader
        self._epochs: Epochs | None = None
        self._iterator: Iterator[Any] | None = None

    def next(self) -> Any:
        """Return the next batch."""
        batch = _END if self._iterator is None else next(self._iterator, _END)
        if batch is _END:
            batch = next(self._start(), _END)
        if batch is not _END:
            self.given += 1
            self.at = self.at[0], self.at[1] + 1
            return batch
        if self.given == 0:
            raise ValueError(
                "The dataloader gave no batch. Is it empty, a generator that was used up "
                "before, or is drop_last=True with fewer examples than a batch?"
            )
        raise OutOfDataError(endings.data_ended(self.given))

    def close(self) -> None:
        """End the worker processes and generators that were started here."""
        self._iterator = None
        epochs, self._epochs = self._epochs, None
        if epochs is not None:
            epochs.close()

    def _start(self) -> Iterator[Any]:
        if self._epochs is None:
            loader = self._loader
            self._epochs = (
                loader.begin() if isinstance(loader, MadeLoader) else SeparateLoader(loader)
            )
        self._iterator = None  # before its successor: two sets of workers would be one too many
        self._iterator = self._epochs.epoch(self.at[0] + 1)
        self.at = self.at[0] + 1, -1
        return self._iterator
