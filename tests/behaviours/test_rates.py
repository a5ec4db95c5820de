"""Which rates are swept, and how many."""

from __future__ import annotations

import numpy as np
import pytest

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import classifier, loader, sgd


@behaviour(
    "The rate rises from step to step, exponentially or linearly, well beyond the optimizer's own",
    'lr_find(..., mode="linear")',
    torch_lr_finder="TestRangeTest.test_run; range_test(step_mode)",
    ignite="test_lr_policy; attach(step_mode)",
    monai="range_test(step_mode)",
    lightning="lr_find(mode)",
    catalyst="LRFinder(scale)",
    granite_tsfm="optimal_lr_finder(step_mode)",
    deepspeed="TestLrRange.test",
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
    lightning="_LinearLR",
    catalyst="LRFinder(scale)",
    granite_tsfm="LinearLR",
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
    lightning="_ExponentialLR",
    lr_range_test="LRFinderIgnite.run(lr_max)",
    catalyst="LRFinder(final_lr)",
    granite_tsfm="ExponentialLR",
)
def test_an_exponential_sweep_takes_a_decade_a_step_to_below_its_end():
    lrs = found(start_lr=1e-5, end_lr=1, num_it=5).lrs

    assert lrs == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2, 0.1])


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
