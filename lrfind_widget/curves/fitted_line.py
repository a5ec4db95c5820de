"""The line that is drawn of a sweep: a two-sided fit, which falls where the loss does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.features import FEWEST_POINTS, noise_of, widths_at, without_outliers
from lrfind_widget.curves.local_regression import LocalRegression
from lrfind_widget.curves.smoothing import Floats

MOST_POSITIONS = 200
"""Positions of a line, however many points it is fitted to: 25 for each of 8 decades."""

_LINEAR_AXIS = 8.0
"""A linear axis counts as so many decades, those of the usual range."""

_NO_FALL = 1e-16
"""What stands for a fall of 0, as a part of the greatest loss, so that a rise is beyond it."""

_UNSETTLED = 2
"""How many widths behind the newest point the line still moves: there its weights lack a side."""


class FittedLine(NamedTuple):
    """A line over rising learning rates, fitted on both sides of each.

    Attributes
    ----------
    lrs, losses : ndarray of float64, shape (m,)
        Its positions, at most 200, and the fitted loss there. Of repeated sweeps the loss is the
        median of their own lines, infinite where half of them have diverged.
    low, high : ndarray of float64, shape (m,), or None
        Of repeated sweeps: the lowest and the highest of their lines, infinite where one has
        diverged.
    """

    lrs: Floats
    losses: Floats
    low: Floats | None = None
    high: Floats | None = None


def fitted_line(lrs: Floats, losses: Floats, linear_to: float | None = None) -> FittedLine:
    """Fit a line to raw losses in any order, by local regression over log10(rate).

    fastai's average hangs behind the points by more than half a decade, since it knows only those
    before. This one weighs both sides (`LocalRegression`, `widths_at`), so it falls, is least and
    rises where the points do, closer to them where they lie denser. Each loss first becomes the
    median of itself and its neighbours, which takes single outliers away. From where the loss
    explodes, to far above all at the start, it is fitted apart and by its logarithm: that must not
    pull up the line before it. With `linear_to`, the end of a linear axis, it is over the rate.
    """
    usable = np.isfinite(losses) & np.isfinite(lrs) & (lrs > 0)
    order = np.argsort(lrs[usable], kind="stable")
    x, raw = _positions(lrs[usable], linear_to)[order], losses[usable][order]
    if not x.size:
        return FittedLine(x, raw)
    size = float(np.abs(raw).max()) or 1.0
    raw = raw / size  # so that no difference overflows
    calm = without_outliers(raw)
    begin, fall = _explosion(x, raw, calm)
    at, value = _smooth(x[:begin], calm[:begin])
    if begin < x.size:
        floor = calm.min()  # below it the logarithm has no meaning, near it it is a straight line
        at_end, logarithm = _smooth(x[begin:], np.log1p((calm[begin:] - floor) / fall))
        at, value = np.append(at, at_end), np.append(value, np.expm1(logarithm) * fall + floor)
    kept = np.unique(np.linspace(0, at.size - 1, min(at.size, MOST_POSITIONS)).round().astype(int))
    return FittedLine(_rates(at[kept], linear_to), value[kept] * size)


def fitted_repeats(
    lines: Sequence[FittedLine], lasts: Sequence[float], *, cut_short: bool = False
) -> FittedLine:
    """Return the median of lines that were fitted to repeated sweeps, and their extremes.

    `lasts` are the last rates that the repeats took. Beyond it the loss of a repeat counts as
    infinite, since it has diverged; that of the last one, if it was `cut_short`, is left out.
    """
    grid = max(lines, key=lambda line: line.lrs[-1] if line.lrs.size else 0.0).lrs
    table = np.full((len(lines), grid.size), np.nan)
    for row, (line, last) in enumerate(zip(lines, lasts, strict=True)):
        if line.lrs.size:
            table[row] = np.interp(grid, line.lrs, line.losses, left=np.nan)
        is_cut = cut_short and row == len(lines) - 1
        table[row, grid > last] = np.nan if is_cut else np.inf
    return FittedLine(
        grid, medians(table), np.fmin.reduce(table, axis=0), np.fmax.reduce(table, axis=0)
    )


def settled(line: FittedLine, linear_to: float | None = None) -> npt.NDArray[np.bool_]:
    """Return which positions of a line stand, where points are still being added at its end."""
    at = _positions(line.lrs, linear_to)
    return at <= at[-1:] - _UNSETTLED * widths_at(at)[-1:]


def medians(table: Floats) -> Floats:
    """Return the medians of the columns, NaN left out; infinite ones are as good as any."""
    columns = (column[~np.isnan(column)] for column in table.T)
    return np.array([np.median(column) if column.size else np.nan for column in columns])


def _smooth(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the positions of the regression and its values, within those it is fitted to."""
    fit = LocalRegression(x, widths_at(x))
    return fit.x, np.clip(fit.line(y)[0], y.min(), y.max())


def _explosion(x: Floats, raw: Floats, calm: Floats) -> tuple[int, float]:
    """Return where the loss explodes, the size if it does not, and how far it fell before.

    That is half the way up to where, after the least loss, it is as high above the greatest loss
    in the first third of the range as half its fall.
    """
    if x.size < FEWEST_POINTS:
        return x.size, 0.0
    third = int(np.searchsorted(x, x[0] + (x[-1] - x[0]) / 3, side="right"))
    top = float(calm[: max(third, FEWEST_POINTS)].max())
    least = int(calm.argmin())
    fall = max(top - float(calm[least]), 3 * noise_of(raw)) or _NO_FALL
    far = least + np.flatnonzero(calm[least:] > top + fall / 2)
    if not far.size:
        return x.size, fall
    low = np.flatnonzero(calm[: far[0]] < top - fall / 2)
    return int(low[-1]) + 1 if low.size else int(far[0]), fall


def _positions(lrs: Floats, linear_to: float | None) -> Floats:
    """Return rates as places on the axis they are drawn on, in decades."""
    return np.log10(lrs) if linear_to is None else lrs * (_LINEAR_AXIS / linear_to)


def _rates(x: Floats, linear_to: float | None) -> Floats:
    places: Floats = 10.0**x if linear_to is None else x * (linear_to / _LINEAR_AXIS)
    return places
