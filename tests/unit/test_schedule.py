"""The learning rates of a range test."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.options import SweepOptions

RATES = st.floats(1e-300, 1e300)


def test_exponential_schedule_is_fastai_v1s_formula_to_the_bit() -> None:
    lrs = Schedule(1e-7, 10.0, 100).lrs()
    assert lrs.tolist() == [1e-7 * (10.0 / 1e-7) ** (n / 100) for n in range(100)]


def test_linear_schedule_rises_by_equal_differences_from_the_start() -> None:
    lrs = Schedule(0.5, 1.0, 5, "linear").lrs()
    assert lrs.tolist() == pytest.approx([0.5, 0.6, 0.7, 0.8, 0.9])


@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_one_step_is_taken_at_the_start(mode: Any) -> None:
    assert Schedule(1e-4, 1.0, 1, mode).lrs().tolist() == [1e-4]


@pytest.mark.parametrize("mode", ["exp", "linear"])
def test_next_schedule_continues_where_the_first_would_have_gone_on(mode: Any) -> None:
    whole = Schedule(1.0, 4.0, 20, mode).lrs()
    middle = 2.0 if mode == "exp" else 2.5
    halves = np.append(Schedule(1.0, middle, 10, mode).lrs(), Schedule(middle, 4.0, 10, mode).lrs())
    np.testing.assert_allclose(halves, whole, rtol=1e-14)


@given(start=RATES, end=RATES, num_it=st.integers(1, 200), mode=st.sampled_from(["exp", "linear"]))
def test_rates_rise_from_start_and_stay_below_end(
    start: float, end: float, num_it: int, mode: Any
) -> None:
    if start >= end:
        return
    lrs = Schedule(start, end, num_it, mode).lrs()
    assert lrs.shape == (num_it,)
    assert lrs[0] == pytest.approx(start, rel=1e-9)
    assert np.isfinite(lrs).all()
    assert (np.diff(lrs) >= 0).all()
    assert lrs[-1] <= end * (1 + 1e-9)


def test_each_rate_is_also_given_by_its_step() -> None:
    schedule = Schedule(num_it=37)
    assert [schedule.lr(n) for n in range(37)] == schedule.lrs().tolist()
    assert len(schedule) == 37


@pytest.mark.parametrize("step", [-1, 100])
def test_step_outside_the_schedule_is_refused(step: int) -> None:
    with pytest.raises(IndexError, match="outside this schedule of 100 steps"):
        Schedule().lr(step)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"start_lr": 1.0, "end_lr": 1.0}, ValueError, "must be below end_lr"),
        ({"start_lr": 2.0, "end_lr": 1.0}, ValueError, "must be below end_lr"),
        ({"start_lr": 0.0}, ValueError, "start_lr must be finite and greater than 0"),
        ({"start_lr": -1e-3}, ValueError, "start_lr must be finite and greater than 0"),
        ({"end_lr": math.inf}, ValueError, "end_lr must be finite"),
        ({"end_lr": math.nan}, ValueError, "end_lr must be finite"),
        ({"start_lr": "1e-7"}, TypeError, "start_lr must be a number"),
        ({"end_lr": True}, TypeError, "end_lr must be a number"),
        ({"num_it": 0}, ValueError, "num_it=0, expected at least 1"),
        ({"num_it": 10.0}, TypeError, "num_it=10.0, expected a whole number of at least 1"),
        ({"num_it": True}, TypeError, "num_it=True, expected a whole number of at least 1"),
        ({"mode": "cosine"}, ValueError, "mode='cosine', expected 'exp' or 'linear'"),
    ],
)
def test_bad_argument_is_refused_by_name(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        SweepOptions(**arguments)
