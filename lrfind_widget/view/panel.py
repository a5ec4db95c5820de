"""Everything a person sees: the chart between its rows of controls.

The panel is told numbers and sentences; it knows nothing of models or training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
from ipywidgets import Widget

from lrfind_widget.points import Point, Status
from lrfind_widget.results.analysis import Analysis, AnalysisOptions
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.joined import why_not_extend, why_not_refine
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import RULES
from lrfind_widget.view import phrases
from lrfind_widget.view.chart import Chart
from lrfind_widget.view.choice_bar import ChoiceBar
from lrfind_widget.view.receipt_bar import ReceiptBar
from lrfind_widget.view.run_bar import RunBar
from lrfind_widget.view.settings_bar import MAX_BETA, SettingsBar

CLOSER = {
    "id": "closer",
    "label": "Look closer",
    "title": "Sweep the usable band again, with smaller steps, and join the curves",
}
FURTHER = {
    "id": "further",
    "label": "Go further",
    "title": "Sweep on beyond the end of the range, and join the curves",
}
TRY = {
    "id": "try",
    "label": "Try it",
    "title": "Train a little at this rate, a third and three times of it, and compare the losses",
}


class Panel:
    """The chart and its bars, built once and then only told what changed.

    Parameters
    ----------
    options : AnalysisOptions
        How the curve is read at first.
    selected_lr : float
        Where the marker stands at first.
    can_run : bool
        Whether there is a model to sweep; False for a panel of a stored result.
    """

    def __init__(self, options: AnalysisOptions, selected_lr: float, *, can_run: bool) -> None:
        self.chart = Chart(selected_lr, skip_start=options.skip_start, skip_end=options.skip_end)
        self._can_run = can_run
        self._result: SweepResult | None = None
        self._is_trying = False
        self.run_bar = RunBar(
            sentence=phrases.waiting(),
            can_run=can_run,
            actions=self._next_sweeps(is_running=False),
        )
        self.choice_bar = ChoiceBar(
            marker=self.chart.marker, can_apply=can_run, actions=self._tries(is_running=False)
        )
        self.settings_bar = SettingsBar(
            beta=min(options.beta, MAX_BETA),
            skip_start=options.skip_start,
            skip_end=options.skip_end,
            rules=[{"name": rule.name, "label": rule.label} for rule in RULES.values()],
            rule=options.rule if isinstance(options.rule, str) else "",
        )
        self.receipt_bar = ReceiptBar()
        self._earlier: list[dict[str, Any]] = []
        self._repeats: list[dict[str, Any]] = []
        self._repeat = 0

    def set_smoothing(self, beta: float) -> None:
        """Show how the curve is smoothed, as far as the settings reach."""
        self.settings_bar.beta = min(beta, MAX_BETA)

    @property
    def rows(self) -> list[Widget]:
        """The rows from top to bottom."""
        return [
            self.run_bar,
            self.chart.figure,
            self.choice_bar,
            self.settings_bar,
            self.receipt_bar,
        ]

    def begin(self, start_lr: float, end_lr: float, mode: str, steps: int, label: str) -> None:
        """Make room for a new curve."""
        self._repeats = []
        self._repeat = 0
        self.chart.begin(start_lr, end_lr, mode, label)
        self.receipt_bar.receipt = {}
        self.choice_bar.set_together(
            suggestions=[],
            suggestion_sentence="",
            message="",
            actions=self._tries(is_running=True),
        )
        self.run_bar.set_together(
            actions=self._next_sweeps(is_running=True),
            status=Status.SWEEPING.value,
            sentence=phrases.starting(steps),
            done=0,
            total=steps,
            lr=None,
            objective="",
            detail="",
            traceback="",
        )

    def begin_trials(self, lrs: Sequence[float], steps: int) -> None:
        """Say that short trainings begin; the curve stays."""
        self._is_trying = True
        self.receipt_bar.receipt = {}
        self.choice_bar.actions = self._tries(is_running=True)
        self.run_bar.set_together(
            actions=self._next_sweeps(is_running=True),
            status=Status.SWEEPING.value,
            sentence=phrases.trying(lrs[0], 0, len(lrs), 0, steps, None),
            done=0,
            total=steps,
            lr=lrs[0],
            traceback="",
        )

    def end_trials(self, status: Status, sentence: str, comparison: Comparison | None) -> None:
        """Say that short trainings have ended, and what was compared afterwards."""
        self._is_trying = False
        told = self._ended(status, sentence)
        if comparison is not None:
            finished = status is Status.FINISHED
            told["done"] = self.run_bar.total if finished else sum(comparison.taken)
            told["detail"] = comparison.isolation
            self.receipt_bar.receipt = receipt_rows(comparison.receipt)
        self.run_bar.set_together(**told)

    def _next_sweeps(self, *, is_running: bool) -> list[dict[str, Any]]:
        """Return the buttons that add to the latest curve."""
        if not self._can_run:
            return []
        return [
            CLOSER | {"enabled": not is_running and not why_not_refine(self._result)},
            FURTHER | {"enabled": not is_running and not why_not_extend(self._result)},
        ]

    def _tries(self, *, is_running: bool) -> list[dict[str, Any]]:
        return [TRY | {"enabled": not is_running}] if self._can_run else []

    def add(self, points: Sequence[Point]) -> None:
        """Append points to the curve, in one message for each repeat."""
        for repeat, of_repeat in groupby(points, key=attrgetter("repeat")):
            if repeat != self._repeat:
                self._fade(repeat)
            self._append(list(of_repeat))

    def _append(self, points: Sequence[Point]) -> None:
        columns = np.array([(p.lr, p.loss, p.smoothed) for p in points], dtype=np.float64).T
        self.chart.curve.append(*columns)

    def _fade(self, repeat: int) -> None:
        """Draw the repeat so far as one of the past, and begin with the next."""
        curve = self.chart.curve
        name = f"Repeat {self._repeat + 1}"
        self._repeats.append(
            {"name": name, "lr": curve.lr, "smoothed": curve.smoothed, "visible": True}
        )
        self._repeat = repeat
        self._show_drawn()
        curve.clear()

    def show_progress(self, **told: Any) -> None:
        """Say how far the sweep is, in traits of the run bar."""
        self.run_bar.set_together(**told)

    def show_end(self, status: Status, sentence: str, result: SweepResult | None) -> None:
        """Say how the sweep ended and what was compared afterwards."""
        told = self._ended(status, sentence)
        if result is not None:
            told |= {
                "done": len(result),
                "objective": phrases.objective(result.objective),
                "detail": result.isolation,
            }
            self.receipt_bar.receipt = receipt_rows(result.receipt)
            ends = status is Status.DIVERGED if result.parts is not None else True
            if status is not Status.FINISHED and ends:
                self.chart.show_end(status.value, sentence)
        self.run_bar.set_together(**told)

    def _ended(self, status: Status, sentence: str) -> dict[str, Any]:
        """Offer to try rates again, and return what the run bar says of any end."""
        self.choice_bar.actions = self._tries(is_running=False)
        return {
            "status": status.value,
            "sentence": sentence,
            "actions": self._next_sweeps(is_running=False),
        }

    def show_error(self, error: BaseException) -> None:
        """Put the traceback of the user's code within reach."""
        self.run_bar.traceback = phrases.traceback_of(error)

    def show_analysis(
        self, result: SweepResult, analysis: Analysis, options: AnalysisOptions
    ) -> None:
        """Show what the curve says: dots, bands, the suggestion and its reasons.

        The curve itself is sent again only where it is not the one that is shown.
        """
        self._result = result
        shown = self.chart.curve.smoothed
        if self._repeats or not np.array_equal(shown, analysis.curve.smoothed, equal_nan=True):
            self._repeats = []
            self.chart.show_curve(analysis.curve)
        self.chart.show_findings(
            analysis.min_gradient, analysis.suggested, options.skip_start, options.skip_end
        )
        suggested = analysis.suggested
        self.choice_bar.set_together(
            actions=self._tries(is_running=self._is_trying),
            suggestions=_chips(analysis),
            suggested_lr=suggested.lr,
            suggestion_sentence=_sentence(analysis),
        )

    def show_runs(
        self, drawn: Sequence[Mapping[str, Any]], listed: Sequence[Mapping[str, Any]]
    ) -> None:
        """Draw the earlier runs faded, and list them in the legend."""
        self._earlier = [dict(run) for run in drawn]
        self._show_drawn()
        self.settings_bar.runs = [dict(run) for run in listed]

    def _show_drawn(self) -> None:
        self.chart.runs.runs = [*self._earlier, *self._repeats]

    def close(self) -> None:
        """Close every widget of the panel."""
        for bar in (self.run_bar, self.choice_bar, self.settings_bar, self.receipt_bar):
            bar.close()
        self.chart.close()


def receipt_rows(receipt: Any) -> dict[str, Any]:
    """Return a receipt as the receipt bar shows it."""
    if receipt is None:
        return {}
    return {
        "sentence": receipt.sentence,
        "identical": receipt.identical,
        "rows": [
            {
                "category": item.category,
                "compared": item.compared,
                "by_sweep": item.by_sweep,
                "how": item.how,
                "identical": item.identical,
                "detail": item.detail,
            }
            for item in receipt.items
        ],
    }


def _chips(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the suggestions one can click, the chosen rule's first."""
    return [
        {
            "rule": suggestion.rule,
            "label": suggestion.rule.replace("_", " "),
            "lr": suggestion.lr,
            "reason": suggestion.reason,
            "active": suggestion is analysis.suggested,
        }
        for suggestion in analysis.offered
    ]


def _sentence(analysis: Analysis) -> str:
    """Say what is suggested, and why there is no red dot where there is none."""
    told = phrases.suggestion(analysis.suggested)
    if analysis.min_gradient.lr is None:
        told = f"{told} No steepest fall is marked: {analysis.min_gradient.reason}".strip()
    return told
