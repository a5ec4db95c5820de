"""One suggestion from several sweeps of the same model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import Rule, entry_of


def suggest_from_repeats(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, repeats: npt.ArrayLike, rule: Rule, **options: Any
) -> Suggestion:
    """Return what a rule suggests for several sweeps together, with their spread.

    A rule that takes points in any order is given all of them at once. The others look at one
    sweep's steps: of their suggestions, one for each sweep, the middle one is returned.

    Parameters
    ----------
    lrs, losses : array_like, shape (n,)
        Learning rates and raw losses of the steps of all sweeps.
    repeats : array_like of int, shape (n,)
        Which sweep each step belongs to.
    rule : str or callable
        As for `suggest`.
    **options
        Passed to the rule.

    Returns
    -------
    Suggestion
        Its reason ends with how far the sweeps' own suggestions are apart.
    """
    entry = entry_of(rule)
    rates, raw, which = np.asarray(lrs), np.asarray(losses), np.asarray(repeats)
    each = [
        (steps, entry(rates[steps], raw[steps], **options))
        for steps in (np.flatnonzero(which == number) for number in np.unique(which))
    ]
    found = sorted(
        ((one.lr, n) for n, (_, one) in enumerate(each) if one.lr is not None), reverse=True
    )
    if entry.joins_repeats or not each:
        chosen = entry(rates, raw, **options)
    elif not found:
        chosen = each[0][1]
    else:
        steps, chosen = each[found[len(found) // 2][1]]
        if chosen.index is not None:
            chosen = replace(chosen, index=int(steps[chosen.index]))
    if chosen.lr is None or len(each) < 2:
        return chosen
    said = f"{len(found)} of {len(each)} sweeps suggest a rate of their own"
    spread = None
    if len(found) > 1:
        spread = float(np.std(np.log10([lr for lr, _ in found]), ddof=1))
        said += f", with a standard deviation of {spread:.2f} decades"
    return replace(chosen, reason=f"{chosen.reason} {said}.", spread=spread)
