"""A range test's curve without its noise: where it starts, falls, is least and turns up.

Everything here is measured in the curve's own terms: decades of the rate, shares of its fall,
multiples of its noise. So nothing changes when the loss is scaled or shifted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.local_regression import LocalRegression, local_widths
from lrfind_widget.curves.smoothing import Floats

WIDTH = 0.25
"""Standard deviation of the smoothing in decades of the rate; `balanced` argues for it."""

_SPACING = 0.08
"""Decades between the points of the usual test, 100 over 8: where they lie denser, the smoothing
is narrower, down to this."""

FEWEST_POINTS = 5
"""Below this there is no noise to estimate and nothing to smooth."""

DEEP_ENOUGH = 0.25
"""What part of the deepest valley's depth another must have; a sixth to a third give the same."""

_ROUNDING = 1e-12
"""A fall that is a smaller share of the loss is rounding."""

_NOISE_POINTS = 10
"""The noise is estimated from at least so many losses; fewer may agree by chance."""

_FEWEST_BEFORE = 3
"""Losses before the valley that it is compared with; if there are fewer, with the first ones."""


@dataclass(frozen=True)
class CurveFeatures:
    """Features of a curve. Positions are log10 of the rate, losses are in the curve's units."""

    first: float  # the usable part: all steps before the first loss that is not finite
    last: float
    count: int  # losses in it
    start: float  # level of the loss before it falls
    left: float  # the valley begins: from here on most losses lie below `start`
    centre: float  # the valley balances: mean position, each weighed with its depth below `start`
    lowest: float  # position in the valley where the smoothed loss is least
    floor: float  # the smoothed loss there
    onset: float  # the loss starts to fall: the steepest tangent of the valley meets `start`
    starts_falling: bool  # from the start of the range on
    noise: float  # standard deviation of a single loss around the curve, up to `lowest`
    averaged: float  # how many losses a smoothed one is an average of, along the fall
    evidence: float  # the fall in standard errors, from the mean of all losses before the valley
    slope_evidence: float  # the steepest slope in standard errors
    turned_up: bool  # the loss rises again, or became NaN or infinite, within the range

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


def fit_curve(lrs: Floats, losses: Floats) -> CurveFeatures | None:
    """Return the features of a raw curve; None if fewer than `FEWEST_POINTS` losses are usable.

    1. A single outlier must not shape the curve: each loss becomes the median of itself and its
       two neighbours.
    2. An explosion must not either. Above the level that the loss started from it only says that
       the model is lost, and how far it gets before the sweep ends is chance. Losses are cut off
       at that level: the median of those in the lowest third of the range (from a half to a
       quarter gives much the same).
    3. The rest is smoothed by a line with Gaussian weights (`LocalRegression`), narrower where the
       points lie dense (`widths_at`). At rates below the first nothing was learned, so there the
       curve goes on flat, as a mirror image.
    4. A valley is a stretch in which most losses lie below the level. Of those that are at least
       a quarter as deep as the deepest the last one counts. Dips that noise makes further left do
       not: what training can use lies before the loss runs away. Nor does a network that has died
       of its rate and is back at its starting level.
    """
    x, raw, broken = usable_part(lrs, losses)
    if x.size < FEWEST_POINTS:
        return None
    size = float(np.abs(raw).max()) or 1.0
    raw = raw / size  # so that no difference overflows
    calm = without_outliers(raw)
    level = _starting_level(x, raw)
    capped = np.minimum(calm, level)
    mirror = (x > x[0]) & (x < x[0] + 5 * WIDTH)
    mirrored = np.append(2 * x[0] - x[mirror], x)
    fit = LocalRegression(mirrored, widths_at(mirrored))
    begin = int(np.searchsorted(fit.x, x[0] - 1e-9))  # the mirror ends here
    at, variance, slope_variance = (
        part[begin:] for part in (fit.x, fit.variance, fit.slope_variance)
    )

    def smooth(losses: Floats) -> tuple[Floats, Floats]:
        value, slope = fit.line(np.append(losses[mirror], losses))
        return value[begin:], slope[begin:]

    y, slope = smooth(capped)
    whole, _ = smooth(calm)
    below, _ = smooth(0.5 * (1 + np.sign(level - raw)))  # share of losses below the level

    # Exactly a half, as around a loss that is the level itself, is not most of them.
    left, right = _valley(below > 0.5 + 1e-9, level - y)
    valley = slice(left, right + 1)
    depth = np.clip(level - y[valley], 0, None)
    weight = depth * (np.gradient(at)[valley] if at.size > 1 else 1.0)
    centre = float(np.average(at[valley], weights=weight if weight.sum() > 0 else None))
    lowest = left + int(np.argmin(y[valley]))
    steepest = left + int(np.argmin(slope[left : lowest + 1]))
    onset = max(_tangent_meets(level, at[steepest], y[steepest], slope[steepest]), at[left])
    # The first rates of a range that starts within the fall lie above the level.
    top = float(whole[0])
    fall_begins = _tangent_meets(top, at[steepest], y[steepest], slope[steepest])

    before = capped[x < at[left]]
    if before.size < _FEWEST_BEFORE:
        before = capped[:_FEWEST_BEFORE]
    noise = noise_of(raw[: max(int(np.sum(x <= at[lowest])), _NOISE_POINTS)])
    floor = float(y[lowest])
    fall_variance = 1 / before.size + float(variance[lowest])
    rise_variance = float(variance[-1] + variance[lowest])
    along = (at >= onset) & (at <= at[lowest])
    return CurveFeatures(
        first=float(x[0]),
        last=float(x[-1]),
        count=x.size,
        start=level * size,
        left=float(at[left]),
        centre=centre,
        lowest=float(at[lowest]),
        floor=floor * size,
        onset=float(onset),
        starts_falling=fall_begins < x[0] + 2 * WIDTH,  # nearer than the smoothing can tell
        noise=noise * size,
        averaged=1 / float(np.median(variance[along] if along.any() else variance)),
        evidence=_ratio(float(before.mean()) - floor, noise * math.sqrt(fall_variance)),
        slope_evidence=_ratio(
            -float(slope[steepest]), noise * math.sqrt(float(slope_variance[steepest]))
        ),
        turned_up=broken
        or _ratio(float(whole[-1]) - floor, noise * math.sqrt(rise_variance)) > chance(x.size),
    )


def widths_at(x: Floats) -> Floats:
    """Return the width of the smoothing at every point of a curve, in decades."""
    return local_widths(x, WIDTH, _SPACING)


def _starting_level(x: Floats, y: Floats) -> float:
    """Return the median loss in the lowest third of the range; of some points at least."""
    # A point on the border belongs to it, whatever the rounding.
    third = int(np.searchsorted(x, x[0] + (x[-1] - x[0]) / 3 + 1e-9, side="right"))
    first = np.sort(y[: max(third, min(FEWEST_POINTS, x.size // 2))])
    # One of the losses, also of an even number: which lie below it must not hang on rounding.
    return float(first[(first.size - 1) // 2])


def _tangent_meets(level: float, x: float, y: float, slope: float) -> float:
    """Return where the tangent of a fall at `x` comes down from `level`; `x` without a fall."""
    return float(x - max(level - y, 0.0) / -slope) if slope < 0 else float(x)


def _valley(below: npt.NDArray[np.bool_], depth: Floats) -> tuple[int, int]:
    """Return first and last index of the last run of true values that is deep enough to count.

    Of all values if there is no such run.
    """
    edges = np.flatnonzero(np.diff(below, prepend=False, append=False))
    if not edges.size:
        return 0, below.size - 1
    begins, ends = edges[::2], edges[1::2]
    # Most losses may lie below the level where the smoothed one, drawn by its slope, does not.
    deepest = np.maximum.reduceat(np.where(below, np.maximum(depth, 0.0), 0.0), begins)
    last = int(np.flatnonzero(deepest >= DEEP_ENOUGH * deepest.max())[-1])
    return int(begins[last]), int(ends[last]) - 1


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


def without_outliers(y: Floats) -> Floats:
    """Return running medians of three; the ends stay."""
    calm: Floats = y.copy()
    low, high = np.minimum(y[:-2], y[1:-1]), np.maximum(y[:-2], y[1:-1])
    calm[1:-1] = np.maximum(low, np.minimum(high, y[2:]))  # ten times as fast as np.median
    return calm


def noise_of(y: Floats) -> float:
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
