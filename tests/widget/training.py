"""Small models and data for the tests of the widget."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

Batch = tuple[torch.Tensor, torch.Tensor]


def classifier(seed: int = 0) -> nn.Module:
    """Return a small network with dropout and batch norm: much that a sweep may disturb."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3)
    )


def batches(count: int = 8, seed: int = 1) -> list[Batch]:
    """Return batches of a task that can be learned."""
    generator = torch.Generator().manual_seed(seed)
    rule = torch.randn(6, 3, generator=generator)
    made = []
    for _ in range(count):
        inputs = torch.randn(32, 6, generator=generator)
        made.append((inputs, (inputs @ rule).argmax(1)))
    return made


def adam(model: nn.Module, lr: float = 1e-3) -> torch.optim.Optimizer:
    """Return Adam over a model."""
    return torch.optim.Adam(model.parameters(), lr=lr)


def bits(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[Any]:
    """Return all that a sweep must leave as it is, in a form that compares bit for bit."""
    state = [*model.state_dict().values()]
    for entry in optimizer.state.values():
        state += [value for value in entry.values() if isinstance(value, torch.Tensor)]
    held = [value.detach().clone().contiguous().numpy().tobytes() for value in state]
    groups = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    return [*held, repr(groups), torch.get_rng_state().numpy().tobytes(), model.training]


class Gate:
    """Batches that come only as far as a test lets them."""

    def __init__(self, open_for: int = 0, of: Sequence[Batch] | None = None) -> None:
        self._batches = batches() if of is None else of
        self._allowed = threading.Semaphore(open_for)
        self.asked = threading.Event()

    def let(self, count: int) -> None:
        """Let `count` more batches through."""
        self._allowed.release(count)

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._batches:
            self.asked.set()
            self._allowed.acquire()
            yield batch
