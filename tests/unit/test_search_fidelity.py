"""Each training of a search is the plain one at its rate, whatever was trained in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrfind_widget.training import search as module
from lrfind_widget.training import track
from tests.unit.searching import compared, same, searched, searching
from tests.unit.toys import batches, sgd


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("lr", [3e-4, 0.03, 1.0])
def test_each_training_is_the_plain_one_at_its_rate(
    isolation: str, seed: int | None, lr: float
) -> None:
    """To the bit, with dropout and shuffled batches, whatever was trained in between."""
    found = searched(lr, isolation=isolation, seed=seed)
    assert len(found.lrs) >= 3
    assert same(found, compared(found, seed=seed))


@pytest.mark.parametrize(
    "options",
    [
        {"accumulate": 2},
        {"clip_grad_norm": 0.1, "wd": 0.1},
        {"amp": "bf16"},
        {"amp": "fp16", "isolation": "in_place"},
        {"closure": True},
        {"optimizer": lambda model: torch.optim.LBFGS(model.parameters(), max_iter=3)},
        {"optimizer": lambda model: sgd(model, momentum=0.9), "groups": "same"},
    ],
    ids=str,
)
def test_also_where_steps_are_of_another_kind(options: dict[str, Any]) -> None:
    found = searched(data=batches(8), **options)
    assert same(found, compared(found, data=batches(8), **options))


def test_what_functions_keep_is_that_of_each_training() -> None:
    """A moving average that the loss depends on."""

    def made() -> Callable[..., Tensor]:
        kept = {"mean": torch.zeros(3), "steps": 0}

        def loss_fn(output: Tensor, target: Tensor) -> Tensor:
            kept["steps"] += 1
            kept["mean"].mul_(0.9).add_(output.detach().mean(0), alpha=0.1)
            return nn.functional.cross_entropy(output - kept["mean"], target) / kept["steps"]

        return loss_fn

    found = searched(loss_fn=made())
    assert same(found, compared(found, loss_fn=made()))


def test_an_update_whose_gradients_stay_from_step_to_step() -> None:
    def update_fn(model: nn.Module, batch: Any, optimizer: torch.optim.Optimizer) -> Tensor:
        loss = nn.functional.cross_entropy(model(batch[0]), batch[1])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss

    found = searched(update_fn=update_fn)
    assert same(found, compared(found, update_fn=update_fn))


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_where_memory_is_short_the_rates_are_tried_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, isolation: str
) -> None:
    monkeypatch.setattr(track, "fits", lambda _: "a copy needs much")
    monkeypatch.setattr(module, "ROOM", 0.0)
    search = searching(isolation=isolation)
    order = [point.repeat for point in search]
    assert order == sorted(order)
    found = search.result()
    assert "one after the other, since a copy needs much" in found.isolation
    assert same(found, compared(found))
