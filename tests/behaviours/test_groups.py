"""Rates of parameter groups."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.unit.toys import batches, classifier, loss_of, rates


def swept(**options):
    """Return a result of a sweep of two groups, and the rates of both at each step."""
    net, seen = classifier(), []
    optimizer = torch.optim.SGD(
        [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[4].parameters(), "lr": 0.01}]
    )

    def update(model, batch, own):
        seen.append(rates(own))
        loss = loss_of(model, batch)
        loss.backward()
        own.step()
        return loss

    result = lr_find(
        net,
        batches(),
        optimizer,
        update_fn=update,
        **{"num_it": 5, "stop_div": False, "progress": False, **options},
    )
    return result, np.array(seen)


@behaviour(
    "Each parameter group can have a range of its own",
    "lr_find(..., start_lr=[1e-6, 1e-5], end_lr=[0.1, 10])",
    fastai_v1="lr_find(start_lr, end_lr)",
    fastai_v2="LRFinder(start_lr, end_lr)",
    ignite="test_multiple_optimizers; attach(start_lr, end_lr)",
)
def test_each_group_can_have_its_range():
    _, seen = swept(start_lr=[1e-6, 1e-5], end_lr=[0.1, 10])
    place = np.arange(5) / 5
    assert seen[:, 0] == pytest.approx(1e-6 * (0.1 / 1e-6) ** place)
    assert seen[:, 1] == pytest.approx(1e-5 * (10 / 1e-5) ** place)


@behaviour(
    "Each parameter group can have a start of its own",
    "lr_find(..., start_lr=[1e-6, 1e-5])",
    deepspeed="LRRangeTest(lr_range_test_min_lr)",
    granite_tsfm="LRFinder.set_lr",
    torch_lr_finder="range_test(start_lr)",
    monai="range_test(start_lr)",
)
def test_each_group_can_have_its_start():
    _, seen = swept(start_lr=[1e-6, 1e-5], end_lr=[1e-2, 1e-1], mode="linear")
    assert seen[0].tolist() == [1e-6, 1e-5]
    assert (np.diff(seen, axis=0) > 0).all()


@behaviour(
    "As many rates as there are groups are wanted, else it is refused",
    "lr_find(..., start_lr=[1e-6, 1e-5, 1e-4])",
    deepspeed="LRRangeTest(lr_range_test_min_lr)",
    granite_tsfm="LRFinder.set_lr",
    ignite="test_attach_incorrect_input_args",
    torch_lr_finder="range_test(start_lr)",
    monai="range_test(start_lr)",
)
def test_a_rate_too_many_is_refused():
    with pytest.raises(ValueError, match=r"3 .*2 "):
        swept(start_lr=[1e-6, 1e-5, 1e-4])


@behaviour(
    "A slice spreads the rates evenly from the first group to the last",
    "lr_find(..., start_lr=slice(1e-7, 1e-5), end_lr=slice(0.1, 10))",
    fastai_v1="Learner.lr_range",
)
def test_a_slice_spreads_the_rates():
    _, seen = swept(start_lr=slice(1e-7, 1e-5), end_lr=slice(0.1, 10))
    assert seen[0] == pytest.approx([1e-7, 1e-5])


@behaviour(
    "All parameter groups are swept at one rate",
    'lr_find(..., groups="same")',
    on_purpose="by default groups keep the ratios that they were given; one keyword makes them one",
    lightning="Tuner.lr_find",
    catalyst="ILRUpdater.update_optimizer",
    lr_range_test="LRFinderIgnite.run(optimizer)",
)
def test_groups_keep_their_ratios_unless_told_otherwise():
    kept, same = swept()[0], swept(groups="same")[0]
    assert kept.multipliers == pytest.approx((1, 0.1))
    assert same.multipliers == (1, 1)


@behaviour(
    "The rate that is recorded is that of the last group",
    "result.lrs",
    on_purpose="it is that of the first group that has a rate; `result.group_lrs()` has them all",
    fastai_v1="Recorder.plot_lr",
    fastai_v2="ParamScheduler.after_batch",
)
def test_the_recorded_rate_is_that_of_the_first_group():
    result, seen = swept()
    assert result.lrs.tolist() == seen[:, 0].tolist()
    assert result.group_lrs(0.5) == pytest.approx((0.5, 0.05))


@behaviour(
    "A group whose start is not below its end is refused",
    "lr_find(..., start_lr=[1.0, 10.0], end_lr=[10.0, 10.0])",
    ignite="test_wrong_values_start_lr_and_end_lr",
)
def test_a_group_whose_range_does_not_rise_is_refused():
    with pytest.raises(ValueError, match=r"start_lr=10 must be below end_lr=10 .*group"):
        swept(start_lr=[1.0, 10.0], end_lr=[10.0, 10.0])


@behaviour(
    "Each group begins at its own rate, and all of them end at one",
    "lr_find(..., start_lr=[0.1, 0.01], end_lr=[10, 10])",
    on_purpose="unless both are said, groups keep the ratios that they were given all the way: a "
    "head at ten times the rate stays that",
    torch_lr_finder="TestRangeTest.test_run; range_test(end_lr)",
    ignite="attach(start_lr, end_lr)",
    monai="range_test(end_lr)",
)
def test_groups_can_end_at_one_rate():
    _, kept = swept()
    _, seen = swept(start_lr=[0.1, 0.01], end_lr=[10, 10])

    assert kept[:, 1] / kept[:, 0] == pytest.approx(0.1)
    assert seen[0].tolist() == [0.1, 0.01]
    assert seen[-1, 1] / seen[-1, 0] == pytest.approx(0.1**0.2)


@behaviour(
    "The suggestion has a rate for each group, where each stood at that step",
    "result.group_lrs()",
    ignite="test_lr_suggestion_multiple_param_groups; get_results; lr_suggestion",
)
def test_a_suggestion_has_a_rate_for_each_group():
    result, seen = swept(num_it=20, start_lr=[1e-4, 1e-3], end_lr=[0.1, 10])

    for lr, groups in zip(result.lrs, seen, strict=True):
        assert result.group_lrs(lr) == pytest.approx(groups)
