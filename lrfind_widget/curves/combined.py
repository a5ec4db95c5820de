"""The one curve that is drawn of a result, also of one that holds several sweeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.fitted_line import (
    FittedLine,
    fitted_line,
    fitted_repeats,
    medians,
)
from lrfind_widget.curves.smoothing import Floats, exponential_average


@dataclass(frozen=True)
class CombinedCurve:
    """A curve over rising learning rates; of repeats, the medians over them at each rate.

    `smoothed` is fastai's average, `fit` the two-sided line, which has positions of its own.
    `val_losses` are NaN where none was computed; None where there are none at all.
    """

    lrs: Floats
    losses: Floats
    smoothed: Floats
    fit: FittedLine
    val_losses: Floats | None = None


def combined_curve(
    lrs: Floats,
    losses: Floats,
    smoothed: Floats,
    repeats: npt.NDArray[np.int64] | None = None,
    *,
    val_losses: Floats | None = None,
    cut_short: bool = False,
    beta: float | None = None,
    linear_to: float | None = None,
) -> CombinedCurve:
    """Return the curve to draw of a sweep, or of repeated ones, with `beta` smoothed anew.

    A repeat whose loss diverged counts as infinite after that: so the median ends where half have,
    instead of going on with the lucky ones. The last one, if it was cut short, is left out there.
    """
    if beta is not None:
        smoothed = exponential_average(losses, beta, repeats)
    if repeats is None:
        fit = fitted_line(lrs, losses, linear_to)
        return CombinedCurve(lrs, losses, smoothed, fit, val_losses)
    grid = np.unique(lrs)
    each = [np.flatnonzero(repeats == number) for number in np.unique(repeats)]
    lasts = [float(lrs[points].max()) for points in each]

    def middle(values: Floats) -> Floats:
        table = np.full((len(each), grid.size), np.nan)
        for row, (points, last) in enumerate(zip(each, lasts, strict=True)):
            table[row, np.searchsorted(grid, lrs[points])] = values[points]
            if not (cut_short and row == len(each) - 1):
                table[row, grid > last] = np.inf
        return medians(table)

    lines = [fitted_line(lrs[points], losses[points], linear_to) for points in each]
    return CombinedCurve(
        grid,
        middle(losses),
        middle(smoothed),
        fitted_repeats(lines, lasts, cut_short=cut_short),
        None if val_losses is None else middle(val_losses),
    )
