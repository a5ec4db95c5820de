"""What a result keeps, and what is said meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from lrfind_widget import Sweep, lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.curves import exponential, valley
from tests.unit.results import result
from tests.unit.toys import classifier, loader, sgd


@behaviour(
    "Rates and losses are there by name as a dict",
    "result.columns()",
    torch_lr_finder="README: history",
    ignite="test_with_attach; get_results",
    monai="LearningRateFinder.history",
)
def test_rates_and_losses_are_a_dict():
    swept = found(num_it=10)
    columns = swept.columns()

    assert columns["lr"].tolist() == swept.lrs.tolist()
    assert columns["loss"].tolist() == swept.losses.tolist()


@behaviour(
    "Rates and losses without those at both ends",
    "result.lrs[10:-5], result.losses[10:-5]",
    on_purpose="they are arrays, which a slice cuts; rules and `plot` take the skips",
    monai="get_lrs_and_losses",
)
def test_rates_and_losses_are_arrays():
    swept = found(num_it=30, end_lr=1)

    assert isinstance(swept.lrs, np.ndarray)
    assert len(swept.lrs[10:-5]) == len(swept.losses[10:-5]) == 15


@behaviour(
    "The losses can be had as a pandas frame over the rates, raw or smoothed",
    'result.to_frame().set_index("lr")',
    torchtuples="LRFinder.to_pandas",
)
def test_the_curve_is_a_frame():
    pytest.importorskip("pandas")
    swept = found(num_it=10)
    frame = swept.to_frame().set_index("lr")

    assert frame.index.tolist() == swept.lrs.tolist()
    assert frame["loss"].tolist() == swept.losses.tolist()
    assert frame["smoothed"].tolist() == swept.smoothed.tolist()


@behaviour(
    "Three estimates come together: longest valley, steepest fall, a tenth of the least loss",
    "result.suggestions()",
    ktrain="lr_estimate",
)
def test_the_estimates_of_ktrain_come_together():
    suggested = result(valley(exponential())).suggestions()

    for name in ("valley", "min_gradient", "min_over_10"):
        assert suggested[name].lr > 0


@behaviour(
    "What is asked of the finder before its run is refused in words",
    "lr_find(...) returns the result; Sweep(...).result()",
    ignite="test_attach_without_with",
    holocron="test_classification_trainer; test_segmentation_trainer; test_detection_trainer",
    ktrain="lr_estimate; lr_plot",
)
def test_there_is_no_result_before_the_run():
    model = classifier()
    sweep = Sweep(model, loader(), sgd(model))

    with pytest.raises(RuntimeError, match="has not ended yet, so there is no result"):
        sweep.result()


@behaviour(
    "A bar shows how far the run is, and can be switched off",
    "lr_find(..., progress=False)",
    torch_lr_finder="range_test: progress bar",
    monai="LearningRateFinder(verbose)",
    ktrain="lr_find(verbose)",
    torchtuples="lr_finder(verbose)",
    lightning="_LRCallback(progress_bar_refresh_rate)",
    fastai_v1="LRFinder.on_train_begin",
    lr_range_test="lr_range_test(pbar)",
)
def test_a_bar_shows_how_far_it_is(capsys):
    model = classifier()
    lr_find(model, loader(), sgd(model), num_it=5)
    shown = capsys.readouterr().err
    lr_find(model, loader(), sgd(model), num_it=5, progress=False)

    assert "5/5" in shown
    assert capsys.readouterr() == ("", "")


@behaviour(
    "Other handlers and callbacks of the training run meanwhile",
    "lr_find(..., update_fn=lambda model, batch, optimizer: loss)",
    on_purpose="what a training does besides its steps, checkpoints and logs, is no part of a "
    "range test; what has to be done in a step is done in `update_fn`",
    ignite="FastaiLRFinder; attach(trainer)",
    torchtuples="lr_finder(callbacks)",
)
def test_what_a_step_needs_is_done_in_it():
    done = []

    def update_fn(model, batch, optimizer):
        optimizer.zero_grad()
        loss = model(batch[0]).square().mean()
        loss.backward()
        optimizer.step()
        done.append(1)
        return loss

    found(update_fn=update_fn, num_it=7)

    assert len(done) == 7


@behaviour(
    "At its end it says what came of it",
    "lr_find(model, loader, optimizer)",
    lightning="training_tricks.html#using-lightnings-built-in-lr-finder",
    fastai_v1="LRFinder.on_train_end",
    granite_tsfm="optimal_lr_finder",
    neural_prophet="find_learning_rate",
)
def test_a_line_says_what_came_of_it(capsys):
    model = classifier()
    lr_find(model, loader(), sgd(model), seed=0)
    last = capsys.readouterr().err.splitlines()[-1]

    assert "Recommended 2.5e-1, unsure." in last
    assert "cross entropy" in last
    assert "100 steps" in last


@behaviour(
    "A run that ends without the loss having diverged warns, and says to raise the end",
    "lr_find(...)",
    on_purpose="a loss that need not diverge is no cause to warn; one that has not turned up is, "
    "in the closing line and in `result.suggestion().caveats`",
    ignite="test_model_optimizer_reset; test_num_iter_is_none; test_num_iter_is_enough; "
    "test_num_iter_is_not_enough; test_different_num_iters",
)
def test_a_loss_that_has_not_turned_up_is_said(capsys):
    model = classifier()

    def squared(model, batch):
        return (model[0].weight - 1).square().mean()

    swept = lr_find(model, loader(), sgd(model), step_fn=squared, end_lr=1e-2, seed=0)

    assert "The loss has not turned up by" in capsys.readouterr().err
    assert any("higher rates may be better" in said for said in swept.suggestion().caveats)
