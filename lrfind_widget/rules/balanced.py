"""Our own rule: half the rate on which the valley of the curve balances."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.features import FEWEST_POINTS, fit_curve, rate_at
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.trimmed import as_curve
from lrfind_widget.rules.caveats import caveats_about, refusal
from lrfind_widget.rules.suggestion import Suggestion

SHARE = 0.5
"""What part of the balancing rate is suggested; `balanced` argues for it."""


def balanced(lrs: npt.ArrayLike, losses: npt.ArrayLike, *, stopped: bool = False) -> Suggestion:
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
        Whether the sweep was stopped by hand, which then explains a curve that ends early.

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
            "Raise num_it or lower start_lr.",
        )
    refused = refusal(curve, stopped=stopped)
    if refused:
        return Suggestion(None, refused)
    least = rate_at(curve.lowest)
    lr = min(rate_at(curve.centre + math.log10(SHARE)), least)
    low = rate_at(max(curve.onset, curve.first))
    return Suggestion(
        lr,
        f"Half of {format_lr(rate_at(curve.centre))}, the centre of the valley in which the loss "
        "lies below its start.",
        loss=curve.floor,
        band=(min(low, lr), least),
        caveats=caveats_about(curve, stopped=stopped),
    )
