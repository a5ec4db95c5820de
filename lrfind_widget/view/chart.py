"""The two figures: scales and marks, built once."""

from __future__ import annotations

from typing import Any

import bqplot
from ipywidgets import VBox, Widget

from lrfind_widget.view.columns import ComparisonCurves, Curve
from lrfind_widget.view.marks import Annotations, Axes, Bands, Marker, Runs, Spread
from lrfind_widget.view.thread_safe_widget import OwnLayout, OwnModule, ThreadSafeWidget
from lrfind_widget.view.view_state import ViewState

MARGIN = {"top": 34, "bottom": 58, "left": 54, "right": 18}
"""Room around the plot area in pixels, for the marker's handle and the axes."""


class Figure(OwnModule, bqplot.Figure):  # type: ignore[misc]
    """bqplot's figure, which a page cannot change."""


class LogScale(OwnModule, bqplot.LogScale):  # type: ignore[misc]
    """bqplot's logarithmic scale, which a page cannot change."""


class LinearScale(OwnModule, bqplot.LinearScale):  # type: ignore[misc]
    """bqplot's linear scale, which a page cannot change."""


class Box(ThreadSafeWidget, VBox):  # type: ignore[misc]
    """A place for what comes later, which a page cannot change."""

    def __init__(self) -> None:
        super().__init__(layout=OwnLayout(width="100%", margin="0", overflow="visible"))


def _linear(low: float, high: float) -> bqplot.LinearScale:
    return LinearScale(min=low, max=high, allow_padding=False)


def _log(low: float, high: float) -> bqplot.LogScale:
    return LogScale(min=low, max=high, allow_padding=False)


TITLE_ROOM = 24
"""More room above the chart where it has a title."""

COMPARISON_MARGIN = {"top": 22, "right": 66}
"""Room around the second chart, which has no marker and names its lines on the right."""


def _figure(marks: list[Any], height: str, **margin: int) -> bqplot.Figure:
    """Return a figure of some height, in CSS, whose axes are drawn by one of its marks."""
    made = Figure(
        marks=marks,
        axes=[],
        fig_margin=MARGIN | margin,
        padding_x=0.0,
        padding_y=0.0,
        display_toolbar=False,
        # bqplot's own would be scales that a page can change.
        scale_x=_linear(0.0, 1.0),
        scale_y=_linear(0.0, 1.0),
        layout=OwnLayout(width="100%", height=height, min_width="0"),
    )
    made.add_class("lrfind-chart")
    return made


def _parts(figure: bqplot.Figure) -> list[Widget]:
    """Return a figure and what it is made of, but for the scales under its marks."""
    return [figure, *figure.marks, figure.scale_x, figure.scale_y, figure.layout]


class Chart:
    """Loss against learning rate, with a marker to choose a rate; the settings list the runs."""

    def __init__(self, shown: ViewState, listed: Widget | None = None) -> None:
        ends = shown.axes["lo"], shown.axes["hi"]
        self._x_scales = {"exp": _log(*ends), "linear": _linear(*ends)}
        # The page sets both ends to the losses in view; they are given because bqplot's scales
        # without ends have no domain to draw before there are points.
        self._y_scales = {"linear": _linear(0.0, 1.0), "log": _log(0.1, 1.0)}
        scales = {"x": self._x_scales[shown.x_kind], "y": self._y_scales[shown.y_kind]}
        self.runs = Runs(scales=scales, listed=listed, **shown.runs)
        self.spread = Spread(scales=scales, **shown.spread)
        beside = {"runs": self.runs, "spread": self.spread}
        self.curve = Curve(scales=scales, **beside, **shown.curve)
        if shown.line is not None:
            self.curve.show(shown.line)
        self.axes = Axes(scales=scales, curve=self.curve, **beside, **shown.axes)
        self.bands = Bands(scales=scales, **shown.bands)
        self.marker = Marker(scales=scales, curve=self.curve, bands=self.bands, **shown.marker)
        self.annotations = Annotations(
            scales=scales,
            marker=self.marker,
            curve=self.curve,
            bands=self.bands,
            **shown.annotations,
        )
        # From the lowest to the highest. Never changed, since a figure whose list of marks
        # changes quickly can keep ghosts of them.
        self.parts: dict[str, ThreadSafeWidget] = {
            "axes": self.axes,
            "bands": self.bands,
            "spread": self.spread,
            "runs": self.runs,
            "curve": self.curve,
            "marker": self.marker,
            "annotations": self.annotations,
        }
        self.figure = _figure(list(self.parts.values()), shown.height)
        self.set_frame(shown.height, shown.axes["title"])

    def set_frame(self, height: str, title: str) -> None:
        """Set the height of the chart, in CSS, and make room for its title."""
        self.figure.layout.height = height
        self.figure.fig_margin = MARGIN | {"top": MARGIN["top"] + TITLE_ROOM * bool(title)}

    def set_scales(self, x_kind: str, y_kind: str) -> None:
        """Choose the kinds of both axes: "exp" or "linear" across, "linear" or "log" up."""
        scales = {"x": self._x_scales[x_kind], "y": self._y_scales[y_kind]}
        if self.axes.scales != scales:
            for mark in self.parts.values():
                mark.scales = scales

    def set_range(self, low: float, high: float, x_kind: str) -> None:
        """Set the ends of the horizontal axis, and show all of it."""
        self._x_scales[x_kind].set_together(min=low, max=high)
        # What was zoomed to has no meaning on the new curve.
        self.axes.reset_zoom()

    @property
    def widgets(self) -> list[Widget]:
        """Every widget of the chart."""
        return [*_parts(self.figure), *self._x_scales.values(), *self._y_scales.values()]


class ComparisonChart:
    """Loss against step, one line for each learning rate."""

    def __init__(self) -> None:
        # Linear in the page where a loss is not positive.
        self._scales = {"x": _linear(1.0, 2.0), "y": _log(0.1, 1.0)}
        self.curves = ComparisonCurves(scales=self._scales)
        self.axes = Axes(scales=self._scales, runs=self.curves, lo=1.0, hi=2.0, x_label="step")
        self.figure = _figure([self.axes, self.curves], "288px", **COMPARISON_MARGIN)

    def set_range(self, high: float) -> None:
        """Set the last step of the axis."""
        self._scales["x"].set_together(max=high)

    @property
    def widgets(self) -> list[Widget]:
        """Every widget of the chart."""
        return [*_parts(self.figure), *self._scales.values()]
