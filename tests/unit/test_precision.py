"""Autocast, the gradient scaler and the steps that it skips."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.precision import MOST_SKIPS, Precision
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import batches, classifier, loader, sgd

CPU = torch.device("cpu")


def scaler(**options):
    return torch.amp.GradScaler("cpu", **options)


def overflowing(bad_calls):
    """A loss whose gradient is infinite in the calls named, while its value is fine."""
    calls = []

    class Overflow(torch.autograd.Function):
        @staticmethod
        def forward(ctx, loss):
            return loss.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient * (float("inf") if len(calls) - 1 in bad_calls else 1.0)

    def loss_fn(output, target):
        calls.append(1)
        return Overflow.apply(nn.functional.cross_entropy(output, target))

    loss_fn.calls = calls
    return loss_fn


@pytest.mark.parametrize(("amp", "kind"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_the_forward_pass_runs_in_the_type_asked_for(amp, kind):
    model = classifier()
    seen = []
    model[0].register_forward_hook(lambda m, i, output: seen.append(output.dtype))

    list(Sweep(model, loader(), sgd(model), amp=amp, num_it=3, isolation="in_place"))

    assert set(seen) == {kind}


def test_without_amp_nothing_is_cast():
    with Precision(None, None, CPU).autocast():
        assert not torch.is_autocast_enabled("cpu")


def test_half_precision_gets_a_scaler_and_bfloat_none():
    assert Precision("fp16", None, CPU).scaler is not None
    assert Precision("bf16", None, CPU).scaler is None
    assert Precision("fp16", scaler(enabled=False), CPU).scaler is None


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_a_given_scaler_comes_back_as_it_was(isolation):
    model, mine = classifier(), scaler(init_scale=2.0**10, growth_interval=3)
    before = mine.state_dict()

    list(
        Sweep(
            model,
            loader(),
            sgd(model),
            amp="fp16",
            grad_scaler=mine,
            num_it=10,
            isolation=isolation,
        )
    )

    assert mine.state_dict() == before


def test_a_skipped_step_neither_advances_nor_records():
    model = classifier()
    loss_fn = overflowing({2, 3, 7})
    sweep = Sweep(
        model,
        loader(),
        sgd(model),
        loss_fn=loss_fn,
        grad_scaler=scaler(),
        num_it=10,
        stop_div=False,
    )

    points = list(sweep)

    assert [point.step for point in points] == list(range(10))
    assert [point.lr for point in points] == sweep.schedule.lrs().tolist()
    assert sweep.skipped_steps == sweep.result().skipped_steps == 3
    assert len(loss_fn.calls) == 13


def test_a_skipped_step_changes_no_parameter():
    model = classifier()
    weights = []
    loss_fn = overflowing({1})

    def remember(output, target):
        weights.append(model[0].weight.tolist())  # tensors kept in a list would be set back
        return loss_fn(output, target)

    list(
        Sweep(
            model,
            loader(),
            sgd(model),
            loss_fn=remember,
            grad_scaler=scaler(),
            num_it=3,
            start_lr=0.1,
            end_lr=1.0,
            isolation="in_place",
        )
    )

    assert weights[0] != weights[1]
    assert weights[1] == weights[2]
    assert weights[2] != weights[3]


def test_a_fused_optimizer_that_skips_on_the_device_is_noticed():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    sweep = Sweep(
        model,
        loader(),
        optimizer,
        loss_fn=overflowing({0, 4}),
        grad_scaler=scaler(),
        num_it=6,
        stop_div=False,
    )

    assert len(list(sweep)) == 6
    assert sweep.skipped_steps == 2


def test_a_scaler_that_skips_for_ever_is_an_end():
    model = classifier()
    loss_fn = overflowing(range(3, 1000))
    sweep = Sweep(model, batches(), sgd(model), loss_fn=loss_fn, grad_scaler=scaler())

    points = list(sweep)

    assert len(points) == 3
    assert len(loss_fn.calls) == 3 + MOST_SKIPS
    assert sweep.stop_reason is StopReason.NON_FINITE
    assert "infinite or NaN 40 times in a row" in sweep.stop_sentence


def test_a_loss_that_is_nan_ends_it_even_where_the_scaler_skips_the_step():
    model = classifier()
    sweep = Sweep(
        model,
        batches(),
        sgd(model),
        grad_scaler=scaler(),
        loss_fn=lambda output, target: output.sum() * float("nan"),
    )

    assert len(list(sweep)) == 1
    assert sweep.stop_reason is StopReason.NON_FINITE


def test_no_hook_stays_on_the_optimizer():
    model = classifier()
    optimizer = sgd(model)

    list(Sweep(model, loader(), optimizer, amp="fp16", num_it=3, isolation="in_place"))

    assert not optimizer._optimizer_step_post_hooks


def test_clipping_works_on_gradients_of_their_own_size():
    """With a scaler, an unscaled gradient is what is clipped."""
    model = classifier(0.0)
    norms = []
    optimizer = sgd(model)
    optimizer.register_step_pre_hook(
        lambda *_: norms.append(
            torch.stack([p.grad.norm() for p in model.parameters()]).norm().item()
        )
    )

    list(
        Sweep(
            model,
            loader(),
            optimizer,
            grad_scaler=scaler(),
            clip_grad_norm=1e-3,
            num_it=4,
            isolation="in_place",
        )
    )

    assert norms == pytest.approx([1e-3] * 4, rel=1e-2)


def test_accumulation_under_a_scaler_steps_once_for_all_batches():
    model = classifier()
    optimizer = sgd(model)
    steps = []
    optimizer.register_step_pre_hook(lambda *_: steps.append(1))

    list(
        Sweep(
            model,
            loader(),
            optimizer,
            amp="fp16",
            accumulate=4,
            num_it=5,
            stop_div=False,
            isolation="in_place",
        )
    )

    assert len(steps) == 5
