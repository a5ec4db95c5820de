"""A straight line fitted around every point of a curve, over the logarithm of the rate."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lrfind_widget.curves.smoothing import Floats

_BINS_PER_WIDTH = 10
"""Points closer than a tenth of the width are averaged first, which widens the Gaussian by
0.04 % and bounds the work: 10,000 points over 8 decades become 320."""

_REACH = 5
"""Where the Gaussian is cut off, in widths: the weight there is 4e-6."""

_NEIGHBOURS = 5
"""How dense points lie is seen from so many on a side, about those that a line is fitted to."""


class LocalRegression:
    """Local linear regression with Gaussian weights (Cleveland 1979; Fan 1992).

    Why a line and not a weighted mean: with a Gaussian kernel on evenly spaced points the line's
    value is the Gaussian average and its slope is the derivative of that average, exactly. The
    line goes on being right where the mean is not: at both ends and between unevenly spaced
    points (a linear schedule, a refined part).

    The weights depend on the rates alone, so several curves are fitted with one set of them:
    those at `x`, decimal logarithms of the rates in any order. `width` is the standard deviation
    of the weights in decades, of all points or of each (`local_widths`). Afterwards `x` are the
    sorted positions of the fit, each for all points within a tenth of the least width, and
    `variance` and `slope_variance` are those of value and slope where each loss has independent
    noise of variance 1.
    """

    def __init__(self, x: Floats, width: float | Floats) -> None:
        self._order = np.argsort(x, kind="stable")
        width = np.broadcast_to(width, x.shape)[self._order]
        x = x[self._order]
        # Of a regular grid; a point on a border belongs to the next one, whatever the rounding.
        bins = np.floor((x - x[0]) / (width.min() / _BINS_PER_WIDTH) + 1e-6)
        self._starts = np.flatnonzero(np.diff(bins, prepend=-1.0) > 0)  # of those not empty
        self._counts = np.diff(self._starts, append=x.size).astype(np.float64)
        # Offsets from the first point of a bin, not sums of x itself: exact for single points.
        offset = x - np.repeat(x[self._starts], self._counts.astype(np.intp))
        self.x: Floats = x[self._starts] + np.add.reduceat(offset, self._starts) / self._counts
        self._weigh(width[self._starts])

    def _weigh(self, width: Floats) -> None:
        """Set the weights by which losses add up to values and slopes, and their variances."""
        place = np.arange(self.x.size)
        low = np.searchsorted(self.x, self.x - _REACH * width)
        high = np.searchsorted(self.x, self.x + _REACH * width)
        self._reach = min(int(max((place - low).max(), (high - place).max())), self.x.size - 1)
        distance = (_windows(self.x, self._reach) - self.x[:, None]) / width[:, None]
        counted = _windows(self._counts, self._reach, "constant")  # nothing beyond the ends
        weight = counted * np.exp(-0.5 * distance**2)
        weight[np.abs(distance) > _REACH] = 0.0
        weight /= weight.sum(axis=1, keepdims=True)
        mean = _row_sums(weight, distance)
        distance -= mean[:, None]
        pull = weight * distance
        spread = _row_sums(pull, distance)
        # Fewer than two points carry weight here: no line can be fitted, the mean stands.
        self._lonely = spread < 1e-3
        spread[self._lonely] = np.inf
        pull /= spread[:, None]
        weight -= mean[:, None] * pull
        pull /= width[:, None]
        self._value_weight, self._slope_weight = weight, pull
        share = 1 / np.maximum(counted, 1)
        self.variance: Floats = _row_sums(weight * share, weight)
        self.slope_variance: Floats = _row_sums(pull * share, pull)
        self.slope_variance[self._lonely] = np.inf

    def line(self, y: Floats) -> tuple[Floats, Floats]:
        """Return value and slope of the line at every position, fitted to finite losses `y`."""
        # The largest loss becomes 1, so that no sum below can overflow.
        size = float(np.abs(y).max()) or 1.0
        means = np.add.reduceat(y[self._order] / size, self._starts) / self._counts
        # Relative to the loss itself: a constant stays one, exactly.
        near = _windows(means, self._reach) - means[:, None]
        value = means + _row_sums(self._value_weight, near)
        slope = _row_sums(self._slope_weight, near)
        if self._lonely.any() and value.size > 1:
            slope[self._lonely] = np.gradient(value, self.x)[self._lonely]
        with np.errstate(over="ignore"):
            return value * size, slope * size


def local_widths(x: Floats, width: float, spacing: float) -> Floats:
    """Return the width at each of `x`: `width`, and less where points lie denser than `spacing`.

    It shrinks with the root of their distance on the denser side, so that more points give detail
    as well as less noise, down to `spacing`. Points at one place, as of repeats, count as one.
    """
    places, which = np.unique(x, return_inverse=True)
    across = places[_NEIGHBOURS:] - places[:-_NEIGHBOURS]
    none = np.full(min(_NEIGHBOURS, places.size), np.inf)
    apart = np.minimum(np.append(across, none), np.append(none, across)) / _NEIGHBOURS
    widths: Floats = np.clip(width * np.sqrt(apart / spacing), spacing, width)
    return widths[which]


def _windows(values: Floats, reach: int, beyond: Literal["edge", "constant"] = "edge") -> Floats:
    """Return the neighbours of every value, shape ``(m, 2 * reach + 1)``, without copying them."""
    return np.lib.stride_tricks.sliding_window_view(
        np.pad(values, reach, mode=beyond), 2 * reach + 1
    )


def _row_sums(a: Floats, b: Floats) -> Floats:
    """Return the sums of ``a * b`` over each row."""
    sums: Floats = np.einsum("ij,ij->i", a, b)
    return sums
