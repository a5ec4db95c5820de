"""A task as the parts that the package's own commands take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from benchmarks.regret.optimizers import default_lr
from benchmarks.regret.training import Loss, Task, Training


class Batches:
    """The batches of a training, the same whenever they are read again; they never end."""

    def __init__(self, training: Training, seed: int) -> None:
        self._training, self._seed = training, seed

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        split = self._training.split
        for batch in self._training.batches(self._seed):
            yield split.x[batch], split.y[batch]


class Parts(NamedTuple):
    """Model, data, optimizer and loss of one task."""

    model: nn.Module
    batches: Batches
    optimizer: Optimizer
    loss: Loss
    validation: list[tuple[Tensor, Tensor]]

    def commanded(self, *, validated: bool = False) -> dict[str, Any]:
        """Return the keywords that every command takes, with validation data where asked for."""
        keywords: dict[str, Any] = {"loss_fn": self.loss, "progress": False}
        return keywords | ({"val_loader": self.validation} if validated else {})


def parts(task: Task, seed: int) -> Parts:
    """Return the parts of a task at its start, the optimizer at its own default rate."""
    training = task.start(seed)
    for group in training.optimizer.param_groups:
        group["lr"] = default_lr(task.optimizer)
    valid = [(training.split.x_valid, training.split.y_valid)]
    return Parts(training.model, Batches(training, seed), training.optimizer, task.loss, valid)
