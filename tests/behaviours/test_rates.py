"""Which rates are swept."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviours.card import behaviour
from tests.behaviours.ours import found


@behaviour(
    "The rate rises from step to step, whether the sweep is linear or exponential",
    'lr_find(..., mode="linear")',
    torch_lr_finder="TestRangeTest.test_run; range_test(step_mode)",
    ignite="test_lr_policy; attach(step_mode)",
)
@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_the_rate_rises_from_step_to_step(mode):
    assert (np.diff(found(mode=mode, num_it=20, stop_div=False).lrs) > 0).all()


@behaviour(
    "An exponential sweep of 5 steps from 1e-5 to 0.1 takes a decade a step and ends at 0.1",
    "lr_find(..., start_lr=1e-5, end_lr=0.1, num_it=5)",
    on_purpose="as in fastai, `end_lr` is the rate of the step after the last, so that a sweep can "
    "be continued from there",
    torch_lr_finder="TestLRHistory.test_exponential_lr_history",
)
def test_an_exponential_sweep_ends_one_step_below_its_end():
    lrs = found(start_lr=1e-5, end_lr=0.1, num_it=5).lrs

    assert lrs == pytest.approx(1e-5 * 10 ** np.linspace(0, 4, 6)[:5])
