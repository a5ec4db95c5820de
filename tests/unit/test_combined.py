"""The one curve that is drawn of several sweeps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrfind_widget.curves.combined import CombinedCurve, combined_curve


def combined(losses: list[list[float]], **options: Any) -> CombinedCurve:
    steps = np.concatenate([np.arange(len(repeat)) for repeat in losses])
    raw = np.concatenate(losses)
    repeats = np.repeat(np.arange(len(losses)), [len(repeat) for repeat in losses])
    return combined_curve(10.0 ** (steps - 4.0), raw, raw, repeats, **options)


def test_a_single_sweep_is_drawn_as_it_is() -> None:
    curve = combined_curve(np.array([1e-3, 1e-2]), np.array([2.0, 1.0]), np.array([2.0, 1.5]))
    assert curve.smoothed.tolist() == [2.0, 1.5]
    assert curve.fit.low is None
    assert curve.val_losses is None


def test_repeats_are_drawn_as_median_and_extremes_at_each_rate() -> None:
    curve = combined([[1, 1], [2, 5], [9, 3]])
    assert curve.lrs.tolist() == [1e-4, 1e-3]
    assert curve.smoothed.tolist() == [2, 3]
    assert curve.fit.losses.tolist() == [2, 3]
    assert curve.fit.low.tolist() == [1, 1]
    assert curve.fit.high.tolist() == [9, 5]


def test_a_repeat_that_diverged_counts_as_infinite_after_its_end() -> None:
    curve = combined([[1, 1, 1], [2], [3, 3, 3]])
    assert curve.smoothed.tolist() == [2, 3, 3]
    assert curve.fit.high.tolist() == [3, math.inf, math.inf]


def test_the_median_ends_where_most_repeats_have_diverged() -> None:
    curve = combined([[1, 1], [2], [3]])
    assert curve.smoothed.tolist() == [2, math.inf]
    assert curve.fit.losses.tolist() == [2, math.inf]
    assert curve.fit.low.tolist() == [1, 1]


def test_a_repeat_that_was_stopped_is_left_out_after_its_end() -> None:
    curve = combined([[1, 1], [3, 3], [8]], cut_short=True)
    assert curve.smoothed.tolist() == [3, 2]
    assert curve.fit.losses.tolist() == [3, 2]


def test_other_smoothing_is_of_each_repeat_by_itself() -> None:
    curve = combined([[1, 1, 1], [3, 3, 3], [5, 5, 5]], beta=0.9)
    assert np.allclose(curve.smoothed, 3)


def test_validation_losses_of_repeats_are_medians_too() -> None:
    val_losses = np.array([1.0, 1.0, 2.0, math.nan, 9.0, 4.0])
    curve = combined([[1, 1], [2, 5], [9, 3]], val_losses=val_losses)
    assert curve.val_losses.tolist() == [2.0, 2.5]
