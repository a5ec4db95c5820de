"""A sweep on its way to the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lrfind_widget.points import Point
from lrfind_widget.results.joined import Refinement
from lrfind_widget.results.result import SweepResult
from lrfind_widget.view import phrases
from lrfind_widget.view.live import Live
from lrfind_widget.view.panel import Panel

if TYPE_CHECKING:
    from lrfind_widget.training.range_test import Sweep


class LiveSweep(Live):
    """One sweep that a panel shows while it runs.

    Parameters
    ----------
    sweep : Sweep
        The sweep to run.
    panel : Panel
        Where it is shown.
    part : Refinement, optional
        The curve that it adds to.
    **told
        As for `Live`.
    """

    def __init__(
        self,
        sweep: Sweep,
        panel: Panel,
        *,
        part: Refinement | None = None,
        **told: Callable[..., Any],
    ) -> None:
        super().__init__(sweep, panel, **told)
        self._sweep = sweep
        self.part = part

    @property
    def steps_each(self) -> int:
        """Steps planned for one repeat."""
        return len(self._sweep.schedule)

    @cached_property
    def _joined(self) -> SweepResult | None:
        found: SweepResult | None = self._runner.result
        return found if found is None or self.part is None else self.part.joined_by(found)

    @property
    def result(self) -> SweepResult | None:
        """What was found, once it has ended: joined with the curve that it adds to, if any."""
        return None if self._runner.result is None else self._joined

    def _begin(self) -> None:
        schedule = self._sweep.schedule
        start, end = schedule.start_lr, schedule.end_lr
        if self.part is not None:
            start, end = self.part.range(start, end)
        self._panel.begin(start, end, schedule.mode, self._sweep.steps, self._sweep.axis_label)

    def _show(self, points: Sequence[Point]) -> None:
        self._panel.add(points)

    def _sentence(self, done: int) -> str:
        return phrases.sweeping(done, self._sweep.steps, self._progress.seconds_per_step)
