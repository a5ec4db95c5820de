"""The models that every contestant trains, each with its data and its optimizer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.timing import Timed


@dataclass
class Job:
    """What a person has when they ask for a learning rate."""

    model: nn.Module
    loader: DataLoader[Any]
    optimizer: torch.optim.Optimizer
    loss_fn: Callable[[Tensor, Tensor], Tensor]
    device: torch.device


@dataclass(frozen=True)
class Task:
    """How to make a job.

    Attributes
    ----------
    model : callable
        Makes the model.
    data : callable
        From a number of examples to inputs and targets.
    loss_fn, optimizer : callable
        The loss, and the optimizer of some parameters.
    batch : int
        Examples in a batch.
    steps : int
        Steps of a sweep: as many as `num_it` is by default, more where they are short.
    """

    model: Callable[[], nn.Module]
    data: Callable[[int], tuple[Tensor, Tensor]]
    loss_fn: Callable[[Tensor, Tensor], Tensor]
    optimizer: Callable[[Any], torch.optim.Optimizer]
    batch: int
    steps: int

    def job(self, steps: int | None = None, *, workers: int = 0, device: str = "cpu") -> Job:
        """Make the job anew, the same each time, with data for so many steps and a few more."""
        torch.manual_seed(0)
        batches = (self.steps if steps is None else steps) + 8
        dataset = TensorDataset(*_data(self.data, batches * self.batch))
        torch.manual_seed(1)
        loader = DataLoader(dataset, self.batch, shuffle=True, num_workers=workers)
        model = Timed(self.model()).to(device)
        optimizer = self.optimizer(model.parameters())
        return Job(model, loader, optimizer, self.loss_fn, torch.device(device))


class Transformer(nn.Module):
    """Two layers of self-attention over 32 tokens, and a class for the whole."""

    def __init__(self, width: int = 64, layers: int = 2, feedforward: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, width)
        layer = nn.TransformerEncoderLayer(width, 4, feedforward, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.head = nn.Linear(width, 10)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.encoder(self.embedding(tokens)).mean(1))


def cnn() -> nn.Module:
    """Return the network of the example notebook."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 2, 3, stride=2, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def mlp(inputs: int = 256, width: int = 512) -> nn.Module:
    """Return a perceptron with batch norm."""
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Linear(width, 10),
    )


def _values(count: int) -> tuple[Tensor, Tensor]:
    inputs = torch.randn(count, 10)
    return inputs, inputs.sum(1, keepdim=True)


def _images(count: int) -> tuple[Tensor, Tensor]:
    return torch.randn(count, 3, 28, 28), torch.randint(2, (count,))


def _vectors(count: int) -> tuple[Tensor, Tensor]:
    return torch.randn(count, 256), torch.randint(10, (count,))


def _texts(count: int) -> tuple[Tensor, Tensor]:
    return torch.randint(100, (count, 32)), torch.randint(10, (count,))


def _sgd(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=1e-3, momentum=0.9)


def _adam(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=1e-3)


@functools.lru_cache(maxsize=1)
def _data(data: Callable[[int], tuple[Tensor, Tensor]], count: int) -> tuple[Tensor, Tensor]:
    """Return the data of a task, which takes longer to make than a step of it."""
    return data(count)


TASKS = {
    "tiny linear model": Task(
        lambda: nn.Linear(10, 1), _values, functional.mse_loss, _sgd, batch=256, steps=200
    ),
    "CNN of the example": Task(cnn, _images, functional.cross_entropy, _adam, batch=192, steps=100),
    "MLP with batch norm": Task(
        mlp, _vectors, functional.cross_entropy, _adam, batch=192, steps=100
    ),
    "small transformer": Task(
        Transformer, _texts, functional.cross_entropy, _adam, batch=16, steps=100
    ),
}
