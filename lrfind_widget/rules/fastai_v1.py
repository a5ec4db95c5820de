"""fastai v1's suggestions: ``Recorder.plot(suggestion=True)`` of fastai 1.0.61."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.rules.averaged import at_point, averaged_part, refusal, steepest
from lrfind_widget.rules.suggestion import Suggestion


def min_gradient(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    skip_start: int = 10,
    skip_end: int = 5,
    beta: float = 0.98,
) -> Suggestion:
    """Suggest the rate at which the smoothed loss falls most steeply (fastai v1's red dot).

    ``lrs[argmin(np.gradient(smoothed))]`` within ``[skip_start:-skip_end]``, where `smoothed`
    is the debiased exponential average. fastai v1 calls it ``min_grad_lr``.

    Parameters
    ----------
    lrs : array_like, shape (n,)
        Learning rates of the steps.
    losses : array_like, shape (n,)
        Raw losses of the steps.
    skip_start, skip_end : int, default 10 and 5
        Steps to leave out at the ends; 0 leaves out none.
    beta : float, default 0.98
        Weight of the past in the average.

    Returns
    -------
    Suggestion
        Without a rate where fewer than two points are left, or where the loss never falls.

    Raises
    ------
    ValueError
        If a skip is negative.
    """
    part = averaged_part(lrs, losses, skip_start, skip_end, beta)
    if refused := refusal(part):
        return refused
    at = steepest(part)
    lr = format_lr(part.lrs[at])
    return at_point(
        part, at, f"The smoothed loss falls most steeply at {lr} (fastai v1's min gradient)."
    )


def min_over_10(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    skip_start: int = 10,
    skip_end: int = 5,
    beta: float = 0.98,
) -> Suggestion:
    """Suggest a tenth of the rate with the least smoothed loss (fastai v1's second number).

    ``lrs[argmin(smoothed)] / 10`` within ``[skip_start:-skip_end]``. Parameters, result and
    errors are those of `min_gradient`.
    """
    part = averaged_part(lrs, losses, skip_start, skip_end, beta)
    if refused := refusal(part):
        return refused
    at = int(np.argmin(part.losses))
    lr = float(part.lrs[at]) / 10
    if not lr > 0:
        return Suggestion(None, "No suggestion: a tenth of the rate is zero.")
    return at_point(
        part,
        at,
        f"A tenth of {format_lr(lr * 10)}, where the smoothed loss is least (fastai v1).",
        lr,
    )
