"""Whether two series of losses differ by more than their noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from lrfind_widget.curves.paired import _student, paired_difference


def noise(count: int, seed: int = 0, correlation: float = 0.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    values = generator.normal(size=count)
    for n in range(1, count):
        values[n] = correlation * values[n - 1] + math.sqrt(1 - correlation**2) * values[n]
    return values


def test_what_hard_batches_add_to_both_falls_out() -> None:
    hard = 100 * noise(30)
    difference = paired_difference(hard + 0.1 * noise(30, 1), hard + 0.1 * noise(30, 2) + 1)
    assert difference.mean == pytest.approx(-1, abs=0.1)
    assert difference.error < 0.1
    assert difference.is_clear


def test_noise_alone_is_rarely_a_difference() -> None:
    """At 95 %, also where each loss resembles the one before."""
    for correlation in (0.0, 0.5):
        clear = [
            paired_difference(noise(25, seed, correlation), np.zeros(25)).is_clear
            for seed in range(400)
        ]
        assert np.mean(clear) < 0.1


def test_independent_differences_have_the_textbook_error() -> None:
    values = np.tile([1.0, -1.0], 50)  # negatively correlated: not counted in its favour
    expected = values.std(ddof=1) / math.sqrt(100)
    assert paired_difference(values, np.zeros(100)).error == pytest.approx(expected)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scale_and_offset_change_no_verdict(scale: float) -> None:
    first, second = noise(25, 1), noise(25, 2) + 0.5
    plain = paired_difference(first, second)
    scaled = paired_difference(scale * first + 7 * scale, scale * second + 7 * scale)
    assert scaled.margin == pytest.approx(scale * plain.margin)
    assert scaled.is_clear == plain.is_clear


def test_the_same_series_is_no_difference() -> None:
    values = noise(20)
    assert not paired_difference(values, values).is_clear


def test_a_constant_lead_is_clear() -> None:
    assert paired_difference(np.full(10, 2.0), np.full(10, 1.0)).is_clear


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_pairs_tell_nothing(count: int) -> None:
    difference = paired_difference(np.ones(count), np.zeros(count))
    assert difference.error == math.inf
    assert not difference.is_clear


def test_pairs_that_are_not_finite_are_left_out() -> None:
    first, second = np.array([1.0, math.nan, 2.0, 1.5]), np.array([0.0, 1.0, math.inf, 0.5])
    assert paired_difference(first, second).mean == 1.0


@pytest.mark.parametrize("freedom", [1.0, 1.3, 1.7, 2.0, 2.5, 3.0, 3.5, 5.0, 12.3, 200.0])
def test_students_t_is_near_the_exact_point(freedom: float) -> None:
    assert _student(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.03)


@pytest.mark.parametrize("size", [1e150, 1e160, 1e200, 1e308])
def test_differences_too_large_to_be_squared_are_within_the_noise(size: float) -> None:
    first, second = np.array([1.0, 0.5, 0.75, 1.0]) * size, np.full(4, 0.25 * size)
    difference = paired_difference(first, second)
    assert difference.mean > 0
    assert not difference.is_clear or math.isfinite(difference.margin)
