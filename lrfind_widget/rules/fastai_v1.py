"""fastai v1's suggestions, ``Recorder.plot(suggestion=True)`` of fastai 1.0.61.

With them what other rules share that look for a fall of an averaged curve.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.curves.trimmed import Trimmed, as_curve, trim
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.valley_features import curve_of, is_evident, lr_text

_ROUNDING = 256 * np.finfo(np.float64).eps
"""A fall smaller than this share of the loss is rounding: a constant curve has one of 1e-16."""


def min_gradient(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    skip_start: int = 10,
    skip_end: int = 5,
    beta: float = 0.98,
    critical_lr: float | None = None,
) -> Suggestion:
    """Suggest the rate at which the smoothed loss falls most steeply (fastai v1's red dot).

    ``lrs[argmin(np.gradient(smoothed))]`` within ``[skip_start:-skip_end]``, where `smoothed`
    is the debiased exponential average. fastai v1 calls it ``min_grad_lr``. Its caveats say where
    what falls there is noise, or the average alone (`doubt_of_fall`).

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
    critical_lr : float, optional
        The critical rate, above which the caveats doubt any fall.

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
    reason = "The smoothed loss falls most steeply at {lr} (fastai v1)."
    found = at_point(part, steepest(part), reason)
    return replace(found, caveats=doubt_of_fall(found.lr, lrs, losses, critical_lr))


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
        return Suggestion(None, "No recommendation: a tenth of the rate is zero.")
    reason = f"A tenth of {format_lr(lr * 10)}, where the smoothed loss is least (fastai v1)."
    return at_point(part, at, reason, lr)


def doubt_of_fall(
    lr: float | None, lrs: npt.ArrayLike, losses: npt.ArrayLike, critical_lr: float | None = None
) -> tuple[str, ...]:
    """Return why a rate is not one at which the losses themselves fall; nothing where it is.

    An average trails behind the losses. Where they have fallen by chance, or come back down after
    an explosion, it falls all the same, and perhaps nowhere more steeply. Nor does a loss fall for
    good at rates at which a single update raises it.
    """
    curve = curve_of(lrs, losses)
    if curve is None or lr is None:
        return ()
    if not is_evident(curve):
        return ("The whole fall may be noise, and so may be where it is steepest.",)
    steepest = f"The average falls most steeply at {format_lr(lr)}"
    after = np.asarray(lrs, dtype=np.float64)
    after = after[after > lr]  # the slope at a rate is that to the next one as well
    if after.size and math.log10(after.min()) < curve.onset:
        return (f"{steepest}, the losses only from {lr_text(curve.onset)} on.",)
    if math.log10(lr) > curve.lowest:
        return (f"{steepest}, the losses are least before, at {lr_text(curve.lowest)}.",)
    if critical_lr is not None and lr > critical_lr:
        return (f"{steepest}, above the critical rate, {format_lr(critical_lr)}.",)
    return ()


def averaged_part(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, skip_start: int, skip_end: int, beta: float
) -> Trimmed:
    """Return the curve that fastai looks at: averaged, its ends skipped."""
    rates, raw = as_curve(lrs, losses)
    return trim(rates, raw, exponential_average(raw, beta), skip_start, skip_end)


def steepest(part: Trimmed) -> int:
    """Return where the loss falls most steeply per step, by fastai v1's slope.

    It is ``np.gradient``'s: central differences in the step index, one-sided at the ends.
    """
    with np.errstate(all="ignore"):
        return int(np.argmin(np.gradient(part.losses)))


def refusal(part: Trimmed, needed: int = 2) -> Suggestion | None:
    """Return why there is no suggestion: fewer points than `needed`, or no fall; else None."""
    found, (skip_start, skip_end) = part.lrs.size, part.skips
    if found < needed:
        have = "1 point is" if found == 1 else f"{found} points are"
        return Suggestion(
            None,
            f"No recommendation: {have} left of the curve after skipping {skip_start} at the start "
            f"and {skip_end} at the end. At least {skip_start + skip_end + needed} steps with a "
            "finite loss are needed: take more, sweep from a lower rate, or skip less.",
        )
    with np.errstate(all="ignore"):
        fall = -float(np.gradient(part.losses).min())
    return None if fall > _rounding(part) else never_falls(part)


def never_falls(part: Trimmed) -> Suggestion:
    """Return the answer to a curve without a fall."""
    span = f"between {format_lr(part.lrs[0])} and {format_lr(part.lrs[-1])}"
    with np.errstate(all="ignore"):
        flat = np.ptp(part.losses) <= _rounding(part)
    if flat:
        return Suggestion(
            None,
            f"No recommendation: the loss does not move {span}. Check that the optimizer holds the "
            "model's parameters and that they require gradients, or sweep to a higher rate.",
        )
    return Suggestion(
        None,
        f"No recommendation: the smoothed loss only rises {span}. Sweep from a lower rate, or "
        "use more steps or larger batches.",
    )


def _rounding(part: Trimmed) -> float:
    return float(_ROUNDING * np.abs(part.losses).max())


def at_point(part: Trimmed, at: int, reason: str, lr: float | None = None) -> Suggestion:
    """Return the suggestion that lies on a point; its rate, unless given, is that of the point.

    ``{lr}`` in the reason stands for the rate.
    """
    rate = float(part.lrs[at]) if lr is None else lr
    return Suggestion(
        rate,
        reason.format(lr=format_lr(rate)),
        index=int(part.steps[at]),
        loss=float(part.losses[at]),
    )
