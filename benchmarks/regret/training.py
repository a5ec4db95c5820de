"""A small training that can be started again and again, with any rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from benchmarks.regret.data import Split
from benchmarks.regret.optimizers import OPTIMIZERS

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Pretraining:
    """What a fine-tuned model learnt before."""

    split: Callable[[], Split]
    steps: int
    lr: float


@dataclass(frozen=True)
class Task:
    """One small training, run at many learning rates."""

    name: str
    model: Callable[[], nn.Module]
    split: Callable[[], Split]
    loss: Loss
    optimizer: str
    batch_size: int
    steps: int = 300
    pretraining: Pretraining | None = None

    def start(self, seed: int) -> Training:
        """Return a fresh training; the same seed gives the same start and the same batches."""
        model = self.untrained(seed)
        if self.pretraining is not None:
            model.load_state_dict(_pretrained(self, seed))
        torch.manual_seed(3000 + seed)  # dropout draws from the common generator
        return Training(model, self.split(), self, seed)

    def untrained(self, seed: int) -> nn.Module:
        """Return the model as initialised with `seed`."""
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(1000 + seed)
            return self.model()


class Training:
    """A model on its way: take steps, then ask for the validation loss."""

    def __init__(
        self, model: nn.Module, split: Split, task: Task, seed: int, optimizer: str | None = None
    ) -> None:
        self.model, self.split, self.task = model.train(), split, task
        self.optimizer = OPTIMIZERS[optimizer or task.optimizer](model.parameters(), lr=1e-3)
        self._batches = self.batches(seed)

    def batches(self, seed: int) -> Iterator[Tensor]:
        """Yield the examples of each batch, in the order of this seed, without end."""
        generator = torch.Generator().manual_seed(2000 + seed)
        examples, size = len(self.split.x), self.task.batch_size
        while True:
            order = torch.randperm(examples, generator=generator)
            for first in range(0, examples - size + 1, size):
                yield order[first : first + size]

    def step(self, lr: float) -> float:
        """Take one optimizer step at `lr`; return the batch's loss before it."""
        batch = next(self._batches)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        loss = self.task.loss(self.model(self.split.x[batch]), self.split.y[batch])
        value = loss.item()
        if math.isfinite(value):
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        return value

    def validation_loss(self) -> float:
        """Return the mean loss over the validation data, the model in evaluation mode."""
        self.model.eval()
        with torch.no_grad():
            loss = self.task.loss(self.model(self.split.x_valid), self.split.y_valid).item()
        self.model.train()
        return loss


@lru_cache(maxsize=8)
def _pretrained(task: Task, seed: int) -> dict[str, Tensor]:
    assert task.pretraining is not None
    model = task.untrained(seed)
    training = Training(model, task.pretraining.split(), task, 500 + seed, "Adam")
    for _ in range(task.pretraining.steps):
        training.step(task.pretraining.lr)
    return {name: value.clone() for name, value in model.state_dict().items()}
