"""Results drawn with matplotlib: the chart as a picture, and the parts of their own plots."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.curves.trimmed import Trimmed
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.results.analysis import Analysis
from lrfind_widget.rules.fastai_v1 import refusal, steepest
from lrfind_widget.rules.suggestion import Suggestion

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
"""The kinds of file a picture can be saved as."""

_DRAWING = threading.Lock()
"""Held while drawing: matplotlib keeps fonts and caches that threads must not share."""

_FAR = 1e30
"""Where an area goes that has no upper end."""

_ROUNDING = 1e-6
"""Losses that differ by a smaller share of their size differ by rounding."""

_MARKER, _STEEPEST, _USABLE, _QUIET = "#1976d2", "#c62828", "#2e7d32", "#757575"
_VALIDATION = "#c26a00"

Line = tuple[Floats, Floats]
"""Rates and losses."""


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


def draw_lines(axes: Any, curve: CombinedCurve, average: Line, options: AnalysisOptions) -> None:
    """Draw the lines of a curve, in the looks of the widget: the average as it is given."""
    if options.show_average and average[0].size:
        axes.plot(*average, color=_QUIET, linewidth=0.9, label="average")
    if curve.val_losses is not None and options.show_validation:
        known = ~np.isnan(curve.val_losses)
        lrs, losses = curve.lrs[known], curve.val_losses[known]
        axes.plot(lrs, losses, "--", color=_VALIDATION, linewidth=1.3, label="validation")
    if options.show_fit:
        axes.plot(curve.fit.lrs, curve.fit.losses, color="black", linewidth=1.8, label="fit")


def what_matters(
    curve: CombinedCurve, losses: Floats, size: float | None = None
) -> tuple[float, float]:
    """Return the losses to show: the way down and a little above, not the explosion.

    Where they differ by less than rounding may, there is room about them, a part of their `size`.
    """
    lines = [curve.fit.losses] if curve.val_losses is None else [curve.fit.losses, curve.val_losses]
    usable = [line[np.isfinite(line)] for line in lines]
    low = float(np.percentile(losses, 2))
    high = max(float(line[: int(line.argmin()) + 1].max()) for line in usable if line.size)
    low = min([low, *(float(line.min()) for line in usable if line.size)])
    size = max(abs(low), abs(high)) if size is None else size
    room = 0.15 * (high - low) if high - low > _ROUNDING * size else 0.1 * size or 1.0
    return low - room, high + 2 * room


def _draw_curve(axes: Any, analysis: Analysis) -> None:
    curve, result, options = analysis.curve, analysis.result, analysis.options
    finite = np.isfinite(result.losses)
    losses = result.losses[finite]
    axes.plot(result.lrs[finite], losses, ".", color=_QUIET, alpha=0.4, ms=3)
    fit = curve.fit
    if fit.low is not None and fit.high is not None:
        high = np.where(np.isposinf(fit.high), _FAR, fit.high)
        axes.fill_between(fit.lrs, fit.low, high, color=_QUIET, alpha=0.25, linewidth=0)
    draw_lines(axes, curve, (curve.lrs, curve.smoothed), options)
    is_log = options.y_scale == "log" and bool((losses > 0).all())
    if is_log:
        axes.set_yscale("log")
    is_flat = losses.size and np.ptp(losses) <= _ROUNDING * np.abs(losses).max()
    if losses.size and (options.y_range == "focus" or is_flat):
        axes.set_ylim(*_focus(curve, losses, is_log=is_log))


def _focus(curve: CombinedCurve, losses: Floats, *, is_log: bool) -> tuple[float, float]:
    """Return the ends of the loss axis."""
    if not is_log:
        return what_matters(curve, losses)
    with np.errstate(invalid="ignore", divide="ignore"):
        fit = curve.fit._replace(losses=np.log(curve.fit.losses))
        val_losses = None if curve.val_losses is None else np.log(curve.val_losses)
    logs = replace(curve, fit=fit, val_losses=val_losses)
    low, high = what_matters(logs, np.log(losses), size=1.0)
    return float(np.exp(low)), float(np.exp(high))


def _draw_findings(axes: Any, analysis: Analysis, selected_lr: float | None) -> None:
    steepest, suggested = analysis.min_gradient, analysis.suggested
    is_sure = suggested.certainty == "sure"
    if suggested.band is not None:
        edge = {"linewidth": 0} if is_sure else {"linewidth": 0.8, "linestyle": (0, (4, 4))}
        colours = {"facecolor": (_USABLE, 0.1 if is_sure else 0.04), "edgecolor": (_USABLE, 0.5)}
        axes.axvspan(*suggested.band, **colours, **edge)
    has_red_dot = steepest.lr is not None and analysis.options.show_average
    if has_red_dot:
        average = analysis.curve.lrs, analysis.curve.smoothed
        _draw_dot(axes, average, steepest, "steepest fall", _STEEPEST)
    is_chosen = selected_lr is not None and selected_lr == suggested.lr
    if suggested.lr is not None and not (has_red_dot and suggested.lr == steepest.lr):
        _draw_dot(axes, analysis.line, suggested, "" if is_chosen else "suggested", "black")
    if selected_lr is not None:
        label = f"selected {format_lr(selected_lr)}{', as suggested' * is_chosen}"
        axes.axvline(selected_lr, color=_MARKER, linewidth=1.6, label=label)
    critical = analysis.result.critical_lr
    if critical is not None:
        look = {"marker": "^", "ms": 5, "color": _QUIET, "linestyle": "none"}
        label = f"critical rate {format_lr(critical)}"
        at_axis = axes.get_xaxis_transform()
        axes.plot(critical, 0, transform=at_axis, clip_on=False, label=label, **look)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, loc="best", fontsize="small")


def _draw_dot(axes: Any, line: Line, found: Suggestion, name: str, colour: str) -> None:
    """Draw a dot on a line, hollow where it is doubted; without a name it is not in the legend."""
    lr = float(found.lr or 0)
    lrs, losses = line
    usable = np.isfinite(losses)
    if not usable.any():
        return
    is_sure = found.certainty == "sure"
    label = f"{name} {format_lr(lr)}" if is_sure else f"{name} {format_lr(lr)} (unsure)"
    loss = np.interp(np.log(lr), np.log(lrs[usable]), losses[usable])
    look = {"color": colour, "markerfacecolor": colour if is_sure else "white"}
    axes.plot(lr, loss, "o", label=label if name else None, clip_on=True, zorder=3, **look)


def draw_part(axes: Any, curve: CombinedCurve, part: Trimmed) -> None:
    """Draw what fastai's plot shows of a curve: the average of a part, and the other lines there.

    Losses far above those that matter are left out, so that the axis need not hold them.
    """
    if not part.lrs.size:
        return
    high = what_matters(curve, part.losses)[1]

    def within(lrs: Floats, losses: Floats) -> Floats:
        begin, end = part.lrs[[0, -1]] * (1 - 1e-9, 1 + 1e-9)  # up to rounding
        return np.where((begin <= lrs) & (lrs <= end) & (losses <= high), losses, np.nan)

    fit = curve.fit._replace(losses=within(curve.fit.lrs, curve.fit.losses))
    val_losses = None if curve.val_losses is None else within(curve.lrs, curve.val_losses)
    shown = replace(curve, fit=fit, val_losses=val_losses)
    draw_lines(axes, shown, (part.lrs, part.losses), AnalysisOptions())
    axes.legend(frameon=False)


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
