"""The steepest fall as torch-lr-finder, Ignite, MONAI, Keras and torchtuples take it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lrfind_widget import lr_find
from lrfind_widget.rules.table import suggest
from tests.behaviours.card import behaviour
from tests.unit.curves import exponential, valley
from tests.unit.results import result

UP_TO_6 = np.arange(1.0, 7.0)
DIGITS = Path(__file__).parents[2] / "examples" / "data" / "mnist_3_vs_7.npz"


@behaviour(
    "The suggestion is the rate where the average falls most steeply, also at either end",
    'result.suggestion("torch_lr_finder")',
    torch_lr_finder="test_suggest_lr; plot(suggest_lr)",
    monai="TestLRFinder.test_lr_finder; get_steepest_gradient",
)
@pytest.mark.parametrize(
    ("losses", "steepest"),
    [([10, 8, 4, 1, 4, 16], 2), ([1, 0, 1, 2, 3, 4], 0), ([0, 1, 2, 3, 4, 3], 5)],
)
def test_the_steepest_fall_of_torch_lr_finder(losses, steepest):
    found = suggest(UP_TO_6, losses, "torch_lr_finder", skip_start=0, skip_end=0, smooth_f=1)

    assert found.lr == UP_TO_6[steepest]
    assert found.index == steepest


@behaviour(
    "The steepest fall left of the least loss is suggested: the second rate of a parabola",
    'result.suggestion("ignite")',
    ignite="test_lr_suggestion_single_param_group; lr_suggestion",
)
def test_the_steepest_fall_of_ignite():
    lrs, losses = np.linspace(0.01, 10, 100), np.linspace(-5, 5, 100) ** 2 + 0.05

    found = suggest(lrs, losses, "ignite", smooth_f=1)

    assert found.lr == lrs[1] == pytest.approx(0.110909, abs=1e-6)


@behaviour(
    "A curve that is least at its start is an error, which says to begin lower",
    'result.suggestion("ignite").reason',
    on_purpose="to have no suggestion is an answer, not an error; the reason says the same",
    ignite="test_lr_suggestion_unexpected_curve",
)
def test_a_curve_that_is_least_at_its_start_suggests_nothing():
    losses = np.concatenate([[0], np.linspace(-5, 5, 100) ** 2 + 0.05])

    found = suggest(exponential(101), losses, "ignite", smooth_f=1)

    assert found.lr is None
    assert found.reason.endswith("Sweep from a lower rate.")


@behaviour(
    "On images of digits a linear sweep suggests a rate from 1e-4 to 2",
    'lr_find(..., mode="linear").suggestion("ignite")',
    ignite="test_lr_suggestion_mnist",
)
def test_the_suggestion_on_digits_is_one_to_train_with():
    with np.load(DIGITS) as stored:
        images, labels = (torch.from_numpy(stored[name]) for name in ("x_train", "y_train"))
    data = torch.utils.data.TensorDataset(images.float() / 255, labels.long())
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    swept = lr_find(
        model,
        torch.utils.data.DataLoader(data, batch_size=256, shuffle=True),
        torch.optim.SGD(model.parameters(), 1e-4),
        start_lr=1e-4,
        mode="linear",
        stop_div=2,
        num_it=50,
        seed=0,
        progress=False,
    )

    assert 1e-4 <= swept.suggestion("ignite").lr <= 2


@behaviour(
    "With the suggested rate comes the loss there; too few points give None for both",
    "suggestion.lr, suggestion.index",
    monai="get_steepest_gradient",
)
def test_a_suggestion_has_the_place_of_its_loss():
    curve = result(valley(exponential()))
    found = curve.suggestion("torch_lr_finder")

    assert curve.lrs[found.index] == found.lr
    assert np.isfinite(curve.losses[found.index])
    none = result([2.0]).suggestion("torch_lr_finder")
    assert (none.lr, none.index) == (None, None)


@behaviour(
    "The best rate is a tenth of that with the least loss, held between 1e-4 and 1",
    'result.suggestion("min_over_10")',
    on_purpose="a rate that the curve shows is not moved to a limit that knows nothing of it",
    torchtuples="get_best_lr; lr_finder(lr_min, lr_max)",
    pycox="examples/cox-ph; examples/deephit",
)
def test_a_tenth_of_the_rate_of_the_least_loss_is_not_moved():
    lrs = exponential(start_lr=1e-9, end_lr=1e-3)
    low = suggest(lrs, valley(lrs, onset=-8, bottom=-5), "min_over_10").lr

    assert 0 < low < 1e-4


@behaviour(
    "The best rate is where the loss has fallen most over some number of batches",
    "result.suggestion(rule)",
    on_purpose="a rule of one's own is a function of rates and losses; this one is a line",
    keras_lr_finder="get_best_lr; get_derivatives",
)
def test_a_rule_of_ones_own_takes_the_fall_over_some_batches():
    def fall_over_20(lrs, losses):
        return lrs[20:][np.argmin(losses[20:] - losses[:-20])]

    curve = result(valley(exponential()))

    assert curve.suggestion(fall_over_20).lr == fall_over_20(curve.lrs, curve.losses)
