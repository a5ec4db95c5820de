"""Marks: what is trained at several moments, and the way back to each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.training_objects import TrainingObjects
from tests.unit.toys import batches, classifier, loss_of


def isolated(kind: str, model: nn.Module, **given: Any) -> Isolation:
    held = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(held, lr=0.1)
    return Isolation(TrainingObjects(model, optimizer, batches(), **given), kind)


def train(isolation: Isolation, steps: int) -> list[float]:
    model, optimizer = isolation.objects.model, isolation.objects.optimizer
    losses = []
    for batch, _ in zip(batches() * steps, range(steps), strict=False):
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("kind", ["copy", "in_place"])
def test_each_mark_is_gone_on_from_in_any_order(kind: str) -> None:
    with isolated(kind, classifier(dropout=0)) as isolation:
        beginning = isolation.mark_training()
        first = train(isolation, 3)
        later = isolation.mark_training(earlier=beginning)
        rest = train(isolation, 3)
        beginning.restore()
        assert train(isolation, 3) == first
        later.restore(gradients=True)
        assert train(isolation, 3) == rest
        beginning.restore()
        assert train(isolation, 3) == first


def test_weights_that_are_frozen_take_no_memory_twice() -> None:
    model = nn.Sequential(nn.Linear(4, 1000), nn.Linear(1000, 3))
    model[0].requires_grad_(False)
    with isolated("copy", model) as isolation:
        beginning = isolation.mark_training()
        train(isolation, 1)
        later = isolation.mark_training(earlier=beginning)
        frozen = sum(p.numel() for p in model[0].parameters()) * 4
        tuned = sum(p.numel() for p in model[1].parameters()) * 4
        assert beginning.snapshot.nbytes >= frozen + tuned
        assert 3 * tuned <= later.snapshot.nbytes < 3 * tuned + 100  # and Adam's averages of them
        train(isolation, 1)
        with torch.no_grad():
            isolation.objects.model[0].weight.zero_()  # type: ignore[index, union-attr, operator]
        later.restore()
        now = isolation.objects.model.state_dict()
        assert torch.equal(now["0.weight"], model[0].weight)


def test_what_a_function_logs_is_that_of_each_mark() -> None:
    log: list[float] = []

    def made() -> Callable[[Tensor, Tensor], Tensor]:
        def loss_fn(output: Tensor, target: Tensor) -> Tensor:
            log.append(1.0)
            return nn.functional.cross_entropy(output, target)

        return loss_fn

    with isolated("copy", classifier(), loss_fn=made()) as isolation:
        beginning = isolation.mark_training()
        log.append(2.0)
        later = isolation.mark_training(earlier=beginning)
        log.append(3.0)
        beginning.restore()
        assert log == []
        later.restore()
        assert log == [2.0]
