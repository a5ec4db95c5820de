"""One suggestion from several sweeps of the same model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import suggest


def suggest_from_repeats(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    repeats: npt.ArrayLike,
    rule: str | Callable[..., Any],
    **options: Any,
) -> Suggestion:
    """Return what a rule suggests for several sweeps together, with their spread.

    Our own rule, which takes points in any order, is given all of them at once. The others look
    at one sweep's steps: of their suggestions, one for each sweep, the middle one is returned.

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
    rates, raw, which = np.asarray(lrs), np.asarray(losses), np.asarray(repeats)
    each = [
        (steps, suggest(rates[steps], raw[steps], rule, **options))
        for steps in (np.flatnonzero(which == number) for number in np.unique(which))
    ]
    found = sorted(
        ((one.lr, n) for n, (_, one) in enumerate(each) if one.lr is not None), reverse=True
    )
    if rule == "balanced" or not each:
        chosen = suggest(rates, raw, rule, **options)
    elif not found:
        chosen = each[0][1]
    else:
        steps, chosen = each[found[len(found) // 2][1]]
        if chosen.index is not None:
            chosen = replace(chosen, index=int(steps[chosen.index]))
    if chosen.lr is None or len(each) < 2:
        return chosen
    spread = spread_in_decades([lr for lr, _ in found])
    said = f"{len(found)} of {len(each)} sweeps suggest a rate of their own"
    if spread is not None:
        said += f", with a standard deviation of {spread:.2f} decades"
    return replace(chosen, reason=f"{chosen.reason} {said}.", spread=spread)


def spread_in_decades(lrs: list[float]) -> float | None:
    """Return the standard deviation of log10 of positive rates; None for fewer than two."""
    return float(np.std(np.log10(lrs), ddof=1)) if len(lrs) > 1 else None
