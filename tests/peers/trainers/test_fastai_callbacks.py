"""Callbacks of a Learner may end a sweep, an epoch or a step, as they do in `fit`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from fastai.basics import Callback, CancelFitException, CancelStepException
from fastai.callback.all import ShortEpochCallback, TerminateOnNaNCallback

from lrfind_widget import Sweep, compare_lrs
from lrfind_widget.curves.schedule import Schedule
from tests.peers.trainers.learners import RANGE, fitted, learner


def test_callbacks_may_end_it(tmp_path: Path) -> None:
    class Early(Callback):
        def after_batch(self) -> None:
            if self.training and self.train_iter == 5:
                raise CancelFitException

    sweep = Sweep(learner(tmp_path, Early()), **RANGE)
    assert len(list(sweep)) == 5
    assert sweep.stop_sentence == (
        "Ended early, after 5 of 14 steps. A callback of the Learner has ended its training: leave "
        "it out to sweep on."
    )
    with pytest.raises(ValueError, match="A callback of the Learner has ended its training"):
        compare_lrs(learner(tmp_path, Early()), lrs=[0.1], steps=9, progress=False)


def test_a_step_that_is_left_out_is_taken_again(tmp_path: Path) -> None:
    """As `MixedPrecision` leaves out those whose gradient overflows."""

    class Overflows(Callback):
        def before_step(self) -> None:
            if self.train_iter in (2, 3):
                raise CancelStepException

    sweep = Sweep(learner(tmp_path, Overflows()), stop_div=False, **RANGE)
    lrs = [point.lr for point in sweep]
    assert lrs == Schedule(**RANGE).lrs().tolist()
    assert sweep.skipped_steps == 2


def test_callbacks_may_end_an_epoch(tmp_path: Path) -> None:
    short = partial(learner, tmp_path, ShortEpochCallback(0.5))
    expected = fitted(short())
    assert [p.loss for p in Sweep(short(), stop_div=False, **RANGE)] == expected


def test_a_loss_that_is_nan_ends_it_as_it_ends_the_fit(tmp_path: Path) -> None:
    options = {"start_lr": 1e20, "end_lr": 1e38, "num_it": 20, "stop_div": False}
    sweep = Sweep(learner(tmp_path, TerminateOnNaNCallback()), **options)
    list(sweep)
    assert "the loss was" in sweep.stop_sentence


def test_a_callback_that_sets_the_rate_is_found(tmp_path: Path) -> None:
    class Own(Callback):
        def before_step(self) -> None:
            self.opt.set_hyper("lr", 0.5)

    with pytest.raises(ValueError, match="learning rate was 5e-1 when the optimizer took its step"):
        list(Sweep(learner(tmp_path, Own()), **RANGE))
