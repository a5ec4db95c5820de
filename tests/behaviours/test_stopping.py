"""When a sweep ends before its steps are done."""

from __future__ import annotations

import math

import pytest

from lrfind_widget.outcomes import StopReason
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import ScriptedLoss

RISING = [1.0, 1.0, *(1.2**n for n in range(60))]


def stopped_at(**options):
    result = found(loss_fn=ScriptedLoss(RISING), num_it=60, beta=0, **options)
    assert result.stop_reason is StopReason.DIVERGED
    return result.losses[-1]


@behaviour(
    "A loss above a number of times its best ends the sweep, and the number can be chosen",
    "lr_find(..., stop_div=5)",
    torch_lr_finder="range_test(diverge_th)",
    ignite="attach(diverge_th); test_detach_terminates",
    monai="range_test(diverge_th)",
    ktrain="lr_find(stop_factor)",
    lightning="lr_find(early_stop_threshold)",
    lr_range_test="lr_range_test(diverge_th)",
    fastai_v2="callback.schedule.ipynb#LRFinder",
)
@pytest.mark.parametrize("factor", [2, 5, 10])
def test_a_loss_far_above_its_best_ends_the_sweep(factor):
    assert stopped_at(stop_div=factor) >= factor


@behaviour(
    "The sweep ends at five times the best loss by default",
    "lr_find(..., stop_div=5)",
    on_purpose="at four times, as in fastai; five has to be asked for",
    torch_lr_finder="range_test(diverge_th)",
    ignite="attach(diverge_th)",
    monai="range_test(diverge_th)",
    lr_range_test="lr_range_test(diverge_th)",
)
def test_the_sweep_ends_later_with_a_factor_of_five():
    assert 4 < stopped_at() < stopped_at(stop_div=5)


@behaviour(
    "The sweep ends at four times the best loss by default, at the first loss above",
    'lr_find(..., stop_div="fastai")',
    on_purpose="at four times, but not for a spike or the noise of small batches; the first loss "
    "above has to be asked for",
    ktrain="lr_find(stop_factor)",
    keras_lr_finder="on_batch_end",
    lightning="lr_find(early_stop_threshold)",
    fastai_v1="LRFinder.on_batch_end",
    fastai_v2="LRFinder.after_batch",
    granite_tsfm="LRFinder.after_batch_train",
)
def test_the_sweep_ends_at_the_first_loss_above_four_times_the_best_when_asked():
    assert 4 < stopped_at(stop_div="fastai") < 4 * 1.2
    assert stopped_at() > 4 * 1.2


@behaviour(
    "The sweep ends where the loss is above a number, not a number of times its best",
    "lr_find(..., stop_div=10)",
    on_purpose="a factor means the same for losses of any size; every other finder has one",
    torchtuples="lr_finder(tolerance)",
    pycox="examples/cox-ph; examples/cox-time",
)
def test_the_end_does_not_hang_on_the_size_of_the_loss():
    def length(scale):
        return len(found(loss_fn=ScriptedLoss([scale * x for x in RISING]), num_it=60, beta=0))

    assert length(1e-3) == length(1) == length(1e3) < 60


@behaviour(
    "The loss does not end the sweep unless that is asked for",
    "lr_find(..., stop_div=False)",
    on_purpose="it does by default, as in fastai: steps after an explosion show nothing",
    torchtuples="lr_finder(tolerance)",
)
def test_the_loss_ends_nothing_where_that_is_asked_for():
    assert len(found(loss_fn=ScriptedLoss(RISING), num_it=60, stop_div=False)) == 60


@behaviour(
    "A factor of infinity keeps the sweep going to its end",
    'lr_find(..., stop_div=float("inf"))',
    ignite="test_model_optimizer_reset; test_num_iter_is_none; test_num_iter_is_enough; "
    "test_num_iter_is_not_enough; test_different_num_iters",
)
def test_no_loss_is_above_a_factor_of_infinity():
    swept = found(loss_fn=ScriptedLoss(RISING), num_it=60, stop_div=math.inf)
    assert len(swept) == 60
    assert swept.settings["stop_div"] is False


@behaviour(
    "That the sweep ended early because the loss diverged is said",
    "result.stop_sentence",
    torch_lr_finder="range_test",
    monai="LearningRateFinder(verbose)",
    ignite="attach",
    lightning="Tuner.lr_find",
    lr_range_test="LRFinderIgnite.run",
)
def test_it_is_said_that_the_loss_diverged():
    result = found(loss_fn=ScriptedLoss(RISING), num_it=60, beta=0)

    assert "the smoothed loss passed 4 × its minimum" in result.stop_sentence


@behaviour(
    "A loss that is NaN or infinite ends the sweep, and its steps are kept",
    "lr_find(...)",
    holocron="find_lr",
    keras_lr_finder="on_batch_end",
    fastai_v1="LRFinder.on_batch_end",
    lr_range_test="LRFinderIgnite.run",
)
@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_sweep(broken):
    result = found(loss_fn=ScriptedLoss([2.0] * 20 + [broken] * 9), num_it=29)

    assert result.stop_reason is StopReason.NON_FINITE
    assert len(result) == 21


@behaviour(
    "A loss that is NaN in the first step is an error",
    "result.suggestion().reason",
    on_purpose="it is a result without a suggestion, which says that no rate changes it and what "
    "to look at",
    holocron="find_lr",
)
def test_a_first_loss_that_is_nan_is_explained():
    result = found(loss_fn=ScriptedLoss([math.nan] * 9), num_it=9)

    assert result.suggested_lr is None
    assert "which no learning rate changes" in result.suggestion().reason


@behaviour(
    "In the first six batches no loss ends the sweep",
    "lr_find(..., stop_div=False)",
    on_purpose="a loss above four times the best of a few batches is looked at for noise instead; "
    "one that goes on rising is the end at any step",
    keras_lr_finder="on_batch_end",
)
def test_a_single_spike_at_the_start_does_not_end_the_sweep():
    losses = [1.0, 1.1, 30.0, *[1.0] * 37]

    assert len(found(loss_fn=ScriptedLoss(losses), num_it=40)) == 40
