"""fastai v2's suggestions, as in fastai 2.8.12 (``fastai.callback.schedule``).

All of them look at the debiased exponential average without its first ``num_it // 10`` and its
last 5 steps. fastai v2's ``minimum`` is `min_over_10` with ``skip_start=num_it // 10``.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.trimmed import Trimmed
from lrfind_widget.rules.fastai_v1 import at_point, averaged_part, never_falls, refusal
from lrfind_widget.rules.suggestion import Suggestion

_SKIP_END = 5


def valley(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    num_it: int | None = None,
    skip_start: int | None = None,
    skip_end: int = _SKIP_END,
    beta: float = 0.98,
) -> Suggestion:
    """Suggest the middle of the longest valley (fastai v2's default).

    The longest strictly falling *subsequence* is taken for an interval that ends where the
    subsequence does and is as long as it has members; the rate is the one half way through that
    interval, rounded down as fastai does. fastai's own double loop takes quadratic time; this
    counts the same lengths in ``O(n log n)``.

    Parameters
    ----------
    lrs, losses : array_like, shape (n,)
        Learning rates and raw losses of the steps.
    num_it : int, optional
        Number of steps planned, which sets how many are skipped at the start. By default as many
        as were recorded.
    skip_start : int, optional
        Steps to skip at the start, instead of ``num_it // 10``.
    skip_end : int, default 5
        Steps to skip at the end.
    beta : float, default 0.98
        Weight of the past in the average.

    Returns
    -------
    Suggestion
        Without a rate where fewer than two points are left, or where the loss never falls.
    """
    part = averaged_as_fastai_v2(lrs, losses, num_it, skip_start, skip_end, beta)
    if refused := refusal(part):
        return refused
    lengths = _falling_lengths(part.losses)
    end = int(np.argmax(lengths))
    length = int(lengths[end])
    at = end - length + int(length / 3) + int(length / 3 / 2)
    # fastai reads a negative position from the end of the list: an arbitrary point.
    if at < 0:
        return never_falls(part)
    return at_point(part, at, "The middle of the longest valley is at {lr} (fastai v2's valley).")


def slide(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    num_it: int | None = None,
    skip_start: int | None = None,
    skip_end: int = _SKIP_END,
    beta: float = 0.98,
    lr_diff: int = 15,
    thresh: float = 0.005,
    adjust_value: float = 1.0,
) -> Suggestion:
    """Suggest the rate found by the interval slide rule (fastai v2).

    An interval of `lr_diff` steps slides from the end of the curve towards its start, until the
    slopes (``np.gradient``, per step) at its ends differ by no more than `thresh`. The last left
    end before that is the rate. `thresh` is in units of the loss, so the answer depends on the
    loss's scale.

    Parameters
    ----------
    lrs, losses, num_it, skip_start, skip_end, beta
        As for `valley`.
    lr_diff : int, default 15
        Length of the interval in steps.
    thresh : float, default 0.005
        Difference of slopes at which it stops.
    adjust_value : float, default 1.0
        Factor on the rate.

    Returns
    -------
    Suggestion
        Without a rate where fewer than ``lr_diff + 1`` points are left, or where the loss never
        falls.
    """
    lr_diff = max(lr_diff, 1)
    part = averaged_as_fastai_v2(lrs, losses, num_it, skip_start, skip_end, beta)
    if refused := refusal(part, lr_diff + 1):
        return refused
    with np.errstate(all="ignore"):
        slopes = np.gradient(part.losses)
        # Whether the slopes differ, for each left end from the rightmost one leftwards.
        change = np.abs(slopes[lr_diff:] - slopes[:-lr_diff])[::-1]
    settled = np.flatnonzero(~(change > thresh))
    steps = int(settled[0]) if settled.size else change.size
    at = change.size - 1 - max(steps - 1, 0)
    lr = float(part.lrs[at]) * adjust_value
    if not (np.isfinite(lr) and lr > 0):
        return Suggestion(None, f"No recommendation: the slide rule ends at {lr:g}.")
    return at_point(part, at, "The slide rule stops at {lr} (fastai v2's slide).", lr)


def steep(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    num_it: int | None = None,
    skip_start: int | None = None,
    skip_end: int = _SKIP_END,
    beta: float = 0.98,
) -> Suggestion:
    """Suggest the rate from which the next step falls most steeply (fastai v2).

    ``argmin((s[i + 1] - s[i]) / (log lr[i + 1] - log lr[i]))``. Parameters are those of `valley`.

    Returns
    -------
    Suggestion
        Without a rate where fewer than two points are left, or where the loss never falls.
    """
    part = averaged_as_fastai_v2(lrs, losses, num_it, skip_start, skip_end, beta)
    if refused := refusal(part):
        return refused
    with np.errstate(all="ignore"):
        slopes = np.diff(part.losses) / np.diff(np.log(part.lrs))
    slopes[~np.isfinite(slopes)] = np.inf  # two steps at one rate have no slope
    at = int(np.argmin(slopes))
    if not slopes[at] < 0:
        return never_falls(part)
    return at_point(part, at, "The steepest single step starts at {lr} (fastai v2's steep).")


def averaged_as_fastai_v2(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    num_it: int | None,
    skip_start: int | None = None,
    skip_end: int = _SKIP_END,
    beta: float = 0.98,
) -> Trimmed:
    """Return the curve that fastai v2 looks at."""
    if skip_start is None:
        skip_start = max(np.size(losses) if num_it is None else num_it, 0) // 10
    return averaged_part(lrs, losses, skip_start, skip_end, beta)


def _falling_lengths(losses: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the length of the longest strictly falling subsequence that ends at each point."""
    # Patience sorting: tails[k] is minus the largest possible end of a subsequence of k + 1.
    tails: list[float] = []
    lengths = np.empty(losses.size, np.intp)
    for n, value in enumerate((-losses).tolist()):
        at = bisect_left(tails, value)
        tails[at : at + 1] = [value]
        lengths[n] = at + 1
    return lengths
