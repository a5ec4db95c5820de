"""The points of a sweep, and the verdict on each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np

from lrfind_widget.curves.smoothing import ExponentialAverage, Floats
from lrfind_widget.curves.stop_rule import StopDiv, StopRule
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Losses, Point

Blamed = Literal["loss", "validation loss"]


def tables_of(records: Sequence[Record], count: int, steps: int) -> tuple[Floats, Floats]:
    """Return losses and validation losses of `count` trainings, a row each; NaN for none."""
    losses, val_losses = (np.full((count, steps), np.nan) for _ in range(2))
    for row, record in enumerate(records):
        for point in record.points:
            losses[row, point.step] = point.loss
            if point.val_loss is not None:
                val_losses[row, point.step] = point.val_loss
    return losses, val_losses


class Record:
    """Smooths the losses of a sweep, keeps the points and says when it is enough.

    A validation loss ends it by the same rule unless `stop_div` is False; `blamed` says which has.
    While that is not finite from the start on it says nothing: a deep model's may begin like that.
    """

    def __init__(
        self,
        beta: float = 0.98,
        stop_div: StopDiv = True,
        repeat: int = 0,
        average: type[ExponentialAverage] = ExponentialAverage,
    ) -> None:
        self.points: list[Point] = []
        self.verdict: StopReason | None = None
        self.blamed: Blamed = "loss"
        self.reason: StopReason | None = None
        self.sentence = ""
        self._repeat = repeat
        self.rules: dict[Blamed, StopRule] = {
            "loss": StopRule(stop_div),
            "validation loss": StopRule(stop_div),
        }
        self._average, self._val_average = average(beta), ExponentialAverage(beta)

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
        self.blamed, self.verdict = "loss", self.rules["loss"].update(loss, smoothed)
        rule = self.rules["validation loss"]
        if self.verdict is not None or val_loss is None or not rule.enabled:
            return point
        if math.isfinite(val_loss) or math.isfinite(rule.best):
            self.blamed = "validation loss"
            self.verdict = rule.update(val_loss, self._val_average.update(val_loss))
        return point

    @property
    def never_moved(self) -> bool:
        """Whether every loss was the same, to the bit."""
        losses = {point.loss for point in self.points}
        return len(self.points) > 1 and len(losses) == 1 and math.isfinite(*losses)
