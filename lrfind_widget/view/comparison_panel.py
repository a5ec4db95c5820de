"""What a person sees of short trainings at a few rates: a small chart and a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ipywidgets import Widget

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.points import Point
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.view import phrases
from lrfind_widget.view.comparison_chart import ComparisonChart
from lrfind_widget.view.verdict_bar import VerdictBar

USE = "use_best"
"""The id of the button that chooses the best rate."""


class ComparisonPanel:
    """Built once, shown from the first comparison on."""

    def __init__(self) -> None:
        self.chart = ComparisonChart()
        self.verdict_bar = VerdictBar()

    @property
    def rows(self) -> list[Widget]:
        """The rows from top to bottom."""
        return [self.chart.figure, self.verdict_bar]

    def begin(self, lrs: Sequence[float], steps: int) -> None:
        """Make room for a new comparison."""
        self.verdict_bar.set_together(sentence="", actions=[])
        self.chart.begin(lrs, steps)

    def add(self, points: Sequence[Point]) -> None:
        """Draw new points."""
        self.chart.add(points)
        self.chart.show()

    def show_end(self, comparison: Comparison | None) -> None:
        """Say what was found, and offer the best rate."""
        if comparison is None:
            return
        for number, diverged in enumerate(comparison.diverged):
            if diverged:
                self.chart.note(number, phrases.diverged_at(comparison.taken[number]))
        self.chart.show()
        best = comparison.best_lr
        offer = {
            "id": USE,
            "label": "" if best is None else f"Use {format_lr(best)}",
            "title": "Choose this learning rate",
        }
        actions = [] if best is None else [offer]
        self.verdict_bar.set_together(sentence=comparison.sentence, actions=actions)

    def close(self) -> None:
        """Close every widget of the panel."""
        self.verdict_bar.close()
        self.chart.close()
