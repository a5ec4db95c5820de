"""What the rows of controls show, as a function of a session's state."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lrfind_widget import messages
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.next_sweep import FIELDS, is_single, text_of
from lrfind_widget.outcomes import Status
from lrfind_widget.points import Plan, Point, Run
from lrfind_widget.results.analysis import Analysis
from lrfind_widget.results.search import SearchResult
from lrfind_widget.rules.table import RULES, entry_of, label_of
from lrfind_widget.state import SETTINGS, SessionState

REFINE = "Sweep again where the loss falls, in smaller steps, and join the curves"
EXTEND = "Sweep on beyond the end of the range, and join the curves"
APPLY = "Write this rate into the optimizer"
SEARCH = "Find the best rate by short trainings, from this one on"
FILES = {
    "png": "The chart as a picture",
    "svg": "The chart as a drawing that stays sharp at any size",
    "csv": "The points, for a spreadsheet",
    "json": "All that the sweep found, for LRFinderWidget.from_result",
}
"""What can be saved, by the ending of the file."""
BY_GROUP = "Set for each parameter group, in Python"
NOTHING = "There is nothing to save yet."
HOLD_BACK = "Search again with a fifth of the data held back, whose loss decides"
TRYING = "Each rate is trained from the same state, on the same batches."
MOST_OFFERED = 5
"""How many rates a comparison offers."""


def run_bar(state: SessionState) -> dict[str, Any]:
    """Return what the row above the chart shows."""
    last = _last(state.run) if state.is_running else None
    plan, result, progress, error = state.plan, state.result, state.progress, state.error
    objective, isolation = progress.objective, progress.isolation
    lr = None if last is None else last.lr
    if result is not None and not state.is_sweeping:  # known already, before the first step
        objective, isolation = objective or result.objective, isolation or result.isolation
    if not state.can_train:  # nothing is kept from what is trained, since nothing is
        isolation = ""
    if state.is_running and plan is not None and plan.kind != "sweep" and lr is None:
        lr = plan.lrs[0]
    done = total = 0
    if plan is not None:
        done, total = progress.done, plan.steps
        if plan.passes > 1 and state.status is Status.FINISHED:
            done = total  # also where the last pass diverged
    return {
        "status": str(state.status),
        "sentence": sentence(state, last),
        "done": done,
        "total": total,
        "lr": lr,
        "objective": messages.loss_taken(objective),
        "detail": isolation,
        "traceback": "" if error is None else messages.traceback_of(error),
        "buttons": _run_buttons(state),
    }


def choice_bar(state: SessionState, analysis: Analysis | None) -> dict[str, Any]:
    """Return what the row under the chart shows."""
    found: dict[str, Any] = {
        "suggestions": [],
        "suggested_lr": None,
        "certainty": "",
        "suggestion_sentence": "",
        "about": [],
    }
    if analysis is not None:
        result, suggested = analysis.result, analysis.suggested
        critical = messages.critical_rate(result.critical_lr, result.critical_note)
        found = {
            "suggestions": _chips(analysis),
            "suggested_lr": suggested.lr,
            "certainty": suggested.certainty,
            "suggestion_sentence": messages.suggested(
                suggested, label_of(suggested.rule), is_linear=analysis.is_linear
            ),
            "about": [
                *messages.about(suggested, analysis.min_gradient, critical),
                analysis.words,
            ],
        }
    buttons = [*_choice_buttons(state), *_advice(state, analysis)]
    said = state.message
    follows = said.startswith(messages.AUTO_APPLIED)
    return {**found, "message": said, "follows": follows, "buttons": buttons}


def settings_bar(state: SessionState) -> dict[str, Any]:
    """Return the settings and the legend."""
    options, own = state.options, state.own_rule
    nothing = state.result is None or not len(state.result)
    why_not = NOTHING if nothing else messages.running(state.noun) if state.is_sweeping else ""
    entries = [*RULES.values(), *([] if own is None else [entry_of(own)])]
    return {
        **{name: getattr(options, name) for name in SETTINGS},
        "rule": entry_of(options.rule).name,
        "rules": [
            {"name": each.name, "label": each.label, "title": f'rule="{each.name}"'}
            for each in entries
        ],
        "runs": [
            {
                "id": str(run.number),
                "name": state.names[run.number],
                "visible": run.visible,
                "removable": run not in state.current,
            }
            for run in (state.listed if state.earlier else ())
        ],
        "auto_apply": state.auto_apply if state.can_train else None,
        "next_sweep": [_field(state, name) for name in state.keywords],
        "wrong": state.wrongly_typed,
        "buttons": [
            _button("save", kind.upper(), why_not, what) | {"id": kind}
            for kind, what in FILES.items()
        ],
    }


def _field(state: SessionState, name: str) -> dict[str, Any]:
    """Return a field for a keyword of the next sweep."""
    option, value = FIELDS[name], state.keywords[name]
    fits = is_single(value)
    return {
        "name": name,
        "label": option.label,
        "text": state.typed.get(name) or text_of(value),
        "title": f"{name}: {option.words.partition('. ')[0].rstrip('.')}." if fits else BY_GROUP,
        "enabled": fits,
    }


def receipt(state: SessionState) -> dict[str, Any]:
    """Return what was compared after what ran last; empty where there is nothing."""
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


def comparison_bar(state: SessionState) -> dict[str, Any]:
    """Return what a comparison has found, which run it belongs to, and the rates it offers."""
    found, shown = state.verdict, state.number + (state.is_sweeping and state.refinement is None)
    is_earlier = state.comparing is not None and shown > state.compared_after
    note = messages.compared_after(state.compared_after, shown) if is_earlier else ""
    if found is None:
        return {"sentence": TRYING, "evidence": "", "note": note, "buttons": []}
    use = [f"Use {format_lr(lr)}" for lr in found.tied_lrs[:MOST_OFFERED]]
    buttons = [
        _button(f"choose_{place}", label, title="Choose this learning rate")
        for place, label in enumerate(use)
    ]
    is_search = isinstance(found, SearchResult) and found.best_lr is not None
    if is_search and found.val_losses is None and state.can_train:
        why_not = state.why_not_train
        buttons.append(_button("search_held_back", "Hold back a fifth", why_not, HOLD_BACK))
    return {"sentence": found.verdict, "evidence": found.evidence, "note": note, "buttons": buttons}


def sentence(state: SessionState, last: Point | None) -> str:
    """Say what the session is doing."""
    plan, progress, error = state.plan, state.progress, state.error
    if state.refusal is not None:
        return messages.refused(state.refusal)
    if plan is not None and state.status is Status.PAUSED:
        return messages.paused(progress.done, plan.steps, last)
    if plan is not None and state.is_running:
        return _running(state, plan, last)
    if plan is not None and error is not None:
        return messages.failed(error, progress.done, plan.kind)
    # What a comparison has found stands at its chart.
    return messages.WAITING if state.result is None else state.result.stop_sentence


def _running(state: SessionState, plan: Plan, last: Point | None) -> str:
    done, seconds = state.progress.done, state.progress.seconds_per_step
    if plan.kind == "search":
        return messages.searching(plan.lrs, done, plan.steps, seconds)
    if plan.kind == "comparison":
        number = 0 if last is None else last.repeat
        lr, count = plan.lrs[number], plan.passes
        return messages.comparing(lr, number, count, done, plan.steps, seconds)
    if last is None:
        return messages.starting(plan.steps)
    aside, closer = state.progress.aside, state.refinement
    if closer is not None and last.step + 1 < closer.below:
        aside = messages.as_before(closer.changes["start_lr"])
    return messages.sweeping(done, plan.steps, seconds, aside)


def _run_buttons(state: SessionState) -> list[dict[str, Any]]:
    if not state.can_train:
        return []
    idle = "" if state.is_running else "Nothing is running."
    run = "Run" if state.status is Status.WAITING else "Run again"
    hold = ("resume", "Resume") if state.status is Status.PAUSED else ("pause", "Pause")
    return [
        _button("start", run, state.why_not_start),
        _button(*hold, idle) | {"id": "hold"},
        _button("stop", "Stop", idle),
        _button("refine", "Refine", state.why_not_refine, REFINE),
        _button("extend", "Extend", state.why_not_extend, EXTEND),
    ]


def _choice_buttons(state: SessionState) -> list[dict[str, Any]]:
    if not state.can_train:
        return []
    return [
        _button("apply", "Apply", state.why_not_train, APPLY),
        _button("search", "Search", state.why_not_train, SEARCH),
    ]


def _advice(state: SessionState, analysis: Analysis | None) -> list[dict[str, Any]]:
    """Return the button that does what would settle the doubt, where there is such a thing."""
    advice = None if analysis is None else analysis.suggested.advice
    if advice is None or not state.can_train:
        return []
    why_not = state.why_not_extend if advice.command == "extend" else state.why_not_train
    return [_button("advise", messages.advised(advice), why_not)]


def _button(command: str, label: str, why_not: str = "", title: str = "") -> dict[str, Any]:
    """Return a button of a bar; where it cannot be pressed, its title says why not."""
    return {
        "id": command,
        "command": command,
        "label": label,
        "title": why_not or title,
        "enabled": not why_not,
    }


def _chips(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the suggestions, that of the chosen rule first; none where none has a rate."""
    if all(each.lr is None for each in analysis.offered):
        return []
    return [
        {
            "rule": each.rule,
            "label": label_of(each.rule),
            "lr": each.lr,
            "reason": " ".join([each.reason, *each.caveats]),
            "certainty": each.certainty,
            "active": each is analysis.suggested,
        }
        for each in analysis.offered
    ]


def _last(run: Run | None) -> Point | None:
    points = () if run is None else run.points
    return points[-1] if points else None
