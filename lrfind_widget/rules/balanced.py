"""Our own reading of one curve: half the rate on which its valley balances."""

from __future__ import annotations

import math

import numpy.typing as npt

from lrfind_widget.curves.features import CurveFeatures, rate_at
from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.rules.doubts import Swept, beyond, doubted, with_doubts
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.valley_features import curve_of, curve_or_refusal, is_evident, lr_text

SHARE = 0.5
"""What part of the balancing rate is suggested; `balanced` argues for it."""


def balanced(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    val_losses: npt.ArrayLike | None = None,
    stopped: bool = False,
    mode: str = "exp",
    end_lr: float | GroupRanges | None = None,
    num_it: int | None = None,
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
      averages 11 losses, which brings the noise to a third. Where points lie denser, it shrinks
      with the root of their distance, down to 0.08.
    * The share, 1/2. The valley is measured *while the rate rises*; held for a whole training,
      its upper half is often too high. Half stays on the safe side of the balance: a rate that
      is too low costs little, one that is too high may cost everything.

    Where there are validation losses, their valley is taken; what noise may have made is judged
    by the training losses all the same.

    The suggestion never lies above the rate of the least loss, nor outside the rates swept. For
    one-cycle training the best maximum is higher, by up to a factor of 3; for much longer training
    it is lower.

    Parameters
    ----------
    lrs : array_like, shape (n,)
        Learning rates of the steps, in any order; several sweeps may be joined.
    losses : array_like, shape (n,)
        Raw losses of the steps.
    val_losses : array_like, shape (n,), optional
        Validation losses after the steps.
    stopped : bool, default False
        Whether the sweep ended before its range did, for another reason than its losses: by
        hand, by an error, or for want of data.
    mode : {"exp", "linear"}, default "exp"
        How the rate rose.
    end_lr : float or GroupRanges, optional
        Where the range was planned to end; the ranges of the groups where these have their own.
    num_it : int, optional
        Number of steps planned.

    Returns
    -------
    Suggestion
        With the usable `band`, from where the loss starts to fall (where the steepest tangent
        meets the starting level) to where it turns up, and with `caveats`. Without a rate where
        fewer than five losses are finite, and where the loss does not fall
        (`supports_suggestion`).
    """
    read = losses if val_losses is None else val_losses
    curve = curve_or_refusal(lrs, read, stopped=stopped, mode=mode)
    if isinstance(curve, Suggestion):
        return curve
    whose = "loss" if val_losses is None else "validation loss"
    found = suggestion_at(
        half_the_balance(curve),
        curve,
        f"Half of {lr_text(curve.centre)}, the centre of the valley in which the {whose} lies "
        "below its start.",
    )
    training = curve if val_losses is None else curve_of(lrs, losses)
    return doubted(found, curve, training, Swept(stopped, end_lr, num_it))


def half_the_balance(curve: CurveFeatures) -> float:
    """Return half the rate on which the valley balances, at most that of the least loss."""
    return min(rate_at(curve.centre + math.log10(SHARE)), rate_at(curve.lowest))


def suggestion_at(lr: float, curve: CurveFeatures, reason: str) -> Suggestion:
    """Return a suggestion in the valley of a curve, among the rates swept, with the usable band."""
    doubts = beyond(lr, curve)
    lr = min(max(lr, rate_at(curve.first)), rate_at(curve.last)) if doubts else lr
    least, low = rate_at(curve.lowest), rate_at(max(curve.onset, curve.first))
    guessed = is_evident(curve) and curve.slope_evidence < 2
    found = Suggestion(
        lr,
        reason,
        loss=curve.floor,
        band=(min(low, lr), max(least, lr)),
        notes=(_GUESSED_BAND,) if guessed else (),
    )
    return with_doubts(found, doubts)


_GUESSED_BAND = (
    "Where the loss falls most steeply cannot be told from noise, so the lower end of the band is "
    "a guess."
)
