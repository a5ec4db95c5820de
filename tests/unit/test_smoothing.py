"""The running average of fastai v1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.curves.smoothing import ExponentialAverage, GeometricAverage, exponential_average

ANY = arrays(np.float64, st.integers(0, 200), elements=st.floats(width=64))


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


def test_repeats_are_averaged_each_by_itself() -> None:
    together = exponential_average([1.0, 9.0, 3.0, 7.0], 0.9, [0, 1, 0, 1])
    assert together[[0, 2]].tolist() == exponential_average([1.0, 3.0], 0.9).tolist()
    assert together[[1, 3]].tolist() == exponential_average([9.0, 7.0], 0.9).tolist()


@given(losses=ANY, beta=st.floats(0, 0.999))
@example(losses=np.full(6, np.finfo(float).max), beta=0.5)
def test_a_geometric_average_of_anything_is_a_number_or_nan(
    losses: np.ndarray, beta: float
) -> None:
    smoothed = exponential_average(losses, beta, kind=GeometricAverage)
    assert smoothed.shape == losses.shape


def test_a_geometric_average_is_that_of_the_logarithm_from_which_an_explosion_fades() -> None:
    losses = np.array([1.0, 1e4, *[1.0] * 20])
    smoothed = exponential_average(losses, 0.9, kind=GeometricAverage)
    np.testing.assert_allclose(np.log(smoothed), exponential_average(np.log(losses), 0.9))
    assert smoothed[-1] < 2 < exponential_average(losses, 0.9)[-1]


def test_a_geometric_average_leaves_out_zeros_and_gives_way_to_the_other_below_them() -> None:
    smoothed = exponential_average([2.0, 0.0, math.inf, 2.0, -1.0], 0.0, kind=GeometricAverage)
    assert smoothed.tolist() == pytest.approx([2.0, 2.0, 2.0, 2.0, -1.0])
