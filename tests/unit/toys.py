"""Small models and data, and the plain loop that a sweep is compared with."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, TensorDataset

from lrfind_widget.curves.schedule import Schedule

# Models this small are slower on several threads, far slower where cores are busy.
torch.set_num_threads(1)


def classifier(dropout: float = 0.2) -> nn.Sequential:
    """A model with dropout and BatchNorm, so that a disturbed random state shows."""
    torch.manual_seed(7)
    return nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 3)
    )


def data(examples: int = 48) -> TensorDataset:
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(examples, 4, generator=generator)
    return TensorDataset(inputs, (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0).long())


def loader(examples: int = 48, **options: Any) -> DataLoader[Any]:
    return DataLoader(data(examples), **{"batch_size": 8, "shuffle": True, **options})


def rates(of: Optimizer) -> list[float]:
    return [float(group["lr"]) for group in of.param_groups]


def loss_of(model: nn.Module, batch: Any) -> Tensor:
    """The loss of a batch, as a step function."""
    return nn.functional.cross_entropy(model(batch[0]), batch[1])


class Wrapping:
    """A loader of the user's own around another, that counts its epochs."""

    def __init__(self, loader: Any) -> None:
        self.inner = loader
        self.epoch = 0

    def __iter__(self) -> Iterator[Any]:
        self.epoch += 1
        yield from self.inner


def batches(count: int = 4) -> list[tuple[Tensor, Tensor]]:
    return list(loader(8 * count, shuffle=False))


def sgd(model: nn.Module, lr: float = 0.1, **options: Any) -> Optimizer:
    return torch.optim.SGD(model.parameters(), lr=lr, **options)


class ScriptedLoss:
    """A loss function whose values are given, with a gradient all the same."""

    def __init__(self, values: Iterable[float]) -> None:
        self.values = iter(values)

    def __call__(self, output: Tensor, target: Tensor) -> Tensor:
        return output.sum() * 0 + next(self.values)


def seed_everything(seed: int) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is the point
    random.seed(seed)


def endless(batches: Iterable[Any]) -> Iterator[Any]:
    while True:
        yield from batches


def plain_loop(
    model: nn.Module,
    batches: Iterable[Any],
    optimizer: Optimizer,
    schedule: Schedule,
    loss_fn: Callable[..., Tensor] = nn.functional.cross_entropy,
    seed: int | None = 0,
) -> list[float]:
    """The loop of every PyTorch tutorial, at the rates of a sweep."""
    if seed is not None:
        seed_everything(seed)
    base = [group["lr"] for group in optimizer.param_groups]
    model.train()
    losses = []
    for lr, (inputs, target) in zip(schedule.lrs().tolist(), endless(batches), strict=False):
        for group, rate in zip(optimizer.param_groups, base, strict=True):
            group["lr"] = lr * (rate / base[0])
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


class Curvature(torch.optim.SGD):
    """Divides by a Hutchinson estimate of the curvature, as AdaHessian does."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        held = [p for group in self.param_groups for p in group["params"]]
        gradients = [p.grad for p in held]
        assert all(g.requires_grad for g in gradients), "backward(create_graph=True) is needed"
        signs = [torch.randint_like(p, 2) * 2 - 1 for p in held]
        products = torch.autograd.grad(gradients, held, signs)
        for p, sign, product in zip(held, signs, products, strict=True):
            p.grad = p.grad.detach() / (1 + (sign * product).abs())
        super().step()
