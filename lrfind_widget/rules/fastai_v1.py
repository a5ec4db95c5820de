"""fastai v1's suggestions: ``Recorder.plot(suggestion=True)`` of fastai 1.0.61."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.curves.trimmed import Trimmed, as_curve, too_few, trim
from lrfind_widget.rules.suggestion import Suggestion

_ROUNDING = 256 * np.finfo(np.float64).eps
"""A fall smaller than this share of the loss is rounding: a constant curve has one of 1e-16."""


def fall_of(losses: npt.NDArray[np.float64]) -> tuple[int, npt.NDArray[np.float64]] | None:
    """Return where the loss falls most steeply per step, and all slopes; None if it never does.

    The slope is ``np.gradient``'s: central differences in the step index, one-sided at the ends.
    """
    with np.errstate(all="ignore"):
        slopes: npt.NDArray[np.float64] = np.gradient(losses)
        steepest = int(np.argmin(slopes))
        fall = -float(slopes[steepest])
        # Also false where two huge losses made the difference overflow.
        falls = fall > _ROUNDING * float(np.abs(losses).max())
    return (steepest, slopes) if falls else None


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
    """
    rule = "min_gradient"
    part = smoothed_part(lrs, losses, skip_start, skip_end, beta)
    if part.lrs.size < 2:
        return Suggestion(None, too_few(part.lrs.size, skip_start, skip_end), rule)
    found = fall_of(part.losses)
    if found is None:
        return Suggestion(None, never_falls(part), rule)
    at = found[0]
    lr = float(part.lrs[at])
    return Suggestion(
        lr,
        f"The smoothed loss falls most steeply at {format_lr(lr)} (fastai v1's min gradient).",
        rule,
        index=int(part.steps[at]),
        loss=float(part.losses[at]),
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

    ``lrs[argmin(smoothed)] / 10`` within ``[skip_start:-skip_end]``. Parameters and result are
    those of `min_gradient`.

    Returns
    -------
    Suggestion
        Without a rate where no point is left, or where the least loss is the first.
    """
    rule = "min_over_10"
    part = smoothed_part(lrs, losses, skip_start, skip_end, beta)
    if part.lrs.size < 2:
        return Suggestion(None, too_few(part.lrs.size, skip_start, skip_end), rule)
    if fall_of(part.losses) is None:
        return Suggestion(None, never_falls(part), rule)
    at = int(np.argmin(part.losses))
    lr = float(part.lrs[at]) / 10
    if not lr > 0:
        return Suggestion(None, "No suggestion: a tenth of the rate is zero.", rule)
    return Suggestion(
        lr,
        f"A tenth of {format_lr(lr * 10)}, where the smoothed loss is least (fastai v1).",
        rule,
        index=int(part.steps[at]),
        loss=float(part.losses[at]),
    )


def smoothed_part(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, skip_start: int, skip_end: int, beta: float
) -> Trimmed:
    """Return the curve that fastai v1 looks at: averaged, its ends skipped."""
    rates, raw = as_curve(lrs, losses)
    return trim(rates, raw, exponential_average(raw, beta), skip_start, skip_end)


def never_falls(part: Trimmed) -> str:
    """Return the sentence for a curve without a fall."""
    span = f"between {format_lr(part.lrs[0])} and {format_lr(part.lrs[-1])}"
    with np.errstate(all="ignore"):
        flat = np.ptp(part.losses) <= _ROUNDING * float(np.abs(part.losses).max())
    if flat:
        return (
            f"No suggestion: the loss does not move {span}. Check that the optimizer holds the "
            "model's parameters and that they require gradients, or raise end_lr."
        )
    return (
        f"No suggestion: the smoothed loss only rises {span}. Lower start_lr, use more steps "
        "(num_it) or larger batches."
    )
