"""What the rules that look for a fall of an averaged curve have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.curves.trimmed import Trimmed, as_curve, trim
from lrfind_widget.rules.suggestion import Suggestion

_ROUNDING = 256 * np.finfo(np.float64).eps
"""A fall smaller than this share of the loss is rounding: a constant curve has one of 1e-16."""


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
    if part.lrs.size < needed:
        return Suggestion(None, _too_few(part, needed))
    with np.errstate(all="ignore"):
        fall = -float(np.gradient(part.losses).min())
        falls = fall > _ROUNDING * float(np.abs(part.losses).max())
    return None if falls else never_falls(part)


def never_falls(part: Trimmed) -> Suggestion:
    """Return the answer to a curve without a fall."""
    span = f"between {format_lr(part.lrs[0])} and {format_lr(part.lrs[-1])}"
    with np.errstate(all="ignore"):
        flat = np.ptp(part.losses) <= _ROUNDING * float(np.abs(part.losses).max())
    if flat:
        return Suggestion(
            None,
            f"No suggestion: the loss does not move {span}. Check that the optimizer holds the "
            "model's parameters and that they require gradients, or raise end_lr.",
        )
    return Suggestion(
        None,
        f"No suggestion: the smoothed loss only rises {span}. Lower start_lr, use more steps "
        "(num_it) or larger batches.",
    )


def at_point(part: Trimmed, at: int, reason: str, lr: float | None = None) -> Suggestion:
    """Return the suggestion that lies on a point, its rate that of the point unless given."""
    return Suggestion(
        float(part.lrs[at]) if lr is None else lr,
        reason,
        index=int(part.steps[at]),
        loss=float(part.losses[at]),
    )


def _too_few(part: Trimmed, needed: int) -> str:
    found, (skip_start, skip_end) = part.lrs.size, part.skips
    have = "1 point is" if found == 1 else f"{found} points are"
    return (
        f"No suggestion: {have} left of the curve after skipping {skip_start} at the start and "
        f"{skip_end} at the end. At least {skip_start + skip_end + needed} steps with a finite "
        "loss are needed: raise num_it, lower start_lr, or skip less."
    )
