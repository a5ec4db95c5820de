"""Our own rule: the median of three opinions that err in different ways."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.features import rate_at
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.curves.trimmed import as_curve
from lrfind_widget.rules.balanced import half_the_balance, suggestion_at
from lrfind_widget.rules.doubts import Swept, doubted, far_from, with_doubts
from lrfind_widget.rules.fastai_v1 import min_over_10
from lrfind_widget.rules.fastai_v2 import valley
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.valley_features import curve_of, curve_or_refusal, is_evident

BELOW_CRITICAL = 10**-1.05
"""Where the best constant rate lies, as a share of the critical one: the median over 46 tasks that
are not among the benchmark's."""


class Opinion(NamedTuple):
    """A rate and where it comes from."""

    lr: float
    source: str


def median_of_three(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    *,
    val_losses: npt.ArrayLike | None = None,
    repeats: npt.ArrayLike | None = None,
    critical_lr: float | None = None,
    beta: float = 0.98,
    stopped: bool = False,
    mode: str = "exp",
    end_lr: float | GroupRanges | None = None,
    num_it: int | None = None,
) -> Suggestion:
    """Suggest the median of three rates: two from the curve, and one that needs no curve.

    They are half the rate on which the valley of the losses balances (`balanced`), the middle of
    the longest valley of their average (`valley`), and a share of the critical rate, the least at
    which a single update would raise the loss. They err in different ways, and the median is right
    where one of them is wrong: where noise hides the valley, where the average trails behind, or
    where one step says little of many.

    Without a critical rate, a tenth of the rate with the least averaged loss (`min_over_10`) is
    the third, unless noise may have made the fall: then the two others meet halfway. Where the
    losses show no valley there is no suggestion, whatever the others say. The suggestion never
    lies outside the rates swept, nor above that of the least loss, unless noise may have made it.

    Parameters
    ----------
    lrs : array_like, shape (n,)
        Learning rates of the steps. Several sweeps may be joined.
    losses : array_like, shape (n,)
        Raw losses of the steps.
    val_losses : array_like, shape (n,), optional
        Validation losses after the steps, whose valley is then balanced. The average stays that
        of the training losses.
    repeats : array_like of int, shape (n,), optional
        Which of several sweeps each step belongs to.
    critical_lr : float, optional
        The critical rate.
    beta : float, default 0.98
        Weight of the past in the average.
    stopped, mode, end_lr, num_it
        As for `balanced`.

    Returns
    -------
    Suggestion
        With the usable `band`, and with `caveats`. Without a rate where `balanced` has none.
    """
    read = losses if val_losses is None else val_losses
    curve = curve_or_refusal(lrs, read, stopped=stopped, mode=mode)
    if isinstance(curve, Suggestion):
        return curve
    training = curve if val_losses is None else curve_of(lrs, losses)
    whose = "losses" if val_losses is None else "validation losses"
    opinions = [Opinion(half_the_balance(curve), f"the valley of the {whose}")]
    is_clear = training is not None and is_evident(training)
    agreed = None if critical_lr is None else BELOW_CRITICAL * critical_lr
    with_least = agreed is None and is_clear
    opinions += _of_average(lrs, losses, repeats, beta, num_it, with_least=with_least)
    if agreed is not None:
        opinions.append(Opinion(agreed, "1/11 of the critical rate"))
    lr = rate_at(np.median([math.log10(opinion.lr) for opinion in opinions]))
    if is_evident(curve) and is_clear:
        lr = min(lr, rate_at(curve.lowest))
    said = [f"{format_lr(opinion.lr)} ({opinion.source})" for opinion in sorted(opinions)]
    reason = f"The median of {', '.join(said[:-1])} and {said[-1]}."
    found = suggestion_at(lr, curve, reason if len(said) > 1 else f"{said[0]}.")
    swept = Swept(stopped, end_lr, num_it)
    found = doubted(found, curve, training, swept, confirmed=agreed is not None)
    if agreed is None:
        instead = _LEAST_INSTEAD if with_least else _NOTHING_INSTEAD
        return replace(found, notes=(*found.notes, f"No critical rate is known{instead}"))
    return with_doubts(found, far_from(found.lr or lr, agreed))


def _of_average(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    repeats: npt.ArrayLike | None,
    beta: float,
    num_it: int | None,
    *,
    with_least: bool,
) -> list[Opinion]:
    """Return what fastai's rules read off the average; of repeats, the middle of each."""
    rates, raw = as_curve(lrs, losses)
    which = np.zeros(raw.size) if repeats is None else np.asarray(repeats).ravel()
    found: dict[str, list[float]] = {}
    for number in np.unique(which):
        of_one = rates[which == number], raw[which == number]
        answers = {"the middle of fastai's valley": valley(*of_one, num_it=num_it, beta=beta)}
        if with_least:
            answers["a tenth of the rate of the least average"] = min_over_10(*of_one, beta=beta)
        for source, answer in answers.items():
            if answer.lr is not None:
                found.setdefault(source, []).append(math.log10(answer.lr))
    return [Opinion(rate_at(np.median(each)), source) for source, each in found.items()]


_LEAST_INSTEAD = ": a tenth of the rate of the least average takes its place."
_NOTHING_INSTEAD = ", and where the average is least noise may have decided: two opinions are left."
