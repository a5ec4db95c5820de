"""How steps are taken: accumulation, precision, validation losses, the average."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import ScriptedLoss, batches, classifier, loader, sgd

CHANGING = [3.0, 2.0, 4.0, 1.0, 2.5]


class CountingScaler(torch.amp.GradScaler):
    calls = 0

    def scale(self, outputs):
        type(self).calls += 1
        return super().scale(outputs)


@behaviour(
    "With 4 batches to a step, 10 steps compute the loss of 40 batches",
    "lr_find(..., accumulate=4)",
    torch_lr_finder="TestGradientAccumulation.test_gradient_accumulation; "
    "range_test(accumulation_steps)",
    monai="range_test(accumulation_steps)",
    lightning="test_accumulation_and_early_stopping",
)
def test_accumulation_computes_the_loss_of_every_batch():
    calls = []

    def loss_fn(output, target):
        calls.append(1)
        return nn.functional.cross_entropy(output, target)

    assert len(found(loss_fn=loss_fn, accumulate=4, num_it=10)) == 10
    assert len(calls) == 40


@behaviour(
    "The loss of a step is the mean of its batches",
    "lr_find(..., accumulate=4)",
    torch_lr_finder="range_test(accumulation_steps)",
    monai="range_test(accumulation_steps)",
)
def test_the_loss_of_a_step_is_the_mean_of_its_batches():
    losses = ScriptedLoss([1, 2, 3, 6, 5, 5, 5, 5])

    assert found(loss_fn=losses, accumulate=4, num_it=2).losses.tolist() == [3, 5]


@behaviour(
    "In half precision the gradient scaler that is given scales the loss of each batch",
    'lr_find(..., amp="fp16", grad_scaler=scaler)',
    torch_lr_finder="TestMixedPrecision.test_mixed_precision_torch; "
    "TestGradientAccumulation.test_gradient_accumulation_with_torch_amp; "
    "LRFinder(amp_backend, amp_config, grad_scaler)",
    holocron="test_classification_trainer; test_segmentation_trainer; test_detection_trainer",
    monai="LearningRateFinder(amp)",
)
@pytest.mark.parametrize("accumulate", [1, 4])
def test_the_scaler_scales_the_loss_of_each_batch(accumulate):
    CountingScaler.calls = 0
    model = classifier()

    result = lr_find(
        model,
        loader(),
        sgd(model),
        amp="fp16",
        grad_scaler=CountingScaler("cpu"),
        accumulate=accumulate,
        num_it=10,
        progress=False,
    )

    assert CountingScaler.calls == accumulate * (10 + result.skipped_steps)


@behaviour(
    "Mixed precision by Apex",
    'lr_find(..., amp="fp16")',
    on_purpose="Apex's `amp` has been given up for that of PyTorch; a step with it fits into "
    "`update_fn`",
    torch_lr_finder="TestMixedPrecision.test_mixed_precision_apex; "
    "TestGradientAccumulation.test_gradient_accumulation_with_apex_amp; LRFinder(amp_backend)",
)
def test_apex_is_answered_with_the_precision_of_torch():
    with pytest.raises(TypeError, match="'amp' here: autocast to this type; fp16"):
        found(amp_backend="apex")


@behaviour(
    "Mixed precision without a gradient scaler is refused",
    'lr_find(..., amp="fp16")',
    on_purpose="one is made",
    torch_lr_finder="LRFinder(grad_scaler)",
)
def test_half_precision_brings_its_scaler():
    assert len(found(amp="fp16", num_it=10)) == 10


@behaviour(
    "A step that the gradient scaler skips neither counts nor raises the rate",
    'lr_find(..., amp="fp16")',
    holocron="find_lr: #505",
)
def test_a_step_that_the_scaler_skips_does_not_count():
    class Overflowing(torch.autograd.Function):
        count = 0

        @staticmethod
        def forward(ctx, loss):
            return loss.clone()

        @staticmethod
        def backward(ctx, gradient):
            Overflowing.count += 1
            return gradient * (float("inf") if Overflowing.count == 3 else 1)

    def loss_fn(output, target):
        return Overflowing.apply(nn.functional.cross_entropy(output.float(), target))

    result = found(loss_fn=loss_fn, amp="fp16", num_it=8)

    assert result.skipped_steps == 1
    assert len(result) == 8
    assert result.lrs == pytest.approx(found(num_it=8).lrs)


@behaviour(
    "With held-out batches a loss on all of them is computed at every rate",
    "lr_find(..., val_loader=val_loader)",
    torch_lr_finder="TestRangeTest.test_run_with_val_loader; range_test(val_loader); "
    "TestDataLoaderIter.test_valdataloaderiter",
    monai="TestLRFinder.test_lr_finder; range_test(val_loader)",
    lr_range_test="test_train_loss_finder; lr_range_test(test_loader)",
)
def test_every_rate_has_a_loss_on_all_held_out_batches():
    held_out = batches(3)
    read = []

    class Held:
        def __iter__(self):
            for batch in held_out:
                read.append(1)
                yield batch

    result = found(val_loader=Held(), num_it=10)

    assert result.val_losses.shape == (10,)
    assert len(read) == 30


@behaviour(
    "What turns batches into input and target does so for held-out ones, each at every rate",
    "lr_find(..., prepare_batch=prepare, val_loader=val_loader)",
    torch_lr_finder="TestDataLoaderIter.test_run_range_test_with_valdataloaderiter",
)
def test_held_out_batches_are_prepared_at_every_rate():
    calls = []

    def prepare(batch):
        calls.append(1)
        return batch

    found(val_loader=batches(3), prepare_batch=prepare, num_it=5)

    assert len(calls) == 5 + 5 * 3


@behaviour(
    "With held-out batches their loss takes the place of that of training",
    "result.val_losses",
    on_purpose="both are recorded; each rule reads the one that suits it, or the one that "
    "`reads=` says",
    torch_lr_finder="range_test(val_loader); README: Leslie Smith's approach",
    monai="range_test(val_loader)",
)
def test_both_losses_are_recorded():
    result = found(val_loader=batches(2), num_it=50)

    assert (result.losses != result.val_losses).any()
    assert result.suggestion(reads="validation").read == "validation"


@behaviour(
    "Validation is done in eval mode, the next step in training mode",
    "lr_find(..., val_loader=val_loader)",
    torch_lr_finder="range_test(val_loader)",
    monai="range_test(val_loader)",
)
def test_validation_is_done_in_eval_mode():
    model, modes = classifier(), []
    model.register_forward_pre_hook(lambda module, _: modes.append(module.training))
    model.eval()

    lr_find(model, loader(), sgd(model), val_loader=batches(1), num_it=3, progress=False)

    assert [mode for mode in modes if mode] == [True] * 3
    assert modes[:6] == [True, False] * 3
    assert not model.training


@behaviour(
    "The recorded loss is smoothed, as strongly as is asked for",
    "lr_find(..., beta=0.95)",
    torch_lr_finder="range_test(smooth_f)",
    ignite="attach(smooth_f)",
    monai="range_test(smooth_f)",
    holocron="plot_recorder(beta)",
    torchtuples="LRFinder.plot(smoothed)",
    granite_tsfm="LRFinder(beta)",
    lr_range_test="lr_range_test(smooth_f)",
)
def test_the_loss_is_smoothed():
    result = found(loss_fn=ScriptedLoss(CHANGING), num_it=5, beta=0.5)

    average, expected = 0.0, []
    for n, loss in enumerate(CHANGING, start=1):
        average = 0.5 * average + 0.5 * loss
        expected.append(average / (1 - 0.5**n))
    assert result.smoothed == pytest.approx(expected)
    assert result.losses.tolist() == CHANGING


@behaviour(
    "Without smoothing the recorded losses are those of the steps",
    "lr_find(..., beta=0)",
    torch_lr_finder="range_test(smooth_f)",
    ignite="attach(smooth_f)",
    monai="range_test(smooth_f)",
    torchtuples="LRFinder.to_pandas(smoothed)",
    keras_lr_finder="LRFinder.losses",
)
def test_the_average_without_a_past_is_the_loss():
    result = found(loss_fn=ScriptedLoss(CHANGING), num_it=5, beta=0)

    assert result.smoothed == pytest.approx(CHANGING)


@behaviour(
    "The weight of the average is that of the newest loss, 0.05",
    "lr_find(..., beta=0.95)",
    on_purpose="it is that of the past, 0.98, and the average is debiased, as in fastai; the other "
    "word is answered with this one",
    torch_lr_finder="range_test(smooth_f)",
    ignite="attach(smooth_f)",
    monai="range_test(smooth_f)",
    lr_range_test="lr_range_test(smooth_f)",
)
def test_the_weight_is_that_of_the_past():
    assert found(num_it=5).beta == 0.98
    with pytest.raises(TypeError, match=r"'beta' here.* beta = 1 - smooth_f"):
        found(smooth_f=0.05)


@behaviour(
    "The stored curve can be smoothed differently after the run",
    "result.curve(beta=0.9)",
    holocron="plot_recorder(beta)",
    torchtuples="LRFinder.plot(smoothed)",
)
def test_a_stored_curve_can_be_smoothed_anew():
    result = found(num_it=60, end_lr=1)

    assert np.ptp(result.curve(beta=0.99).smoothed) < np.ptp(result.curve(beta=0.5).smoothed)


@behaviour(
    "Norms can have a weight decay of their own",
    '`{"params": norms, "weight_decay": 0}`, beside groups that decay; `wd` leaves it alone',
    holocron="find_lr(norm_weight_decay); test_classification_trainer",
)
def test_groups_that_do_not_decay_are_left_alone():
    model, decays = classifier(), []
    norms = {"params": model[1].parameters(), "weight_decay": 0.0}
    rest = {"params": [*model[0].parameters(), *model[4].parameters()], "weight_decay": 1e-2}
    optimizer = torch.optim.SGD([rest, norms], lr=0.1)
    optimizer.register_step_pre_hook(
        lambda opt, *_: decays.append([group["weight_decay"] for group in opt.param_groups])
    )

    lr_find(model, loader(), optimizer, wd=5e-4, num_it=1, isolation="in_place", progress=False)

    assert decays == [[5e-4, 0]]


@behaviour(
    "The model is moved to the device that is named, and back after `reset()`",
    "lr_find(model.to(device), loader, optimizer)",
    on_purpose="the device is the model's own, and batches are moved to it; a device as well would "
    "be a second truth",
    torch_lr_finder="LRFinder(device)",
    monai="LearningRateFinder(device)",
    granite_tsfm="optimal_lr_finder(device)",
    lr_range_test="lr_range_test(device)",
)
def test_the_device_is_the_models_own():
    with pytest.raises(TypeError, match=r"'device'\. Batches are moved to the device of the model"):
        found(device="cpu")


@behaviour(
    "Batches are moved to the device while the processor goes on",
    "lr_find(model, loader, optimizer)",
    torch_lr_finder="range_test(non_blocking_transfer)",
    monai="range_test(non_blocking_transfer)",
)
def test_batches_are_moved_without_waiting():
    moved = []

    class Watched(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func is torch.Tensor.to:
                moved.append(kwargs)
            return super().__torch_function__(func, types, args, kwargs or {})

    found([(x.as_subclass(Watched), y) for x, y in batches()], num_it=4)

    assert len(moved) == 4
    assert all(options == {"non_blocking": True} for options in moved)


@behaviour(
    "The losses of several processes are added up",
    "lr_find(ddp_model, loader, optimizer)",
    missing="a sweep over several processes; a model that is wrapped for them is refused, and the "
    "plain model is swept in one",
    ignite="test_distrib_gloo_cpu_or_gpu; test_distrib_nccl_gpu; test_distrib_single_device_xla; "
    "test_distrib_xla_nprocs",
)
def test_the_losses_of_several_processes_are_added_up():
    from torch.testing._internal.distributed.fake_pg import FakeStore

    torch.distributed.init_process_group("fake", rank=0, world_size=2, store=FakeStore())
    try:
        model = nn.parallel.DistributedDataParallel(classifier())
        assert len(lr_find(model, loader(), sgd(model), num_it=5, progress=False)) == 5
    finally:
        torch.distributed.destroy_process_group()
