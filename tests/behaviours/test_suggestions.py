"""Which rate is suggested, and what is said where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from lrfind_widget import lr_find
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.rules.table import suggest
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.curves import exponential, valley
from tests.unit.results import result, three
from tests.unit.toys import batches, classifier, sgd

FINITE = 1.0 - 0.5 * np.exp(-((np.arange(100) - 60) ** 2) / 200)
"""Losses of 100 steps with a dip."""


@behaviour(
    "A suggestion is a rate among those that were swept",
    "result.suggested_lr",
    lightning="test_call_to_trainer_method; _LRFinder.suggestion",
    fastai_v2="Learner.lr_find(suggest_funcs)",
    granite_tsfm="test_lr_finder; optimal_lr_finder",
    lr_range_test="AutomaticLRRangeTest",
)
@pytest.mark.parametrize("optimizer", [torch.optim.Adam, torch.optim.Adagrad, torch.optim.SGD])
def test_a_suggestion_lies_in_the_range(optimizer):
    net = classifier()
    made = optimizer(net.parameters(), lr=1e-2)
    swept = lr_find(net, batches(), made, num_it=60, seed=0, progress=False)
    assert swept.lrs[0] <= swept.suggested_lr <= swept.lrs[-1]


@behaviour(
    "A linear and an exponential sweep suggest a rate each",
    'lr_find(..., mode="linear")',
    lightning="test_call_to_trainer_method; test_exponential_vs_linear_mode_gradient_difference",
)
def test_both_ways_to_raise_the_rate_suggest_one():
    given = {"start_lr": 1e-6, "end_lr": 1.0}
    linear, exp = (found(mode=mode, **given) for mode in ("linear", "exp"))
    assert linear.suggested_lr > 0
    assert exp.suggested_lr > 0
    assert linear.suggested_lr != exp.suggested_lr


@behaviour(
    "The same seed suggests the same rate, on each call",
    "lr_find(..., seed=42)",
    lightning="test_multiple_lr_find_calls_gives_same_results",
    granite_tsfm="test_lr_finder",
    lr_range_test="TestAutomaticLRRangeTest.test_automatic_lrrange",
)
def test_repeated_calls_find_the_same():
    net = classifier()
    optimizer = sgd(net)
    first, *others = (lr_find(net, batches(), optimizer, seed=42, progress=False) for _ in range(3))
    assert len(first) > 10
    for other in others:
        assert other.losses.tolist() == first.losses.tolist()
        assert other.suggested_lr == first.suggested_lr


@behaviour(
    "The suggestion by default is the steepest fall of the average",
    'result.suggestion("min_gradient")',
    on_purpose="the default rule was nearest to the best rate on the tasks that were measured "
    "([suggestions](suggestions.md)); the others are a name away",
    fastai_v1="Recorder.plot(suggestion)",
    lightning="_LRFinder.suggestion",
    lr_range_test="AutomaticLRRangeTest",
)
@behaviour(
    "The suggestion by default is the middle of the longest valley",
    'result.suggestion("valley")',
    on_purpose="the default rule was nearest to the best rate on the tasks that were measured "
    "([suggestions](suggestions.md)); valley is a name away",
    fastai_v2="Learner.lr_find(suggest_funcs)",
    granite_tsfm="optimal_lr_finder(suggestion)",
)
def test_the_default_is_a_rule_of_our_own():
    assert result().suggestion().rule == "median_of_three"
    assert result().suggestion("valley").rule == "valley"


@behaviour(
    "The rate of the steepest fall can be had as a number",
    "result.min_grad_lr",
    fastai_v1="callbacks.lr_finder.html#Suggested-LR; Recorder.min_grad_lr",
)
def test_the_steepest_fall_is_a_number():
    average = exponential_average(valley(exponential()))[10:-5]
    expected = exponential()[10:-5][np.gradient(average).argmin()]
    assert result(valley(exponential())).min_grad_lr == expected


@behaviour(
    "A tenth of the rate with the least loss is told as well",
    'result.suggestion("min_over_10")',
    fastai_v1="Recorder.plot(suggestion)",
    fastai_v2="minimum",
    ktrain="lr_estimate; lr_plot(suggest)",
)
def test_a_tenth_of_the_rate_with_the_least_loss():
    curve = result(valley(exponential()))
    least = exponential()[10:-5][curve.smoothed[10:-5].argmin()]
    assert curve.suggestion("min_over_10").lr == pytest.approx(least / 10)


@behaviour(
    "A loss at the end that is not finite does not change the suggestion",
    "result.suggestion()",
    lightning="test_suggestion_with_non_finite_values",
)
@pytest.mark.parametrize("rule", ["median_of_three", "lightning", "min_gradient", "valley"])
def test_a_nan_at_the_end_changes_nothing(rule):
    losses = valley(exponential(), noise=0.02)
    broken = losses.copy()
    broken[-1] = math.nan
    expected = suggest(exponential(), losses, rule).lr
    assert suggest(exponential(), broken, rule).lr == pytest.approx(expected, rel=0.01)


@behaviour(
    "Losses that are not finite are left out, those behind them count",
    "result.suggestion()",
    on_purpose="a training loss that is not finite ends a sweep: the weights behind it are broken",
    lightning="test_suggestion_not_enough_finite_points",
)
def test_what_comes_after_a_nan_does_not_count():
    losses = valley(exponential(), noise=0.02)
    losses[50] = math.nan
    other = losses.copy()
    other[51:] = 7.0
    assert suggest(exponential(), losses).lr == suggest(exponential(), other).lr


@behaviour(
    "Too few points give no suggestion, and a sentence that says so and what to change",
    "result.suggestion().reason",
    lightning="test_suggestion_not_enough_finite_points; _LRFinder.suggestion",
    neural_prophet="smooth_loss_and_suggest",
    fastai_v1="Recorder.plot(suggestion)",
    torch_lr_finder="test_plot_with_skip_and_suggest_lr",
    monai="get_steepest_gradient",
    ktrain="lr_estimate",
)
@pytest.mark.parametrize("points", [1, 2, 3, 4])
@pytest.mark.parametrize("rule", ["median_of_three", "lightning", "min_gradient", "valley"])
def test_too_few_points_are_said(rule, points):
    answer = result(FINITE[:points]).suggestion(rule)
    assert answer.lr is None
    assert answer.reason.startswith("No recommendation")


@behaviour(
    "Where nothing is suggested the rate stays what it was",
    "result.apply(optimizer)",
    lightning="test_lr_attribute_when_suggestion_invalid",
)
def test_without_a_suggestion_no_rate_is_written():
    net = classifier()
    optimizer = sgd(net, lr=0.123)
    with pytest.raises(RuntimeError, match=r"There is no rate: give lr, or select one"):
        lr_find(net, batches(), optimizer, num_it=1, progress=False).apply(optimizer)
    assert optimizer.param_groups[0]["lr"] == 0.123


@behaviour(
    "A loss that moves a lot is smoothed on both sides before its steepest fall is taken",
    "result.fit",
    neural_prophet="smooth_loss_and_suggest(window)",
)
def test_the_fit_knows_both_sides():
    lrs = exponential()
    losses = np.where(lrs < 1e-3, 2.0, 1.0)
    curve = result(losses)
    half = curve.fit.lrs[np.abs(curve.fit.losses - 1.5).argmin()]
    assert half == pytest.approx(1e-3, rel=0.3)


@behaviour(
    "Two suggestions are averaged over the logarithm of the rate",
    "result.suggested_lr",
    on_purpose="the median of three rules, which one that is far off does not move",
    neural_prophet="smooth_loss_and_suggest",
)
def test_the_median_of_three_rules_is_suggested():
    assert result().suggestion().reason.startswith("The median of")


@behaviour(
    "The recorded loss is the average with beta 0.98, divided by `1 - 0.98 ** n`",
    "`result.smoothed`; beside it `result.losses`, which are raw",
    fastai_v1="Recorder.losses; LRFinder.on_batch_end",
    fastai_v2="Recorder.losses",
    granite_tsfm="LRFinder(beta)",
)
def test_the_average_is_that_of_fastai():
    swept = found(num_it=50)
    average, expected = 0.0, []
    for n, loss in enumerate(swept.losses.tolist(), start=1):
        average = 0.98 * average + 0.02 * loss
        expected.append(average / (1 - 0.98**n))
    assert swept.smoothed == pytest.approx(expected)


@behaviour(
    "The recorded loss is an average that is divided by one step too many",
    "result.smoothed",
    on_purpose="divided so, a constant loss seems to rise, which ends healthy sweeps early",
    lightning="_LRCallback(beta)",
)
def test_the_average_of_a_constant_loss_is_constant():
    assert exponential_average(np.ones(20)) == pytest.approx(np.ones(20))


@behaviour(
    "Rates and losses can be read, and are as many",
    "result.lrs, result.losses",
    fastai_v2="callback.schedule.ipynb#LRFinder",
    lightning="_LRFinder.results; test_lr_finder_with_backbone_finetuning_callback",
    fastai_v1="Recorder.lrs; Recorder.losses",
    lr_range_test="LRFinderIgnite.run",
    holocron="test_classification_trainer; test_segmentation_trainer; test_detection_trainer",
    keras_lr_finder="LRFinder.lrs; LRFinder.losses",
)
def test_there_are_as_many_rates_as_losses():
    swept = found(num_it=12)
    assert swept.lrs.size == swept.losses.size == swept.smoothed.size == 12


@behaviour(
    "The suggestion can be had as a plain number to train with",
    "result.suggested_lr",
    granite_tsfm="optimal_lr_finder; LRFinder.recorder",
    lightning="training_tricks.html#using-lightnings-built-in-lr-finder",
    neural_prophet="find_learning_rate",
)
def test_the_suggestion_is_a_plain_number():
    assert type(result().suggested_lr) is float


@behaviour(
    "The rate is found together with a weight decay, that whose steepest fall lies highest",
    "[lr_find(..., wd=wd) for wd in (0.0, 1e-6)]",
    on_purpose="a steep fall at a high rate says little of a weight decay; the curves are there to "
    "be compared, each named by what differs",
    lr_range_test="AutomaticLRRangeTest.run(wd_values); "
    "TestAutomaticLRRangeTest.test_automatic_lrrange",
)
def test_a_sweep_for_each_weight_decay():
    swept = [found(wd=wd, num_it=20) for wd in (0.0, 1.0)]
    assert [each.settings["wd"] for each in swept] == [0.0, 1.0]
    assert swept[0].losses.tolist() != swept[1].losses.tolist()


@behaviour(
    "Suggestions that move from run to run are steadied by several runs",
    "lr_find(..., repeats=3)",
    neural_prophet="find_learning_rate",
)
def test_several_sweeps_are_read_together():
    answer = three().suggestion()
    assert answer.lr is not None
    assert "of 3 sweeps suggest a rate" in answer.reason


@behaviour(
    "That a very low suggestion is doubtful is said",
    "result.suggestion().caveats",
    granite_tsfm="optimal_lr_finder",
)
def test_doubts_are_said():
    answer = found().suggestion()
    assert answer.certainty == "unsure"
    assert "few points" in " ".join(answer.caveats)


@behaviour(
    "A sweep that has stopped early for its losses suggests a rate all the same",
    "result.suggested_lr",
    fastai_v1="lr_find(stop_div)",
    lightning="lr_find(early_stop_threshold)",
)
def test_a_sweep_that_diverged_suggests_a_rate():
    losses = valley(exponential())
    end = int(np.flatnonzero(losses > 10)[0])
    swept = result(losses[:end], stop_reason=StopReason.DIVERGED)
    assert swept.suggested_lr is not None
