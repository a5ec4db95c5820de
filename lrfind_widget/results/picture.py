"""The chart as a picture, for pages without a kernel and for files."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.results.analysis import Analysis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
"""The kinds of file a picture can be saved as."""

_DRAWING = threading.Lock()
"""Held while drawing: matplotlib keeps fonts and caches that threads must not share."""

_FAR = 1e30
"""Where an area goes that has no upper end."""

_MARKER, _STEEPEST, _USABLE, _QUIET = "#1976d2", "#c62828", "#2e7d32", "#757575"


def draw(
    analysis: Analysis,
    selected_lr: float | None = None,
    *,
    size: tuple[float, float] = (8.0, 4.0),
) -> Figure:
    """Draw a result as the widget shows it.

    Parameters
    ----------
    analysis : Analysis
        What to draw: a result and how it is read.
    selected_lr : float, optional
        The chosen rate, drawn as a vertical line.
    size : tuple of float, default (8, 4)
        Width and height in inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = _new_figure(size)
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


def draw_on_axes(plot: Callable[..., object], size: tuple[float, float] = (8.0, 3.0)) -> Figure:
    """Return a figure that ``plot(ax=...)`` has drawn on; sizes as for `draw`."""
    figure, axes = _new_figure(size)
    plot(ax=axes)
    return figure


def _new_figure(size: tuple[float, float]) -> tuple[Figure, Any]:
    """Return a figure and its axes, not through pyplot, which would show it in the cell."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def saved(draw: Callable[[], Figure], kind: str = "svg", dpi: int = 100) -> bytes:
    """Return a figure as the bytes of an SVG, PNG or PDF file. Any thread may call it."""
    stream = io.BytesIO()
    # The date and random ids would make two pictures of one chart differ.
    fixed: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {}
    with _DRAWING:
        from matplotlib import rc_context

        with rc_context({"svg.hashsalt": "lrfind"}):
            draw().savefig(stream, format=kind, dpi=dpi, **fixed)
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
