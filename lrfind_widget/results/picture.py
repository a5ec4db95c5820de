"""The chart as a picture, for pages without a kernel and for files."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.results.analysis import Analysis, Options
from lrfind_widget.results.result import SweepResult

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
    result: SweepResult,
    options: Options,
    selected_lr: float | None = None,
    *,
    size: tuple[float, float] = (8.0, 4.0),
) -> Figure:
    """Draw a result as the widget shows it.

    Parameters
    ----------
    result : SweepResult
        What to draw.
    options : Options
        How to read it.
    selected_lr : float, optional
        The chosen rate, drawn as a vertical line.
    size : tuple of float, default (8, 4)
        Width and height in inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    # Not through pyplot, which keeps figures and would show them in the cell.
    from matplotlib.figure import Figure

    analysis = Analysis.of(result, options)
    figure = Figure(figsize=size, layout="constrained")
    axes: Any = figure.add_subplot()
    axes.set_xscale("log" if result.settings.get("mode", "exp") == "exp" else "linear")
    _draw_curve(axes, result, analysis)
    _draw_findings(axes, analysis, selected_lr)
    axes.xaxis.set_major_formatter(lambda lr, _: format_lr(lr))
    axes.minorticks_off()
    axes.set_xlabel("learning rate")
    axes.set_ylabel("loss", rotation=0, ha="right")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure


def render(
    result: SweepResult,
    options: Options,
    selected_lr: float | None,
    kind: str = "svg",
    dpi: int = 100,
) -> bytes:
    """Return the picture as the bytes of an SVG, PNG or PDF file. Any thread may call it."""
    stream = io.BytesIO()
    # The date and random ids would make two pictures of one chart differ.
    fixed: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {}
    with _DRAWING:
        from matplotlib import rc_context

        with rc_context({"svg.hashsalt": "lrfind"}):
            draw(result, options, selected_lr).savefig(stream, format=kind, dpi=dpi, **fixed)
    return stream.getvalue()


def _draw_curve(axes: Any, result: SweepResult, analysis: Analysis) -> None:
    curve = analysis.curve
    finite = np.isfinite(result.losses)
    axes.plot(result.lrs[finite], result.losses[finite], ".", color=_QUIET, alpha=0.4, ms=3)
    if curve.low is not None and curve.high is not None:
        high = np.where(np.isposinf(curve.high), _FAR, curve.high)
        axes.fill_between(curve.lrs, curve.low, high, color=_QUIET, alpha=0.25, linewidth=0)
    axes.plot(curve.lrs, curve.smoothed, color="black", linewidth=1.4)
    framed = _frame(analysis.smoothed, result.losses[finite])
    if framed is not None:
        axes.set_ylim(*framed)


def _draw_findings(axes: Any, analysis: Analysis, selected_lr: float | None) -> None:
    if analysis.suggested.band is not None:
        axes.axvspan(*analysis.suggested.band, color=_USABLE, alpha=0.1, linewidth=0)
    steepest = analysis.min_gradient
    if steepest.lr is not None and steepest.index is not None:
        told = f"steepest fall {format_lr(steepest.lr)}"
        loss = np.interp(steepest.lr, analysis.curve.lrs, analysis.smoothed)
        axes.plot(steepest.lr, loss, "o", color=_STEEPEST, label=told, clip_on=True)
    if selected_lr is not None:
        told = f"selected {format_lr(selected_lr)}"
        axes.axvline(selected_lr, color=_MARKER, linewidth=1.6, label=told)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, loc="best", fontsize="small")


def _frame(smoothed: Any, losses: Any) -> tuple[float, float] | None:
    """Return the losses to show: the way down and a little above, not the explosion."""
    usable = smoothed[np.isfinite(smoothed)]
    if not usable.size:
        return None
    down = usable[: int(usable.argmin()) + 1]
    low = min(float(usable.min()), float(np.percentile(losses, 2)))
    high = float(down.max())
    room = 0.15 * (high - low) or abs(high) * 0.1 or 1.0
    return low - room, high + 2 * room
