"""The validation loss at each rate of a sweep."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lrfind_widget import endings
from lrfind_widget.isolation.loaders import SeparateLoader
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.training.batch import batch_size
from lrfind_widget.training.error_context import ErrorContext

LossOf = Callable[[Any, tuple[int, ...]], Tensor | None]
"""The loss of a batch of validation, with its number; None where the batch is left out."""


@dataclass(eq=False)
class Validation:
    """Evaluates a model on the same held-out batches each time, and leaves no trace in training.

    Every evaluation starts from the random state that the first one found, so that a shuffling
    loader gives the same batches at every rate, and ends with the random state of the training.
    """

    model: nn.Module
    optimizer: Optimizer
    val_loader: Iterable[Any]
    batches: int | None
    loss_of: LossOf
    source: Callable[[], str]
    random: RandomSources
    context: ErrorContext

    def __post_init__(self) -> None:
        self._loader = SeparateLoader(self.val_loader)
        self._start = self.random.get()

    def loss(self) -> Tensor:
        """Return the mean loss, weighted by the number of examples in each batch."""
        training = self.random.get()
        modes = [(module, module.training) for module in self.model.modules()]
        self.random.set(self._start)
        try:
            self.context.part, self.context.batch = "The val_loader", None
            if self._loader.start_workers():
                # With new workers it draws other random numbers than with those it has.
                self.random.set(self._start)
            self.model.eval()
            set_mode(self.optimizer, training=False)
            with torch.no_grad():
                return self._mean()
        finally:
            for module, mode in modes:
                module.training = mode
            set_mode(self.optimizer, training=True)
            self.random.set(training)

    def close(self) -> None:
        """End the worker processes that were started here."""
        self._loader.close()

    def _mean(self) -> Tensor:
        total: Tensor | None = None
        examples = 0
        for batch, place in itertools.islice(self._loader.numbered(), self.batches):
            size = batch_size(batch)
            loss = self.loss_of(batch, place)
            if loss is None:  # the step function leaves the batch out
                continue
            # In double precision, where the device has it: sums over many batches.
            exact = torch.float32 if loss.device.type == "mps" else torch.float64
            loss = loss.to(exact) * size
            total = loss if total is None else total + loss
            examples += size
            self.context.part, self.context.batch = "The val_loader", None
        if total is None:
            raise ValueError(endings.no_validation_loss(self.source()))
        return total / examples


def set_mode(optimizer: Optimizer, *, training: bool) -> None:
    """Put an optimizer that has modes, as those of schedulefree, into one of them."""
    switch = getattr(optimizer, "train" if training else "eval", None)
    if callable(switch):
        switch()
