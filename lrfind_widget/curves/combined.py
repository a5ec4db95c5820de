"""The one curve that is drawn of a result, also of one that holds several sweeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.points import StopReason

if TYPE_CHECKING:
    from lrfind_widget.results.result import SweepResult

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CombinedCurve:
    """A curve over rising learning rates.

    Attributes
    ----------
    lrs, losses, smoothed : ndarray of float64, shape (m,)
        Rates, raw losses and smoothed losses. Of repeats, the medians over them at each rate.
    low, high : ndarray of float64, shape (m,), or None
        The least and the greatest smoothed loss of the repeats at each rate; None where there
        was one sweep. Infinite where a repeat had diverged before.
    """

    lrs: Floats
    losses: Floats
    smoothed: Floats
    low: Floats | None = None
    high: Floats | None = None


def combined_curve(result: SweepResult, beta: float | None = None) -> CombinedCurve:
    """Return the curve to draw of a result.

    A repeat that has ended because its loss diverged counts as infinite at the rates after
    that: so the median ends where half of the repeats have diverged, instead of going on with
    those that were lucky. One that somebody stopped is left out there.

    Parameters
    ----------
    result : SweepResult
        The result.
    beta : float, optional
        Smooth anew with this weight of the past, instead of as the sweep did.

    Returns
    -------
    CombinedCurve
    """
    if result.repeats is None:
        smoothed = result.smoothed if beta is None else exponential_average(result.losses, beta)
        return CombinedCurve(result.lrs, result.losses, smoothed)
    grid = np.unique(result.lrs)
    numbers = np.unique(result.repeats)
    losses, smoothed = (np.full((numbers.size, grid.size), np.nan) for _ in range(2))
    for row, number in enumerate(numbers):
        points = np.flatnonzero(result.repeats == number)
        rates, raw = result.lrs[points], result.losses[points]
        places = np.searchsorted(grid, rates)
        cut_short = number == numbers[-1] and _was_cut_short(result)
        after = grid > (rates.max() if rates.size else 0)
        for table, values in (
            (losses, raw),
            (smoothed, result.smoothed[points] if beta is None else exponential_average(raw, beta)),
        ):
            table[row, places] = values
            if not cut_short:
                table[row, after] = np.inf
    with np.errstate(invalid="ignore"):
        return CombinedCurve(
            grid,
            _median(losses),
            _median(smoothed),
            np.fmin.reduce(smoothed, axis=0),
            np.fmax.reduce(smoothed, axis=0),
        )


def _was_cut_short(result: SweepResult) -> bool:
    return result.stop_reason in (StopReason.STOPPED, StopReason.FAILED)


def _median(table: Floats) -> Floats:
    """Return the medians of the columns, NaN left out; infinite ones are as good as any."""
    medians = np.full(table.shape[1], np.nan)
    for column in range(table.shape[1]):
        values = table[:, column]
        values = values[~np.isnan(values)]
        if values.size:
            medians[column] = np.median(values)
    return medians
