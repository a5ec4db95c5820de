"""What a person sees of a widget, as plain JSON.

Whatever reaches into a widget stands in this file alone: to let the scenes look at a widget that
is built otherwise, port what stands above `shown`, and the messages in `hands`. The words of
what is shown are those of a person, not of the code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

import bqplot
import numpy as np

from lrfind_widget import LRFinderWidget
from lrfind_widget.curves.formatting import format_lr


class Bars(NamedTuple):
    """The rows of controls around the chart."""

    run: Any
    choice: Any
    settings: Any
    how: Any


def bars(widget: LRFinderWidget) -> Bars:
    """Return the rows of controls."""
    screen = widget._screens.shown
    return Bars(screen.run_bar, screen.choice_bar, screen.settings_bar, screen.how_bar)


def chart(widget: LRFinderWidget) -> Any:
    """Return the chart of the curve."""
    return widget._screens.shown.chart


class Below(NamedTuple):
    """The comparison of rates below the chart."""

    chart: Any
    bar: Any


def below(widget: LRFinderWidget) -> Below | None:
    """Return the comparison of rates below the chart; None until it is shown."""
    screen = widget._screens.shown
    if screen.comparison_chart is None:
        return None
    return Below(screen.comparison_chart, screen.comparison_bar)


def kept(widget: LRFinderWidget) -> dict[str, Any]:
    """Return what the cell's output keeps: a line of text, and whether a picture."""
    bundle = widget._output._kept
    return {"line": bundle["text/plain"], "picture": "image/png" in bundle}


_HURRIED: dict[str, Any] = {
    "lrfind_widget.session.INTERVAL": 0.01,
    "lrfind_widget.widget.CALM_SECONDS": 0.02,
    "lrfind_widget.results.figures.saved": lambda *_: b"picture",
}
"""What takes time and changes nothing in the end: the pace of news, and how a picture looks."""


@contextmanager
def hurried() -> Iterator[None]:
    """Let widgets that are made meanwhile tell their news without delay."""
    with ExitStack() as stack:
        for name, value in _HURRIED.items():
            stack.enter_context(patch(name, value))
        yield


SETTINGS = ("beta", "skip_start", "skip_end", "y_scale", "y_range", "rule")
"""The settings that a person may change."""


def running_fields(widget: LRFinderWidget) -> dict[str, Any]:
    """Return what the row above the chart says."""
    bar = bars(widget).run
    return {
        "status": bar.status,
        "sentence": steady(bar.sentence),
        "ended": bar.ended,
        "certainty": bar.certainty,
        "progress": {"done": bar.done, "total": bar.total},
        "rate now": bar.rate.removeprefix("Rate now ").removesuffix(".") if bar.rate else None,
        "objective": bar.objective,
        "detail": steady(bar.detail),
    }


def shown(widget: LRFinderWidget) -> dict[str, Any]:
    """Return all that a person sees of a widget now, the same on every machine."""
    return {
        **running_fields(widget),
        "buttons": buttons(widget),
        "titles": _titles(widget),
        "axes": _axes(widget),
        "curve": _curve(widget),
        "spread": {"points": len(chart(widget).spread.area.get("lr", ()))},
        "dots": _dots(widget),
        "bands": _bands(widget),
        "lines": _lines(widget),
        "marker": digits(chart(widget).marker.value),
        **_choice(widget),
        "settings": _settings(widget),
        "runs": _runs(widget),
        "how": _how(widget),
        "comparison": comparison(widget),
        "kept": kept(widget),
        "python": _python(widget),
    }


def digits(value: float | None) -> float | str | None:
    """Return a number to three digits; NaN and infinities as text."""
    if value is None:
        return None
    return float(f"{value:.3g}") if math.isfinite(value) else str(float(value))


def steady(text: str) -> str:
    """Return a sentence without what differs from one time to the next."""
    timeless = re.sub(r", [^,]* left\.", ", ... left.", text)
    return re.sub(r"\d[\d.]* ?[kMG]?B\b", "some kB", timeless)


def _raised(traceback: str) -> str:
    """Return the line of a traceback that names the error: the first after the frames."""
    lines = traceback.splitlines()
    frames = [place for place, line in enumerate(lines) if line.startswith(" ")]
    return "".join(lines[frames[-1] + 1 : frames[-1] + 2]) if frames else "".join(lines[-1:])


def buttons(widget: LRFinderWidget) -> dict[str, bool]:
    """Return the buttons that the page has, each with whether it is seen and can be pressed."""
    run, choice = bars(widget).run, bars(widget).choice
    shown = {each["command"]: each for each in (*run.buttons, *choice.buttons)}
    offered = {each["label"]: each["enabled"] for each in shown.values()}
    offered["Copy"] = True  # the page's own
    return offered


def _titles(widget: LRFinderWidget) -> dict[str, str]:
    """Return what some buttons say on hovering, and which of all one would press next."""
    shown = [*bars(widget).run.buttons, *bars(widget).choice.buttons]
    explained = ("refine", "extend", "search")
    titles = {each["label"]: each["title"] for each in shown if each["id"] in explained}
    return {**titles, "next": ", ".join(each["label"] for each in shown if each["primary"])}


def _axes(widget: LRFinderWidget) -> dict[str, Any]:
    axes = chart(widget).axes
    kinds = {
        name: "log" if isinstance(axes.scales[name], bqplot.LogScale) else "linear"
        for name in ("x", "y")
    }
    rates = {"from": format_lr(axes.lo), "to": format_lr(axes.hi)}
    return {
        "rate": {**rates, "kind": kinds["x"], "label": axes.x_label},
        "loss": {"kind": kinds["y"], "range": axes.y_range, "label": axes.y_label},
    }


def _curve(widget: LRFinderWidget) -> dict[str, Any]:
    curve = chart(widget).curve
    count = len(curve.lr)
    places = {"first": 0, "middle": count // 2, "last": count - 1} if count else {}
    return {
        "points": count,
        "rates": [format_lr(curve.lr[0]), format_lr(curve.lr[-1])] if count else [],
        "smoothed": {name: digits(curve.smoothed[place]) for name, place in places.items()},
        "fit": [digits(loss) for loss in curve.fit_loss[[0, -1]]] if curve.fit_loss.size else [],
        "settled": int(curve.fit_settled.sum()) == curve.fit_settled.size,
        "validations": int(np.isfinite(curve.val_loss).sum()),
        "lines": [name for name in ("fit", "average") if getattr(curve, f"show_{name}")],
        "visible": bool(curve.shown),
        "skipped": [curve.skip_start, curve.skip_end],
    }


def _dots(widget: LRFinderWidget) -> list[dict[str, Any]]:
    return [
        {**spot, "lr": digits(spot["lr"]), "loss": digits(spot["loss"])}
        for spot in chart(widget).annotations.annotations
    ]


def _bands(widget: LRFinderWidget) -> list[dict[str, Any]]:
    return [
        {**band, "start": digits(band["start"]), "stop": digits(band["stop"])}
        for band in chart(widget).bands.bands
    ]


def _lines(widget: LRFinderWidget) -> list[dict[str, Any]]:
    return [
        {"name": run["name"], "points": len(run["lr"]), "visible": run["visible"]}
        for run in chart(widget).runs.runs
    ]


def _choice(widget: LRFinderWidget) -> dict[str, Any]:
    bar = bars(widget).choice
    return {
        "chips": [
            {
                "label": chip["label"],
                "rate": "none" if chip["lr"] is None else format_lr(chip["lr"]),
                "reason": chip["reason"],
                "active": chip["active"],
                "certainty": chip["certainty"],
            }
            for chip in bar.suggestions
        ],
        "about": [steady(fact) for fact in bar.about],
        "message": bar.message,
    }


def _settings(widget: LRFinderWidget) -> dict[str, Any]:
    bar = bars(widget).settings
    values = {name: getattr(bar, name) for name in SETTINGS}
    return {**values, "rules": [rule["label"] for rule in bar.rules]}


def _runs(widget: LRFinderWidget) -> list[dict[str, Any]]:
    told = ("name", "visible", "removable")
    return [{name: run[name] for name in told} for run in bars(widget).settings.runs]


def _how(widget: LRFinderWidget) -> dict[str, Any]:
    bar = bars(widget).how
    return {
        "summary": bar.summary,
        "facts": [steady(fact) for fact in bar.facts],
        "error": bar.error,
        "traceback": _raised(bar.traceback),
        "identical": bar.identical,
        "as before": ", ".join(row["category"] for row in bar.rows if row["identical"]),
        "different": ", ".join(row["category"] for row in bar.rows if not row["identical"]),
    }


def comparison(widget: LRFinderWidget) -> dict[str, Any] | None:
    panel = below(widget)
    if panel is None:
        return None
    curves, axes, bar = panel.chart.curves, panel.chart.axes, panel.bar
    lines = [
        {
            "name": name,
            "fate": fate,
            "points": int((curves.number == number).sum()),
            "validations": int((~np.isnan(curves.val_loss[curves.number == number])).sum()),
        }
        for number, (name, fate) in enumerate(zip(curves.names, curves.fates, strict=True))
    ]
    return {
        "lines": lines,
        "axis": {"label": axes.x_label, "to": axes.hi},
        "described": curves.label,
        "sentence": bar.sentence,
        "evidence": bar.evidence,
        "note": bar.note,
        "buttons": {button["label"]: button["enabled"] for button in bar.buttons},
        "titles": {button["label"]: button["title"] for button in bar.buttons},
    }


def _python(widget: LRFinderWidget) -> dict[str, Any]:
    """Return what the next cell reads from the widget."""
    return {
        "status": widget.status.value,
        "selected_lr": digits(widget.selected_lr),
        "suggested_lr": digits(widget.suggested_lr),
        "min_grad_lr": digits(widget.min_grad_lr),
        "error": None if widget.error is None else type(widget.error).__name__,
        "runs": len(widget.runs),
        "compared": widget.comparison is not None,
    }
