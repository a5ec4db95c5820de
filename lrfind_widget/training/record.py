"""The points of a sweep, and the verdict on each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from lrfind_widget.curves.smoothing import ExponentialAverage
from lrfind_widget.curves.stop_rule import StopRule
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Losses, Point


class Record:
    """Smooths the losses of a sweep, keeps the points and says when it is enough."""

    def __init__(self, beta: float = 0.98, stop_div: bool = True, repeat: int = 0) -> None:
        self.points: list[Point] = []
        self.verdict: StopReason | None = None
        self.reason: StopReason | None = None
        self.sentence = ""
        self._repeat = repeat
        self.rule = StopRule(enabled=stop_div)
        self._average = ExponentialAverage(beta)

    def take(self, losses: Iterable[Losses]) -> Iterator[Point]:
        """Record losses until one of them ends the sweep; what ran past that is dropped.

        A step that the gradient scaler skipped is recorded only where its loss is not finite.
        """
        for step, lr, taken, loss, val_loss in losses:
            if self.verdict is not None:
                return
            if taken or not math.isfinite(loss):
                yield self.add(step, lr, loss, val_loss)

    def add(self, step: int, lr: float, loss: float, val_loss: float | None = None) -> Point:
        """Record the loss of a step."""
        smoothed = self._average.update(loss)
        point = Point(step, lr, loss, smoothed, val_loss, self._repeat)
        self.points.append(point)
        self.verdict = self.rule.update(loss, smoothed)
        return point

    @property
    def never_moved(self) -> bool:
        """Whether every loss was the same, to the bit."""
        losses = {point.loss for point in self.points}
        return len(self.points) > 1 and len(losses) == 1 and math.isfinite(*losses)
