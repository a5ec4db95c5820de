"""All that a session knows at one moment. No torch, no Jupyter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lrfind_widget import messages
from lrfind_widget.curves.formatting import written_as
from lrfind_widget.next_sweep import changes, said_of, wrong
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Applied, Status
from lrfind_widget.points import Plan, Progress, Run
from lrfind_widget.results.analysis import Analysis, analyse
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.joined import Refinement, why_not_extend, why_not_refine
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.run_names import differences
from lrfind_widget.results.search import SearchResult
from lrfind_widget.results.search_start import Start, where_to_begin
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RECOMMENDED, label_of

READING = tuple(options_of(AnalysisOptions))
"""The keywords that say how curves are read and drawn, which may change after a sweep."""

LINES = tuple(name for name in READING if name.startswith("show_"))
"""Those of them that switch a line of the chart off; its legend sets them."""

SETTINGS = tuple(name for name in READING if name not in LINES)
"""The others, which the settings below the chart show."""

NO_MODEL = "This widget has no model to sweep; it shows a stored result."


@dataclass(frozen=True)
class ListedRun:
    """A sweep and how it is shown: its number from 1, which a curve keeps that is joined.

    It is listed in the legend until it is removed or joined with another sweep.
    """

    number: int
    result: SweepResult
    visible: bool = True
    listed: bool = True


@dataclass(frozen=True)
class SessionState:
    """All that is known at one moment; what a screen shows is a function of it."""

    can_train: bool  # False where a stored result is shown
    options: AnalysisOptions
    selected_lr: float
    chosen_by_hand: bool = False  # by a person or a program: a suggestion does not replace it
    chosen_by_search: bool = False  # only another sweep's suggestion replaces it
    run: Run | None = None  # what runs now, or ran last
    progress: Progress = field(default_factory=Progress)  # its own, as far as this state knows
    sweep: Run | None = None  # the latest among the runs
    comparing: Run | None = None  # the latest comparison or search among them
    refinement: Refinement | None = None  # the curve that the latest sweep adds to
    runs: tuple[ListedRun, ...] = ()  # what all sweeps have found, the latest last
    comparison: Comparison | None = None  # what the latest comparison or search has found
    compared_after: int = 0  # the number of the latest sweep when that began, 0 before the first
    refusal: BaseException | None = None  # why what was asked for last could not start
    # For the present choice, into an optimizer; or why that could not be.
    written: Applied | BaseException | None = None
    asked: str = ""  # of what runs, and not yet happened
    own_lr: float | None = None  # the optimizer's, as last read or written
    earlier_rule: Callable[..., Any] | None = None  # the user's function that was the rule before
    # Those of the next sweep that a page asks for, with the values that the widget was made with.
    keywords: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)  # what a page's fields say instead
    # Those that the latest sweep has changed, which what adds to it changes too.
    changed: Mapping[str, Any] = field(default_factory=dict)
    goal: Mapping[str, Any] = field(default_factory=dict)  # the keywords of the latest search
    auto_apply: bool = False
    model_name: str = ""

    @property
    def own_rule(self) -> Callable[..., Any] | None:
        """The function of the user's that is the rule, or was it last."""
        return self.options.rule if callable(self.options.rule) else self.earlier_rule

    @property
    def status(self) -> Status:
        """What the session is doing."""
        if self.refusal is not None:
            return Status.FAILED
        if self.run is None and self.result is not None:
            return Status.after(self.result.stop_reason)
        return self.progress.status

    @property
    def is_running(self) -> bool:
        """Whether something runs or is paused."""
        return self.status.is_running

    @property
    def is_sweeping(self) -> bool:
        """Whether what runs or is paused is a sweep, whose curve is not read yet."""
        return self.is_running and self.run is self.sweep

    @property
    def result(self) -> SweepResult | None:
        """What the latest sweep has found, joined with the curve that it added to."""
        return self.runs[-1].result if self.runs else None

    @property
    def analysis(self) -> Analysis | None:
        """What the latest curve says under the present options; None before the first."""
        return None if self.result is None else analyse(self.result, self.options)

    @property
    def mode(self) -> str:
        """How the rates of the latest sweep rise, "exp" or "linear"; rates are written so."""
        if self.sweep is not None:
            return self.sweep.plan.mode
        stored = {} if self.result is None else self.result.settings  # from a file, perhaps
        return "linear" if stored.get("mode") == "linear" else "exp"

    @property
    def number(self) -> int:
        """The number of the latest sweep that has found something; 0 before the first."""
        return max((run.number for run in self.runs), default=0)

    @property
    def has_choice(self) -> bool:
        """Whether the selected rate was chosen or suggested, and is not merely the optimizer's."""
        suggested = None if self.analysis is None else self.analysis.suggested.lr
        return self.chosen_by_hand or self.chosen_by_search or suggested == self.selected_lr

    @property
    def is_applied(self) -> bool:
        """Whether the present choice was written into the optimizer that is swept."""
        return isinstance(self.written, Applied) and not self.written.is_other

    @property
    def follows(self) -> bool:
        """Whether it was since the optimizer is given each choice, and still is."""
        is_given = isinstance(self.written, Applied) and self.written.follows
        return self.auto_apply and is_given

    @property
    def message(self) -> str:
        """What was written into an optimizer, or why not, in words; empty where nothing was."""
        if self.written is None:
            return ""
        if isinstance(self.written, BaseException):
            return messages.not_applied(self.written)
        with written_as(self.mode):
            written = self.written._replace(follows=self.follows)
            return messages.applied(self.selected_lr, written)

    @property
    def searched(self) -> SearchResult | None:
        """What a search from the latest curve on has found; None without a rate from one."""
        found = self.verdict
        if not isinstance(found, SearchResult) or not found.is_settled or self.is_running:
            return None
        return found if self.compared_after == self.number else None

    def label_of(self, suggestion: Suggestion) -> str:
        """Return what a suggestion is called: it is not the recommended one after a search."""
        label = label_of(suggestion.rule)
        is_overruled = label == RECOMMENDED and self.searched is not None
        return "curve alone" if is_overruled else label

    def first_rate(self, own: float) -> Start:
        """Return the rate that a search begins with; `own` is the optimizer's."""
        if self.chosen_by_hand:
            return Start(self.selected_lr, "chosen")
        suggested = None if self.analysis is None else self.analysis.suggested.lr
        return where_to_begin(self.result, suggested, own)

    @property
    def error(self) -> BaseException | None:
        """What the user's code raised in what ran last, or why it could not start."""
        if self.refusal is not None or self.run is None or self.is_running:
            return self.refusal
        return self.run.error

    @property
    def was_compared(self) -> bool:
        """Whether what runs, or ran last, is a comparison or a search."""
        return self.run is not None and self.run is self.comparing

    @property
    def found(self) -> SweepResult | Comparison | None:
        """What the latest that ran has found."""
        return self.comparison if self.was_compared else self.result

    @property
    def verdict(self) -> Comparison | None:
        """What the comparison whose curves are shown has found; None while it runs."""
        return None if self.is_running and self.was_compared else self.comparison

    @property
    def plan(self) -> Plan | None:
        """The plan of what runs or ran last."""
        return None if self.run is None else self.run.plan

    @property
    def noun(self) -> str:
        """What runs or ran last, as the subject of a sentence."""
        return f"A {'sweep' if self.plan is None else self.plan.kind}"

    @property
    def listed(self) -> tuple[ListedRun, ...]:
        """The runs of the legend."""
        return tuple(run for run in self.runs if run.listed)

    @property
    def current(self) -> tuple[ListedRun, ...]:
        """The run of the legend whose curve is the one that is drawn, if it is listed."""
        if self.is_sweeping:
            return ()
        return tuple(run for run in self.listed if run.result is self.result)

    @property
    def earlier(self) -> tuple[ListedRun, ...]:
        """The other runs of the legend."""
        current = self.current
        return tuple(run for run in self.listed if run not in current)

    @property
    def why_not_train(self) -> str:
        """Why nothing can be trained now; empty where it can."""
        if not self.can_train:
            return NO_MODEL
        return messages.running(self.noun) if self.is_running else ""

    @property
    def why_not_go_on(self) -> str:
        """Why nothing can follow the latest sweep now; empty where it can."""
        failed = self.run is not None and self.run is self.sweep and self.run.error is not None
        return self.why_not_train or messages.FAILED_BEFORE * failed

    def changes(self, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the keywords of the next sweep: those `given`, and what was typed for the others.

        ValueError says in words what was typed wrong.
        """
        given = given or {}
        keywords = {name: given.get(name, value) for name, value in self.keywords.items()}
        typed = {name: text for name, text in self.typed.items() if name not in given}
        return {**(changes(keywords, typed) if typed else {}), **given}

    @property
    def wrongly_typed(self) -> dict[str, str]:
        """Why what was typed for the next sweep cannot work, by keyword; empty where it can."""
        return wrong(self.keywords, self.typed) if self.typed else {}

    @property
    def why_not_start(self) -> str:
        """Why no sweep can start now; empty where one can."""
        return self.why_not_train or said_of(self.wrongly_typed)

    @property
    def why_not_refine(self) -> str:
        """Why the curve cannot be refined now; empty where it can."""
        return self.why_not_go_on or why_not_refine(self.result)

    @property
    def why_not_extend(self) -> str:
        """Why the range cannot be extended now; empty where it can."""
        return self.why_not_go_on or why_not_extend(self.result)

    @property
    def names(self) -> dict[int, str]:
        """A name for each listed run, by its number, that says how it differs from the others."""
        each = differences([run.result for run in self.listed])
        return {
            run.number: ": ".join(filter(None, [f"Run {run.number}", differing]))
            for run, differing in zip(self.listed, each, strict=True)
        }
