"""The one curve that is drawn of a result, also of one that holds several sweeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import Floats, exponential_average


@dataclass(frozen=True)
class CombinedCurve:
    """A curve over rising learning rates; of repeats, the medians over them at each rate.

    `low` and `high` are the least and the greatest smoothed loss of the repeats at each rate,
    infinite where one had diverged before; None where there was one sweep.
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
    those that were lucky. The last one, if it was cut short, is left out there. With `beta` the
    losses are smoothed anew.
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
    columns = (column[~np.isnan(column)] for column in table.T)
    return np.array([np.median(column) if column.size else np.nan for column in columns])
