"""What a curve says, under the options a person may change after the sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrfind_widget.numbers.smoothing import exponential_average
from lrfind_widget.rules.suggest import RULES, Suggestion, min_gradient, suggest

Rule = str | Callable[..., Any]

DEFAULT_RULE = "balanced"
"""Our own rule, which says where the marker starts."""


@dataclass(frozen=True)
class Options:
    """How a stored curve is read. Changing one needs no new sweep.

    Attributes
    ----------
    beta : float, default 0.98
        Weight of the past in the debiased exponential average (fastai v1's value).
    skip_start, skip_end : int, default 10 and 5
        Points left out of the min-gradient search at either end (fastai v1's values).
    rule : str or callable
        The rule that suggests where the marker starts: a name in `lrfind_widget.rules.RULES`,
        or a callable ``(lrs, losses) -> float`` of the raw losses.
    """

    beta: float = 0.98
    skip_start: int = 10
    skip_end: int = 5
    rule: Rule = DEFAULT_RULE

    def changed(self, **changes: Any) -> Options:
        """Return the options with some of them changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Analysis:
    """The smoothed curve and what the rules find on it.

    Attributes
    ----------
    smoothed : ndarray, shape (n,)
        Debiased exponential average of the raw losses.
    min_gradient : Suggestion
        fastai v1's steepest point on `smoothed`: the red dot.
    suggested : Suggestion
        What the chosen rule suggests: where the marker starts.
    """

    smoothed: NDArray[np.float64]
    min_gradient: Suggestion
    suggested: Suggestion

    @classmethod
    def of(
        cls, lrs: NDArray[np.float64], losses: NDArray[np.float64], options: Options
    ) -> Analysis:
        """Read a curve of rates and raw losses, each of shape (n,)."""
        steepest = min_gradient(
            lrs,
            losses,
            skip_start=options.skip_start,
            skip_end=options.skip_end,
            beta=options.beta,
        )
        smoothed = exponential_average(losses, beta=options.beta)
        return cls(smoothed, steepest, suggest(lrs, losses, rule=options.rule))


def rule_names() -> list[str]:
    """Return the names of the rules, our own first."""
    return [DEFAULT_RULE, *(name for name in RULES if name != DEFAULT_RULE)]
