"""The line that is drawn of a sweep: where the loss falls, without lag."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.fitted_line import MOST_POSITIONS, fitted_line, settled
from lrfind_widget.curves.smoothing import Floats, exponential_average

RATES = np.geomspace(1e-7, 10, 100)


def fall(lrs: Floats = RATES, noise: float = 0.02) -> Floats:
    """Return losses that fall by 0.65 around 1e-3, with noise."""
    losses = 0.7 - 0.65 / (1 + np.exp(-6 * (np.log10(lrs) + 3)))
    drawn: Floats = losses + np.random.default_rng(0).normal(0, noise, lrs.size)
    return drawn


def crossing(lrs: Floats, losses: Floats, level: float = 0.4) -> float:
    """Return log10 of the first rate at which losses are below a level."""
    return float(np.log10(lrs[np.flatnonzero(losses < level)[0]]))


def test_falls_where_the_loss_falls_and_the_average_half_a_decade_later() -> None:
    losses = fall()
    line = fitted_line(RATES, losses)
    assert crossing(line.lrs, line.losses) == pytest.approx(-3, abs=0.1)
    assert crossing(RATES, exponential_average(losses)) > -2.5


def refined(lrs: Floats = RATES) -> Floats:
    """Return these rates and a hundred more in the one decade of a steep fall."""
    return np.sort(np.append(lrs, np.geomspace(10**-3.3, 10**-2.4, 100)))


def test_a_refined_part_is_followed_as_closely_as_it_was_measured() -> None:
    lrs = refined()
    steep = 0.7 - 0.65 / (1 + np.exp(-20 * (np.log10(lrs) + 2.9)))
    losses = steep + np.random.default_rng(0).normal(0, 0.02, lrs.size)
    line = fitted_line(lrs, losses)
    near = np.interp(np.log10(lrs), np.log10(line.lrs), line.losses)
    assert np.abs(near - steep)[(lrs > 1e-4) & (lrs < 1e-2)].max() < 0.1


def test_a_refined_part_leaves_the_line_elsewhere_as_it_is() -> None:
    lrs = refined()
    line, before = fitted_line(lrs, fall(lrs, 0)), fitted_line(RATES, fall(noise=0))
    far = before.lrs > 0.05
    np.testing.assert_allclose(line.losses[line.lrs > 0.05], before.losses[far], atol=1e-3)


def test_with_more_points_less_of_the_line_still_moves() -> None:
    lrs = np.geomspace(1e-7, 10, 200)  # over as far: half the distance
    line = fitted_line(lrs, fall(lrs))
    assert (~settled(line)).sum() == (line.lrs > lrs[-1] * 10 ** (-0.5 * 0.5**0.5)).sum()


def test_an_explosion_does_not_lift_the_line_before_it() -> None:
    calm = fall()
    wild = np.where(RATES > 0.5, 1e8 * RATES**6, calm)
    line, before = fitted_line(RATES, wild), fitted_line(RATES[RATES <= 0.5], calm[RATES <= 0.5])
    np.testing.assert_allclose(line.losses[: before.lrs.size], before.losses)
    assert line.losses[-1] == pytest.approx(wild[-1], rel=0.2)


def test_follows_an_explosion_over_all_its_powers_of_ten() -> None:
    wild = np.where(RATES > 0.5, 1e8 * RATES**6, fall())
    line = fitted_line(RATES, wild)
    beyond = line.lrs > 0.5
    np.testing.assert_allclose(line.losses[beyond], wild[RATES > 0.5], rtol=0.01)


def test_a_single_outlier_leaves_the_line_where_it_is() -> None:
    losses = np.full(100, 2.0)
    losses[40] = 1e6
    np.testing.assert_allclose(fitted_line(RATES, losses).losses, 2.0)


def test_noise_at_the_end_is_no_explosion() -> None:
    losses = 2.3 + np.random.default_rng(1).normal(0, 0.1, 100)
    assert np.ptp(fitted_line(RATES, losses).losses) < 0.2


def test_losses_that_are_not_finite_are_left_out() -> None:
    losses = fall()
    ended = np.append(losses[:-1], math.nan)
    np.testing.assert_array_equal(
        fitted_line(RATES, ended).losses, fitted_line(RATES[:-1], losses[:-1]).losses
    )


@pytest.mark.parametrize("count", range(6))
def test_few_points_have_a_line_through_them(count: int) -> None:
    line = fitted_line(np.geomspace(1e-5, 10, 5)[:count], np.linspace(2, 1, 5)[:count])
    np.testing.assert_allclose(line.losses, np.linspace(2, 1, 5)[:count], atol=1e-9)


def test_points_may_come_in_any_order() -> None:
    order = np.random.default_rng(0).permutation(100)
    np.testing.assert_array_equal(
        fitted_line(RATES[order], fall()[order]).losses, fitted_line(RATES, fall()).losses
    )


def test_on_a_linear_axis_the_fit_is_over_the_rate_itself() -> None:
    lrs = np.linspace(1e-7, 0.1, 100)
    losses = 1 - 0.5 * (lrs > 0.05)
    line = fitted_line(lrs, losses, linear_to=0.1)
    before, after = line.lrs < 0.03, line.lrs > 0.07
    np.testing.assert_allclose(line.losses[before], 1, atol=1e-3)
    np.testing.assert_allclose(line.losses[after], 0.5, atol=1e-3)
    assert line.lrs[[0, -1]] == pytest.approx(lrs[[0, -1]])
    assert settled(line, 0.1).sum() == (line.lrs <= 0.1 - 0.1 / 16).sum()


def test_ten_thousand_points_have_no_more_positions_than_are_drawn() -> None:
    lrs = np.geomspace(1e-7, 10, 10_000)
    line = fitted_line(lrs, fall(lrs))
    assert line.lrs.size <= MOST_POSITIONS
    assert line.lrs[[0, -1]] == pytest.approx(lrs[[0, -1]], rel=0.1)


any_loss = st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf])


@given(st.lists(any_loss, min_size=1, max_size=60))
def test_the_line_stays_within_the_losses(values: list[float]) -> None:
    losses = np.array(values)
    line = fitted_line(RATES[: losses.size], losses)
    finite = losses[np.isfinite(losses)]
    assert line.lrs.size <= losses.size
    if finite.size:
        size = np.abs(finite).max()
        assert finite.min() - 1e-9 * size <= line.losses.min()
        assert line.losses.max() <= finite.max() + 1e-9 * size


def test_a_constant_loss_that_rises_at_last_is_a_line() -> None:
    losses = np.append(np.zeros(20), [1.0, 1.0, 1.0])
    line = fitted_line(RATES[: losses.size], losses)
    assert line.losses[:15] == pytest.approx(0, abs=1e-6)
    assert line.losses[-1] == pytest.approx(1)
