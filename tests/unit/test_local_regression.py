"""The line that is fitted around every point of a curve, as a smoother without lag."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.curves.local_regression import LocalRegression
from lrfind_widget.curves.schedule import Schedule

X = np.linspace(-7, 1, 100, endpoint=False)
LRS = 10**X


def two_sided(lrs: np.ndarray, losses: np.ndarray, width: float = 0.25) -> np.ndarray:
    x = np.log10(lrs)
    fit = LocalRegression(x, width)
    return np.interp(x, fit.x, fit.line(losses)[0])


def test_two_sided_average_keeps_a_straight_line_up_to_both_ends() -> None:
    np.testing.assert_allclose(two_sided(LRS, 3 - 2 * X), 3 - 2 * X, atol=1e-12)


def test_two_sided_average_keeps_a_line_on_a_linear_schedule() -> None:
    lrs = Schedule(1e-3, 1.0, 200, "linear").lrs()
    line = 1 - np.log10(lrs)
    np.testing.assert_allclose(two_sided(lrs, line), line, atol=0.02)


def test_two_sided_average_of_a_constant_is_that_constant() -> None:
    assert two_sided(LRS, np.full(100, 0.1)).tolist() == [0.1] * 100


def test_two_sided_average_has_no_lag() -> None:
    smoothed = two_sided(LRS, np.tanh(3 * (X + 3)))
    crossing = np.interp(0, smoothed, X)
    assert crossing == pytest.approx(-3, abs=0.01)


def test_two_sided_average_is_a_gaussian_of_the_given_width_inside_the_curve() -> None:
    spike = np.zeros(100)
    spike[50] = 1.0
    smoothed = two_sided(LRS, spike, width=0.4)
    gauss = np.exp(-0.5 * ((X - X[50]) / 0.4) ** 2)
    np.testing.assert_allclose(smoothed[25:75], (gauss / gauss.sum())[25:75], rtol=1e-3, atol=1e-6)


def test_ten_thousand_points_are_smoothed_like_few() -> None:
    few = two_sided(LRS, np.cos(X))
    lrs = 10 ** np.linspace(-7, 1, 10_000, endpoint=False)
    many = two_sided(lrs, np.cos(np.log10(lrs)))
    # The spacing at which points are averaged first shows at the ends only.
    np.testing.assert_allclose(np.interp(X, np.log10(lrs), many)[5:-5], few[5:-5], atol=2e-3)


def test_two_sided_average_does_not_depend_on_the_order_of_points() -> None:
    losses = np.cos(X)
    order = np.random.default_rng(0).permutation(100)
    np.testing.assert_array_equal(
        two_sided(LRS[order], losses[order]), two_sided(LRS, losses)[order]
    )


@given(
    losses=arrays(np.float64, 30, elements=st.floats(allow_nan=False, allow_infinity=False)),
    x=arrays(np.float64, 30, elements=st.floats(-300, 300)),
)
def test_two_sided_average_is_a_number_for_any_numbers(losses: np.ndarray, x: np.ndarray) -> None:
    value, slope = LocalRegression(x, 0.25).line(losses)
    assert not np.isnan(value).any()
    assert value.shape == slope.shape
