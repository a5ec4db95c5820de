"""How much of a run that grows is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrfind_widget.points import Point, Run


class Growth:
    """A reader of a run's points that goes on from where it was."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew with the next run."""
        self.run: Run | None = None
        self.repeat = 0
        self.repeats: list[dict[str, Any]] = []
        self._count = 0

    def take(self, run: Run) -> list[tuple[int, list[Point]]]:
        """Return the points since the last call, apart by the pass that they belong to."""
        if run is not self.run:
            self.forget()
            self.run = run
        points = list(run.points[self._count :])
        self._count += len(points)
        passes = dict.fromkeys(point.repeat for point in points)
        return [(each, [p for p in points if p.repeat == each]) for each in passes]

    def keep(self, lr: Any, loss: Any) -> None:
        """Keep the present repeat, which is complete, as a line of its own."""
        line = {"name": f"Repeat {self.repeat + 1}", "lr": lr, "loss": loss}
        self.repeats = [*self.repeats, {**line, "visible": True}]


def columns_of(points: Sequence[Point], *names: str) -> list[Any]:
    """Return fields of points as arrays; None becomes NaN."""
    return [np.array([getattr(p, name) for p in points], dtype=np.float64) for name in names]
