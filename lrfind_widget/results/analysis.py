"""What a curve says, under the options that its reader may change after the sweep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.results.recorded_curve import RecordedCurve
from lrfind_widget.rules.fastai_v1 import min_gradient
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, Rule, entry_of


@dataclass(frozen=True, eq=False)
class Analysis:
    """The curve to draw of a result and what the rules find on it, under some options.

    Every rule is given the options that it wants, so one rule has one answer everywhere.
    `min_gradient` is the red dot; the marker starts at what is `suggested`.
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
        for entry in RULES.values():
            if entry.offered:
                buttons.setdefault(entry.name, self.suggestions[entry.name])
        return list(buttons.values())


def analyse(result: RecordedCurve, options: AnalysisOptions) -> Analysis:
    """Read a result under some options; the latest reading of a result is kept with it."""
    kept: Analysis | None = vars(result).get("_analysis")
    if kept is not None and _read_alike(kept.options, options):
        return kept
    steepest = _suggestion(result, min_gradient, options)
    is_steepest = entry_of(options.rule) is entry_of(min_gradient)
    analysis = Analysis(
        result,
        options,
        result.curve(options.beta),
        steepest,
        steepest if is_steepest else _suggestion(result, options.rule, options),
    )
    vars(result)["_analysis"] = analysis
    return analysis


def _read_alike(one: AnalysisOptions, other: AnalysisOptions) -> bool:
    """Whether a curve is read the same under both; how it is drawn is another matter."""
    names = ("beta", "skip_start", "skip_end", "rule")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _suggestion(result: RecordedCurve, rule: Rule, options: AnalysisOptions) -> Suggestion:
    """Return what a rule suggests that is given the options it wants."""
    wanted = entry_of(rule).wanted(
        beta=options.beta, skip_start=options.skip_start, skip_end=options.skip_end
    )
    return result.suggestion(rule, **wanted)
