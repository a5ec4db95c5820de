"""One tiny task of the benchmark of suggestions, which trains in no time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch.nn import functional

from benchmarks.regret import data, models
from benchmarks.regret.training import Task

_TINY = Task(
    name="tiny",
    model=lambda: models.mlp(16, 4, 1),
    split=data.teacher,
    loss=functional.mse_loss,
    optimizer="SGD",
    batch_size=8,
    steps=20,
)


def tiny_task(**changes: Any) -> Task:
    """Return it with some of its parts changed."""
    return replace(_TINY, **changes)
