"""The part of a recorded curve that a rule looks at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.values import integer, shown


class Trimmed(NamedTuple):
    """A curve without its skipped ends: rates above 0 and smoothed losses, all finite."""

    lrs: Floats
    losses: Floats
    steps: npt.NDArray[np.intp]  # which recorded step each point is
    skips: tuple[int, int]  # how many steps were left out at the start and at the end


def as_curve(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return rates and losses as flat double arrays, or say that they do not belong together."""
    rates = np.asarray(lrs, dtype=np.float64).ravel()
    values = np.asarray(losses, dtype=np.float64).ravel()
    if rates.size != values.size:
        raise ValueError(
            f"lrs and losses must have the same length, got {rates.size} and {values.size}."
        )
    return rates, values


def trim(lrs: Floats, losses: Floats, smoothed: Floats, skip_start: int, skip_end: int) -> Trimmed:
    """Return the points from `skip_start` up to `skip_end` from the end.

    The skips count recorded steps, as in fastai v1. From the first loss that is not finite on
    nothing is kept: the model is lost from there.
    """
    skip_start = checked_skip("skip_start", skip_start)
    skip_end = checked_skip("skip_end", skip_end)
    begin, end = min(skip_start, losses.size), losses.size - skip_end
    broken = np.flatnonzero(~np.isfinite(losses))
    if broken.size:
        end = min(end, int(broken[0]))
    index = np.arange(begin, max(begin, end))
    with np.errstate(all="ignore"):
        keep = np.isfinite(lrs[index]) & (lrs[index] > 0) & np.isfinite(smoothed[index])
    index = index[keep]
    return Trimmed(lrs[index], smoothed[index], index, (skip_start, skip_end))


def checked_skip(name: str, value: object) -> int:
    """Return a number of steps to skip; raise ValueError for what is none."""
    skip = integer(value)
    if skip is None or skip < 0:
        raise ValueError(f"{name}={shown(value)}, expected a whole number of at least 0.")
    return skip
