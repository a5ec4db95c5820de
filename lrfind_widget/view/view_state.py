"""What every bar and mark shows, as a function of a session's state. Pure, and without widgets.

Each part of a `ViewState` holds the traits of one widget by their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lrfind_widget import messages
from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.points import Plan, Point, Progress, Run, Status, StopReason
from lrfind_widget.results.analysis import Analysis, analyse
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES
from lrfind_widget.state import ListedRun, SessionState

Traits = Mapping[str, Any]


@dataclass(frozen=True)
class ViewState:
    """All that a screen shows but the points of what runs, which are appended as they come.

    Attributes
    ----------
    run_bar, choice_bar, settings_bar, receipt_bar : mapping
        The rows of controls.
    x_kind, y_kind : {"exp", "linear"} and {"linear", "log"}
        Which scales the chart has.
    axes, marker, annotations, bands, spread, runs, curve : mapping
        The marks of the chart.
    growing : Run or None
        The sweep whose points the curve shows as they come; None where `line` is shown.
    line : CombinedCurve or None
        The curve of the latest result.
    compared : Run or None
        The comparison whose points the second chart shows; None where there is none yet.
    comparison_axes, comparison_curves, comparison_bar : mapping
        The second chart and the row under it.
    """

    run_bar: Traits
    choice_bar: Traits
    settings_bar: Traits
    receipt_bar: Traits
    x_kind: str
    y_kind: str
    axes: Traits
    marker: Traits
    annotations: Traits
    bands: Traits
    spread: Traits
    runs: Traits
    curve: Traits
    growing: Run | None
    line: CombinedCurve | None
    compared: Run | None
    comparison_axes: Traits
    comparison_curves: Traits
    comparison_bar: Traits


def view_state(state: SessionState) -> ViewState:
    """Return what a screen shows of a state."""
    analysis = None if state.is_sweeping else state.analysis
    low, high, kind, label = _axis(state)
    options = state.options
    return ViewState(
        run_bar=_run_bar(state),
        choice_bar=_choice_bar(state, analysis),
        settings_bar=_settings_bar(state),
        receipt_bar={"receipt": _receipt(state)},
        x_kind=kind,
        y_kind=options.y_scale,
        axes={"lo": low, "hi": high, "x_label": label, "y_range": options.y_range},
        marker={"value": state.selected_lr, "lo": low, "hi": high},
        annotations={"annotations": [] if analysis is None else _annotations(state, analysis)},
        bands={"bands": [] if analysis is None else _bands(state, analysis)},
        spread={"area": {} if analysis is None else _area(analysis.curve)},
        runs={"runs": [_drawn(state, run) for run in _earlier(state)]},
        curve={
            "skip_start": options.skip_start,
            "skip_end": options.skip_end,
            "visible": state.is_sweeping or all(run.visible for run in _latest(state)),
        },
        growing=state.sweep if state.is_sweeping else None,
        line=None if analysis is None else analysis.curve,
        compared=state.comparing,
        comparison_axes=_comparison_axes(state),
        comparison_curves=_comparison_curves(state),
        comparison_bar=_comparison_bar(state),
    )


# ---------------------------------------------------------------------------------- buttons


def _button(command: str, label: str, why_not: str = "", *, title: str = "", key: str = "") -> Any:
    """Return a button of a bar; where it cannot be pressed, its title says why not."""
    return {
        "id": key or command,
        "command": command,
        "label": label,
        "title": why_not or title,
        "enabled": not why_not,
    }


def _run_buttons(state: SessionState) -> list[dict[str, Any]]:
    if not state.can_train:
        return []
    idle = "" if state.is_running else "Nothing is running."
    hold = ("resume", "Resume") if state.status is Status.PAUSED else ("pause", "Pause")
    return [
        _button(
            "start", "Run" if state.status is Status.WAITING else "Run again", state.why_not_train
        ),
        _button(*hold, idle, key="hold"),
        _button("stop", "Stop", idle),
        _button(
            "refine",
            "Look closer",
            state.why_not_refine,
            title="Sweep the usable band again, with smaller steps, and join the curves",
        ),
        _button(
            "extend",
            "Go further",
            state.why_not_extend,
            title="Sweep on beyond the end of the range, and join the curves",
        ),
    ]


def _choice_buttons(state: SessionState) -> list[dict[str, Any]]:
    if not state.can_train:
        return []
    return [
        _button("apply", "Apply", state.why_not_train, title="Write this rate into the optimizer"),
        _button(
            "compare",
            "Try it",
            state.why_not_train,
            title="Train a little at this rate, a third and three times of it, and compare "
            "the losses",
        ),
    ]


# ---------------------------------------------------------------------------------- bars


def _run_bar(state: SessionState) -> Traits:
    last = _last(state.run) if state.is_running else None
    plan, result, progress, error = state.plan, state.result, state.progress, state.error
    objective, isolation = progress.objective, progress.isolation
    lr = None if last is None else last.lr
    if result is not None and not state.is_sweeping:  # known already, before the first step
        objective, isolation = objective or result.objective, isolation or result.isolation
    if state.is_running and plan is not None and plan.kind == "comparison" and lr is None:
        lr = plan.lrs[0]
    if plan is None:
        done = total = 0 if result is None else len(result)
    else:
        done, total = progress.done, plan.steps
        if plan.passes > 1 and state.status is Status.FINISHED:
            done = total  # also where the last pass diverged
    return {
        "status": str(state.status),
        "sentence": _sentence(state, last),
        "done": done,
        "total": total,
        "lr": lr,
        "objective": f"Loss: {objective}." if objective else "",
        "detail": isolation,
        "traceback": "" if error is None else messages.traceback_of(error),
        "buttons": _run_buttons(state),
    }


def _sentence(state: SessionState, last: Point | None) -> str:
    plan, progress, error = state.plan, state.progress, state.error
    if state.refusal is not None:
        return messages.failed(state.refusal, 0)
    if plan is None:
        return messages.WAITING if state.result is None else state.result.stop_sentence
    if state.status is Status.PAUSED:
        return messages.paused(progress.done, plan.steps, last)
    if state.is_running:
        return _running(plan, progress, last)
    if error is not None:
        noun = "sweep" if plan.kind == "sweep" else "comparison"
        return messages.failed(error, progress.done, noun)
    found = state.comparison if plan.kind == "comparison" else state.result
    return "" if found is None else found.stop_sentence


def _running(plan: Plan, progress: Progress, last: Point | None) -> str:
    if plan.kind == "comparison":
        number = 0 if last is None else last.repeat
        lr, count = plan.lrs[number], plan.passes
        seconds = progress.seconds_per_step
        return messages.comparing(lr, number, count, progress.done, plan.steps, seconds)
    if last is None:
        return messages.starting(plan.steps)
    return messages.sweeping(progress.done, plan.steps, progress.seconds_per_step)


def _choice_bar(state: SessionState, analysis: Analysis | None) -> Traits:
    return {
        "suggestions": [] if analysis is None else _chips(analysis),
        "suggested_lr": None if analysis is None else analysis.suggested.lr,
        "suggestion_sentence": ""
        if analysis is None
        else messages.suggested(analysis.suggested, analysis.min_gradient),
        "message": state.message,
        "buttons": _choice_buttons(state),
    }


def _chips(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the suggestions one can press, that of the chosen rule first."""
    return [
        {
            "rule": each.rule,
            "label": each.rule.replace("_", " "),
            "lr": each.lr,
            "reason": each.reason,
            "active": each is analysis.suggested,
        }
        for each in analysis.offered
    ]


def _settings_bar(state: SessionState) -> Traits:
    options = state.options
    latest = _latest(state)
    return {
        "beta": options.beta,
        "skip_start": options.skip_start,
        "skip_end": options.skip_end,
        "y_scale": options.y_scale,
        "y_range": options.y_range,
        "rule": options.rule if isinstance(options.rule, str) else "",
        "rules": [{"name": n, "label": e.label, "title": ""} for n, e in RULES.items()],
        "runs": [
            {
                "id": str(run.number),
                "name": state.names[run.number],
                "visible": run.visible,
                "removable": run not in latest,
            }
            for run in state.listed
        ]
        if _earlier(state)
        else [],
    }


def _receipt(state: SessionState) -> dict[str, Any]:
    if state.is_running:
        return {}
    compared = state.run is not None and state.run is state.comparing
    found = state.comparison if compared else state.result
    receipt = None if found is None else found.receipt
    if receipt is None:
        return {}
    return {
        "sentence": receipt.sentence,
        "identical": receipt.identical,
        "rows": [asdict(item) for item in receipt.items],
    }


# ---------------------------------------------------------------------------------- chart


def _axis(state: SessionState) -> tuple[float, float, str, str]:
    """Return the ends of the horizontal axis, its kind and what it measures."""
    if state.sweep is not None:
        plan = state.sweep.plan
        low, high = plan.lrs
        if state.refinement is not None:
            low, high = state.refinement.range(low, high)
        return low, high, plan.mode, plan.label
    if state.result is None:
        return 1e-7, 10.0, "exp", "learning rate"
    settings, lrs = state.result.settings, state.result.lrs
    return (
        float(settings.get("start_lr") or lrs.min()),
        float(settings.get("end_lr") or lrs.max()),
        str(settings.get("mode", "exp")),
        "learning rate",
    )


def _annotations(state: SessionState, analysis: Analysis) -> list[dict[str, Any]]:
    """Return the dots on the curve: the steepest fall, what is suggested, and an early end."""
    steepest, suggested = analysis.min_gradient, analysis.suggested
    dots = []
    if steepest.lr is not None:
        dots.append(_dot(analysis.curve, steepest, "min_gradient", "steepest fall"))
    if suggested.lr is not None and suggested.lr != steepest.lr:
        dots.append(_dot(analysis.curve, suggested, "suggestion", "suggested"))
    return dots + _early_end(state, analysis.curve)


def _dot(curve: CombinedCurve, found: Suggestion, kind: str, name: str) -> dict[str, Any]:
    lr = float(found.lr or 0)
    return {
        "lr": lr,
        "loss": _finite(_loss_at(curve, lr, found.loss)),
        "kind": kind,
        "label": f"{name} {format_lr(lr)}",
        "title": found.reason,
    }


def _loss_at(curve: CombinedCurve, lr: float, otherwise: float | None) -> float | None:
    """Return the smoothed loss at a rate, so that a dot lies on the line."""
    usable = np.isfinite(curve.smoothed)
    if not usable.any():
        return otherwise
    return float(np.interp(np.log(lr), np.log(curve.lrs[usable]), curve.smoothed[usable]))


def _early_end(state: SessionState, curve: CombinedCurve) -> list[dict[str, Any]]:
    """Return a cross where the latest sweep ended before its plan."""
    result = state.result
    if result is None or not curve.lrs.size or result.stop_reason is StopReason.FINISHED:
        return []
    status = Status.after(result.stop_reason)
    is_latest = state.run is not None and state.run is state.sweep
    joined = "joined" in result.settings or (is_latest and state.refinement is not None)
    if joined and status is not Status.DIVERGED:
        return []  # the end of a part is not the end of the curve
    return [
        {
            "lr": float(curve.lrs[-1]),
            "loss": _finite(float(curve.smoothed[-1])),
            "kind": "end",
            "label": str(status),
            "title": _sentence(state, None) if is_latest else result.stop_sentence,
        }
    ]


def _bands(state: SessionState, analysis: Analysis) -> list[dict[str, Any]]:
    """Return the tinted intervals: the ends that are skipped, and the usable range."""
    lrs, options = analysis.curve.lrs, state.options
    bands = []
    if lrs.size and options.skip_start > 0:
        bands.append(_band(lrs[0], lrs[min(options.skip_start, lrs.size - 1)], "skipped"))
    if lrs.size and options.skip_end > 0:
        bands.append(_band(lrs[max(lrs.size - 1 - options.skip_end, 0)], lrs[-1], "skipped"))
    if analysis.suggested.band is not None:
        bands.append(_band(*analysis.suggested.band, "usable"))
    return bands


def _band(start: float, stop: float, kind: str) -> dict[str, Any]:
    return {"start": float(start), "stop": float(stop), "kind": kind, "label": kind}


def _area(curve: CombinedCurve) -> dict[str, Any]:
    if curve.low is None or curve.high is None:
        return {}
    return {"lr": curve.lrs, "low": curve.low, "high": curve.high}


def _latest(state: SessionState) -> Sequence[ListedRun]:
    """Return the run of the legend whose curve is the one that is drawn, if it is listed."""
    if state.is_sweeping:
        return ()
    return [run for run in state.listed if run.result is state.result]


def _earlier(state: SessionState) -> Sequence[ListedRun]:
    latest = _latest(state)
    return [run for run in state.listed if run not in latest]


def _drawn(state: SessionState, run: ListedRun) -> dict[str, Any]:
    curve = analyse(run.result, state.options).curve
    return {
        "name": state.names[run.number],
        "lr": curve.lrs,
        "smoothed": curve.smoothed,
        "visible": run.visible,
    }


# ---------------------------------------------------------------------------------- comparison


def _comparison_axes(state: SessionState) -> Traits:
    if state.comparing is None:
        return {}
    plan = state.comparing.plan
    return {"lo": 1.0, "hi": float(max(plan.steps_each, 2)), "x_label": plan.label}


def _comparison_curves(state: SessionState) -> Traits:
    if state.comparing is None:
        return {}
    lrs = state.comparing.plan.lrs
    diverged = _diverged(state.verdict)
    return {
        "names": [f"{format_lr(lr)} {diverged.get(n, '')}".strip() for n, lr in enumerate(lrs)],
        "label": f"Loss against step at the learning rates {', '.join(map(format_lr, lrs))}.",
    }


def _diverged(comparison: Comparison | None) -> dict[int, str]:
    """Return what stands behind the names of the rates that diverged."""
    if comparison is None:
        return {}
    steps = zip(comparison.diverged, comparison.taken, strict=True)
    return {n: f"(diverged at step {taken})" for n, (lost, taken) in enumerate(steps) if lost}


def _comparison_bar(state: SessionState) -> Traits:
    comparison = state.verdict
    if comparison is None:
        return {"sentence": "", "buttons": []}
    best = comparison.best_lr
    offer = [] if best is None else [_use(best)]
    return {"sentence": comparison.sentence, "buttons": offer}


def _use(lr: float) -> Any:
    return _button("choose_best", f"Use {format_lr(lr)}", title="Choose this learning rate")


def _last(run: Run | None) -> Point | None:
    points = () if run is None else run.points
    return points[-1] if points else None


def _finite(value: float | None) -> float | None:
    """Return a number that JSON can carry, or None."""
    return None if value is None or not np.isfinite(value) else value
