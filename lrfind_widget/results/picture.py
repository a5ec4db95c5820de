"""Results drawn with matplotlib: the chart as a picture, and the parts of their own plots."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.curves.trimmed import Trimmed
from lrfind_widget.results.analysis import Analysis
from lrfind_widget.rules.fastai_v1 import refusal, steepest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
"""The kinds of file a picture can be saved as."""

_DRAWING = threading.Lock()
"""Held while drawing: matplotlib keeps fonts and caches that threads must not share."""

_FAR = 1e30
"""Where an area goes that has no upper end."""

_MARKER, _STEEPEST, _USABLE, _QUIET = "#1976d2", "#c62828", "#2e7d32", "#757575"


def draw(analysis: Analysis, selected_lr: float | None = None) -> Figure:
    """Draw a result as the widget shows it; the chosen rate is a vertical line."""
    figure, axes = _new_figure(8.0, 4.0)
    exponential = analysis.result.settings.get("mode", "exp") == "exp"
    axes.set_xscale("log" if exponential else "linear")
    _draw_curve(axes, analysis)
    _draw_findings(axes, analysis, selected_lr)
    axes.xaxis.set_major_formatter(lambda lr, _: format_lr(lr))
    axes.minorticks_off()
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss", rotation=0, ha="right")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def draw_on_axes(plot: Callable[..., object]) -> Figure:
    """Return a figure that ``plot(ax=...)`` has drawn on."""
    figure, axes = _new_figure(8.0, 3.0)
    plot(ax=axes)
    return figure


def _new_figure(width: float, height: float) -> tuple[Figure, Any]:
    """Return a figure and its axes, not through pyplot, which would show it in the cell."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def figure_and_axes(ax: Axes | None) -> tuple[Any, Any]:
    """Return the axes to draw on, new ones unless given, and their figure."""
    if ax is not None:
        return ax.figure, ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plot() needs matplotlib: pip install matplotlib.") from error
    return plt.subplots()


def saved(draw: Callable[[], Figure], kind: str = "svg") -> bytes:
    """Return a figure as the bytes of an SVG, PNG or PDF file. Any thread may call it."""
    stream = io.BytesIO()
    # The date and random ids would make two pictures of one chart differ.
    fixed: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {}
    with _DRAWING:
        from matplotlib import rc_context

        with rc_context({"svg.hashsalt": "lrfind"}):
            draw().savefig(stream, format=kind, dpi=100, **fixed)
    return stream.getvalue()


def shown(draw: Callable[[], Figure]) -> bytes | None:
    """Return a figure as a notebook shows it beside a text; None where it cannot be drawn."""
    try:
        return saved(draw, "png")
    except Exception:  # the value of a cell must never be an error of its picture
        return None


def _draw_curve(axes: Any, analysis: Analysis) -> None:
    curve, result, options = analysis.curve, analysis.result, analysis.options
    finite = np.isfinite(result.losses)
    losses = result.losses[finite]
    axes.plot(result.lrs[finite], losses, ".", color=_QUIET, alpha=0.4, ms=3)
    if curve.low is not None and curve.high is not None:
        high = np.where(np.isposinf(curve.high), _FAR, curve.high)
        axes.fill_between(curve.lrs, curve.low, high, color=_QUIET, alpha=0.25, linewidth=0)
    axes.plot(curve.lrs, curve.smoothed, color="black", linewidth=1.4)
    is_log = options.y_scale == "log" and bool((losses > 0).all())
    if is_log:
        axes.set_yscale("log")
    if options.y_range == "focus" and losses.size:
        axes.set_ylim(*_focus(curve.smoothed, losses, is_log=is_log))


def _draw_findings(axes: Any, analysis: Analysis, selected_lr: float | None) -> None:
    if analysis.suggested.band is not None:
        axes.axvspan(*analysis.suggested.band, color=_USABLE, alpha=0.1, linewidth=0)
    steepest = analysis.min_gradient
    if steepest.lr is not None and steepest.index is not None:
        label = f"steepest fall {format_lr(steepest.lr)}"
        loss = np.interp(steepest.lr, analysis.curve.lrs, analysis.curve.smoothed)
        axes.plot(steepest.lr, loss, "o", color=_STEEPEST, label=label, clip_on=True)
    if selected_lr is not None:
        label = f"selected {format_lr(selected_lr)}"
        axes.axvline(selected_lr, color=_MARKER, linewidth=1.6, label=label)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, loc="best", fontsize="small")


def _focus(smoothed: Any, losses: Any, *, is_log: bool) -> tuple[float, float]:
    """Return the losses to show: the way down and a little above, not the explosion."""
    if is_log:
        low, high = _focus(np.log(smoothed), np.log(losses), is_log=False)
        return float(np.exp(low)), float(np.exp(high))
    usable = smoothed[np.isfinite(smoothed)]
    down = usable[: int(usable.argmin()) + 1]
    low = min(float(usable.min()), float(np.percentile(losses, 2)))
    high = float(down.max())
    room = 0.15 * (high - low) or abs(high) * 0.1 or 1.0
    return low - room, high + 2 * room


def mark_suggestion(ax: Any, part: Trimmed) -> str:
    """Draw fastai v1's red dot and return what it prints, or why there is none."""
    if refused := refusal(part):
        return refused.reason
    at = steepest(part)
    ax.plot(part.lrs[at], part.losses[at], marker="o", markersize=10, color="red")
    least = float(part.lrs[np.argmin(part.losses)])
    return f"Min numerical gradient: {part.lrs[at]:.2E}\nMin loss divided by 10: {least / 10:.2E}"


def through_spline(losses: Floats, k: int, options: Mapping[str, Any]) -> Floats:
    """Return the losses on scipy's smoothing spline over the point's number, as fastai v1."""
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= 5:
        raise ValueError(f"k is the degree of a spline, 1 to 5, got {k!r}.")
    if losses.size <= k:
        return losses  # too few points for a spline of this degree: they are their own
    try:
        from scipy.interpolate import UnivariateSpline  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise ImportError("plot(k=...) needs scipy: pip install scipy.") from error
    at = np.arange(losses.size)
    smooth: Floats = UnivariateSpline(at, losses, k=k, **options)(at)
    return smooth
