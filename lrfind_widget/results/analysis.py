"""What a curve says, under the options a person may change after the sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrfind_widget.curves.combined import CombinedCurve, combined_curve
from lrfind_widget.curves.smoothing import BETA
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import DEFAULT_RULE, RULES, Suggestion

Rule = str | Callable[..., Any]


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

    beta: float = BETA
    skip_start: int = 10
    skip_end: int = 5
    rule: Rule = DEFAULT_RULE

    def changed(self, **changes: Any) -> Options:
        """Return the options with some of them changed."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Analysis:
    """The curve to draw and what the rules find on it.

    Attributes
    ----------
    curve : CombinedCurve
        Smoothed with the debiased exponential average; of repeats, the median.
    min_gradient : Suggestion
        fastai v1's steepest point: the red dot. Of repeats, the middle one of their own.
    suggested : Suggestion
        What the chosen rule suggests: where the marker starts.
    """

    curve: CombinedCurve
    min_gradient: Suggestion
    suggested: Suggestion

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The smoothed losses of the curve, shape (m,)."""
        return self.curve.smoothed

    @classmethod
    def of(cls, result: SweepResult, options: Options) -> Analysis:
        """Read a result under some options."""
        steepest = result.suggestion(
            "min_gradient",
            skip_start=options.skip_start,
            skip_end=options.skip_end,
            beta=options.beta,
        )
        return cls(combined_curve(result, options.beta), steepest, result.suggestion(options.rule))


def rule_names() -> list[str]:
    """Return the names of the rules, our own first."""
    return [DEFAULT_RULE, *(name for name in RULES if name != DEFAULT_RULE)]
