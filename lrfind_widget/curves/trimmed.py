"""The part of a recorded curve that a rule looks at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Trimmed(NamedTuple):
    """A curve without its skipped ends.

    Attributes
    ----------
    lrs, losses : ndarray, shape (m,)
        Learning rates and smoothed losses, all finite, the rates positive.
    steps : ndarray of int, shape (m,)
        Which recorded step each point is.
    """

    lrs: Floats
    losses: Floats
    steps: npt.NDArray[np.intp]


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

    Parameters
    ----------
    lrs, losses, smoothed : ndarray, shape (n,)
        Rates, raw and smoothed losses.
    skip_start, skip_end : int
        How many steps to leave out at each end, at least 0.

    Returns
    -------
    Trimmed
    """
    begin, end = max(skip_start, 0), losses.size - max(skip_end, 0)
    broken = np.flatnonzero(~np.isfinite(losses))
    if broken.size:
        end = min(end, int(broken[0]))
    index = np.arange(begin, max(begin, end))
    with np.errstate(all="ignore"):
        keep = np.isfinite(lrs[index]) & (lrs[index] > 0) & np.isfinite(smoothed[index])
    index = index[keep]
    return Trimmed(lrs[index], smoothed[index], index)


def too_few(found: int, skip_start: int, skip_end: int, needed: int = 2) -> str:
    """Return the sentence for a curve that ends before a rule can look at it."""
    least = max(skip_start, 0) + max(skip_end, 0) + needed
    have = "1 point is" if found == 1 else f"{found} points are"
    return (
        f"No suggestion: {have} left of the curve after skipping {skip_start} at the start and "
        f"{skip_end} at the end. At least {least} steps with a finite loss are needed: raise "
        "num_it, lower start_lr, or skip less."
    )
