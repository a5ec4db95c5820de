"""What a curve says, under the options that its reader may change after the sweep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.results.in_words import in_words
from lrfind_widget.results.recorded_curve import RecordedCurve
from lrfind_widget.rules.fastai_v1 import min_gradient
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, Rule, RuleEntry, entry_of

_READ_WITH = ("beta", "skip_start", "skip_end", "rule", "reads")
"""The options under which a curve is read; the others say how it is drawn."""


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

    @property
    def line(self) -> tuple[Floats, Floats]:
        """Rates and losses of the main line: the fit, or the average where only that is shown."""
        curve, options = self.curve, self.options
        if options.show_average and not options.show_fit:
            return curve.lrs, curve.smoothed
        return curve.fit.lrs, curve.fit.losses

    @cached_property
    def words(self) -> str:
        """The curve in words."""
        return in_words(self.result)

    @cached_property
    def suggestions(self) -> dict[str, Suggestion]:
        """What every rule suggests, by name; a function of the user's that is the rule too."""
        chosen = entry_of(self.options.rule)
        found = {entry_of(min_gradient): self.min_gradient, chosen: self.suggested}
        return {
            entry.name: found.get(entry) or suggestion_of(self.result, entry, self.options)
            for entry in dict.fromkeys([*RULES.values(), chosen])
        }

    @cached_property
    def offered(self) -> list[Suggestion]:
        """The suggestions that have a button of their own, the chosen rule's first."""
        _, *others = offered(entry_of(self.options.rule))
        return [self.suggested, *(self.suggestions[entry.name] for entry in others)]


def offered(chosen: RuleEntry) -> list[RuleEntry]:
    """Return the rules that have a button of their own, the chosen one first."""
    others = [entry for entry in RULES.values() if entry.offered]
    return list(dict.fromkeys([chosen, entry_of(min_gradient), *others]))


def analyse(result: RecordedCurve, options: AnalysisOptions) -> Analysis:
    """Read a result under some options; the latest reading of a result is kept with it."""
    kept: Analysis | None = vars(result).get("_analysis")
    if kept is None or any(
        getattr(kept.options, name) != getattr(options, name) for name in _READ_WITH
    ):
        steepest = suggestion_of(result, min_gradient, options)
        is_steepest = entry_of(options.rule) is entry_of(min_gradient)
        suggested = steepest if is_steepest else suggestion_of(result, options.rule, options)
        kept = Analysis(result, options, result.curve(options.beta), steepest, suggested)
    elif kept.options != options:
        kept = replace(kept, options=options)
    vars(result)["_analysis"] = kept
    return kept


def suggestion_of(result: RecordedCurve, rule: Rule, options: AnalysisOptions) -> Suggestion:
    """Return what a rule suggests that is given those of the options that it wants."""
    wanted = entry_of(rule).wanted(
        beta=options.beta, skip_start=options.skip_start, skip_end=options.skip_end
    )
    return result.suggestion(rule, reads=options.reads, **wanted)
