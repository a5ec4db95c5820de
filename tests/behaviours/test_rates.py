"""Which rates are swept, and how many."""

from __future__ import annotations

import numpy as np
import pytest

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import batches, classifier, loader, rates, sgd


@behaviour(
    "The rate rises from step to step, exponentially or linearly, well beyond the optimizer's own",
    'lr_find(..., mode="linear")',
    torch_lr_finder="TestRangeTest.test_run; range_test(step_mode)",
    ignite="test_lr_policy; attach(step_mode)",
    monai="range_test(step_mode)",
)
@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_the_rate_rises_from_step_to_step(mode):
    lrs = found(mode=mode, num_it=20, stop_div=False).lrs

    assert (np.diff(lrs) > 0).all()
    assert lrs[-1] > 0.1


@behaviour(
    "A linear sweep of 5 steps from 1e-5 to 5e-5 takes 1e-5 a step and ends at 5e-5",
    'lr_find(..., start_lr=1e-5, end_lr=6e-5, num_it=5, mode="linear")',
    on_purpose="as in fastai, `end_lr` is the rate of the step after the last, where a sweep can "
    "be continued; so it is 6e-5 here",
    torch_lr_finder="TestLRHistory.test_linear_lr_history",
)
def test_a_linear_sweep_takes_steps_of_one_size_to_below_its_end():
    lrs = found(start_lr=1e-5, end_lr=6e-5, num_it=5, mode="linear").lrs

    assert lrs == pytest.approx([1e-5, 2e-5, 3e-5, 4e-5, 5e-5])


@behaviour(
    "An exponential sweep of 5 steps from 1e-5 to 0.1 takes a decade a step and ends at 0.1",
    "lr_find(..., start_lr=1e-5, end_lr=1, num_it=5)",
    on_purpose="as in fastai, `end_lr` is the rate of the step after the last, where a sweep can "
    "be continued; so it is 1 here",
    torch_lr_finder="TestLRHistory.test_exponential_lr_history",
    holocron="find_lr(end_lr)",
    torchtuples="LRFinder(lr_upper, n_steps)",
)
def test_an_exponential_sweep_takes_a_decade_a_step_to_below_its_end():
    lrs = found(start_lr=1e-5, end_lr=1, num_it=5).lrs

    assert lrs == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2, 0.1])


@behaviour(
    "The first rate is the one that was asked for as the start",
    "lr_find(..., start_lr=0.01)",
    ignite="test_start_lr; attach(start_lr)",
    torch_lr_finder="range_test(start_lr)",
    monai="range_test(start_lr)",
    holocron="find_lr(start_lr)",
    keras_lr_finder="find(start_lr)",
    ktrain="lr_find(start_lr)",
    torchtuples="lr_finder(lr_range)",
)
@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_the_first_rate_is_the_start(mode):
    assert found(start_lr=0.01, num_it=5, mode=mode).lrs[0] == 0.01


@behaviour(
    "A recorded rate is the one its step was taken with",
    "result.lrs",
    torch_lr_finder="README: history",
    keras_lr_finder="on_batch_end",
    torchtuples="LRFinder.lrs",
)
def test_a_recorded_rate_is_that_of_its_step():
    model = classifier()
    optimizer = sgd(model)
    seen = []
    optimizer.register_step_pre_hook(lambda opt, *_: seen.extend(rates(opt)))
    result = lr_find(
        model, loader(), optimizer, num_it=20, progress=False, isolation="in_place", seed=0
    )

    assert result.lrs.tolist() == seen


@behaviour(
    "Without a start the sweep begins at the optimizer's own rate",
    "lr_find(..., start_lr=optimizer.param_groups[0]['lr'])",
    on_purpose="it begins at 1e-7 as in fastai: an own rate of 0.1 would hide the way down",
    torch_lr_finder="range_test(start_lr)",
    ignite="attach(start_lr)",
    monai="range_test(start_lr)",
)
def test_a_sweep_begins_at_1e_7_by_default():
    result = found(num_it=5)

    assert result.lrs[0] == 1e-7
    assert result.own_lr == 0.1


@behaviour(
    "Without an end the sweep goes to 10",
    "lr_find(...)",
    torch_lr_finder="range_test(end_lr)",
    ignite="attach(end_lr)",
    monai="range_test(end_lr)",
    ktrain="lr_find(lr_mult)",
    torchtuples="lr_finder(lr_range)",
)
def test_a_sweep_goes_to_10_by_default():
    assert found(num_it=5).ends == (1e-7, 10)


@behaviour(
    "Without an end the sweep goes to 1",
    "lr_find(..., end_lr=1)",
    on_purpose="it goes to 10, as in fastai and four others; to 1 one has to ask for",
    holocron="find_lr(end_lr)",
)
def test_a_sweep_goes_to_1_where_that_is_asked_for():
    assert found(num_it=5, end_lr=1).ends == (1e-7, 1)


@behaviour(
    "A sweep has 100 steps by default",
    "lr_find(...)",
    torch_lr_finder="range_test(num_iter)",
    monai="range_test(num_iter)",
    holocron="find_lr(num_it)",
    torchtuples="lr_finder(n_steps)",
)
def test_a_sweep_has_100_steps_by_default():
    assert len(found(stop_div=False, end_lr=1e-2)) == 100


@behaviour(
    "Without a number of steps the sweep is one pass over the data",
    "lr_find(..., num_it=len(loader))",
    on_purpose="100 steps, as in fastai: how fine a curve is should not hang on how much data "
    "there is",
    ignite="test_num_iter_is_none; attach(num_iter)",
)
def test_a_pass_over_the_data_is_asked_for_by_its_length():
    data = batches(12)

    assert len(found(data, num_it=len(data), end_lr=1e-2)) == 12


@behaviour(
    "As many steps are taken as were asked for, and recorded one by one",
    "lr_find(..., num_it=50)",
    ignite="test_num_iter_is_enough",
    holocron="test_classification_trainer; test_segmentation_trainer; test_detection_trainer",
)
def test_as_many_steps_are_taken_as_were_asked_for():
    result = found(batches(100), num_it=50, end_lr=1e-2)

    assert len(result) == len(result.lrs) == len(result.losses) == 50


@behaviour(
    "One setup can be swept again and again, shorter or longer",
    "lr_find(..., num_it=200)",
    ignite="test_different_num_iters",
    torch_lr_finder="range_test: earlier results are reset",
)
def test_one_setup_can_be_swept_again_and_again():
    model = classifier()
    data, optimizer = loader(), sgd(model)

    def sweep(num_it):
        return lr_find(model, data, optimizer, num_it=num_it, end_lr=1e-2, seed=0, progress=False)

    first, longer, again = sweep(30), sweep(200), sweep(30)

    assert (len(first), len(longer)) == (30, 200)
    assert again.losses.tolist() == first.losses.tolist()


@behaviour(
    "The factor from one rate to the next can be given in place of a number of steps",
    "lr_find(..., num_it=round(log(end_lr / start_lr, 1.05)))",
    on_purpose="a factor is a number of steps in other words; one keyword is enough",
    ktrain="lr_find(lr_mult)",
)
def test_a_factor_is_a_number_of_steps():
    num_it = round(np.log(1e5) / np.log(1.05))
    lrs = found(start_lr=1e-7, end_lr=1e-2, num_it=num_it).lrs

    assert lrs[1:] / lrs[:-1] == pytest.approx(1.05, rel=1e-3)


@behaviour(
    "A largest number of epochs can be given in place of a number of steps",
    "lr_find(..., num_it=5 * len(loader))",
    on_purpose="steps of the optimizer are counted, as they are what moves the model; `epochs` is "
    "answered so",
    ktrain="TestRegression.test_bostonhousing; TestMultilabel.test_multilabel; lr_find(max_epochs)",
    keras_lr_finder="find(epochs)",
)
def test_epochs_are_answered_with_steps():
    with pytest.raises(TypeError, match="Steps of the optimizer are counted, not epochs"):
        found(epochs=5)

    assert len(found(num_it=5 * len(loader()), end_lr=1e-2)) == 30
