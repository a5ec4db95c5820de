"""The chart of a result as matplotlib draws it, for `plot` as for the widget's picture."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.results.chart import BAND, Chart, Other, critical_name, named, rate_of
from lrfind_widget.results.curve_lines import KINDS, CurveLines, Line, loss_at
from lrfind_widget.results.figures import paint, put_legend, put_title
from lrfind_widget.results.framing import FAR, Framed, drawable, frame
from lrfind_widget.results.looks import RUNS, Look, dot_look, line_look, look_on, papers_of
from lrfind_widget.results.ticks import plain, set_log_ticks
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import label_of

_USUAL = ("loss", "average", "fit", *BAND.values())
"""Names of what every picture has."""

_FEW = 6
"""Fewer points than so many are all shown: there is no telling an explosion."""

_NEAR, _APART = 0.02, 8.0
"""Dots nearer to each other than this part of the axis are drawn so many points apart."""


def draw(axes: Any, chart: Chart) -> None:
    """Draw a chart on axes."""
    with written_as(chart.analysis.result.settings.get("mode")):
        _draw(axes, chart)


def _draw(axes: Any, chart: Chart) -> None:
    look = look_on(papers_of(axes)[0])
    with np.errstate(all="ignore"):
        _set_scales(axes, chart)
    _draw_lines(axes, chart, look)
    of_rules = len(chart.found) if len(chart.found) > 1 else 0
    for place, other in enumerate(chart.others, start=of_rules):
        _draw_other(axes, other, place)
    _draw_found(axes, chart, look)
    _draw_rates(axes, chart, look)
    axes.margins(x=0.02)
    axes.set_xlabel(_text(chart.label))
    axes.xaxis.label.set_parse_math(False)  # it may come from a file
    axes.set_ylabel("loss", rotation=0, ha="right")
    paint(axes, grid=chart.grid)
    put_legend(axes, _doubt(chart), spare=[_USUAL, _marks_at_axes(chart)])
    put_title(axes, chart.analysis.options.title)


def _set_scales(axes: Any, chart: Chart) -> None:
    """Set the kinds of both axes, the ends of that of the loss, and how rates are written."""
    options = chart.analysis.options
    if (chart.x_scale or ("linear" if chart.lines.is_linear else "log")) == "linear":
        axes.set_xscale("linear")
        axes.xaxis.set_major_formatter(plain)
    else:
        rates = np.concatenate([lines.points[0] for lines in _all_lines(chart)] or [np.empty(0)])
        axes.set_xscale("log")
        decades = float(np.ptp(np.log10(rates))) if rates.size else 0.0
        set_log_ticks(axes.xaxis, decades, partial(plain, low=1, high=1e3))
    framed = [_framed(lines) for lines in _all_lines(chart)]
    every = np.concatenate([np.empty(0), *(x for each in framed for x in (*each.lines, *each[1:]))])
    # Of an explosion that is shown whole nothing but its last points can be read otherwise.
    in_decades = options.y_scale == "log" or options.y_range == "all"
    is_log = in_decades and bool((every[np.isfinite(every)] > 1 / FAR).all())
    axes.set_yscale("log" if is_log else "linear")
    few = all(lines.points[0].size < _FEW for lines in _all_lines(chart))
    ends = frame(framed, focus=options.y_range == "focus" and not few, log=is_log)
    if ends is not None:
        axes.set_ylim(*ends)
        if is_log:
            set_log_ticks(axes.yaxis, float(np.log10(ends[1] / ends[0])))


def _all_lines(chart: Chart) -> list[CurveLines]:
    own = [chart.lines] if chart.lines.is_shown else []
    return own + [other.lines for other in chart.others]


def _framed(lines: CurveLines) -> Framed:
    lrs, losses = lines.fit
    finite = np.isfinite(losses)
    least = lrs[finite][losses[finite].argmin()] if finite.any() else np.inf
    on_the_way = lines.points[0] <= least
    shown = [drawable(line[1]) for line in (lines.fit, lines.validation) if line is not None]
    raw = drawable(lines.points[1])
    return Framed(shown, raw[on_the_way], raw[~on_the_way])


def _draw_lines(axes: Any, chart: Chart, look: Look) -> None:
    lines, options = chart.lines, chart.analysis.options
    if not lines.is_shown:
        return
    dots = {"linestyle": "none", "color": look.quiet, "alpha": 0.5, "mew": 0.8}
    for kind, of_kind in lines.of_kinds():
        name, marker, size = KINDS[kind]
        lrs, losses = (values[of_kind] for values in lines.points)
        size *= 2 if lrs.size < _FEW else 1  # else the line would hide them
        axes.plot(lrs, drawable(losses), marker=marker, ms=size, label=name, **dots)
    if lines.low is not None and lines.high is not None:
        ends = [
            np.where(np.isposinf(each), FAR, drawable(each)) for each in (lines.low, lines.high)
        ]
        label = f"range of {lines.sweeps} sweeps"
        axes.fill_between(lines.fit[0], *ends, color=look.quiet, alpha=0.25, lw=0, label=label)
    name = _text(chart.name)
    if options.show_average and lines.average[0].size:
        is_main = not options.show_fit
        label = name if name and is_main else lines.average_name
        style = {"color": look.quiet, "linewidth": 1.8 if is_main else 0.9}
        axes.plot(lines.average[0], drawable(lines.average[1]), label=label, **style)
    if lines.validation is not None and options.show_validation:
        lrs, losses = lines.validation
        style = {"color": look.validation, "linewidth": 1.3, "linestyle": "--"}
        axes.plot(lrs, drawable(losses), label="validation", **style)
    if options.show_fit and lines.fit[0].size:
        style = {"color": look.ink, "linewidth": 1.8}
        axes.plot(lines.fit[0], drawable(lines.fit[1]), label=name or "fit", **style)


def _draw_other(axes: Any, other: Other, place: int) -> None:
    """Draw another result as a line of its own colour."""
    lrs, losses = line = other.lines.main
    name, found, style = _text(other.name), other.suggestion, line_look(place, RUNS)
    if found is not None:
        name = f"{name}: {rate_of(found)}"
    width = 1.0 if found is None else 1.4
    axes.plot(lrs, drawable(losses), label=name, linewidth=width, zorder=1.9, **style)
    if found is not None and found.lr is not None:
        _draw_dot(axes, line, found, {"color": style["color"], "marker": "o", "ms": 5}, "")


def _draw_found(axes: Any, chart: Chart, look: Look) -> None:
    """Draw the band, the red dot, and a dot for each suggestion."""
    steepest, several = chart.steepest, len(chart.found) > 1
    if chart.found and chart.found[0].band is not None:
        _draw_band(axes, chart.found[0], look)
    if steepest is not None and steepest.lr is not None:
        style = {"color": look.steepest, "marker": "o", "ms": 6}
        _draw_dot(axes, chart.lines.average, steepest, style, named(steepest))
    levels = _levels(axes, [found.lr for found in chart.found])
    for place, found in enumerate(chart.found):
        label = _text(named(found))
        if found.lr is None:
            axes.plot([], [], linestyle="none", label=label)
            continue
        if steepest is not None and steepest.lr == found.lr:
            continue  # the red dot is it
        if not several and found.lr == chart.selected_lr:
            label = ""  # the line of the selected rate names it
        style = dot_look(place) if several else {"color": look.ink, "marker": "o"}
        _draw_dot(axes, chart.lines.main, found, style | {"ms": 7}, label, levels[place])
        if several and _is_along(chart.lines.main, found.lr):
            axes.axvline(found.lr, color=style["color"], linewidth=0.9, linestyle=":")


def _draw_band(axes: Any, found: Suggestion, look: Look) -> None:
    from matplotlib.colors import to_rgba

    is_sure = found.certainty == "sure"
    edge = {"linewidth": 0} if is_sure else {"linewidth": 0.8, "linestyle": (0, (4, 4))}
    tint = look.tint if is_sure else look.tint / 2.5
    colours = {"facecolor": to_rgba(look.usable, tint), "edgecolor": to_rgba(look.usable, 0.6)}
    label = BAND[found.certainty]
    axes.axvspan(*(found.band or ()), label=label, zorder=0.5, **colours, **edge)


def _draw_rates(axes: Any, chart: Chart, look: Look) -> None:
    selected, result = chart.selected_lr, chart.analysis.result
    if chart.show_lr:
        names = ", ".join(map(format_lr, chart.show_lr))
        for n, lr in enumerate(chart.show_lr):
            style = {"color": look.marker, "linewidth": 1.2, "linestyle": (0, (4, 2))}
            axes.axvline(lr, label=None if n else f"lr {names}", **style)
    if selected is not None:
        rules = [f" ({label_of(found.rule)})" for found in chart.found[:1] if found.lr == selected]
        label = _text("".join([f"selected {format_lr(selected)}", *rules]))
        axes.axvline(selected, color=look.marker, linewidth=1.6, label=label)
    at_axis = axes.get_xaxis_transform()
    style = {"transform": at_axis, "clip_on": False, "linestyle": "none", "color": look.quiet}
    rates = chart.lines.points[0]
    if result.critical_lr is not None and rates.size and result.critical_lr <= rates.max():
        label = critical_name(result.critical_lr)
        axes.plot(result.critical_lr, 0, marker="^", ms=5, label=label, **style)
    if chart.lines.early_end and chart.lines.is_shown and rates.size:
        axes.plot(rates.max(), 1, marker="x", ms=6, mew=1.4, label=chart.lines.early_end, **style)


def _marks_at_axes(chart: Chart) -> tuple[str, ...]:
    """Return the names of the marks at the edges of the axes."""
    return (chart.lines.early_end, critical_name(chart.analysis.result.critical_lr))


def _levels(axes: Any, rates: Sequence[float | None]) -> list[int]:
    """Return how many dots up each rate's is drawn, so that none covers another."""
    taken: list[tuple[float, int]] = []
    for lr in rates:
        place = np.inf if lr is None else _across(axes, lr)
        near = [level for other, level in taken if abs(other - place) < _NEAR]
        taken.append((place, next(n for n in range(len(rates)) if n not in near)))
    return [level for _, level in taken]


def _across(axes: Any, lr: float) -> float:
    """Return at which part of the axis a rate stands."""
    return float((axes.transScale + axes.transLimits).transform((lr, 1.0))[0])


def _draw_dot(
    axes: Any, line: Line, found: Suggestion, style: dict[str, Any], label: str, level: int = 0
) -> None:
    """Draw a dot on a line, hollow where it is doubted; without a label it is not in the legend."""
    from matplotlib.transforms import offset_copy

    lr = float(found.lr or 0)
    loss = loss_at(line, lr) if _is_along(line, lr) else None
    if loss is None:
        if label:
            axes.plot([], [], linestyle="none", label=f"{label}, not on the line shown")
        return
    face = style["color"] if found.certainty == "sure" else papers_of(axes)[0]
    low, high = sorted(axes.get_ylim())
    up = _APART * level * (1 if loss < (low + high) / 2 else -1)
    axes.plot(
        lr,
        np.clip(loss, low, high),  # at the edge of what is shown, at least
        transform=offset_copy(axes.transData, axes.figure, y=up, units="points"),
        clip_on=False,
        linestyle="none",
        markerfacecolor=face,
        markeredgecolor=style["color"],
        zorder=3,
        label=label or None,
        **style,
    )


def _is_along(line: Line, lr: float) -> bool:
    """Return whether a rate lies between the ends of a line, up to rounding."""
    rates = line[0]
    return bool(rates.size and rates.min() * (1 - 1e-6) <= lr <= rates.max() * (1 + 1e-6))


def _doubt(chart: Chart) -> str:
    """Return why there is no suggestion, or what is to doubt, where there is one rule."""
    if len(chart.found) != 1:
        return ""
    found = chart.found[0]
    return found.reason if found.lr is None else " ".join(found.caveats[:1])


def _text(name: str) -> str:
    """Return a name that a legend takes, which leaves out those that begin with a line."""
    words = " ".join(name.split()).lstrip("_ ")
    return words if len(words) <= 80 else f"{words[:77]}..."
