"""The small chart of short trainings at a few rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.points import Point
from lrfind_widget.view.chart import figure, linear_scale
from lrfind_widget.view.marks import Frame
from lrfind_widget.view.trainings import Trainings


class ComparisonChart:
    """Loss against step, one line for each learning rate.

    Attributes
    ----------
    figure : bqplot.Figure
        What is displayed.
    trainings, frame
        The marks.
    """

    def __init__(self) -> None:
        self._scales = {"x": linear_scale(1.0, 2.0), "y": linear_scale(0.0, 1.0)}
        self.trainings = Trainings(scales=self._scales)
        self.frame = Frame(scales=self._scales, runs=self.trainings, x_label="step")
        self._marks = [self.frame, self.trainings]
        self.figure = figure(self._marks, "240px")
        self._drawn: list[_Training] = []

    def begin(self, lrs: Sequence[float], steps: int) -> None:
        """Make room for trainings of so many steps at some rates."""
        self._drawn = [_Training(lr) for lr in lrs]
        last = float(max(steps, 2))
        self._scales["x"].set_together(min=1.0, max=last)
        self.frame.set_together(lo=1.0, hi=last, x_label="step")
        self.trainings.label = (
            f"Loss against step at the learning rates {', '.join(map(format_lr, lrs))}."
        )
        self.show()

    def add(self, points: Sequence[Point]) -> None:
        """Append points; `Point.repeat` says to which rate."""
        for point in points:
            self._drawn[point.repeat].add(point)
            if point.val_loss is not None:
                self.frame.x_label = "dots: validation loss; step"

    def note(self, number: int, text: str) -> None:
        """Write something behind the name of a rate."""
        self._drawn[number].note = text

    def show(self) -> None:
        """Draw what was added."""
        self.trainings.runs = [training.as_run() for training in self._drawn]

    def close(self) -> None:
        """Close every widget of the chart."""
        own = [self.figure.scale_x, self.figure.scale_y, self.figure.layout]
        for widget in [self.figure, *self._marks, *self._scales.values(), *own]:
            widget.close()


class _Training:
    """The losses at one rate, as they are drawn."""

    def __init__(self, lr: float) -> None:
        self.note = ""
        self._name = format_lr(lr)
        self._losses: list[tuple[int, float]] = []
        self._val_losses: list[tuple[int, float]] = []

    def add(self, point: Point) -> None:
        self._losses.append((point.step + 1, point.smoothed))
        if point.val_loss is not None:
            self._val_losses.append((point.step + 1, point.val_loss))

    def as_run(self) -> dict[str, Any]:
        return {
            "name": f"{self._name} {self.note}".strip(),
            "lr": [step for step, _ in self._losses],
            "smoothed": [loss for _, loss in self._losses],
            "val_steps": [step for step, _ in self._val_losses],
            "val_losses": [loss for _, loss in self._val_losses],
        }
