"""The Python halves of our bqplot marks; what they look like is in `js/src/`.

Each mark is told numbers and short texts, and draws them. What a page may change is the
marker's value and the framing of the vertical axis; everything else comes from the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import traitlets
from ipywidgets import Widget, widget_serialization

from lrfind_widget.view.curve import Curve
from lrfind_widget.view.mark import ChartMark, finite_rate, one_of
from lrfind_widget.view.rate import Rate
from lrfind_widget.view.spread import Spread

__all__ = ["Bands", "Curve", "Frame", "Marker", "Runs", "Spots", "Spread"]

_EDGE = 1e-9
"""Relative room for rounding at the ends of the axis."""


@traitlets.signature_has_traits
class Frame(ChartMark):
    """The axes, the grid, and the window through which the curves are seen.

    Zoom and pan happen in the page and are not synced. The loss axis follows what is
    visible.

    Attributes
    ----------
    lo, hi : float
        The ends of the learning-rate axis when all of it is shown.
    x_label, y_label : str
        What the axes measure.
    y_frame : {"focus", "all"}, default "focus"
        "focus" shows the way down and a little above it, and lets the explosion at the end
        leave the chart; "all" shows every finite loss. The page may set it.
    curve, runs : Curve and Runs or None
        What is to be framed.
    spread : Spread or None
        What is to be framed with them.
    """

    _model_name = traitlets.Unicode("FrameModel").tag(sync=True)
    _view_name = traitlets.Unicode("Frame").tag(sync=True)
    _page_may_set = ("y_frame",)

    lo = Rate(1e-7).tag(sync=True)
    hi = Rate(10.0).tag(sync=True)
    x_label = traitlets.Unicode("learning rate").tag(sync=True)
    y_label = traitlets.Unicode("loss").tag(sync=True)
    y_frame = traitlets.Enum(["focus", "all"], "focus").tag(sync=True)
    # The axes stand around the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)
    curve = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    runs = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    spread = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)

    def reset_zoom(self) -> None:
        """Show all rates again, in every page."""
        self.send({"event": "reset"})


@traitlets.signature_has_traits
class Marker(ChartMark):
    """The vertical line that a person drags: a slider by mouse, touch and keys.

    Attributes
    ----------
    value : float
        The chosen learning rate. From Python any positive finite rate is taken, and shown
        at the edge if it lies beyond the axis; the page may only choose rates from `lo`
        to `hi`. Anything else raises TraitError and changes nothing.
    lo, hi : float
        The rates between which the page may choose.
    label : str
        What a screen reader calls it.
    """

    _model_name = traitlets.Unicode("MarkerModel").tag(sync=True)
    _view_name = traitlets.Unicode("Marker").tag(sync=True)
    _page_may_set = ("value",)

    value = Rate(1e-3).tag(sync=True)
    lo = Rate(1e-7).tag(sync=True)
    hi = Rate(10.0).tag(sync=True)
    label = traitlets.Unicode("Learning rate").tag(sync=True)
    # The handle stands above the plot area.
    apply_clip = traitlets.Bool(False).tag(sync=True)

    def _take(self, name: str, value: Any) -> None:
        if name == "value" and isinstance(value, Real) and not self._offers(float(value)):
            self.refused_messages += 1
            self.send_state("value")
            return
        super()._take(name, value)

    def _offers(self, value: float) -> bool:
        low, high = float(self.lo or 0), float(self.hi or 0)
        return low * (1 - _EDGE) <= value <= high * (1 + _EDGE)


@traitlets.signature_has_traits
class Spots(ChartMark):
    """Points with a name: the steepest fall, a suggestion, the end of the sweep.

    Attributes
    ----------
    spots : list of dict
        One each: ``{"lr": float, "loss": float or None, "kind": "min_gradient" |
        "suggestion" | "end", "label": str, "title": str}``, the most important first, since
        labels that would cover another are left out. A loss that is None, NaN or above the
        frame is shown at the upper edge. All but "end" are buttons that set the marker.
    marker : Marker or None
        The marker they set, in the page, so also while the kernel is busy.
    curve : Curve or None
        The curve whose line the labels keep clear of.
    """

    _model_name = traitlets.Unicode("SpotsModel").tag(sync=True)
    _view_name = traitlets.Unicode("Spots").tag(sync=True)

    KINDS = ("min_gradient", "suggestion", "end")

    spots = traitlets.List(traitlets.Dict()).tag(sync=True)
    marker = traitlets.Instance(Marker, allow_none=True).tag(sync=True, **widget_serialization)
    curve = traitlets.Instance(Curve, allow_none=True).tag(sync=True, **widget_serialization)

    @traitlets.validate("spots")
    def _valid_spots(self, proposal: Any) -> list[dict[str, Any]]:
        return [
            {
                "lr": finite_rate(spot.get("lr"), "the lr of a spot"),
                "loss": _finite_or_none(spot.get("loss")),
                "kind": one_of(spot.get("kind"), self.KINDS, "the kind of a spot"),
                "label": str(spot.get("label", "")),
                "title": str(spot.get("title", "")),
            }
            for spot in proposal["value"]
        ]


@traitlets.signature_has_traits
class Bands(ChartMark):
    """Intervals of the learning rate that are tinted over the height of the chart.

    Attributes
    ----------
    bands : list of dict
        One each: ``{"start": float, "stop": float, "kind": "skipped" | "usable",
        "label": str}``. The label is shown where it fits.
    """

    _model_name = traitlets.Unicode("BandsModel").tag(sync=True)
    _view_name = traitlets.Unicode("Bands").tag(sync=True)

    KINDS = ("skipped", "usable")

    bands = traitlets.List(traitlets.Dict()).tag(sync=True)

    @traitlets.validate("bands")
    def _valid_bands(self, proposal: Any) -> list[dict[str, Any]]:
        return [
            {
                "start": finite_rate(band.get("start"), "the start of a band"),
                "stop": finite_rate(band.get("stop"), "the stop of a band"),
                "kind": one_of(band.get("kind"), self.KINDS, "the kind of a band"),
                "label": str(band.get("label", "")),
            }
            for band in proposal["value"]
        ]


def _runs_to_json(runs: list[dict[str, Any]], _: Any) -> list[dict[str, Any]]:
    return [
        run | {name: memoryview(run[name].astype("<f8").tobytes()) for name in ("lr", "smoothed")}
        for run in runs
    ]


@traitlets.signature_has_traits
class Runs(ChartMark):
    """The smoothed curves of earlier runs, faded under the present one.

    Attributes
    ----------
    runs : list of dict
        One each: ``{"name": str, "lr": array_like, "smoothed": array_like, "visible": bool}``,
        the arrays of float and of one length.
    """

    _model_name = traitlets.Unicode("RunsModel").tag(sync=True)
    _view_name = traitlets.Unicode("Runs").tag(sync=True)

    runs = traitlets.List(traitlets.Dict()).tag(sync=True, echo_update=False, to_json=_runs_to_json)

    @traitlets.validate("runs")
    def _valid_runs(self, proposal: Any) -> list[dict[str, Any]]:
        return [_valid_run(run) for run in proposal["value"]]


def _valid_run(run: Mapping[str, Any]) -> dict[str, Any]:
    lr, smoothed = (np.array(run.get(name), dtype=np.float64) for name in ("lr", "smoothed"))
    if lr.ndim != 1 or lr.shape != smoothed.shape:
        raise traitlets.TraitError(
            "lr and smoothed of a run must be one-dimensional and equally long, "
            f"got the shapes {lr.shape} and {smoothed.shape}."
        )
    return {
        "name": str(run.get("name", "")),
        "lr": lr,
        "smoothed": smoothed,
        "visible": bool(run.get("visible", True)),
    }


def _finite_or_none(value: Any) -> float | None:
    """Return a float that JSON can carry, or None."""
    return float(value) if value is not None and math.isfinite(value) else None
