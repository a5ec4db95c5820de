"""What a curve says, under the options that its reader may change after the sweep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.smoothing import BETA
from lrfind_widget.results.recorded_curve import RecordedCurve
from lrfind_widget.rules.fastai_v1 import min_gradient
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import DEFAULT_RULE, RULES, Rule, entry_of, offered_rules


@dataclass(frozen=True)
class AnalysisOptions:
    """How a stored curve is read. Changing one needs no new sweep.

    Attributes
    ----------
    beta : float, default 0.98
        Weight of the past in the debiased exponential average (fastai v1's value).
    skip_start, skip_end : int, default 10 and 5
        Points left out of the min-gradient search at either end (fastai v1's values).
    rule : str or callable, default "balanced"
        The rule that suggests where the marker starts: a name in `lrfind_widget.rules.RULES`,
        or a callable ``(lrs, losses) -> float`` of the raw losses.
    y_scale : {"linear", "log"}, default "linear"
        How the loss axis is drawn.
    y_range : {"focus", "all"}, default "focus"
        Whether the loss axis shows what matters or every point.
    """

    beta: float = BETA
    skip_start: int = 10
    skip_end: int = 5
    rule: Rule = DEFAULT_RULE
    y_scale: Literal["linear", "log"] = "linear"
    y_range: Literal["focus", "all"] = "focus"

    def changed(self, **changes: Any) -> AnalysisOptions:
        """Return the options with some of them changed."""
        return replace(self, **changes)


@dataclass(frozen=True, eq=False)
class Analysis:
    """The curve to draw and what the rules find on it, under some options.

    Attributes
    ----------
    result : SweepResult
        What is read.
    options : AnalysisOptions
        How. Every rule is given those that it wants, so one rule has one answer everywhere.
    curve : CombinedCurve
        Smoothed with the debiased exponential average; of repeats, the median.
    min_gradient : Suggestion
        fastai v1's steepest point: the red dot. Of repeats, the middle one of their own.
    suggested : Suggestion
        What the chosen rule suggests: where the marker starts.
    """

    result: RecordedCurve
    options: AnalysisOptions
    curve: CombinedCurve
    min_gradient: Suggestion
    suggested: Suggestion

    @cached_property
    def suggestions(self) -> dict[str, Suggestion]:
        """What every rule suggests, by name."""
        found = {
            entry_of(min_gradient): self.min_gradient,
            entry_of(self.options.rule): self.suggested,
        }
        return {
            name: found.get(entry) or _suggestion(self.result, entry, self.options)
            for name, entry in RULES.items()
        }

    @cached_property
    def offered(self) -> list[Suggestion]:
        """The suggestions that have a button of their own, the chosen rule's first."""
        buttons = {self.suggested.rule: self.suggested}
        buttons.setdefault(self.min_gradient.rule, self.min_gradient)
        for entry in offered_rules():
            buttons.setdefault(entry.name, self.suggestions[entry.name])
        return list(buttons.values())


def analyse(result: RecordedCurve, options: AnalysisOptions) -> Analysis:
    """Read a result under some options.

    Raises
    ------
    TypeError, ValueError
        If an option cannot work, such as a negative skip.
    """
    steepest = _suggestion(result, min_gradient, options)
    is_steepest = entry_of(options.rule) is entry_of(min_gradient)
    return Analysis(
        result,
        options,
        result.curve(options.beta),
        steepest,
        steepest if is_steepest else _suggestion(result, options.rule, options),
    )


def _suggestion(result: RecordedCurve, rule: Rule, options: AnalysisOptions) -> Suggestion:
    """Return what a rule suggests that is given the options it wants."""
    wanted = entry_of(rule).wanted(
        beta=options.beta, skip_start=options.skip_start, skip_end=options.skip_end
    )
    return result.suggestion(rule, **wanted)
