"""The progress bar of a terminal."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from tqdm import tqdm

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.points import Point
from lrfind_widget.training.experiment import Experiment


def run_with_bar(experiment: Experiment, title: str, *, shown: bool) -> None:
    """Read an experiment to its end, or to an interrupt after it has begun."""
    with (
        ProgressBar(title, experiment.steps, shown=shown) as bar,
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(iter(experiment)) as points,
    ):
        for point in points:
            bar.count(point)
    if experiment.stop_reason is None:  # interrupted before it began
        raise KeyboardInterrupt


class ProgressBar(tqdm):  # type: ignore[misc]
    """A bar on standard error, without the watching thread of tqdm, which would outlive a sweep."""

    monitor_interval = 0
    _latest: Point | None = None

    def __init__(self, title: str, steps: int, *, shown: bool = True) -> None:
        # The thread sees to bars that become slow; to look at the clock in each step does too.
        super().__init__(total=steps, desc=title, unit="step", miniters=1, disable=not shown)

    def count(self, point: Point) -> None:
        """Count a step; the bar is drawn now and then, and says its rate and loss."""
        self._latest = point
        self.update()

    @property
    def format_dict(self) -> dict[str, Any]:
        """What a drawing of the bar says. Put into words only when there is one."""
        shown: dict[str, Any] = super().format_dict
        point = self._latest
        if point is not None and math.isfinite(point.smoothed):
            shown["postfix"] = f"lr={format_lr(point.lr)}, loss={point.smoothed:.4g}"
        return shown
