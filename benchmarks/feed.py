"""What the front end is given to draw. Runs in the kernel of the measured page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import bqplot
import numpy as np
import torch
from torch import nn

from lrfind_widget import LRFinderWidget
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.state import SessionState
from lrfind_widget.view.chart import Chart
from lrfind_widget.view.view_state import view_state

LENGTHS = 200_000
_PLACE = np.linspace(0, 1, LENGTHS)
_LOSS = 2.3 - 1.5 / (1 + np.exp(-20 * (_PLACE - 0.5)))
_NOISY = _LOSS + np.random.default_rng(0).normal(0, 0.05, LENGTHS)

TIMES: list[float] = []
"""When something happened, in milliseconds since 1970, as the page counts too."""


def now() -> float:
    """Return the time as `performance.timeOrigin + performance.now()` does."""
    return 1000 * time.time()


def curve(points: int, total: int) -> tuple[Any, Any, Any]:
    """Return so many points of a curve that will have `total`."""
    chosen = np.arange(points) * LENGTHS // total
    return 1e-7 * 1e8 ** _PLACE[chosen], _NOISY[chosen], _LOSS[chosen]


class Ours:
    """This package's chart: dots and lines, of which only what is new is sent, and the fit."""

    def __init__(self, points: int, updates: int) -> None:
        columns = curve(points + updates, points + updates)
        self._columns = (*columns, np.full(points + updates, np.nan))
        self._points = points
        before = SessionState(can_train=True, options=AnalysisOptions(), selected_lr=1e-3)
        self._chart = Chart(view_state(before))
        self._chart.set_range(1e-7, 10.0, "exp")
        self._chart.curve.replace(*(column[:points] for column in self._columns))
        self.figure = self._chart.figure

    def update(self) -> None:
        """Add a point."""
        at = self._points
        self._points += 1
        self._chart.curve.grow(*(column[at : at + 1] for column in self._columns))


class Stock:
    """A bqplot figure with one line, which is sent anew for each point."""

    def __init__(self, points: int, updates: int) -> None:
        self._lrs, _, self._losses = curve(points + updates, points + updates)
        self._points = points
        scales = {"x": bqplot.LogScale(min=1e-7, max=10.0), "y": bqplot.LinearScale()}
        self._line = bqplot.Lines(x=self._lrs[:points], y=self._losses[:points], scales=scales)
        axes = [bqplot.Axis(scale=scales["x"]), bqplot.Axis(scale=scales["y"], side="left")]
        self.figure = bqplot.Figure(marks=[self._line], axes=axes, animation_duration=0)
        self.figure.layout.width, self.figure.layout.height = "100%", "380px"

    def update(self) -> None:
        """Add a point."""
        self._points += 1
        with self._line.hold_sync():
            self._line.x = self._lrs[: self._points]
            self._line.y = self._losses[: self._points]


KINDS = {"ours": Ours, "bqplot Lines": Stock}
_HELD: dict[str, Any] = {}


def make(kind: str, points: int, updates: int) -> Any:
    """Return a figure of one kind to display."""
    _close()
    _HELD["fed"] = KINDS[kind](points, updates)
    return _HELD["fed"].figure


def run(updates: int, pause: float) -> float:
    """Add that many points, with a pause after each; return milliseconds of work an update."""
    work = 0.0
    for _ in range(updates):
        began = time.thread_time()
        _HELD["fed"].update()
        work += time.thread_time() - began
        time.sleep(pause)
    return 1000 * work / updates


def _close() -> None:
    held = _HELD.pop("fed", None)
    if held is not None:
        held.figure.close()


class Paced:
    """Batches that come so many seconds apart."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._batch = torch.randn(64, 20), torch.randint(2, (64,))

    def __iter__(self) -> Iterator[Any]:
        while True:
            time.sleep(self._pause)
            yield self._batch


def finder(pause: float, steps: int) -> LRFinderWidget:
    """Return a widget that has not started, and whose losses note when they are computed."""
    torch.set_num_threads(1)
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def loss_fn(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        loss = nn.functional.cross_entropy(output, target)
        TIMES.append(now())
        return loss

    TIMES.clear()
    return LRFinderWidget(
        model,
        Paced(pause),
        optimizer,
        loss_fn=loss_fn,
        num_it=steps,
        stop_div=False,
        auto_start=False,
        end_lr=1e-2,
    )


def heard(widget: LRFinderWidget) -> list[tuple[float, float]]:
    """Return a list that fills with the time of each new choice and the choice."""
    found: list[tuple[float, float]] = []
    widget.observe(lambda change: found.append((now(), change["new"])), "selected_lr")
    return found
