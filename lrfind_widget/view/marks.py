"""The Python halves of our bqplot marks; what they look like is in `js/src/`.

What a page may change is the marker's value and the range of the vertical axis; everything else
comes from the kernel.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import traitlets
from ipywidgets import Widget, widget_serialization

from lrfind_widget.view.columns import Curve
from lrfind_widget.view.mark import BINARY, ChartMark, Rate

_EDGE = 1e-9
"""Relative room for rounding at the ends of the axis."""


def _reference(kind: type[Widget] = Widget) -> Any:
    """Return a trait that refers to another widget."""
    return traitlets.Instance(kind, allow_none=True).tag(sync=True, **widget_serialization)


class Axes(ChartMark):
    """The axes, the grid, and the window through which the curves are seen.

    Zoom and pan happen in the page and are not synced. The loss axis follows what is
    visible.
    """

    _model_name = traitlets.Unicode("AxesModel").tag(sync=True)
    _view_name = traitlets.Unicode("Axes").tag(sync=True)
    _page_may_set = ("y_range",)

    lo = Rate(1e-7).tag(sync=True)
    hi = Rate(10.0).tag(sync=True)
    x_label = traitlets.Unicode("learning rate").tag(sync=True)
    y_label = traitlets.Unicode("loss").tag(sync=True)
    y_range = traitlets.Enum(["focus", "all"], "focus").tag(sync=True)
    # The axes stand around the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)
    curve = _reference()
    runs = _reference()
    spread = _reference()

    def reset_zoom(self) -> None:
        """Show the whole axis again, in every page."""
        self.send({"event": "reset"})


class Marker(ChartMark):
    """The vertical line that a person drags: a slider by mouse, touch and keys."""

    _model_name = traitlets.Unicode("MarkerModel").tag(sync=True)
    _view_name = traitlets.Unicode("Marker").tag(sync=True)
    _page_may_set = ("value",)

    value = Rate(1e-3).tag(sync=True)
    lo = Rate(1e-7).tag(sync=True)
    hi = Rate(10.0).tag(sync=True)
    label = traitlets.Unicode("Learning rate").tag(sync=True)
    # The handle stands above the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)

    def take(self, name: str, value: Any) -> None:
        """Take a rate that the page sent, if it lies on the axis."""
        if isinstance(value, Real) and not self._offers(float(value)):
            self.refused_messages += 1
            self.send_state("value")
            return
        super().take(name, value)

    def _offers(self, value: float) -> bool:
        return bool(self.lo * (1 - _EDGE) <= value <= self.hi * (1 + _EDGE))


class Annotations(ChartMark):
    """Points with a name: the steepest fall, a suggestion, the end of the sweep."""

    _model_name = traitlets.Unicode("AnnotationsModel").tag(sync=True)
    _view_name = traitlets.Unicode("Annotations").tag(sync=True)

    # {"lr", "loss" or None, "kind": "min_gradient" | "suggestion" | "end", "label", "title"} each,
    # the most important first. A loss that is None or above the axis is shown at the upper edge.
    annotations = traitlets.List(traitlets.Dict()).tag(sync=True)
    marker = _reference(Marker)
    curve = _reference(Curve)


class Bands(ChartMark):
    """Intervals of the learning rate that are tinted over the height of the chart."""

    _model_name = traitlets.Unicode("BandsModel").tag(sync=True)
    _view_name = traitlets.Unicode("Bands").tag(sync=True)

    # {"start", "stop", "kind": "skipped" | "usable", "label"} each
    bands = traitlets.List(traitlets.Dict()).tag(sync=True)


class Runs(ChartMark):
    """The smoothed curves of earlier runs, faded under the present one."""

    _model_name = traitlets.Unicode("RunsModel").tag(sync=True)
    _view_name = traitlets.Unicode("Runs").tag(sync=True)

    # {"name", "lr": ndarray, "smoothed": ndarray, "visible"} each
    runs = traitlets.List(traitlets.Dict()).tag(**BINARY)


class Spread(ChartMark):
    """The room between the lowest and the highest of several curves, tinted."""

    _model_name = traitlets.Unicode("SpreadModel").tag(sync=True)
    _view_name = traitlets.Unicode("Spread").tag(sync=True)

    # {"lr", "low", "high"}, arrays of one length; an infinite high reaches the upper edge
    area = traitlets.Dict().tag(**BINARY)
