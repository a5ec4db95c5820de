"""Schedule-free optimizers, which train at other weights than they are evaluated at."""

from __future__ import annotations

from typing import Any

import pytest
import schedulefree
import torch
from torch.nn.functional import cross_entropy

from lrfind_widget import Sweep, compare_lrs
from lrfind_widget.curves.schedule import Schedule
from tests.unit.isolating import both_isolations
from tests.unit.toys import batches, classifier, loss_of, seed_everything
from tests.unit.user_state import state_of

RANGE = {"start_lr": 1e-3, "end_lr": 1.0, "num_it": 8}
BATCHES = batches(8)


def wrapped(parameters: Any, lr: float) -> Any:
    return schedulefree.ScheduleFreeWrapper(torch.optim.SGD(parameters, lr=lr))


def wrapped_as_in_the_paper(parameters: Any, lr: float) -> Any:
    return schedulefree.ScheduleFreeWrapperReference(torch.optim.SGD(parameters, lr=lr))


KINDS = [
    schedulefree.SGDScheduleFree,
    schedulefree.AdamWScheduleFree,
    schedulefree.RAdamScheduleFree,
    schedulefree.AdamWScheduleFreeReference,
    wrapped,
    wrapped_as_in_the_paper,
]


def losses_of_a_loop(optimizer: Any, model: Any) -> tuple[list[float], list[float]]:
    """The losses of the loop in their manual, at the rates of a sweep."""
    seed_everything(3)
    losses, validated = [], []
    for lr, batch in zip(Schedule(**RANGE).lrs().tolist(), BATCHES, strict=True):
        model.train()
        optimizer.train()
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
        optimizer.eval()
        with torch.no_grad():
            validated.append(cross_entropy(model(BATCHES[0][0]), BATCHES[0][1]).item())
    return losses, validated


@pytest.mark.parametrize("trained", [False, True], ids=["new", "trained"])
@both_isolations
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_sweep_takes_their_steps(kind: Any, isolation: Any, trained: bool) -> None:
    def made() -> tuple[Any, Any]:
        model = classifier()
        optimizer = kind(model.parameters(), lr=0.1)
        if trained:
            losses_of_a_loop(optimizer, model)
            model.train()
        return model, optimizer

    model, optimizer = made()
    expected, validated = losses_of_a_loop(optimizer, model)
    model, optimizer = made()
    before = state_of(model, optimizer)
    options = {"seed": 3, "val_loader": BATCHES[:1], "stop_div": False, **RANGE}
    points = list(Sweep(model, BATCHES, optimizer, isolation=isolation, **options))

    assert [point.loss for point in points] == expected
    assert [point.val_loss for point in points] == pytest.approx(validated)
    assert state_of(model, optimizer) == before


@both_isolations
def test_rates_are_compared(isolation: Any) -> None:
    model = classifier()
    optimizer = schedulefree.AdamWScheduleFree(model.parameters(), lr=0.1)
    before = state_of(model, optimizer)
    options = {"steps": 20, "seed": 0, "val_loader": BATCHES, "progress": False}
    found = compare_lrs(model, BATCHES, optimizer, [1e-4, 0.1], isolation=isolation, **options)
    assert found.best_lr == 0.1
    assert state_of(model, optimizer) == before
