"""Whether one of two series of losses on the same batches is lower by more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import Floats

LAST_PART = 0.25
"""The part of each training, at its end, that is compared."""

MOST_CORRELATION = 0.95
"""Beyond this, a short series does not tell its correlation from a trend."""

_NORMAL = 1.959964
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True)
class Difference:
    """How far the mean of one series is above that of another, and how much of it may be chance.

    `error` is the standard error of `mean`, infinite where there are fewer than three pairs;
    `margin` is half the width of its 95 % interval.
    """

    mean: float
    error: float
    margin: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval of 95 % leaves out zero."""
        return abs(self.mean) > self.margin

    @property
    def is_behind(self) -> bool:
        """Whether the first series is above the second by more than chance."""
        return self.mean > 0 and self.is_clear

    @property
    def shown(self) -> str:
        """The mean and its margin, with as many digits as it takes to see which is the larger."""
        lead, margin = abs(self.mean), self.margin
        if math.isinf(margin):
            return f"{lead:.2g}"
        digits = next((n for n in (2, 3) if f"{lead:.{n}g}" != f"{margin:.{n}g}"), 4)
        return f"{lead:.{digits}g} ± {margin:.{digits}g}"


def paired_difference(first: npt.ArrayLike, second: npt.ArrayLike) -> Difference:
    """Compare two series of losses, pair by pair.

    Both series saw the same batches in the same order. What a hard batch adds to both falls
    out of the differences ``d_t = first_t - second_t``, whose mean is the result. They follow
    one another in a training, so they are not independent: with their lag-one correlation
    ``r`` (0 if negative, at most 0.95) a series of ``n`` is worth ``m = n (1 - r) / (1 + r)``
    independent ones (the usual correction for an AR(1) series, e.g. Wilks, *Statistical Methods
    in the Atmospheric Sciences*, section on the sampling distribution of a mean). The standard
    error is ``sd(d) / sqrt(m)``, the margin that times the 97.5 % point of Student's t with
    ``m - 1`` (at least 1) degrees of freedom.

    The outcome does not depend on the scale of the losses nor on an offset. Pairs with a loss
    that is not finite are left out.
    """
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    differences = differences[np.isfinite(differences)]
    count = differences.size
    if count == 0:
        return Difference(math.nan, math.inf, math.inf)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(differences.mean())
        centred = differences - mean
        total = float(centred @ centred)
    if count < 3 or not math.isfinite(total):  # too few, or too large to be squared
        return Difference(mean, math.inf, math.inf)
    rounding = 1e-12 * abs(mean)
    if total <= rounding * rounding * count:
        return Difference(mean, 0.0, 0.0)
    lagged = float(centred[1:] @ centred[:-1]) / total
    correlation = min(max(lagged, 0.0), MOST_CORRELATION)
    worth = max(count * (1 - correlation) / (1 + correlation), 1.0)
    error = math.sqrt(total / (count - 1) / worth)
    return Difference(mean, error, error * _student(max(worth - 1, 1.0)))


def is_behind(losses: Sequence[Floats], of_best: Sequence[Floats], start: float) -> bool:
    """Return whether a training is behind the best one by more than the noise.

    Both have their training losses, perhaps with the validation losses; `start` is the first one.
    """
    if any(paired_difference(*pair).is_behind for pair in zip(losses, of_best, strict=True)):
        return True
    least = of_best[0]
    return start - mean_of(least) > 2 * spread(least) and mean_of(losses[0]) > start


def last_part(losses: npt.ArrayLike) -> Floats:
    """Return the losses at the end of a training that are compared with those of another."""
    given = np.asarray(losses, dtype=np.float64)
    return given[len(given) - max(1, round(LAST_PART * len(given))) :]


def mean_of(losses: Floats) -> float:
    """Return the mean of what is no NaN, also where its sum is too large for a float."""
    known = losses[~np.isnan(losses)]
    size = float(np.abs(known).max(initial=0.0)) or 1.0
    if not known.size or np.isinf(size):
        return np.inf if known.size else np.nan
    return float(np.mean(known / size) * size) if size > 1e300 else float(np.mean(known))


def spread(losses: Floats) -> float:
    """Return the standard deviation of losses; not finite where their squares are not."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.std(losses))


def _student(freedom: float) -> float:
    """Return the 97.5 % point of Student's t, by Cornish and Fisher's expansion.

    The expansion (Abramowitz and Stegun 26.7.5) is off by under 1 % from 3 degrees on; below,
    the exact points for 1, 2 and 3 are joined by straight lines of the logarithm over
    1 / freedom, which are off by under 3 %.
    """
    known = {1.0: 12.7062, 2.0: 4.3027, 3.0: 3.1824}
    if freedom <= 3:
        upper = 1.0 if freedom < 2 else 2.0
        lower = upper + 1
        share = (1 / freedom - 1 / lower) / (1 / upper - 1 / lower)
        return float(known[lower] * (known[upper] / known[lower]) ** share)
    z = _NORMAL
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
