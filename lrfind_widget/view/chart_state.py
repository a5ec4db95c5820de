"""What the two charts show, as a function of a session's state."""

from __future__ import annotations

import math
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from lrfind_widget import messages
from lrfind_widget.curves.fitted_line import FittedLine
from lrfind_widget.curves.formatting import format_lr, listed
from lrfind_widget.curves.group_ranges import ALL_GROUPS
from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Plan, Point
from lrfind_widget.results.analysis import Analysis, analyse
from lrfind_widget.results.chart import BAND, Chart, chart_of, critical_name
from lrfind_widget.results.curve_lines import Line, early_end, lines_of, loss_at, refined
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.shared_axis import Convert, SharedAxis, recorded, shared_axis, with_note
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import DEFAULT_RULE
from lrfind_widget.state import SessionState
from lrfind_widget.view.bar_state import ended


def axis(state: SessionState) -> tuple[float, float, str, str]:
    """Return the ends of the horizontal axis, its kind and what it measures."""
    if state.sweep is not None:
        plan = state.sweep.plan
        low, high = plan.lrs
        if state.refinement is not None:
            low, high = state.refinement.range(low, high)
        return low, high, state.mode, plan.label
    if state.result is None:
        return 1e-7, 10.0, state.mode, ALL_GROUPS
    return *state.result.ends, state.mode, state.result.axis_label


def dots(state: SessionState, analysis: Analysis) -> list[dict[str, Any]]:
    """Return the dots: the steepest fall of the average, what is recommended, and an early end."""
    curve, steepest, suggested = analysis.curve, analysis.min_gradient, analysis.suggested
    average = curve.lrs, curve.smoothed
    dots = []
    if steepest.lr is not None and state.options.show_average:
        dots.append(_dot(state, average, steepest, "min_gradient"))
    if suggested.lr is not None and not any(dot["lr"] == suggested.lr for dot in dots):
        dots.append(_dot(state, analysis.line, suggested, "suggestion"))
    return [*dots, *_early_end(state, analysis), *_critical(analysis)]


def bands(state: SessionState, analysis: Analysis) -> list[dict[str, Any]]:
    """Return the intervals: ends of the average not searched, where the loss falls, the refined."""
    lrs, options = analysis.curve.lrs, state.options
    bands = []
    if lrs.size and options.show_average and options.skip_start > 0:
        bands.append(_band(lrs[0], lrs[min(options.skip_start, lrs.size - 1)], "skipped"))
    if lrs.size and options.show_average and options.skip_end > 0:
        bands.append(_band(lrs[max(lrs.size - 1 - options.skip_end, 0)], lrs[-1], "skipped"))
    if analysis.suggested.band is not None:
        bands.append(_band(*analysis.suggested.band, "usable", analysis.suggested.certainty))
    return [*bands, *(_band(*ends, "refined") for ends in refined(analysis))]


def area(fit: FittedLine) -> dict[str, Any]:
    """Return the room between the repeats; empty for one sweep."""
    if fit.low is None or fit.high is None:
        return {}
    return {"lr": fit.lrs, "low": fit.low, "high": fit.high}


def shared(state: SessionState) -> SharedAxis:
    """Return the axis of the earlier runs that are seen and of the curve, which takes them all."""
    at = shared_axis(axis(state)[3], [run.result for run in state.earlier if run.visible])
    if state.is_sweeping and at.own:  # the curve that grows has no name yet
        return at._replace(label=f"{at.label} [this sweep: {at.own}]")
    return at


def names(state: SessionState, at: SharedAxis) -> dict[int, str]:
    """Return the name of each listed run, with whose rate it has where that is not the axis'."""
    seen = [run for run in state.earlier if run.visible]
    notes = {run.number: note for run, (_, note) in zip(seen, at.others, strict=True)}
    notes |= {run.number: at.own for run in state.current}
    return {n: with_note(name, notes.get(n, "")) for n, name in state.names.items()}


def drawn(state: SessionState, at: SharedAxis) -> list[dict[str, Any]]:
    """Return the earlier runs as lines, at the axis that those share which are seen."""
    placed, named, lines = iter(at.others), names(state, at), []
    for run in state.earlier:
        convert = next(placed)[0] if run.visible else recorded
        analysis = analyse(run.result, state.options)
        line = {"lr": _over(at.label, convert, analysis), "loss": analysis.line[1]}
        lines.append({"name": named[run.number], **line, "visible": run.visible})
    return lines


_PLACED: WeakKeyDictionary[Analysis, tuple[str, Floats]] = WeakKeyDictionary()
"""The rates of lines at the axis of this name: an array that is another one would be sent again."""


def _over(label: str, convert: Convert, analysis: Analysis) -> Floats:
    """Return the rates of a line at an axis."""
    lrs = analysis.line[0]
    if convert is recorded:
        return lrs
    if analysis not in _PLACED or _PLACED[analysis][0] != label:
        _PLACED[analysis] = label, np.array([convert(float(lr)) for lr in lrs])
    return _PLACED[analysis][1]


def pictured(state: SessionState) -> Chart | None:
    """Return what a picture shows: the latest curve, and the earlier runs; None before a curve."""
    if state.analysis is None or state.result is None or not len(state.result):
        return None
    names, current = state.names, state.current
    others = [
        (names[run.number], analyse(run.result, state.options), None)
        for run in state.earlier
        if run.visible and run.result is not state.result and len(run.result)
    ]
    return chart_of(
        state.analysis,
        lines=lines_of(state.analysis, is_shown=all(run.visible for run in current)),
        selected_lr=state.selected_lr,
        others=others,
        name=names[current[0].number] if current and others else "",
    )


def growing(state: SessionState) -> Chart | None:
    """Return what a picture shows of the curve that grows; None before its first point."""
    plan, points = (None, ()) if state.sweep is None else (state.sweep.plan, [*state.sweep.points])
    if plan is None or not points:
        return None
    column = {name: [getattr(point, name) for point in points] for name in Point._fields}
    validated = any(loss is not None for loss in column["val_loss"])
    result = SweepResult(
        lrs=np.array(column["lr"]),
        losses=np.array(column["loss"]),
        smoothed=np.array(column["smoothed"]),
        steps=np.array(column["step"]),
        stop_reason=StopReason.FINISHED,
        stop_sentence="",
        val_losses=np.array(column["val_loss"], dtype=np.float64) if validated else None,
        settings={"beta": state.options.beta, "mode": plan.mode},
        repeats=np.array(column["repeat"]) if plan.passes > 1 else None,
        axis_label=plan.label,
    )
    options = state.options.changed(rule=DEFAULT_RULE)
    return chart_of(
        analyse(result, options), found=(), steepest=None, selected_lr=state.selected_lr
    )


def comparison_axes(state: SessionState) -> dict[str, Any]:
    """Return the axes of the second chart."""
    if state.comparing is None:
        return {}
    plan = state.comparing.plan
    ends = {"lo": 1.0, "hi": float(max(plan.steps_each, 2))}
    return {**ends, "x_label": plan.label, "wheel_zoom": state.options.wheel_zoom}


def comparison_curves(state: SessionState) -> dict[str, Any]:
    """Return the names of the lines of the second chart, and what became of their rates."""
    if state.comparing is None:
        return {}
    plan = state.comparing.plan  # once: what runs replaces it as it adds rates
    found = _tried(plan, state.selected_lr)
    label = f"Loss against step at the learning rates {', '.join(map(format_lr, plan.lrs))}."
    fates = zip(plan.lrs, plan.fates, strict=False)
    if behind := [format_lr(lr) for lr, fate in fates if fate == "dropped"]:
        label += f" {listed(behind)} fell behind and ended early."
    return {
        "names": [each["name"] for each in found],
        "fates": [each["fate"] for each in found],
        "label": label,
    }


def tried(state: SessionState) -> list[dict[str, Any]]:
    """Return the rates of the second chart, which are ticks at the axis of the first."""
    return [] if state.comparing is None else _tried(state.comparing.plan, state.selected_lr)


def _tried(plan: Plan, selected: float) -> list[dict[str, Any]]:
    fates = [*plan.fates, *[""] * (len(plan.lrs) - len(plan.fates))]
    return [
        {
            "lr": lr,
            "name": f"{format_lr(lr)} {fate}".strip(),
            "fate": "chosen" if math.isclose(lr, selected) else fate,
        }
        for lr, fate in zip(plan.lrs, fates, strict=True)
    ]


def _dot(state: SessionState, line: Line, found: Suggestion, kind: str) -> dict[str, Any]:
    lr = float(found.lr or 0)
    loss = loss_at(line, lr)
    return {
        "lr": lr,
        "loss": _finite(found.loss if loss is None else loss),
        "kind": kind,
        "label": state.label_of(found) + " (unsure)" * (found.certainty == "unsure"),
        "title": " ".join([found.reason, *found.caveats]),
        "certainty": found.certainty,
    }


def _early_end(state: SessionState, analysis: Analysis) -> list[dict[str, Any]]:
    """Return a cross where the latest sweep ended before its plan."""
    result, losses = state.result, analysis.line[1]
    if result is None or not len(result):
        return []
    is_latest = state.run is not None and state.run is state.sweep
    how = early_end(result, is_part=is_latest and state.refinement is not None)
    if not how:
        return []
    return [
        {
            "lr": float(analysis.curve.lrs[-1]),
            "loss": _finite(float(losses[-1])) if losses.size else None,
            "kind": "end",
            "label": how,
            "title": ended(state) if is_latest else result.stop_sentence,
        }
    ]


def _critical(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the mark of the critical rate at the axis, where there is one."""
    result = analysis.result
    if result.critical_lr is None:
        return []
    return [
        {
            "lr": result.critical_lr,
            "loss": None,
            "kind": "critical",
            "label": critical_name(result.critical_lr),
            "title": messages.critical_rate(result.critical_lr, ""),
        }
    ]


def _band(start: float, stop: float, kind: str, certainty: str = "sure") -> dict[str, Any]:
    label = BAND[certainty] if kind == "usable" else _LABELS[kind]
    ends = {"start": float(start), "stop": float(stop)}
    return {**ends, "kind": kind, "label": label, "certainty": certainty}


_LABELS = {"skipped": "not searched", "refined": "refined"}


def _finite(value: float | None) -> float | None:
    """Return a number that JSON can carry, or None."""
    return None if value is None or not np.isfinite(value) else value
