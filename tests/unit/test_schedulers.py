"""A rate is applied to an optimizer whose scheduler sets rates too."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as schedulers
from torch.optim.swa_utils import SWALR

from lrfind_widget import messages
from lrfind_widget.training.param_groups import set_lr
from tests.unit.results import result
from tests.unit.toys import rates

RATES, X = (0.1, 0.05), 0.02
Make = Callable[[Any, float], Any]

# Each makes a scheduler as it would be for rates `factor` times as high.
SCHEDULERS: dict[str, Make] = {
    "lambda": lambda opt, _: schedulers.LambdaLR(opt, lambda epoch: 0.9**epoch),
    "warm-up": lambda opt, _: schedulers.LambdaLR(opt, lambda epoch: min(1.0, epoch / 5)),
    "multiplicative": lambda opt, _: schedulers.MultiplicativeLR(opt, lambda epoch: 0.9),
    "step": lambda opt, _: schedulers.StepLR(opt, 3),
    "multi-step": lambda opt, _: schedulers.MultiStepLR(opt, [2, 5]),
    "constant": lambda opt, _: schedulers.ConstantLR(opt, total_iters=5),
    "linear": lambda opt, _: schedulers.LinearLR(opt, total_iters=5),
    "exponential": lambda opt, _: schedulers.ExponentialLR(opt, 0.9),
    "polynomial": lambda opt, _: schedulers.PolynomialLR(opt, 9),
    "cosine": lambda opt, _: schedulers.CosineAnnealingLR(opt, 6, eta_min=1e-3),
    "restarts": lambda opt, _: schedulers.CosineAnnealingWarmRestarts(opt, 4, eta_min=1e-3),
    "one cycle": lambda opt, factor: schedulers.OneCycleLR(
        opt, [rate * factor for rate in RATES], total_steps=20
    ),
    "cyclic": lambda opt, factor: schedulers.CyclicLR(
        opt,
        [rate * factor / 10 for rate in RATES],
        [rate * factor for rate in RATES],
        step_size_up=4,
    ),
    "sequential": lambda opt, _: schedulers.SequentialLR(
        opt,
        [
            schedulers.LinearLR(opt, total_iters=3),
            schedulers.CosineAnnealingLR(opt, 5, eta_min=1e-3),
        ],
        milestones=[3],
    ),
    "chained": lambda opt, _: schedulers.ChainedScheduler(
        [schedulers.LinearLR(opt, total_iters=3), schedulers.ExponentialLR(opt, 0.9)]
    ),
}
plateau = "plateau"
SCHEDULERS[plateau] = lambda opt, _: schedulers.ReduceLROnPlateau(opt, patience=1, factor=0.5)


def optimizer(factor: float = 1.0, kind: Any = float) -> torch.optim.SGD:
    groups = [
        {"params": [torch.nn.Parameter(torch.ones(1))], "lr": kind(rate * factor)} for rate in RATES
    ]
    return torch.optim.SGD(groups, momentum=0.9, foreach=False)


def stepped(of: torch.optim.Optimizer, scheduler: Any, steps: int) -> list[list[float]]:
    """The rates at each step of a training."""
    seen = [rates(of)]
    for _ in range(steps):
        of.step()
        loss = (1.0,) if isinstance(scheduler, schedulers.ReduceLROnPlateau) else ()
        scheduler.step(*loss)
        seen.append(rates(of))
    return seen


@pytest.mark.parametrize("kind", [float, lambda rate: torch.tensor(rate, dtype=torch.float64)])
@pytest.mark.parametrize("after", [0, 2, 4, 7])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_schedule_goes_on_as_if_it_had_been_made_with_the_rate(
    name: str, after: int, kind: Any
) -> None:
    make = SCHEDULERS[name]
    mine, twin = optimizer(kind=kind), optimizer(X / RATES[0], kind)
    scheduler, expected = make(mine, 1.0), make(twin, X / RATES[0])
    stepped(mine, scheduler, after)
    stepped(twin, expected, after)
    if name == plateau:  # it knows no rate to start from
        for group, rate in zip(twin.param_groups, RATES, strict=True):
            group["lr"] = kind(rate * X / RATES[0])

    before = rates(mine)
    written = set_lr(mine, X)

    assert written.before == before
    assert written.after == rates(mine) == pytest.approx(rates(twin))
    assert written.note == ""
    if name != plateau:  # which leaves no trace in the optimizer, and keeps any rate
        assert [float(rate) for rate in scheduler.get_last_lr()] == pytest.approx(rates(mine))
    for one, other in zip(stepped(mine, scheduler, 8), stepped(twin, expected, 8), strict=True):
        assert one == pytest.approx(other)


def test_applying_one_rate_after_the_other_is_applying_the_last() -> None:
    once, often = optimizer(), optimizer()
    made = [SCHEDULERS["one cycle"](each, 1.0) for each in (once, often)]
    set_lr(once, X)
    for rate in (3.0, 1e-7, 0.5, X):
        set_lr(often, rate)
    assert stepped(often, made[1], 5) == [pytest.approx(r) for r in stepped(once, made[0], 5)]


def test_a_rate_that_somebody_has_set_by_hand_is_replaced() -> None:
    mine = optimizer()
    scheduler = schedulers.LinearLR(mine, total_iters=5)
    for group in mine.param_groups:
        group["lr"] = 0.7
    assert set_lr(mine, X).after == [X, X]
    del scheduler


def test_only_the_named_group_is_changed() -> None:
    mine = optimizer()
    scheduler = SCHEDULERS["lambda"](mine, 1.0)
    mine.param_groups[1]["name"] = "head"
    assert set_lr(mine, X, "head").after == [0.1, X]
    assert scheduler.base_lrs == [0.1, X]


def test_one_rate_for_all_groups_is_the_base_of_each() -> None:
    mine = optimizer()
    scheduler = SCHEDULERS["warm-up"](mine, 1.0)
    set_lr(mine, X, "same")
    assert stepped(mine, scheduler, 5)[-1] == [X, X]


def test_a_scheduler_made_later_starts_from_the_applied_rate() -> None:
    mine = optimizer()
    SCHEDULERS["lambda"](mine, 1.0)  # dropped, and leaves its initial_lr
    set_lr(mine, X)
    later = SCHEDULERS["lambda"](mine, 1.0)
    assert later.base_lrs == [X, X / 2]


class Own(schedulers.LRScheduler):
    """A schedule of the user's own."""

    def get_lr(self) -> list[float]:
        return [0.3 for _ in self.base_lrs]


class Foreign:
    """A scheduler of another library, which writes into the groups."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Own, r"Own .* after its next step\(\)"),
        (lambda opt: SWALR(opt, swa_lr=0.05), r"SWALR goes to its own swa_lr"),
        (Foreign, r"initial_lr, .* make it again"),
    ],
)
def test_what_may_undo_it_is_said(make: Any, said: str) -> None:
    mine = optimizer()
    scheduler = make(mine)
    with pytest.warns(UserWarning, match=said):
        result(multipliers=(1.0, 0.5)).apply(mine, X)
    assert scheduler is not None


def test_without_a_scheduler_nothing_is_said() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert result(multipliers=(1.0, 0.5)).apply(optimizer(), X) == [X, X / 2]


def test_what_the_schedule_makes_of_the_rate_is_said() -> None:
    mine = optimizer()
    scheduler = SCHEDULERS["one cycle"](mine, 1.0)
    said = messages.applied(X, set_lr(mine, X))
    assert said.endswith("That is what the scheduler makes of 2e-2 in its present step.")
    followed = messages.applied(X, set_lr(mine, X)._replace(follows=True))
    assert followed.startswith("Applied: the optimizer follows the marker.")
    assert "what the scheduler makes of 2e-2" in followed
    assert scheduler.last_epoch == 0
