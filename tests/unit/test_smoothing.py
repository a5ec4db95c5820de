"""The running average of fastai v1, and the two-sided one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.curves.smoothing import (
    ExponentialAverage,
    exponential_average,
    gaussian_average,
)

ANY = arrays(np.float64, st.integers(0, 200), elements=st.floats(width=64))
X = np.linspace(-7, 1, 100, endpoint=False)
LRS = 10**X


@given(losses=ANY, beta=st.floats(0, 0.999))
def test_whole_curve_equals_the_one_by_one_average_bit_for_bit(
    losses: np.ndarray, beta: float
) -> None:
    average = ExponentialAverage(beta)
    one_by_one = np.array([average.update(loss) for loss in losses.tolist()])
    assert exponential_average(losses, beta).tobytes() == one_by_one.tobytes()


def test_average_is_debiased_from_the_first_value() -> None:
    assert exponential_average([3.0, 3.0, 3.0]) == pytest.approx(3.0, rel=1e-15)


def test_average_follows_the_written_formula() -> None:
    average = ExponentialAverage(0.9)
    average.update(1.0)
    assert average.update(2.0) == (0.9 * (0.9 * 0 + (1 - 0.9) * 1) + (1 - 0.9) * 2) / (1 - 0.9**2)


def test_beta_zero_does_not_smooth() -> None:
    losses = [1.0, -2.0, 1e300]
    assert exponential_average(losses, 0.0).tolist() == losses


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_value_that_is_not_finite_changes_nothing(broken: float) -> None:
    with_it = exponential_average([1.0, 2.0, broken, 3.0])
    without = exponential_average([1.0, 2.0, 3.0])
    assert with_it[[0, 1, 3]].tolist() == without.tolist()
    assert with_it[2] == with_it[1]


def test_average_is_nan_before_the_first_finite_value() -> None:
    assert np.isnan(exponential_average([math.nan, math.inf])).all()


@pytest.mark.parametrize("beta", [-0.1, 1.0, math.nan])
def test_beta_outside_its_range_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match="beta must be at least 0 and below 1"):
        ExponentialAverage(beta)


def test_beta_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="beta must be a number"):
        ExponentialAverage("0.98")  # type: ignore[arg-type]


def test_two_sided_average_keeps_a_straight_line_up_to_both_ends() -> None:
    np.testing.assert_allclose(gaussian_average(LRS, 3 - 2 * X), 3 - 2 * X, atol=1e-12)


def test_two_sided_average_keeps_a_line_on_a_linear_schedule() -> None:
    lrs = Schedule(1e-3, 1.0, 200, "linear").lrs()
    line = 1 - np.log10(lrs)
    np.testing.assert_allclose(gaussian_average(lrs, line), line, atol=0.02)


def test_two_sided_average_of_a_constant_is_that_constant() -> None:
    assert gaussian_average(LRS, np.full(100, 0.1)).tolist() == [0.1] * 100


def test_two_sided_average_has_no_lag() -> None:
    smoothed = gaussian_average(LRS, np.tanh(3 * (X + 3)))
    crossing = np.interp(0, smoothed, X)
    assert crossing == pytest.approx(-3, abs=0.01)


def test_two_sided_average_is_a_gaussian_of_the_given_width_inside_the_curve() -> None:
    spike = np.zeros(100)
    spike[50] = 1.0
    smoothed = gaussian_average(LRS, spike, width=0.4)
    gauss = np.exp(-0.5 * ((X - X[50]) / 0.4) ** 2)
    np.testing.assert_allclose(smoothed[25:75], (gauss / gauss.sum())[25:75], rtol=1e-3, atol=1e-6)


def test_ten_thousand_points_are_smoothed_like_few() -> None:
    few = gaussian_average(LRS, np.cos(X))
    lrs = 10 ** np.linspace(-7, 1, 10_000, endpoint=False)
    many = gaussian_average(lrs, np.cos(np.log10(lrs)))
    # The spacing at which points are averaged first shows at the ends only.
    np.testing.assert_allclose(np.interp(X, np.log10(lrs), many)[5:-5], few[5:-5], atol=2e-3)


def test_two_sided_average_does_not_depend_on_the_order_of_points() -> None:
    losses = np.cos(X)
    order = np.random.default_rng(0).permutation(100)
    np.testing.assert_array_equal(
        gaussian_average(LRS[order], losses[order]), gaussian_average(LRS, losses)[order]
    )


def test_points_without_finite_values_take_no_part() -> None:
    losses, lrs = np.cos(X), LRS.copy()
    losses[10], lrs[20] = math.nan, -1.0
    smoothed = gaussian_average(lrs, losses)
    kept = np.delete(np.arange(100), [10, 20])
    assert np.isnan(smoothed[[10, 20]]).all()
    np.testing.assert_array_equal(smoothed[kept], gaussian_average(LRS[kept], np.cos(X)[kept]))


@given(
    losses=arrays(np.float64, 30, elements=st.floats(width=64)),
    lrs=arrays(np.float64, 30, elements=st.floats(width=64)),
)
def test_two_sided_average_is_finite_or_nan_for_any_numbers(
    losses: np.ndarray, lrs: np.ndarray
) -> None:
    smoothed = gaussian_average(lrs, losses)
    usable = np.isfinite(losses) & np.isfinite(lrs) & (lrs > 0)
    assert np.isnan(smoothed[~usable]).all()
    assert not np.isnan(smoothed[usable]).any()


def test_no_points_give_no_average() -> None:
    assert gaussian_average([], []).size == 0


@pytest.mark.parametrize("width", [0.0, -1.0, math.nan, math.inf])
def test_bad_width_is_refused(width: float) -> None:
    with pytest.raises(ValueError, match="width must be a positive number"):
        gaussian_average([1.0], [1.0], width)


def test_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length, got 2 and 1"):
        gaussian_average([1.0, 2.0], [1.0])
