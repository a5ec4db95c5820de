"""The progress bar of a terminal."""

from __future__ import annotations

import contextlib
import math
import re
import sys

from tqdm import tqdm

from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.training.experiment import Experiment


class _Bar(tqdm):  # type: ignore[misc]
    """A bar on standard error, without the watching thread of tqdm, which would outlive a sweep."""

    monitor_interval = 0


def run_with_bar(experiment: Experiment, title: str, *, shown: bool) -> None:
    """Read an experiment to its end, or to an interrupt after it has begun."""
    shown = shown and sys.stderr is not None  # it is closed under pythonw, for example
    # The thread sees to bars that become slow; to look at the clock in each step does too.
    bar = _Bar(total=experiment.steps, desc=title, unit="step", miniters=1, disable=not shown)
    with (
        bar,
        written_as(experiment.settings.get("mode")),
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(iter(experiment)) as points,
    ):
        for point in points:
            if shown and math.isfinite(point.smoothed):
                objective = re.split(r" \(|; ", experiment.objective)[0]
                said = f"lr={format_lr(point.lr)}, loss={point.smoothed:.4g}, {objective}"
                bar.set_postfix_str(said, refresh=False)
            bar.total = experiment.steps
            bar.update(experiment.done(point) - bar.n)
    if experiment.stop_reason is None:  # interrupted before it began
        raise KeyboardInterrupt
