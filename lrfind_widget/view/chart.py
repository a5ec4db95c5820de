"""The figure: scales, marks and what is said about a curve, built once."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.view.marks import Bands, Curve, Frame, Marker, Runs, Spots, Spread
from lrfind_widget.view.own_layout import OwnLayout
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget

MARGIN = {"top": 34, "bottom": 58, "left": 54, "right": 18}
"""Room around the plot area in pixels, for the marker's handle and the axes."""


class _Figure(ThreadSafeWidget, bqplot.Figure):  # type: ignore[misc]
    """bqplot's figure, which a page cannot change."""


class _LogScale(ThreadSafeWidget, bqplot.LogScale):  # type: ignore[misc]
    """bqplot's logarithmic scale, which a page cannot change."""


class _LinearScale(ThreadSafeWidget, bqplot.LinearScale):  # type: ignore[misc]
    """bqplot's linear scale, which a page cannot change."""


def figure(marks: list[Any], height: str) -> bqplot.Figure:
    """Return a figure of some height, in CSS, whose axes are drawn by one of its marks."""
    made = _Figure(
        marks=marks,
        axes=[],
        fig_margin=MARGIN,
        padding_x=0.0,
        padding_y=0.0,
        display_toolbar=False,
        # bqplot's own would be scales that a page can change.
        scale_x=linear_scale(0.0, 1.0),
        scale_y=linear_scale(0.0, 1.0),
        layout=OwnLayout(width="100%", height=height, min_width="0"),
    )
    made.add_class("lrfind-chart")
    return made


def linear_scale(low: float, high: float) -> bqplot.LinearScale:
    """Return a linear scale over an interval."""
    return _LinearScale(min=low, max=high, allow_padding=False)


class Chart:
    """Loss against learning rate, with a marker to choose a rate.

    Parameters
    ----------
    selected_lr : float, default 1e-3
        Where the marker stands at first.
    skip_start, skip_end : int, default 10 and 5
        Points at either end that are shown as skipped.

    Attributes
    ----------
    figure : bqplot.Figure
        What is displayed.
    curve, marker, spots, bands, spread, runs, frame
        The marks.
    """

    def __init__(self, selected_lr: float = 1e-3, *, skip_start: int = 10, skip_end: int = 5):
        self._x_scales = {
            "exp": _LogScale(min=1e-7, max=10.0, allow_padding=False),
            "linear": _LinearScale(min=1e-7, max=10.0, allow_padding=False),
        }
        # The page sets both ends to what it frames; they are given because bqplot's scales
        # without ends have no domain to draw before there are points.
        self._y_scales = {
            "linear": _LinearScale(min=0.0, max=1.0, allow_padding=False),
            "log": _LogScale(min=0.1, max=1.0, allow_padding=False),
        }
        self._mode, self._y_scale = "exp", "linear"
        scales = self._scales
        self.curve = Curve(scales=scales, skip_start=skip_start, skip_end=skip_end)
        self.runs = Runs(scales=scales)
        self.spread = Spread(scales=scales)
        self.frame = Frame(scales=scales, curve=self.curve, runs=self.runs, spread=self.spread)
        self.bands = Bands(scales=scales)
        self.marker = Marker(scales=scales, value=selected_lr)
        self.spots = Spots(scales=scales, marker=self.marker, curve=self.curve)
        # From the lowest to the highest. Never changed, since a figure whose list of marks
        # changes quickly can keep ghosts of them.
        self._marks = [
            self.frame,
            self.bands,
            self.spread,
            self.runs,
            self.curve,
            self.marker,
            self.spots,
        ]
        self.figure = figure(self._marks, "380px")
        self._end: dict[str, Any] | None = None
        self._found: list[dict[str, Any]] = []

    def begin(self, start_lr: float, end_lr: float, mode: str, label: str) -> None:
        """Make room for a new curve.

        Parameters
        ----------
        start_lr, end_lr : float
            The rates that the sweep is planned to cover.
        mode : {"exp", "linear"}
            The schedule, which decides what kind of axis is shown.
        label : str
            What the horizontal axis measures.
        """
        self._end, self._found = None, []
        self.spots.spots = []
        self.bands.bands = []
        self.spread.area = {}
        self.curve.clear()
        self.frame.x_label = label
        self.set_range(start_lr, end_lr, mode)

    def set_range(self, start_lr: float, end_lr: float, mode: str = "exp") -> None:
        """Set the ends and the kind of the learning-rate axis, and show all of it.

        Parameters
        ----------
        start_lr, end_lr : float
            The ends; positive and finite, the first below the second.
        mode : {"exp", "linear"}, default "exp"
            Logarithmic for an exponential schedule, linear for a linear one.

        Raises
        ------
        ValueError
            If the ends or the mode are none of these.
        """
        if mode not in self._x_scales:
            raise ValueError(f'mode must be "exp" or "linear", got {mode!r}.')
        if not 0 < start_lr < end_lr < np.inf:
            raise ValueError(
                "start_lr and end_lr must be positive, finite and in this order, "
                f"got {start_lr!r} and {end_lr!r}."
            )
        self._x_scales[mode].set_together(min=float(start_lr), max=float(end_lr))
        self._mode = mode
        self._set_scales()
        for mark in (self.marker, self.frame):
            mark.set_together(lo=start_lr, hi=end_lr)
        # What was zoomed to has no meaning on the new curve.
        self.frame.reset_zoom()

    @property
    def y_log(self) -> bool:
        """Whether the loss axis is logarithmic (as long as every loss is positive)."""
        return self._y_scale == "log"

    @y_log.setter
    def y_log(self, log: bool) -> None:
        self._y_scale = "log" if log else "linear"
        self._set_scales()

    def set_view(self, name: str, value: str) -> None:
        """Set how the loss axis is drawn.

        Parameters
        ----------
        name : {"y_scale", "frame"}
            What to set.
        value : str
            "linear" or "log" for the scale, "focus" or "all" for the frame.

        Raises
        ------
        ValueError
            If there is no such view.
        """
        if name == "y_scale" and value in self._y_scales:
            self.y_log = value == "log"
        elif name == "frame" and value in ("focus", "all"):
            self.frame.y_frame = value
        else:
            raise ValueError(
                'expected y_scale "linear" or "log", or frame "focus" or "all", '
                f"got {name} {value!r}."
            )

    def show_curve(self, curve: CombinedCurve) -> None:
        """Show a whole curve, with the spread of the repeats it is the median of."""
        self.curve.replace(curve.lrs, curve.losses, curve.smoothed)
        self.spread.area = (
            {}
            if curve.low is None or curve.high is None
            else {"lr": curve.lrs, "low": curve.low, "high": curve.high}
        )

    def show_findings(
        self,
        min_gradient: Suggestion,
        suggested: Suggestion,
        skip_start: int,
        skip_end: int,
    ) -> None:
        """Show what the present curve says.

        Parameters
        ----------
        min_gradient : Suggestion
            The steepest fall: a red dot, if there is a rate.
        suggested : Suggestion
            What is suggested: an open dot, and its usable range as a tinted band.
        skip_start, skip_end : int
            Points at either end that were left out; shaded.
        """
        self.curve.set_together(skip_start=skip_start, skip_end=skip_end)
        same = suggested.lr is not None and suggested.lr == min_gradient.lr
        self._found = [
            self._spot(found, kind, name)
            for found, kind, name in (
                (min_gradient, "min_gradient", "steepest fall"),
                (suggested, "suggestion", "suggested"),
            )
            if found.lr is not None and not (same and kind == "suggestion")
        ]
        self._show_spots()
        self.bands.bands = self._skipped(skip_start, skip_end) + _usable(suggested)

    def show_end(self, label: str, title: str = "") -> None:
        """Mark the last point of the curve as where the sweep ended before its plan.

        Parameters
        ----------
        label : str
            A word or two, for example "diverged".
        title : str, optional
            The sentence that hovering shows.
        """
        lr, loss = self.curve.lr, self.curve.smoothed
        self._end = None
        if lr.size:
            self._end = {
                "lr": float(lr[-1]),
                "loss": float(loss[-1]),
                "kind": "end",
                "label": label,
                "title": title,
            }
        self._show_spots()

    def close(self) -> None:
        """Close every widget of the chart."""
        scales = [*self._x_scales.values(), *self._y_scales.values()]
        own = [self.figure.scale_x, self.figure.scale_y, self.figure.layout]
        for widget in [self.figure, *self._marks, *scales, *own]:
            widget.close()

    @property
    def _scales(self) -> dict[str, Any]:
        return {"x": self._x_scales[self._mode], "y": self._y_scales[self._y_scale]}

    def _set_scales(self) -> None:
        scales = self._scales
        if self.frame.scales != scales:
            for mark in self._marks:
                mark.scales = scales

    def _show_spots(self) -> None:
        self.spots.spots = self._found + ([self._end] if self._end else [])

    def _spot(self, found: Suggestion, kind: str, name: str) -> dict[str, Any]:
        return {
            "lr": found.lr,
            "loss": self._loss_at(found),
            "kind": kind,
            "label": f"{name} {format_lr(float(found.lr or 0))}",
            "title": found.reason,
        }

    def _loss_at(self, found: Suggestion) -> float | None:
        """Return the smoothed loss as it is drawn at a rate, so that a dot lies on the line.

        A rule may smooth otherwise than the line that is shown.
        """
        lr, smoothed = self.curve.lr, self.curve.smoothed
        usable = np.isfinite(smoothed)
        if found.lr is None or not usable.any():
            return found.loss
        return float(np.interp(np.log(found.lr), np.log(lr[usable]), smoothed[usable]))

    def _skipped(self, skip_start: int, skip_end: int) -> list[dict[str, Any]]:
        """Return the bands over the ends of the curve that were left out."""
        lr = self.curve.lr
        bands = []
        if lr.size and skip_start > 0:
            bands.append((lr[0], lr[min(skip_start, lr.size - 1)]))
        if lr.size and skip_end > 0:
            bands.append((lr[max(lr.size - 1 - skip_end, 0)], lr[-1]))
        return [
            {"start": float(start), "stop": float(stop), "kind": "skipped", "label": "skipped"}
            for start, stop in bands
        ]


def _usable(suggested: Suggestion) -> list[dict[str, Any]]:
    if suggested.band is None:
        return []
    start, stop = suggested.band
    return [{"start": start, "stop": stop, "kind": "usable", "label": "usable"}]
