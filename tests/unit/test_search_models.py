"""A search over models of many kinds, whose trainings share the model in turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lrfind_widget.options import CompareOptions, SearchOptions
from lrfind_widget.training.search import Search
from lrfind_widget.training.short_trainings import ShortTrainings
from lrfind_widget.training.trainers import training_of
from tests.unit.isolating import both
from tests.unit.models import CASES, Case
from tests.unit.toys import seed_everything

RATE = 3e-3


@pytest.mark.slow
@both
@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_each_training_is_the_plain_one_at_its_rate(make: Callable[[], Case], kind: str) -> None:
    made = make()
    isolation: Any = "in_place" if kind == "in_place" else "auto"
    loss = made.loss

    def step_fn(model: torch.nn.Module, _batch: Any) -> torch.Tensor:
        return loss(model)

    seed_everything(0)
    search = Search(
        training_of(made.model, [None], made.optimizer),
        RATE,
        SearchOptions(steps=8, step_fn=step_fn, isolation=isolation),
    )
    points = list(search)
    found = search.result()
    assert found.receipt is not None
    assert found.receipt.identical, found.receipt.sentence
    assert len({point.repeat for point in points}) >= 3
    seed_everything(0)
    plain = ShortTrainings(
        training_of(made.model, [None], made.optimizer),
        found.lrs,
        CompareOptions(8, step_fn=step_fn, isolation=isolation),
    )
    list(plain)
    expected = plain.result().losses
    for row, taken in enumerate(found.taken):
        assert found.losses[row, :taken].tolist() == expected[row, :taken].tolist()
