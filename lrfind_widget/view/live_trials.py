"""Short trainings at a few rates on their way to the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lrfind_widget.points import Point
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.view import phrases
from lrfind_widget.view.comparison_panel import ComparisonPanel
from lrfind_widget.view.live import Live
from lrfind_widget.view.panel import Panel

if TYPE_CHECKING:
    from lrfind_widget.training.short_trainings import ShortTrainings


class LiveTrials(Live):
    """One comparison that is shown while it runs.

    Parameters
    ----------
    trials : ShortTrainings
        The trainings to run.
    panel : Panel
        Where their progress is shown.
    below : ComparisonPanel
        Where their losses are shown.
    **told
        As for `Live`.
    """

    def __init__(
        self,
        trials: ShortTrainings,
        panel: Panel,
        below: ComparisonPanel,
        **told: Callable[..., Any],
    ) -> None:
        super().__init__(trials, panel, **told)
        self._trials = trials
        self._below = below

    @property
    def steps_each(self) -> int:
        """Steps planned at one rate."""
        return self._trials.steps_each

    @property
    def result(self) -> Comparison | None:
        """What was found, once it has ended."""
        found: Comparison | None = self._runner.result
        return found

    def _begin(self) -> None:
        self._panel.begin_trials(self._trials.lrs, self._trials.steps)
        self._below.begin(self._trials.lrs, self._trials.steps_each)

    def _show(self, points: Sequence[Point]) -> None:
        self._below.add(points)

    def _sentence(self, done: int) -> str:
        number = 0 if self._last is None else self._last.repeat
        lrs = self._trials.lrs
        seconds = self._progress.seconds_per_step
        return phrases.trying(lrs[number], number, len(lrs), done, self._trials.steps, seconds)
