"""The curve that our own rules read, or why it supports no suggestion and what would help."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.features import (
    FEWEST_POINTS,
    CurveFeatures,
    chance,
    fit_curve,
    rate_at,
    usable_part,
)
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.trimmed import as_curve
from lrfind_widget.rules.suggestion import Advice, Suggestion

SWEEP_ON = "Sweep the whole range."


def curve_or_refusal(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, *, stopped: bool, mode: str
) -> CurveFeatures | Suggestion:
    """Return the features of a curve, or a suggestion without a rate.

    `stopped` says whether the sweep ended before its range did, for another reason than its
    losses; `mode` how the rate rose.
    """
    rates, raw = as_curve(lrs, losses)
    curve = curve_of(rates, raw)
    if curve is None:
        finite = usable_part(rates, raw)[0].size
        have = "1 step has" if finite == 1 else f"{finite} steps have"
        return Suggestion(
            None,
            f"No recommendation: {have} a finite loss, at least {FEWEST_POINTS} are needed. "
            + (SWEEP_ON if stopped else f"Take more, or sweep {_lower(mode)}."),
            advice=Advice("sweep") if stopped else None,
        )
    if supports_suggestion(curve):
        return curve
    return _refused(curve, stopped=stopped, mode=mode, moves=bool((raw != raw[0]).any()))


def curve_of(lrs: npt.ArrayLike, losses: npt.ArrayLike) -> CurveFeatures | None:
    """Return the features of a curve; None where there are too few points."""
    with np.errstate(all="ignore"):
        return fit_curve(*as_curve(lrs, losses))


def supports_suggestion(curve: CurveFeatures) -> bool:
    """Return whether a curve says where to train.

    A fall has to be larger than `chance`, or it may be noise. Where the loss runs away at high
    rates, that alone bounds the rates to use, and a valley between there and the start is enough
    for a suggestion; without the evidence it is never a sure one. Where the loss never turns up,
    nothing but the fall shows that the rate has any effect, and there is none.
    """
    if curve.fall <= 0:
        return False
    return curve.left > curve.first if curve.turned_up else is_evident(curve)


def is_evident(curve: CurveFeatures) -> bool:
    """Return whether the fall of a curve is larger than noise may make one."""
    return curve.fall > 0 and curve.evidence >= chance(curve.count)


def lr_text(position: float) -> str:
    """Return the learning rate at a position in words."""
    return format_lr(rate_at(position))


def _refused(curve: CurveFeatures, *, stopped: bool, mode: str, moves: bool) -> Suggestion:
    """Say why a curve supports no suggestion, and what to change."""
    span = f"from {lr_text(curve.first)} to {lr_text(curve.last)}"
    if stopped and not curve.turned_up:
        why = f"the sweep ended at {lr_text(curve.last)}, before the loss fell. {SWEEP_ON}"
        advice = Advice("sweep")
    elif curve.turned_up:
        why = (
            f"the loss only rises {span}. Sweep {_lower(mode)}, or use larger batches if "
            "the model is already trained."
        )
        advice = Advice("search")
    elif curve.fall <= 0:
        why = (
            f"the loss does not {'fall' if moves else 'move'} {span}. Check that the optimizer "
            "holds the model's parameters and that they require gradients, or sweep to a "
            "higher rate."
        )
        advice = None
    else:
        why = (
            f"{span} the loss falls no further than its noise would make it seem. Search by short "
            "trainings, or use larger batches or more steps, or sweep to a higher rate."
        )
        advice = Advice("search")
    return Suggestion(None, f"No recommendation: {why}", advice=advice)


def _lower(mode: str) -> str:
    """Return which end of the range to lower where the rates are too high from the start on.

    The second rate of a linear schedule depends on its end alone.
    """
    return "to a lower rate" if mode == "linear" else "from a lower rate"
