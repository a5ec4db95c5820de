"""The line that is fitted around every point of a curve, as a smoother without lag."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.curves.local_regression import LocalRegression, local_widths
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


def test_the_width_shrinks_where_points_lie_denser_but_not_without_end() -> None:
    widths = [
        local_widths(np.arange(100) * spacing, 0.25, 0.08) for spacing in (0.16, 0.08, 0.02, 1e-3)
    ]
    np.testing.assert_allclose(widths, np.repeat([[0.25], [0.25], [0.125], [0.08]], 100, axis=1))


def test_the_width_goes_over_from_a_sparse_to_a_dense_part() -> None:
    x = np.append(np.arange(-20, 0) * 0.08, np.arange(100) * 0.008)
    widths = local_widths(x, 0.25, 0.08)
    assert np.diff(widths).max() < 1e-9
    np.testing.assert_allclose(widths[[14, 24, -1]], [0.25, 0.08, 0.08])


def test_points_at_the_same_place_make_no_width_smaller() -> None:
    np.testing.assert_array_equal(
        local_widths(np.tile(X, 3), 0.25, 0.08), np.tile(local_widths(X, 0.25, 0.08), 3)
    )
    assert local_widths(np.zeros(3), 0.25, 0.08).tolist() == [0.25] * 3


def test_each_point_may_have_its_own_width() -> None:
    x = np.linspace(0, 8, 101)
    losses = np.where(x > 2, 1.0, 0.0) + np.where(x > 6, 1.0, 0.0)
    fit = LocalRegression(x, np.where(x < 4, 0.4, 0.1))
    _, slope = fit.line(losses)
    gauss = 1 / np.sqrt(2 * np.pi)
    assert slope[fit.x < 4].max() == pytest.approx(gauss / 0.4, rel=0.02)
    assert slope[fit.x > 4].max() == pytest.approx(gauss / 0.1, rel=0.1)


@given(
    losses=arrays(np.float64, 30, elements=st.floats(allow_nan=False, allow_infinity=False)),
    x=arrays(np.float64, 30, elements=st.floats(-300, 300)),
)
def test_two_sided_average_is_a_number_for_any_numbers(losses: np.ndarray, x: np.ndarray) -> None:
    value, slope = LocalRegression(x, local_widths(x, 0.25, 0.08)).line(losses)
    assert not np.isnan(value).any()
    assert value.shape == slope.shape
