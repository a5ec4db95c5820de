"""Schedulers, scalers, gradients and graphs that belong to a model."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from tests.unit.isolating import both, isolated
from tests.unit.models import classify, plain, scheduled, train
from tests.unit.user_state import state_of

pytestmark = pytest.mark.usefixtures("seeded")


@both
def test_a_scheduler_does_not_notice(kind: str) -> None:
    case = scheduled()
    (scheduler,) = case.others
    with isolated(case.model, case.optimizer, kind=kind) as isolation:
        assert ("step" in vars(isolation.objects.optimizer)) == (kind == "in_place")
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
    train(case.model, case.optimizer, case.loss, 1)
    scheduler.step()
    assert scheduler.last_epoch == 2
    assert case.optimizer.param_groups[0]["lr"] == pytest.approx(0.001)


def test_the_receipt_counts_the_scheduler() -> None:
    case = scheduled()
    with isolated(case.model, case.optimizer) as isolation:
        pass
    assert isolation.receipt is not None
    counts = {item.category: item.compared for item in isolation.receipt.items}
    assert counts["schedulers"] > 3


@both
@pytest.mark.parametrize("used_before", [False, True])
def test_a_grad_scaler_is_set_back(kind: str, used_before: bool) -> None:
    case = plain()
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=1)
    if used_before:
        _scaled_step(case.model, case.optimizer, scaler)
    before = state_of(case.model, case.optimizer, scaler)
    with isolated(case.model, case.optimizer, kind=kind, grad_scaler=scaler) as isolation:
        for _ in range(2):
            _scaled_step(
                isolation.objects.model, isolation.objects.optimizer, isolation.objects.grad_scaler
            )
        assert isolation.objects.grad_scaler.get_scale() == (64.0 if used_before else 32.0) / 1
    assert state_of(case.model, case.optimizer, scaler) == before


def _scaled_step(model: nn.Module, optimizer: Any, scaler: Any) -> None:
    optimizer.zero_grad()
    scaler.scale(classify(model)).backward()
    scaler.step(optimizer)
    scaler.update()


def test_a_scaler_of_ones_own_class_is_compared_too() -> None:
    class Scaler:
        def __init__(self) -> None:
            self.growth = 2.0

    case, scaler = plain(), Scaler()
    with isolated(case.model, case.optimizer, grad_scaler=scaler) as isolation:
        scaler.growth = 4.0
    assert isolation.receipt is not None
    assert [i.category for i in isolation.receipt.items if not i.identical] == ["grad scaler"]


@both
def test_gradients_stay_the_same_tensors(kind: str) -> None:
    case = plain()
    grads = {name: p.grad for name, p in case.model.named_parameters()}
    case.model[0].bias.grad = None
    values = [None if g is None else g.clone() for g in grads.values()]
    with isolated(case.model, case.optimizer, kind=kind) as isolation:
        assert all(p.grad is None for p in isolation.objects.model.parameters())
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
    for (name, parameter), value in zip(case.model.named_parameters(), values, strict=True):
        if name == "0.bias":
            assert parameter.grad is None
        else:
            assert parameter.grad is grads[name]
            assert torch.equal(parameter.grad, value)


def test_gradients_that_are_parts_of_one_buffer_stay_there() -> None:
    model = nn.Linear(4, 3)
    buffer = torch.arange(15.0)
    model.weight.grad, model.bias.grad = buffer[:12].view(3, 4), buffer[12:]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with isolated(model, optimizer, kind="in_place") as isolation:
        isolation.objects.optimizer.zero_grad(set_to_none=False)
        classify(isolation.objects.model).backward()
        isolation.objects.optimizer.step()
        assert buffer.tolist() != list(range(15))
    assert buffer.tolist() == list(range(15))
    assert model.weight.grad.data_ptr() == buffer.data_ptr()


def test_a_loss_from_before_can_be_differentiated_after() -> None:
    case = plain()
    expected = copy.deepcopy(case.model)
    case.optimizer.zero_grad()
    torch.manual_seed(1)
    loss = case.loss(case.model)
    with isolated(case.model, case.optimizer, kind="in_place") as isolation:
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
    loss.backward()
    expected.zero_grad()
    torch.manual_seed(1)
    classify(expected).backward()
    pairs = zip(case.model.parameters(), expected.parameters(), strict=True)
    assert all(torch.equal(a.grad, b.grad) for a, b in pairs)


def test_a_cell_may_train_the_original_while_a_copy_is_swept() -> None:
    case = plain()
    reference = copy.deepcopy(case.model)
    with isolated(case.model, case.optimizer) as isolation:
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
        with torch.no_grad():
            case.model[0].weight += 1
        case.optimizer.param_groups[0]["lr"] = 0.5
    assert torch.equal(case.model[0].weight, reference[0].weight + 1)
    assert case.optimizer.param_groups[0]["lr"] == 0.5
    assert isolation.receipt is not None
    assert not isolation.receipt.identical
    assert isolation.receipt.clean
    assert isolation.receipt.sentence == (
        "The sweep left nothing behind. Changed while it ran, not by the sweep: parameters and "
        "optimizer groups."
    )


def test_the_order_of_an_optimizers_state_is_set_back() -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    with isolated(case.model, case.optimizer, kind="in_place"):
        state = case.optimizer.state
        first = next(iter(state))
        state[first] = dict(reversed(state.pop(first).items()))
        case.optimizer.param_groups.reverse()
        case.optimizer.param_groups[0] = dict(reversed(case.optimizer.param_groups[0].items()))
    assert state_of(case.model, case.optimizer) == before
