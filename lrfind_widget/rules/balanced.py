"""Our own rule: half the rate on which the valley of the curve balances.

Also when a curve supports no suggestion, and when one should be doubted.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.features import FEWEST_POINTS, CurveFeatures, chance, fit_curve, rate_at
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.trimmed import as_curve
from lrfind_widget.rules.suggestion import Suggestion

SHARE = 0.5
"""What part of the balancing rate is suggested; `balanced` argues for it."""

FEW_AVERAGED = 5.0
"""Losses a smoothed one should rest on, so that its error is under half the noise."""

SWEEP_ON = "Sweep the whole range."


def balanced(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, *, stopped: bool = False, mode: str = "exp"
) -> Suggestion:
    """Suggest half the rate on which the valley of the curve balances.

    The raw losses up to the first that is not finite are freed from outliers, cut off above the
    level they started from, and smoothed over log10(rate) on both sides (`fit_curve`). What is
    left below that level before the loss runs away is the valley. It balances on the mean of
    log10(rate), each weighed with its depth. All points of the valley have a say in that, so it
    is steadier than any single point, such as the least or the steepest; and since the smoothing
    does not lag, neither the number of steps nor the first rate moves it much. Scale and offset
    of the loss do not matter.

    The rule has two constants.

    * The width of the smoothing, 0.25 decade. Two rates closer than a factor of 2 train alike,
      so nothing finer is worth resolving; and in the usual test, 100 steps over 8 decades, it
      averages 11 losses, which brings the noise to a third.
    * The share, 1/2. The valley is measured *while the rate rises*; held for a whole training,
      its upper half is often too high. Half stays on the safe side of the balance: a rate that
      is too low costs little, one that is too high may cost everything.

    The suggestion never lies above the rate of the least loss. For one-cycle training the best
    maximum is higher, by up to a factor of 3; for much longer training it is lower.

    Parameters
    ----------
    lrs : array_like, shape (n,)
        Learning rates of the steps, in any order; several sweeps may be joined.
    losses : array_like, shape (n,)
        Raw losses of the steps.
    stopped : bool, default False
        Whether the sweep ended before its range did, for another reason than its losses: by
        hand, by an error, or for want of data.
    mode : {"exp", "linear"}, default "exp"
        How the rate rose.

    Returns
    -------
    Suggestion
        With the usable `band`, from where the loss starts to fall (where the steepest tangent
        meets the starting level) to where it turns up, and with `caveats`. Without a rate where
        fewer than five losses are finite, and where the loss does not fall
        (`supports_suggestion`).
    """
    rates, raw = as_curve(lrs, losses)
    with np.errstate(all="ignore"):
        curve = fit_curve(rates, raw)
    if curve is None:
        finite = int(np.isfinite(raw).sum())
        have = "1 step has" if finite == 1 else f"{finite} steps have"
        return Suggestion(
            None,
            f"No suggestion: {have} a finite loss, at least {FEWEST_POINTS} are needed. "
            + (SWEEP_ON if stopped else f"Raise num_it or lower {_end(mode)}."),
        )
    moves = bool((raw != raw[0]).any())
    refused = _refusal(curve, stopped=stopped, mode=mode, moves=moves)
    if refused:
        return Suggestion(None, refused)
    least = rate_at(curve.lowest)
    lr = min(rate_at(curve.centre + math.log10(SHARE)), least)
    low = rate_at(max(curve.onset, curve.first))
    return Suggestion(
        lr,
        f"Half of {_rate(curve.centre)}, the centre of the valley in which the loss "
        "lies below its start.",
        loss=curve.floor,
        band=(min(low, lr), least),
        caveats=_caveats(curve, stopped=stopped),
    )


def supports_suggestion(curve: CurveFeatures) -> bool:
    """Return whether a curve says where to train.

    A fall has to be larger than `chance`, or it may be noise. Where the loss runs away at high
    rates, that alone bounds the rates to use, and a valley between there and the start is enough
    for a suggestion; without the evidence it is never a sure one. Where the loss never turns up,
    nothing but the fall shows that the rate has any effect, and there is none.
    """
    if curve.fall <= 0:
        return False
    return curve.left > curve.first if curve.turned_up else curve.evidence >= chance(curve.count)


def _refusal(curve: CurveFeatures, *, stopped: bool, mode: str, moves: bool) -> str:
    """Return why a curve supports no suggestion, and what to change; "" if it supports one."""
    span = f"from {_rate(curve.first)} to {_rate(curve.last)}"
    if supports_suggestion(curve):
        return ""
    if stopped and not curve.turned_up:
        return (
            f"No suggestion: the sweep ended at {_rate(curve.last)}, before the loss fell. "
            f"{SWEEP_ON}"
        )
    if curve.turned_up:
        return (
            f"No suggestion: the loss only rises {span}. Lower {_end(mode)}, or use larger batches "
            "if the model is already trained."
        )
    if curve.fall <= 0:
        return (
            f"No suggestion: the loss does not {'fall' if moves else 'move'} {span}. Check that "
            "the optimizer holds the model's parameters and that they require gradients, or raise "
            "end_lr."
        )
    return (
        f"No suggestion: {span} the loss falls no further than its noise would make it seem. "
        "Use larger batches, more steps (num_it) or a higher end_lr."
    )


def _caveats(curve: CurveFeatures, *, stopped: bool) -> tuple[str, ...]:
    """Return sentences that say why a suggestion from a curve that supports one may be wrong."""
    caveats = []
    first, last = _rate(curve.first), _rate(curve.last)
    if not curve.turned_up and stopped:
        caveats.append(
            f"The sweep ended at {last}, before the loss turned up: higher rates may be better. "
            f"{SWEEP_ON}"
        )
    elif not curve.turned_up:
        caveats.append(
            f"The loss has not turned up by {last}, the end of the range: higher rates may be "
            "better. Raise end_lr."
        )
    if curve.starts_falling:
        caveats.append(
            f"The loss falls from {first} on, the start of the range: where the fall starts is "
            "not seen. Lower start_lr."
        )
    if curve.averaged < FEW_AVERAGED:
        needed = math.ceil(curve.count * FEW_AVERAGED / curve.averaged)
        caveats.append(
            f"The curve has few points: {curve.count} steps over "
            f"{curve.last - curve.first:.1f} decades. Use about {needed} (num_it)."
        )
    if curve.noise > curve.fall:
        caveats.append(
            "The noise of single losses is larger than the whole fall. Use larger batches or "
            "more steps (num_it)."
        )
    if curve.evidence < chance(curve.count):
        caveats.append(
            "The fall is so small beside the noise that it may be chance; sure is only where the "
            "loss runs away. Repeat the sweep, or use larger batches."
        )
    elif curve.slope_evidence < 2:
        caveats.append(
            "Where the loss falls most steeply cannot be told from noise, so the lower end of "
            "the band is a guess. Use larger batches or more steps (num_it)."
        )
    return tuple(caveats)


def _end(mode: str) -> str:
    """Return which end of the range to lower where the rates are too high from the start on.

    The second rate of a linear schedule depends on `end_lr` alone.
    """
    return "end_lr" if mode == "linear" else "start_lr"


def _rate(position: float) -> str:
    return format_lr(rate_at(position))
