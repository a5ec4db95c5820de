"""The Python halves of our bqplot marks; what they look like is in `js/src/`.

What a page may change is the marker's value and the range of the vertical axis; everything else
comes from the kernel.
"""

from __future__ import annotations

import base64
from typing import Any

import bqplot
import numpy as np
import traitlets
from ipywidgets import Widget, widget_serialization

from lrfind_widget.curves.group_ranges import ALL_GROUPS
from lrfind_widget.values import check_rate
from lrfind_widget.view.thread_safe_widget import OwnModule

_EDGE = 1e-9
"""Relative room for rounding at the ends of the axis."""


class ChartMark(OwnModule, bqplot.Mark):  # type: ignore[misc]
    """Base of our marks: a bqplot mark whose front end is in `js/src/`.

    bqplot's figure finds the axes of a mark through `scales_metadata`. The marks never
    widen an axis: the chart sets both ends itself.
    """

    scales_metadata = traitlets.Dict(
        {
            "x": {"orientation": "horizontal", "dimension": "x"},
            "y": {"orientation": "vertical", "dimension": "y"},
        }
    ).tag(sync=True)
    preserve_domain = traitlets.Dict({"x": True, "y": True}).tag(sync=True)


class Rate(traitlets.Float[Any, Any]):
    """The trait of a learning rate: positive and finite; what is not raises TraitError."""

    info_text = "a positive, finite learning rate such as 3e-4"

    def validate(self, _obj: Any, value: Any) -> float:
        """Return `value` as a float, or raise TraitError."""
        try:
            return check_rate(self.name or "the rate", value)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from error


def to_wire(value: Any, _widget: Any = None) -> Any:
    """Return a trait's value with its arrays as bytes of little-endian doubles, at any depth.

    Those within another value are text: nbclient keeps each buffer it has ever seen at its place,
    also where that place is gone, and a page then cannot read the state.
    """
    return memoryview(_bytes(value)) if isinstance(value, np.ndarray) else _within(value)


def _within(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"float64": base64.b64encode(_bytes(value)).decode("ascii")}
    if isinstance(value, dict):
        return {key: _within(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_within(item) for item in value]
    return value


def _bytes(array: Any) -> bytes:
    return bytes(np.ascontiguousarray(array, dtype="<f8").tobytes())


BINARY: dict[str, Any] = {"sync": True, "echo_update": False, "to_json": to_wire}
"""The tags of a trait that holds arrays."""


def reference() -> Any:
    """Return a trait that refers to another widget."""
    return traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)


class Axes(ChartMark):
    """The axes, the grid, and the window through which the curves are seen.

    Zoom and pan happen in the page and are not synced. The loss axis follows what is
    visible.
    """

    _page_may_set = ("y_range",)

    lo = Rate(1e-7).tag(sync=True)
    hi = Rate(10.0).tag(sync=True)
    x_label = traitlets.Unicode(ALL_GROUPS).tag(sync=True)
    y_label = traitlets.Unicode("loss").tag(sync=True)
    y_range = traitlets.Enum(["focus", "all"], "focus").tag(sync=True)
    wheel_zoom = traitlets.Enum(["ctrl", "always"], "ctrl").tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    # The curve in words, which describes the drawing.
    description = traitlets.Unicode().tag(sync=True)
    # The axes stand around the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)
    curve = reference()
    runs = reference()
    spread = reference()

    def reset_zoom(self) -> None:
        """Show the whole axis again, in every page."""
        self.send({"event": "reset"})


class Marker(ChartMark):
    """The vertical line that a person drags: a slider by mouse, touch and keys."""

    _page_may_set = ("value",)

    value = Rate(1e-3).tag(sync=True)
    lo = Rate(1e-7).tag(sync=True)
    hi = Rate(10.0).tag(sync=True)
    label = traitlets.Unicode("Learning rate").tag(sync=True)
    # The optimizer's own rate, which the page names where the marker stands at it.
    own = traitlets.Float(None, allow_none=True).tag(sync=True)
    # What the page tells a screen reader of the rate is read off these.
    curve = reference()
    bands = reference()
    # The handle stands above the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)

    def valid(self, name: str, value: Any) -> Any:
        """Return a rate that the page sent, if it lies on the axis."""
        rate = super().valid(name, value)
        if not self.lo * (1 - _EDGE) <= rate <= self.hi * (1 + _EDGE):
            raise ValueError(f"{rate} is not on the axis.")
        return rate


class Annotations(ChartMark):
    """Points with a name: the steepest fall, a suggestion, the end of the sweep."""

    # {"lr", "loss" or None, "kind": "min_gradient" | "suggestion" | "end" | "critical", "label",
    # "title", "certainty"} each, the most important first. A loss that is None or above the axis is
    # shown at the upper edge; the critical rate is a mark at the lower one.
    annotations = traitlets.List(traitlets.Dict()).tag(sync=True)
    # {"lr", "name", "fate"} of each rate of the comparison below, which is a tick at the axis.
    tried = traitlets.List(traitlets.Dict()).tag(sync=True)
    marker = reference()
    # What else is named in the plot area, so that no label lies over another.
    curve = reference()
    bands = reference()


class Bands(ChartMark):
    """Intervals of the learning rate that are tinted over the height of the chart."""

    _page_may_set = ("shown",)

    # {"start", "stop", "kind": "skipped" | "usable" | "refined", "label", "certainty"} each
    bands = traitlets.List(traitlets.Dict()).tag(sync=True)
    # Whether what was refined is marked.
    shown = traitlets.Bool(True).tag(sync=True)


class Runs(ChartMark):
    """The lines of earlier runs under the present one."""

    # {"name", "lr": ndarray, "loss": ndarray, "visible"} each
    runs = traitlets.List(traitlets.Dict()).tag(**BINARY)
    # The settings' list of runs, which the page reads and hides runs in.
    listed = reference()


class Spread(ChartMark):
    """The room between the lowest and the highest of several curves, tinted."""

    _page_may_set = ("shown",)

    # {"lr", "low", "high"}, arrays of one length; an infinite high reaches the upper edge
    area = traitlets.Dict().tag(**BINARY)
    shown = traitlets.Bool(True).tag(sync=True)
