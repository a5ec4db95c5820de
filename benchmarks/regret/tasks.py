"""The tasks: what is trained, on what, with which optimizer and batch size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from benchmarks.regret import data, models
from benchmarks.regret.data import Split

Loss = Callable[[Tensor, Tensor], Tensor]
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "Adam": torch.optim.Adam,
    "AdamW": partial(torch.optim.AdamW, weight_decay=0.01),
}


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
        self._batches = self._shuffled(torch.Generator().manual_seed(2000 + seed))

    def _shuffled(self, generator: torch.Generator) -> Iterator[Tensor]:
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


_ENTROPY: Loss = cross_entropy
_SQUARES: Loss = mse_loss


def _pixels(prediction: Tensor, target: Tensor) -> Tensor:
    return mse_loss(prediction, target.flatten(1))


def _pictures() -> Split:
    x, _, x_valid, _ = data.digits()
    return Split(x, x, x_valid, x_valid)


TASKS: tuple[Task, ...] = (
    Task("digits-mlp-sgd", partial(models.mlp, 784, 64, 2), data.digits, _ENTROPY, "SGD", 32),
    Task("digits-cnn-momentum", models.cnn, data.digits, _ENTROPY, "momentum", 64),
    Task("digits-cnn-bn-adam", partial(models.cnn, norm=True), data.digits, _ENTROPY, "Adam", 64),
    Task("digits-cnn-bn-sgd", partial(models.cnn, norm=True), data.digits, _ENTROPY, "SGD", 16),
    Task(
        "noisy-digits-mlp-adam",
        partial(models.mlp, 784, 128, 2),
        partial(data.digits, noise=0.2),
        _ENTROPY,
        "Adam",
        32,
    ),
    Task(
        "clusters-mlp-bn-momentum",
        partial(models.mlp, 20, 96, 96, 10, norm=True),
        data.clusters,
        _ENTROPY,
        "momentum",
        256,
    ),
    Task(
        "clusters-mlp-adamw",
        partial(models.mlp, 20, 64, 64, 10),
        data.clusters,
        _ENTROPY,
        "AdamW",
        8,
    ),
    Task(
        "spirals-deep-tanh-adam",
        partial(models.mlp, 2, 32, 32, 32, 3, activation=nn.Tanh),
        data.spirals,
        _ENTROPY,
        "Adam",
        64,
        400,
    ),
    Task("teacher-mlp-sgd", partial(models.mlp, 16, 48, 1), data.teacher, _SQUARES, "SGD", 16, 400),
    Task(
        "large-teacher-mlp-momentum",
        partial(models.mlp, 16, 64, 1, activation=nn.Tanh),
        partial(data.teacher, scale=30.0),
        _SQUARES,
        "momentum",
        512,
    ),
    Task("waves-mlp-adam", partial(models.mlp, 8, 64, 64, 1), data.waves, _SQUARES, "Adam", 128),
    Task("autoencoder-adam", partial(models.mlp, 784, 64, 784), _pictures, _pixels, "Adam", 64),
    Task("text-transformer-adamw", models.Transformer, data.characters, _ENTROPY, "AdamW", 16),
    Task("text-window-sgd", models.WindowModel, data.characters, _ENTROPY, "SGD", 32),
    Task(
        "text-recurrent-momentum", models.Recurrent, data.characters, _ENTROPY, "momentum", 8, 200
    ),
    Task(
        "tuned-digits-cnn-momentum",
        models.cnn,
        data.turned_digits,
        _ENTROPY,
        "momentum",
        16,
        200,
        Pretraining(data.digits, 150, 3e-3),
    ),
    Task(
        "tuned-text-transformer-adamw",
        models.Transformer,
        partial(data.characters, "sums"),
        _ENTROPY,
        "AdamW",
        16,
        200,
        Pretraining(data.characters, 300, 3e-3),
    ),
    Task(
        "tuned-teacher-mlp-adam",
        partial(models.mlp, 16, 64, 1),
        partial(data.teacher, shift=0.15),
        _SQUARES,
        "Adam",
        32,
        300,
        Pretraining(data.teacher, 600, 3e-3),
    ),
)
