"""A straight line fitted around every point of a curve, over the logarithm of the rate."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BINS_PER_WIDTH = 10
"""Points closer than a tenth of the width are averaged first, which widens the Gaussian by
0.04 % and bounds the work: 10,000 points over 8 decades become 320."""

_REACH = 5
"""Where the Gaussian is cut off, in widths: the weight there is 4e-6."""


class LogRateFit:
    """Local linear regression with Gaussian weights (Cleveland 1979; Fan 1992).

    Why a line and not a weighted mean: with a Gaussian kernel on evenly spaced points the line's
    value is the Gaussian average and its slope is the derivative of that average, exactly. The
    line goes on being right where the mean is not: at both ends and between unevenly spaced
    points (a linear schedule, a refined part).

    Parameters
    ----------
    x : ndarray, shape (n,), n >= 1
        Decimal logarithms of the learning rates, finite, in any order.
    y : ndarray, shape (n,)
        Losses, finite.
    width : float
        Standard deviation of the weights, in the units of `x` (decades).

    Attributes
    ----------
    x, y, slope : ndarray, shape (m,), m <= n
        Sorted positions, the fitted values there, and the fitted slopes (loss per decade). A
        position stands for all points within a tenth of the width.
    variance, slope_variance : ndarray, shape (m,)
        Variances of value and slope where each loss has independent noise of variance 1.

    Raises
    ------
    ValueError
        If `width` is not a positive finite number.
    """

    def __init__(self, x: Floats, y: Floats, width: float) -> None:
        if not math.isfinite(width) or width <= 0:
            raise ValueError(f"width must be a positive number of decades, got {width!r}.")
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
        # The largest loss becomes 1, so that no sum below can overflow.
        size = float(np.abs(y).max()) or 1.0
        starts = _bin_starts(x, width / _BINS_PER_WIDTH)
        counts = np.diff(starts, append=x.size).astype(np.float64)
        # Offsets from the first point of a bin, not sums of x itself: exact for single points.
        offset = x - np.repeat(x[starts], counts.astype(np.intp))
        self.x: Floats = x[starts] + np.add.reduceat(offset, starts) / counts
        means = np.add.reduceat(y / size, starts) / counts
        fitted = _fit(self.x, means, counts, width)
        with np.errstate(over="ignore"):
            self.y: Floats = fitted.value * size
            self.slope: Floats = fitted.slope * size
        self.variance = fitted.variance
        self.slope_variance = fitted.slope_variance

    def value(self, x: Floats) -> Floats:
        """Return the fitted curve at other positions, shape of `x`, straight between its own."""
        return np.interp(x, self.x, self.y)


def _bin_starts(x: Floats, spacing: float) -> npt.NDArray[np.intp]:
    """Return where in sorted `x` each non-empty bin of a regular grid starts."""
    index = np.floor((x - x[0]) / spacing)
    return np.flatnonzero(np.diff(index, prepend=-1.0) > 0)


class _Lines(NamedTuple):
    """The weighted lines around all positions."""

    value: Floats
    slope: Floats
    variance: Floats
    slope_variance: Floats


def _fit(x: Floats, y: Floats, counts: Floats, width: float) -> _Lines:
    """Fit a weighted line around every position."""
    reach = min(_REACH * _BINS_PER_WIDTH + 1, x.size - 1)
    distance = (_windows(x, reach) - x[:, None]) / width
    near = _windows(y, reach) - y[:, None]  # relative to the own loss: a constant stays one
    counted = _windows(counts, reach, "constant")  # nothing beyond the ends
    weight = counted * np.exp(-0.5 * distance**2)
    weight[np.abs(distance) > _REACH] = 0.0
    weight /= weight.sum(axis=1, keepdims=True)
    mean_x = _row_sums(weight, distance)
    centred = distance - mean_x[:, None]
    pull = weight * centred
    spread = _row_sums(pull, centred)
    # Fewer than two points carry weight here: no line can be fitted, the mean stands.
    lonely = spread < 1e-3
    spread[lonely] = np.inf
    slope_weight = pull / spread[:, None]
    value_weight = weight - mean_x[:, None] * slope_weight
    slope = _row_sums(slope_weight, near) / width
    value = y + _row_sums(value_weight, near)
    share = 1 / np.maximum(counted, 1)
    variance = _row_sums(value_weight * share, value_weight)
    slope_variance = _row_sums(slope_weight * share, slope_weight) / width**2
    if lonely.any() and x.size > 1:
        slope[lonely] = np.gradient(value, x)[lonely]
        slope_variance[lonely] = np.inf
    return _Lines(value, slope, variance, slope_variance)


def _windows(values: Floats, reach: int, beyond: Literal["edge", "constant"] = "edge") -> Floats:
    """Return the neighbours of every value, shape ``(m, 2 * reach + 1)``, without copying them."""
    return np.lib.stride_tricks.sliding_window_view(
        np.pad(values, reach, mode=beyond), 2 * reach + 1
    )


def _row_sums(a: Floats, b: Floats) -> Floats:
    """Return the sums of ``a * b`` over each row."""
    sums: Floats = np.einsum("ij,ij->i", a, b)
    return sums
