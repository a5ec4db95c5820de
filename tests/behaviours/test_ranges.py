"""The ends of a range and the number of its steps."""

from __future__ import annotations

import numpy as np
import pytest

from lrfind_widget import compare_lrs, lr_find, search_lr
from lrfind_widget.options import SweepOptions
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import batches, classifier, loader, loss_of, rates, sgd


def best(**given):
    net = classifier()
    options = {"steps": 10, "num_it": 20, "seed": 0, "progress": False, **given}
    return search_lr(net, batches(), sgd(net), **options).best_lr


@behaviour(
    "By default a sweep takes 100 steps from 1e-7 to 10",
    "lr_find(model, loader, optimizer)",
    fastai_v1="lr_find(start_lr, end_lr, num_it)",
    fastai_v2="Learner.lr_find(start_lr, end_lr, num_it)",
    granite_tsfm="optimal_lr_finder(start_lr, end_lr, num_iter)",
)
def test_the_default_range_is_that_of_fastai():
    options = SweepOptions()
    assert (options.start_lr, options.end_lr, options.num_it) == (1e-7, 10, 100)


@behaviour(
    "By default a sweep takes 100 steps from 1e-8 to 1",
    "lr_find(..., start_lr=1e-8, end_lr=1)",
    on_purpose="the default range is fastai's, which goes on to where most models diverge; "
    "below 1e-7 hardly one begins to learn",
    lightning="Tuner.lr_find(min_lr, max_lr, num_training)",
)
@behaviour(
    "A sweep goes from 1e-6 to 10",
    "lr_find(..., start_lr=1e-6)",
    on_purpose="the default range is fastai's, which begins a decade lower",
    neural_prophet="find_learning_rate(min_lr, max_lr)",
)
def test_another_range_is_two_keywords():
    lrs = found(start_lr=1e-8, end_lr=1, stop_div=False).lrs
    assert lrs.size == 100
    assert lrs[0] == 1e-8
    assert lrs[-1] < 1


@behaviour(
    "By default a sweep takes 50 steps",
    "lr_find(..., num_it=50)",
    on_purpose="the default is fastai's 100; with fewer steps the suggestion is rarely sure",
    lr_range_test="lr_range_test(num_steps)",
)
def test_fewer_steps_are_a_keyword():
    assert len(found(num_it=50, stop_div=False)) == 50


@behaviour(
    "The first step is taken at the first rate of the range",
    "result.lrs[0]",
    fastai_v1="test_lr_find",
    fastai_v2="callback.schedule.ipynb#LRFinder",
    deepspeed="TestLrRange.test; TestGetLrBeforeTrain.test",
    lr_range_test="LRFinderIgnite.run(lr_min)",
    ignite="test_start_lr; attach(start_lr)",
    torch_lr_finder="range_test(start_lr)",
    monai="range_test(start_lr)",
    holocron="find_lr(start_lr)",
    keras_lr_finder="find(start_lr)",
    ktrain="lr_find(start_lr)",
    torchtuples="lr_finder(lr_range)",
)
@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_the_first_step_is_taken_at_the_start(mode):
    assert found(start_lr=1e-6, num_it=3, mode=mode).lrs[0] == 1e-6


@behaviour(
    "The rates are exponential: step i of n is taken at `start * (end / start) ** (i / n)`",
    "result.lrs",
    fastai_v1="LRFinder(sched)",
    fastai_v2="callback.schedule.ipynb#LRFinder",
)
def test_the_rates_are_those_of_fastai():
    expected = [1e-7 * (10 / 1e-7) ** (i / 100) for i in range(100)]
    assert found(stop_div=False).lrs.tolist() == expected


@behaviour(
    "All rates lie within the range",
    "result.lrs",
    lightning="test_lr_candidates_between_min_and_max",
    fastai_v1="test_lr_find",
)
def test_all_rates_lie_within_the_range():
    lrs = found(start_lr=1e-4, end_lr=1e-2, num_it=15).lrs
    assert ((lrs >= 1e-4) & (lrs < 1e-2)).all()


@behaviour(
    "A range given the wrong way round is swept downwards",
    "lr_find(..., start_lr=1e-8, end_lr=1.0)",
    on_purpose="a range test raises the rate; a range the wrong way round is a mistake, and the "
    "error says which end to change",
    lightning="test_lr_candidates_between_min_and_max",
    granite_tsfm="test_lr_finder_save_load",
)
def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(ValueError, match=r"must be below end_lr.*Lower start_lr or raise end_lr"):
        found(start_lr=1.0, end_lr=1e-8)


@behaviour(
    "A narrow range in few steps: 15 from 1e-5 to 1e-3",
    "lr_find(..., start_lr=1e-5, end_lr=1e-3, num_it=15)",
    fastai_v1="test_lrfind",
)
def test_a_narrow_range_in_few_steps():
    assert len(found(start_lr=1e-5, end_lr=1e-3, num_it=15)) == 15


@behaviour(
    "Without an early end exactly as many steps are recorded as were asked for",
    "lr_find(..., num_it=90, stop_div=False)",
    fastai_v1="test_lr_find; lr_find(stop_div)",
    fastai_v2="Learner.lr_find(stop_div)",
    lightning="test_accumulation_and_early_stopping; lr_find(early_stop_threshold)",
    neural_prophet="find_learning_rate(early_stop_threshold)",
    ignite="test_num_iter_is_enough",
    holocron="test_classification_trainer; test_segmentation_trainer; test_detection_trainer",
)
def test_without_an_early_end_all_steps_are_recorded():
    result = found(num_it=90, stop_div=False)
    assert result.lrs.size == result.losses.size == 90


@behaviour(
    "There are never more steps of the optimizer than were asked for",
    "lr_find(..., num_it=3)",
    lightning="test_lr_finder_ends_before_num_training",
    fastai_v2="callback.schedule.ipynb#LRFinder",
    catalyst="LRFinder(num_steps)",
)
def test_there_are_no_more_steps_than_asked_for():
    net, seen = classifier(), []

    def update(model, batch, optimizer):
        seen.append(rates(optimizer))
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        return loss

    lr_find(net, loader(), sgd(net), num_it=3, update_fn=update, progress=False)
    assert len(seen) == 3


@behaviour(
    "Fewer than 6 steps are made 6",
    "lr_find(..., num_it=5)",
    on_purpose="as many steps are taken as were asked for; where they are too few for a suggestion "
    "it says so",
    fastai_v2="LRFinder(num_it)",
)
@behaviour(
    "A single step is refused",
    "lr_find(..., num_it=1)",
    on_purpose="it is a sweep like another; what it is too short for says so",
    granite_tsfm="ExponentialLR(num_iter)",
    torch_lr_finder="test_scheduler_and_num_iter",
    monai="range_test(num_iter)",
)
def test_few_steps_are_taken_and_suggest_nothing():
    result = found(num_it=1)
    assert len(result) == 1
    assert "at least 5 are needed" in result.suggestion().reason


@behaviour(
    "Without a number of steps the data is gone through once",
    "lr_find(..., num_it=len(loader))",
    on_purpose="how many steps a curve needs does not hang on the size of the data",
    catalyst="LRFinder(num_steps)",
    granite_tsfm="LRFinder(num_iter)",
    ignite="test_num_iter_is_none; attach(num_iter)",
)
def test_once_through_the_data_is_its_length():
    assert len(found(num_it=len(loader()), stop_div=False)) == len(loader())
    with pytest.raises(TypeError, match=r"num_it=None, expected a whole number of at least 1"):
        found(num_it=None)


@behaviour(
    "The number of steps grows with the length of the training to come",
    "search_lr(..., for_steps=20_000)",
    on_purpose="a long training wants a lower rate, not a longer curve: `for_steps` moves the "
    "rate that a search finds",
    neural_prophet="find_learning_rate(train_epochs)",
)
def test_the_length_of_the_training_moves_the_rate_of_a_search():
    assert best(for_steps=1000) < best()


@behaviour(
    "The largest rate that trains is found, for the top of a cycle",
    'search_lr(..., for_schedule="one_cycle")',
    deepspeed="tutorials/lrrt; LRRangeTest",
)
def test_the_top_of_a_cycle_is_found():
    assert best(for_schedule="one_cycle") > best()


@behaviour(
    "The range begins at the rate that the optimizer has",
    'lr_find(..., start_lr=optimizer.param_groups[0]["lr"])',
    on_purpose="the rates below the optimizer's own belong to the answer",
    catalyst="ILRUpdater.on_experiment_start",
    torch_lr_finder="range_test(start_lr)",
    ignite="attach(start_lr)",
    monai="range_test(start_lr)",
)
def test_the_range_does_not_begin_at_the_rate_of_the_optimizer():
    assert found(num_it=3).lrs[0] == 1e-7


@behaviour(
    "The range is given by its start and a growth: step n is taken at "
    "`min_lr * (1 + step_rate * n / step_size)`",
    'lr_find(..., mode="linear", end_lr=min_lr * (1 + step_rate * num_it / step_size))',
    deepspeed="LRRangeTest(lr_range_test_min_lr, lr_range_test_step_rate, "
    "lr_range_test_step_size); TestLrRange.test",
)
def test_a_linear_range_has_the_rates_of_a_growth():
    min_lr, step_rate, step_size, num_it = 1e-4, 5, 10, 40
    end_lr = min_lr * (1 + step_rate * num_it / step_size)
    lrs = found(start_lr=min_lr, end_lr=end_lr, mode="linear", num_it=num_it, stop_div=False).lrs
    assert lrs == pytest.approx(min_lr * (1 + step_rate * np.arange(num_it) / step_size))


@behaviour(
    "A staircase: the rate stays for some steps, then rises",
    "compare_lrs(model, loader, optimizer, lrs, steps=10)",
    on_purpose="steps on one tread build on those below, so that what is seen is not that rate's; "
    "`compare_lrs` trains at each rate for as long, from the same state",
    deepspeed="LRRangeTest(lr_range_test_staircase); TestLrRange.test",
)
def test_rates_that_stay_are_compared_from_the_same_state():
    net = classifier()
    compared = compare_lrs(
        net, batches(), sgd(net), [1e-3, 1e-2, 1e-1], steps=10, seed=0, progress=False
    )
    assert compared.taken == (10, 10, 10)
    assert len(set(compared.losses[:, 0].tolist())) == 1


@behaviour(
    "The number of steps is a whole number of at least 1, else it is refused",
    "lr_find(..., num_it=0)",
    deepspeed="LRRangeTest(lr_range_test_step_size)",
    ignite="test_attach_incorrect_input_args; attach(num_iter)",
    torch_lr_finder="test_scheduler_and_num_iter",
    monai="range_test(num_iter)",
)
@pytest.mark.parametrize("bad", [0, -3, 2.5, "ten"])
def test_a_number_of_steps_that_is_none_is_refused(bad):
    with pytest.raises((TypeError, ValueError), match=r"num_it=.*expected"):
        found(num_it=bad)


@behaviour(
    "A way to raise the rate that is unknown is refused",
    'lr_find(..., mode="cosine")',
    lightning="LearningRateFinder(mode)",
    catalyst="LRFinder(scale)",
    granite_tsfm="LRFinder(step_mode)",
    ignite="test_attach_incorrect_input_args",
    torch_lr_finder="range_test(step_mode)",
    monai="range_test(step_mode)",
)
def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"mode='cosine', expected 'exp' or 'linear'"):
        found(mode="cosine")


@behaviour(
    "Its name may be written in capitals",
    'lr_find(..., mode="linear")',
    on_purpose="one spelling; the error names it",
    lightning="LearningRateFinder(mode)",
    granite_tsfm="LRFinder(step_mode)",
)
def test_a_mode_has_one_spelling():
    with pytest.raises(ValueError, match=r"expected 'exp' or 'linear'"):
        found(mode="LINEAR")
