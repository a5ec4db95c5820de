"""The steepest fall as torch-lr-finder, Ignite and Lightning compute it, each on its own average.

They are here to compare with. Formulas: torch-lr-finder 0.2.2 (``LRFinder.plot``),
pytorch-ignite 0.5.5 (``FastaiLRFinder.lr_suggestion``), Lightning 2.6.6
(``_LRFinder.suggestion``). All are fed the rates that the steps were taken with; Ignite itself
records the rate of the next step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.trimmed import Trimmed, as_curve, checked_skip, trim
from lrfind_widget.rules.fastai_v1 import at_point, averaged_part, refusal, steepest
from lrfind_widget.rules.suggestion import Suggestion


def torch_lr_finder(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    skip_start: int = 10,
    skip_end: int = 5,
    smooth_f: float = 0.05,
) -> Suggestion:
    """Suggest torch-lr-finder's steepest fall.

    ``lrs[argmin(np.gradient(s))]`` within ``[skip_start:-skip_end]`` of its average
    ``s[n] = smooth_f * loss[n] + (1 - smooth_f) * s[n - 1]``, ``s[0] = loss[0]``.

    Parameters
    ----------
    lrs, losses : array_like, shape (n,)
        Learning rates and raw losses of the steps.
    skip_start, skip_end : int, default 10 and 5
        Steps to leave out at the ends.
    smooth_f : float, default 0.05
        Weight of the newest loss in the average.

    Returns
    -------
    Suggestion
        Without a rate where fewer than two points are left, or where the loss never falls.
    """
    part = _plain_part(lrs, losses, smooth_f, skip_start, skip_end)
    return refusal(part) or _steepest(part, steepest(part), "torch-lr-finder")


def ignite(lrs: npt.ArrayLike, losses: npt.ArrayLike, *, smooth_f: float = 0.05) -> Suggestion:
    """Suggest Ignite's steepest fall, left of the minimum.

    The average is torch-lr-finder's. Of the points up to its minimum, without the first and the
    last, it is the one with the least ``(s[n + 1] - s[n - 1]) / 2``. Nothing is skipped.

    Parameters
    ----------
    lrs, losses : array_like, shape (n,)
        Learning rates and raw losses of the steps.
    smooth_f : float, default 0.05
        Weight of the newest loss in the average.

    Returns
    -------
    Suggestion
        Without a rate where fewer than three points lie up to the minimum (Ignite raises
        RuntimeError), or where the loss never falls.
    """
    part = _plain_part(lrs, losses, smooth_f, 0, 0)
    if refused := refusal(part, 3):
        return refused
    least = int(np.argmin(part.losses))
    if least < 2:
        return Suggestion(
            None,
            f"No recommendation: the loss is least at {format_lr(part.lrs[least])}, at the start "
            "of the range. Sweep from a lower rate.",
        )
    down = part.losses[: least + 1]
    with np.errstate(all="ignore"):
        at = int(np.argmin(0.5 * (down[2:] - down[:-2]))) + 1
    return _steepest(part, at, "Ignite")


def lightning(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    skip_begin: int = 10,
    skip_end: int = 1,
    beta: float = 0.98,
) -> Suggestion:
    """Suggest Lightning's steepest fall, taken over the rate itself instead of its logarithm.

    Its average is fastai's, but divided by ``1 - beta ** (n + 1)`` after the n-th loss (the step
    has already been counted when it is computed), so it rises at the start. Since 2.5.3 the
    slope is ``d s / d lr`` also on a logarithmic schedule, which favours the smallest rates.

    Parameters
    ----------
    lrs, losses : array_like, shape (n,)
        Learning rates and raw losses of the steps.
    skip_begin, skip_end : int, default 10 and 1
        Steps to leave out at the ends.
    beta : float, default 0.98
        Weight of the past in the average.

    Returns
    -------
    Suggestion
        Without a rate where fewer than two points are left, or where the loss never falls.
    """
    skip_begin = checked_skip("skip_begin", skip_begin)
    rates, raw = as_curve(lrs, losses)
    average, smoothed = 0.0, []
    for n, loss in enumerate(raw.tolist(), start=1):
        average = beta * average + (1 - beta) * loss
        smoothed.append(average / (1 - beta ** (n + 1)))
    part = trim(rates, raw, np.asarray(smoothed), skip_begin, skip_end)
    # Its own average moves even for a constant loss.
    if refused := refusal(averaged_part(rates, raw, skip_begin, skip_end, beta)):
        return refused
    with np.errstate(all="ignore"):
        slopes = np.gradient(part.losses, part.lrs)
    slopes[~np.isfinite(slopes)] = np.inf  # two steps at one rate have no slope
    return _steepest(part, int(np.argmin(slopes)), "Lightning")


def _plain_part(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, smooth_f: float, skip_start: int, skip_end: int
) -> Trimmed:
    """Return the average of torch-lr-finder and Ignite: not debiased, started at the first."""
    rates, raw = as_curve(lrs, losses)
    smoothed: list[float] = []
    for loss in raw.tolist():
        smoothed.append(smooth_f * loss + (1 - smooth_f) * smoothed[-1] if smoothed else loss)
    return trim(rates, raw, np.asarray(smoothed), skip_start, skip_end)


def _steepest(part: Trimmed, at: int, name: str) -> Suggestion:
    reason = f"{name} would take {{lr}}, where its own average falls most steeply."
    return at_point(part, at, reason)
