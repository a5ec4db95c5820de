"""The one curve that is drawn of a result, also of one that holds several sweeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import exponential_average

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


def combined_curve(
    lrs: Floats,
    losses: Floats,
    smoothed: Floats,
    repeats: npt.NDArray[np.int64] | None = None,
    *,
    cut_short: bool = False,
    beta: float | None = None,
) -> CombinedCurve:
    """Return the curve to draw of a sweep, or of repeated ones.

    A repeat that has ended because its loss diverged counts as infinite at the rates after
    that: so the median ends where half of the repeats have diverged, instead of going on with
    those that were lucky. One that was cut short is left out there.

    Parameters
    ----------
    lrs, losses, smoothed : ndarray of float64, shape (n,)
        Rates, raw and smoothed losses of all steps.
    repeats : ndarray of int64, shape (n,), optional
        Which of the repeats each step belongs to; None where there was one sweep.
    cut_short : bool, default False
        Whether the last repeat was stopped or failed, instead of reaching its end.
    beta : float, optional
        Smooth anew with this weight of the past, instead of taking `smoothed`.

    Returns
    -------
    CombinedCurve
    """
    if beta is not None:
        smoothed = exponential_average(losses, beta, repeats)
    if repeats is None:
        return CombinedCurve(lrs, losses, smoothed)
    grid = np.unique(lrs)
    numbers = np.unique(repeats)
    raw, averaged = (np.full((numbers.size, grid.size), np.nan) for _ in range(2))
    for row, number in enumerate(numbers):
        points = np.flatnonzero(repeats == number)
        places = np.searchsorted(grid, lrs[points])
        after = grid > lrs[points].max()
        for table, values in ((raw, losses[points]), (averaged, smoothed[points])):
            table[row, places] = values
            if not (cut_short and number == numbers[-1]):
                table[row, after] = np.inf
    with np.errstate(invalid="ignore"):
        return CombinedCurve(
            grid,
            _median(raw),
            _median(averaged),
            np.fmin.reduce(averaged, axis=0),
            np.fmax.reduce(averaged, axis=0),
        )


def _median(table: Floats) -> Floats:
    """Return the medians of the columns, NaN left out; infinite ones are as good as any."""
    medians = np.full(table.shape[1], np.nan)
    for column in range(table.shape[1]):
        values = table[:, column]
        values = values[~np.isnan(values)]
        if values.size:
            medians[column] = np.median(values)
    return medians
