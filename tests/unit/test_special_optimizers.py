"""Optimizers that need more of a step than a gradient."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrfind_widget import Sweep
from lrfind_widget.curves.schedule import Schedule
from tests.unit.isolating import both_isolations
from tests.unit.toys import Curvature, batches, classifier, seed_everything, sgd
from tests.unit.user_state import state_of

RANGE = {"start_lr": 1e-3, "end_lr": 1.0, "num_it": 6}
BATCHES = batches(6)


def swept(model: nn.Module, optimizer: Any, **options: Any) -> list[float]:
    """The losses of a sweep that gives everything back."""
    before = state_of(model, optimizer)
    common = {"seed": 3, "stop_div": False, **RANGE}
    losses = [point.loss for point in Sweep(model, BATCHES, optimizer, **{**common, **options})]
    assert state_of(model, optimizer) == before
    return losses


class Sam(torch.optim.Optimizer):
    """Sharpness-aware minimisation (Foret et al. 2021): two gradients a step."""

    def __init__(self, parameters: Any, lr: float) -> None:
        super().__init__(parameters, {"lr": lr, "rho": 0.05})
        self.base = torch.optim.SGD(self.param_groups, lr=lr)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        assert closure is not None, "SAM needs a closure"
        held = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.stack([p.grad.norm() for p in held]).norm()
        moves = [0.05 * p.grad / norm for p in held]
        for parameter, move in zip(held, moves, strict=True):
            parameter.add_(move)
        self.zero_grad()
        with torch.enable_grad():
            closure()
        for parameter, move in zip(held, moves, strict=True):
            parameter.sub_(move)
        self.base.step()


def plain_losses(optimizer: Any, step: Any, after_step: Any = None) -> list[float]:
    seed_everything(3)
    losses = []
    for lr, batch in zip(Schedule(**RANGE).lrs().tolist(), BATCHES, strict=False):
        optimizer.param_groups[0]["lr"] = lr
        losses.append(step(batch).item())
        if after_step is not None:
            after_step()
    return losses


def loss_of(model: nn.Module, batch: Any) -> Tensor:
    loss = F.cross_entropy(model(batch[0]), batch[1])
    loss.backward()
    return loss


@both_isolations
def test_sam_gets_its_closure_after_a_first_gradient(isolation: str) -> None:
    twin = classifier()
    optimizer = Sam(twin.parameters(), lr=0.1)

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(twin, batch)
        optimizer.step(lambda: loss_of(twin, batch))
        return loss

    expected = plain_losses(optimizer, step)
    model = classifier()
    mine = Sam(model.parameters(), lr=0.1)
    assert swept(model, mine, closure=True, isolation=isolation) == expected


def test_an_optimizer_that_demands_a_closure_gets_it_in_any_case() -> None:
    def losses(**options: Any) -> list[float]:
        model = classifier(dropout=0.3)
        return swept(model, torch.optim.LBFGS(model.parameters(), max_iter=2), **options)

    assert losses(closure=True) == losses()


@both_isolations
@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
def test_second_order_optimizers_find_the_graph_of_the_gradients(isolation: str) -> None:
    twin = classifier()
    optimizer = Curvature(twin.parameters(), lr=0.1)

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(twin(batch[0]), batch[1])
        loss.backward(create_graph=True)
        optimizer.step()
        return loss.detach()

    expected = plain_losses(optimizer, step)
    model = classifier()
    mine = Curvature(model.parameters(), lr=0.1)
    assert swept(model, mine, create_graph=True, isolation=isolation) == expected


@pytest.mark.filterwarnings("ignore:Using backward:UserWarning")
def test_the_graph_of_the_gradients_keeps_no_copy_alive() -> None:
    copies: list[weakref.ref[Tensor]] = []

    def step_fn(model: nn.Module, batch: Any) -> Tensor:
        copies.append(weakref.ref(model[0].weight))
        return F.cross_entropy(model(batch[0]), batch[1])

    model = classifier()
    list(Sweep(model, BATCHES, sgd(model), step_fn=step_fn, create_graph=True, **RANGE))
    gc.collect()
    assert copies[0]() is not model[0].weight
    assert copies[0]() is None


class ScheduleFree(torch.optim.SGD):
    """Has other weights for training than for evaluation, as those of `schedulefree` have."""

    def __init__(self, parameters: Any, lr: float) -> None:
        super().__init__(parameters, lr=lr)
        for group in self.param_groups:
            group["train_mode"] = False

    def _switch(self, training: bool) -> None:
        for group in self.param_groups:
            if group["train_mode"] != training:
                group["train_mode"] = training
                for parameter in group["params"]:
                    parameter.data.mul_(2.0 if training else 0.5)

    def train(self) -> None:
        self._switch(training=True)

    def eval(self) -> None:
        self._switch(training=False)

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        if not self.param_groups[0]["train_mode"]:
            raise RuntimeError("Optimizer was not in train mode when step is called.")
        super().step()


@both_isolations
def test_an_optimizer_with_modes_is_put_into_them(isolation: Any) -> None:
    twin = classifier()
    optimizer = ScheduleFree(twin.parameters(), lr=0.1)
    validated: list[float] = []

    def step(batch: Any) -> Tensor:
        optimizer.zero_grad()
        loss = loss_of(twin, batch)
        optimizer.step()
        return loss

    def validate() -> None:
        twin.eval()
        optimizer.eval()
        with torch.no_grad():
            validated.append(F.cross_entropy(twin(BATCHES[0][0]), BATCHES[0][1]).item())
        twin.train()
        optimizer.train()

    optimizer.train()
    expected = plain_losses(optimizer, step, validate)
    model = classifier()
    mine = ScheduleFree(model.parameters(), lr=0.1)
    before = state_of(model, mine)
    sweep = Sweep(
        model,
        BATCHES,
        mine,
        seed=3,
        val_loader=BATCHES[:1],
        stop_div=False,
        isolation=isolation,
        **RANGE,
    )
    points = list(sweep)

    assert [point.loss for point in points] == expected
    assert [point.val_loss for point in points] == pytest.approx(validated)
    assert state_of(model, mine) == before


def test_a_linear_schedule_that_is_lost_at_once_is_told_of_its_end() -> None:
    model = classifier()
    sweep = Sweep(model, BATCHES, sgd(model), mode="linear", end_lr=1e9)
    list(sweep)
    reason = sweep.result().suggestion().reason
    assert "sweep to a lower rate" in reason
    assert "from a lower rate" not in reason


@pytest.mark.parametrize(("kind", "option"), [(Sam, "closure"), (Curvature, "create_graph")])
def test_an_optimizer_that_asks_for_more_is_answered_with_the_keyword(
    kind: Any, option: str
) -> None:
    sweep = Sweep(model := classifier(), BATCHES, kind(model.parameters(), lr=0.1), **RANGE)
    with pytest.raises(AssertionError):
        list(sweep)
    assert sweep.stop_sentence.endswith(f"Pass {option}=True, which gives the optimizer this.")
