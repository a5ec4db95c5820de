"""Our own rule: a quarter of the rate where the loss, smoothed to both sides, is least."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lrfind_widget.numbers.fitted_curve import FEWEST_POINTS, fit_curve, rate_at
from lrfind_widget.numbers.formatting import format_lr
from lrfind_widget.numbers.trimmed import as_curve
from lrfind_widget.rules.doubts import doubts_about, refusal
from lrfind_widget.rules.suggestion import Suggestion

SHARE = 0.25
"""What part of the least-loss rate is suggested; `balanced` argues for it."""


def balanced(lrs: npt.ArrayLike, losses: npt.ArrayLike, *, stopped: bool = False) -> Suggestion:
    """Suggest a quarter of the rate with the least loss, smoothed evenly to both sides.

    The raw losses up to the first that is not finite are freed from outliers, cut off above the
    level they started from, and smoothed over log10(rate) on both sides (`fit_curve`). The
    smoothed curve does not lag behind the raw one, so neither the number of steps nor the first
    rate shifts it by much. Scale and offset of the loss do not matter.

    The rule has two constants.

    * The width of the smoothing, 0.25 decade. Two rates closer than a factor of 2 train alike,
      so nothing finer is worth resolving; and in the usual test, 100 steps over 8 decades, it
      averages 11 losses, which brings the noise to a third.
    * The share, 1/4. The rate of least loss is about the largest that still converges *while the
      rate rises*; held for a whole training it is too high. Smith (2015, arXiv 1506.01186)
      takes 1/3 or 1/4 of that rate. Of the two, the lower: a rate that is too low costs little,
      one that is too high may cost everything, and longer trainings want lower rates.

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
        meets the starting level) to where it turns up, and with `doubts`. Without a rate where
        fewer than five losses are finite, and where the loss does not fall beyond its noise
        (`supports_suggestion`).
    """
    rule = "balanced"
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
            rule,
        )
    refused = refusal(curve, stopped=stopped)
    if refused:
        return Suggestion(None, refused, rule)
    least = rate_at(curve.lowest)
    lr = rate_at(curve.lowest + math.log10(SHARE))
    low = rate_at(max(curve.onset, curve.first))
    return Suggestion(
        lr,
        f"A quarter of {format_lr(least)}, where the loss is least when smoothed "
        "evenly to both sides.",
        rule,
        loss=curve.floor,
        band=(min(low, lr), least),
        doubts=doubts_about(curve, stopped=stopped),
    )
