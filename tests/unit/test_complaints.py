"""What users of other finders reported about the sweep itself, one test a complaint.

Numerics, precision, schedulers, groups. The numbers are those of the issues in the
projects named.
"""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.lr_find import lr_find
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import (
    ScriptedLoss,
    batches,
    classifier,
    loader,
    plain_loop,
    sgd,
)


def scripted(values, **options):
    model = classifier()
    swept = Sweep(
        model,
        batches(),
        sgd(model),
        loss_fn=ScriptedLoss(values),
        **{"num_it": len(values), **options},
    )
    return swept, list(swept)


# Numerics.


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_fastai_3476_ignite_1482_nan_stops_is_shown_and_is_excluded(bad):
    values = [2.0] * 30 + [bad] + [2.0] * 10
    swept, points = scripted(values, stop_div=False)
    result = swept.result()

    assert len(points) == 31
    assert swept.stop_reason is StopReason.NON_FINITE
    assert not math.isfinite(result.losses[-1])
    assert np.isfinite(result.smoothed).all()
    for suggestion in result.suggestions().values():
        assert suggestion.lr is None or math.isfinite(suggestion.lr)


@pytest.mark.parametrize(
    "values",
    [
        [-1.0] * 50,
        np.linspace(1, -1, 50).tolist(),
        np.linspace(-1, -5, 50).tolist(),
        (np.sin(np.arange(50)) * 0.5).tolist(),
    ],
    ids=["constant", "crossing zero", "falling", "around zero"],
)
def test_fastai_962_negative_losses_do_not_stop_it(values):
    swept, points = scripted(values)

    assert len(points) == 50
    assert swept.stop_reason is StopReason.FINISHED


def test_fastai_962_a_negative_loss_that_explodes_does():
    swept, points = scripted([-1.0] * 30 + [100.0] * 20)

    assert len(points) < 50
    assert swept.stop_reason is StopReason.DIVERGED


def test_lightning_14167_a_constant_loss_is_a_constant_curve():
    _, points = scripted([1.0] * 50)

    assert [point.smoothed for point in points] == pytest.approx([1.0] * 50)


def test_lightning_4846_15603_a_trained_model_gives_a_full_sweep():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    plain_loop(model, loader(), optimizer, Schedule(0.01, 0.011, 60))

    result = lr_find(model, loader(), optimizer, end_lr=1e-2, seed=0, progress=False, start_lr=1e-6)

    assert len(result) == 100


def test_lightning_11375_no_rule_means_no_rule():
    _, points = scripted([1.0, 1e-9, 1e30, 1e37], stop_div=False, beta=0.0)

    assert len(points) == 4


def test_flair_982_986_1108_the_rate_recorded_is_the_rate_used():
    """Every step moves the weight by rate times gradient, so the steps tell the rate."""

    class One(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1, dtype=torch.float64))

        def forward(self, x):
            return self.weight * x

    model = One()
    weights = []

    def step_fn(model, batch):
        weights.append(model.weight.item())
        return model(batch).sum()

    points = list(
        Sweep(
            model,
            [torch.ones(1, dtype=torch.float64)],
            sgd(model),
            step_fn=step_fn,
            num_it=20,
            stop_div=False,
        )
    )

    assert -np.diff(weights) == pytest.approx([point.lr for point in points[:-1]])


# Precision.


@pytest.mark.parametrize("amp", [None, "bf16", "fp16"])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_torch_lr_finder_8_9_67_90_91_precision_and_accumulation(amp, accumulate):
    model = classifier()

    result = lr_find(
        model,
        loader(),
        sgd(model),
        amp=amp,
        accumulate=accumulate,
        num_it=8,
        progress=False,
        stop_div=False,
    )

    assert len(result) == 8
    assert result.receipt.identical


def test_holocron_504_505_steps_that_the_scaler_skipped_do_not_advance():
    calls = []

    class Overflow(torch.autograd.Function):
        @staticmethod
        def forward(ctx, loss):
            return loss.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient * (math.inf if len(calls) < 4 else 1.0)

    def loss_fn(output, target):
        calls.append(1)
        return Overflow.apply(nn.functional.cross_entropy(output, target))

    model = classifier()
    result = lr_find(
        model,
        loader(),
        sgd(model),
        loss_fn=loss_fn,
        num_it=6,
        progress=False,
        grad_scaler=torch.amp.GradScaler("cpu"),
        stop_div=False,
    )

    assert result.skipped_steps == 3
    assert result.lrs.tolist() == Schedule(num_it=6).lrs().tolist()


# Schedulers and groups.


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 3),
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=50),
        lambda optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.0),
    ],
    ids=["step", "one cycle", "warm-up from zero"],
)
def test_torch_lr_finder_81_87_14_an_attached_scheduler_is_no_dead_end(make, isolation):
    model = classifier()
    optimizer = sgd(model, momentum=0.9)
    scheduler = make(optimizer)
    before = copy.deepcopy((scheduler.state_dict(), optimizer.param_groups[0]["lr"]))

    for _ in range(2):
        result = lr_find(
            model,
            loader(),
            optimizer,
            num_it=10,
            progress=False,
            stop_div=False,
            isolation=isolation,
        )
        assert result.lrs.tolist() == Schedule(num_it=10).lrs().tolist()
        assert result.receipt.identical

    assert (scheduler.state_dict(), optimizer.param_groups[0]["lr"]) == before
    optimizer.step()
    scheduler.step()  # warns where the optimizer's step was not counted


def test_ignite_2703_2704_fastai_2829_groups_keep_their_ratios():
    model = classifier()
    optimizer = torch.optim.SGD(
        [
            {"params": model[0].parameters(), "lr": 1e-4},
            {"params": model[1].parameters(), "lr": 1e-3},
            {"params": model[4].parameters(), "lr": 1e-2},
        ]
    )
    used = []
    optimizer.register_step_pre_hook(
        lambda o, *_: used.append([group["lr"] for group in o.param_groups])
    )
    swept = Sweep(model, loader(), optimizer, num_it=10, stop_div=False, isolation="in_place")
    points = list(swept)

    assert swept.multipliers == pytest.approx((1.0, 10.0, 100.0))
    assert [rates[0] for rates in used] == [point.lr for point in points]
    for rates in used:
        assert [rate / rates[0] for rate in rates] == pytest.approx([1.0, 10.0, 100.0])
    assert [group["lr"] for group in optimizer.param_groups] == [1e-4, 1e-3, 1e-2]


def test_ignite_2703_the_axis_says_which_rate_it_is():
    model = classifier()
    optimizer = torch.optim.SGD(
        [
            {"params": model[0].parameters(), "lr": 1e-3, "name": "body"},
            {"params": model[4].parameters(), "lr": 1e-2, "name": "head"},
        ]
    )

    assert Sweep(model, loader(), optimizer).axis_label == (
        "learning rate of group body (group head at 10 times)"
    )
    assert Sweep(model, loader(), optimizer, groups="same").axis_label == "learning rate"


def test_lightning_20008_a_sweep_in_the_middle_of_training():
    """The iterator of the epoch under way is not the sweep's."""
    model = classifier()
    optimizer = sgd(model)
    data = loader(shuffle=False)
    epoch = iter(data)
    first = next(epoch)[0]

    lr_find(model, data, optimizer, num_it=3, progress=False)

    rest = torch.cat([first, *(inputs for inputs, _ in epoch)])
    assert torch.equal(rest, torch.cat([inputs for inputs, _ in data]))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_lightning_20008_persistent_workers_stay_with_the_epoch_under_way():
    data = loader(shuffle=False, num_workers=1, persistent_workers=True)
    expected = [inputs for inputs, _ in loader(shuffle=False)]
    epoch = iter(data)
    found = [next(epoch)[0]]
    model = classifier()

    lr_find(model, data, sgd(model), num_it=8, progress=False)
    found += [inputs for inputs, _ in epoch]

    assert torch.equal(torch.cat(found), torch.cat(expected))
