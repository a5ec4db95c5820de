"""A straight line fitted around every point of a curve, over the logarithm of the rate."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BINS_PER_WIDTH = 20
"""Points closer than a 20th of the width are averaged first, which widens the Gaussian by
0.01 % and bounds the work: 10,000 points over 8 decades become 640."""

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
        position stands for all points within a 20th of the width.

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
        value, slope = _fit(self.x, means, counts, width)
        with np.errstate(over="ignore"):
            self.y: Floats = value * size
            self.slope: Floats = slope * size

    def value(self, x: Floats) -> Floats:
        """Return the fitted curve at other positions, shape of `x`, straight between its own."""
        return np.interp(x, self.x, self.y)


def _bin_starts(x: Floats, spacing: float) -> npt.NDArray[np.intp]:
    """Return where in sorted `x` each non-empty bin of a regular grid starts."""
    index = np.floor((x - x[0]) / spacing)
    return np.flatnonzero(np.diff(index, prepend=-1.0) > 0)


def _fit(x: Floats, y: Floats, counts: Floats, width: float) -> tuple[Floats, Floats]:
    """Return value and slope of the weighted line around every position."""
    n = x.size
    reach = min(_REACH * _BINS_PER_WIDTH + 1, n - 1)
    # A window of neighbours around each position; those off the ends get no weight.
    window = np.arange(n)[:, None] + np.arange(-reach, reach + 1)[None, :]
    inside = (window >= 0) & (window < n)
    window = np.clip(window, 0, n - 1)
    distance = (x[window] - x[:, None]) / width
    weight = np.where(inside, counts[window] * np.exp(-0.5 * distance**2), 0.0)
    weight /= weight.sum(axis=1, keepdims=True)
    mean_x = (weight * distance).sum(axis=1)
    centred = distance - mean_x[:, None]
    spread = (weight * centred**2).sum(axis=1)
    near = y[window] - y[:, None]  # relative to the own loss: a constant stays one, exactly
    mean_y = (weight * near).sum(axis=1)
    covariance = (weight * centred * near).sum(axis=1)
    # Fewer than two points carry weight here: no line can be fitted, the mean stands.
    lonely = spread < 1e-3
    slope = np.where(lonely, 0.0, covariance / np.where(lonely, 1.0, spread))
    value = y + mean_y - slope * mean_x
    slope = slope / width
    if lonely.any() and n > 1:
        slope[lonely] = np.gradient(value, x)[lonely]
    return value, slope
