"""Searches on a small model, and the plain short trainings they are compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from lrfind_widget import SearchResult, compare_lrs, search_lr
from lrfind_widget.options import SearchOptions
from lrfind_widget.training.search import Search
from lrfind_widget.training.trainers import training_of
from tests.unit.toys import classifier, loader, seed_everything


def adam(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=1e-3)


def searched(
    lr: float | None = 0.03,
    steps: int = 24,
    data: Any = None,
    optimizer: Callable[..., Any] = adam,
    **options: Any,
) -> SearchResult:
    seed_everything(0)
    model = classifier()
    data = loader(480) if data is None else data
    given = {"progress": False, "lr": lr, "steps": steps, **options}
    return search_lr(model, data, optimizer(model), **given)


def searching(lr: float = 0.03, **options: Any) -> Search:
    seed_everything(0)
    model = classifier()
    training = training_of(model, loader(480), adam(model))
    return Search(training, lr, SearchOptions(steps=24, **options))


def compared(found: SearchResult, **options: Any) -> np.ndarray[Any, Any]:
    """The losses of plain short trainings at the rates of a search, one after the other."""
    seed_everything(0)
    model = classifier()
    optimizer = options.pop("optimizer", adam)(model)
    data = options.pop("data", None)
    data = loader(480) if data is None else data
    plain = compare_lrs(model, data, optimizer, found.lrs, found.steps, progress=False, **options)
    return plain.losses


def same(found: SearchResult, losses: np.ndarray[Any, Any]) -> bool:
    return all(
        found.losses[n, :taken].tolist() == losses[n, :taken].tolist()
        for n, taken in enumerate(found.taken)
    )
