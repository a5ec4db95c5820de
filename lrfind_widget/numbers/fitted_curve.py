"""A range test's curve without its noise: where it starts, falls, is least and turns up.

Everything here is measured in the curve's own terms: decades of the rate, shares of its fall,
multiples of its noise. So nothing changes when the loss is scaled or shifted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrfind_widget.numbers.log_rate import LogRateFit

Floats = npt.NDArray[np.float64]

WIDTH = 0.25
"""Standard deviation of the smoothing in decades of the rate; `balanced` argues for it."""

FEWEST_POINTS = 5
"""Below this there is no noise to estimate and nothing to smooth."""

_ROUNDING = 1e-12
"""A fall that is a smaller share of the loss is rounding."""

_NOISE_POINTS = 10
"""The noise is estimated from at least so many losses; fewer may agree by chance."""


@dataclass(frozen=True)
class FittedCurve:
    """Features of a curve. Positions are log10 of the rate, losses are in the curve's units.

    Attributes
    ----------
    first, last : float
        Ends of the usable part: all steps before the first loss that is not finite.
    count : int
        Number of losses in it.
    start : float
        Level of the loss before it falls.
    lowest : float
        Where the smoothed loss is least.
    floor : float
        The smoothed loss there.
    steepest : float
        Where it falls most steeply before that.
    onset : float
        Where it starts to fall: the steepest tangent meets the starting level.
    noise : float
        Standard deviation of a single loss around the curve, up to `lowest`.
    averaged : float
        How many losses a smoothed one is an average of, along the fall.
    evidence : float
        The fall in standard errors, counted from the mean of all losses before the bottom.
    slope_evidence : float
        The steepest slope in standard errors.
    turned_up : bool
        Whether the loss rises again, or became NaN or infinite, within the range.
    """

    first: float
    last: float
    count: int
    start: float
    lowest: float
    floor: float
    steepest: float
    onset: float
    noise: float
    averaged: float
    evidence: float
    slope_evidence: float
    turned_up: bool

    @property
    def fall(self) -> float:
        """How far the smoothed loss falls; 0 where the difference is only rounding."""
        fall = self.start - self.floor
        return fall if fall > _ROUNDING * max(abs(self.start), abs(self.floor)) else 0.0


def usable_part(lrs: Floats, losses: Floats) -> tuple[Floats, Floats, bool]:
    """Return log10(rate) and loss sorted by rate, and whether the end was NaN or infinite.

    Everything from the lowest rate with a loss that is not finite on is left out. So the steps
    may come in any order, as those of repeated, continued and refined sweeps do.
    """
    valid = np.isfinite(lrs) & (lrs > 0)
    lrs, losses = lrs[valid], losses[valid]
    broken = lrs[~np.isfinite(losses)]
    keep = lrs < broken.min() if broken.size else np.ones(lrs.size, bool)
    order = np.argsort(lrs[keep], kind="stable")
    return np.log10(lrs[keep][order]), losses[keep][order], bool(broken.size)


def fit_curve(lrs: Floats, losses: Floats) -> FittedCurve | None:
    """Return the features of a raw curve; None if fewer than `FEWEST_POINTS` losses are usable.

    1. A single outlier must not shape the curve: each loss becomes the median of itself and its
       two neighbours.
    2. An explosion must not either. Above the level that the loss started from it only says that
       the model is lost, and how far it gets before the sweep ends is chance. Losses are cut off
       at that level.
    3. The rest is smoothed by a line with Gaussian weights (`LogRateFit`). At rates below the
       first nothing was learned, so there the curve goes on flat, as a mirror image.
    """
    x, raw, broken = usable_part(lrs, losses)
    if x.size < FEWEST_POINTS:
        return None
    size = float(np.abs(raw).max()) or 1.0
    raw = raw / size  # so that no difference overflows
    calm = _without_outliers(raw)
    whole = _mirrored_fit(x, calm)
    level = float(whole.y[_begin(whole, x)])
    capped = np.minimum(calm, level)
    fit = _mirrored_fit(x, capped)
    begin = _begin(fit, x)
    at, y, slope = fit.x[begin:], fit.y[begin:], fit.slope[begin:]
    lowest = int(np.argmin(y))
    steepest = int(np.argmin(slope[: lowest + 1]))

    before = capped[x < at[lowest] - 3 * WIDTH]
    if before.size < 3:  # the loss is least at the start: compare with the first steps
        before = capped[:3]
    noise = _noise(raw[: max(int(np.sum(x <= at[lowest])), _NOISE_POINTS)])
    fall = float(before.mean()) - float(y[lowest])
    variance = 1 / before.size + float(fit.variance[begin + lowest])
    slope_error = noise * float(np.sqrt(fit.slope_variance[begin + steepest]))
    onset = float(at[steepest])
    if slope[steepest] < 0:
        onset -= max(float(y[0] - y[steepest]), 0.0) / -float(slope[steepest])
    along = (at >= onset) & (at <= at[lowest])
    rise = float(whole.y[-1]) - float(y[lowest])
    rise_variance = float(whole.variance[-1] + fit.variance[begin + lowest])
    return FittedCurve(
        first=float(x[0]),
        last=float(x[-1]),
        count=x.size,
        start=float(y[0]) * size,
        lowest=float(at[lowest]),
        floor=float(y[lowest]) * size,
        steepest=float(at[steepest]),
        onset=onset,
        noise=noise * size,
        averaged=1 / float(np.median(fit.variance[begin:][along])),
        evidence=_ratio(fall, noise * float(np.sqrt(variance))),
        slope_evidence=_ratio(-float(slope[steepest]), slope_error),
        turned_up=broken or _ratio(rise, noise * float(np.sqrt(rise_variance))) > chance(x.size),
    )


def rate_at(position: float) -> float:
    """Return the learning rate at a position, a finite number above 0."""
    with np.errstate(all="ignore"):
        return float(np.clip(np.power(10.0, position), math.ulp(0.0), np.finfo(np.float64).max))


def chance(count: int) -> float:
    """Return how many standard errors a difference within `count` points may have by chance.

    The largest of n normal values is expected to stay under ``sqrt(2 log n)`` (Donoho and
    Johnstone 1994): less than that may be some stretch of pure noise.
    """
    return math.sqrt(2 * math.log(count))


def _mirrored_fit(x: Floats, y: Floats) -> LogRateFit:
    near = (x > x[0]) & (x < x[0] + 5 * WIDTH)
    return LogRateFit(np.append(2 * x[0] - x[near], x), np.append(y[near], y), WIDTH)


def _begin(fit: LogRateFit, x: Floats) -> int:
    """Return the first position of `fit` that is not in the mirror."""
    return int(np.searchsorted(fit.x, x[0] - 1e-9))


def _without_outliers(y: Floats) -> Floats:
    """Return running medians of three; the ends stay."""
    calm: Floats = y.copy()
    calm[1:-1] = np.median(np.stack([y[:-2], y[1:-1], y[2:]]), axis=0)
    return calm


def _noise(y: Floats) -> float:
    """Return the standard deviation of the noise, from the median second difference.

    Second differences do not see a slope, the median does not see outliers; 1.4826 and 6 turn
    it into the standard deviation of normal noise.
    """
    if y.size < 3:
        return 0.0
    changes = y[:-2] - 2 * y[1:-1] + y[2:]
    return 1.4826 * float(np.median(np.abs(changes))) / 6**0.5


def _ratio(value: float, error: float) -> float:
    """Return `value / error`, where an error of 0 makes every value certain."""
    if error > 0:
        return float(np.divide(value, error))
    return float(np.inf) if value > 0 else 0.0
