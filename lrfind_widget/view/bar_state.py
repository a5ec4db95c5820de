"""What the rows of controls show, as a function of a session's state."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from lrfind_widget import messages
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.outcomes import Status
from lrfind_widget.points import HELD_BACK, Plan, Point, Run
from lrfind_widget.results.analysis import Analysis, offered
from lrfind_widget.results.search import SearchResult
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import by_rule, entry_of
from lrfind_widget.state import SessionState

LONG = 110
"""Characters of an error that do not fit into the headline: they have a row of their own."""

REFINE = "Sweep again where the loss falls, in smaller steps, and join the curves"
EXTEND = "Sweep on beyond the end of the range, and join the curves"
APPLY = "Write this rate into the optimizer"
SEARCH = "Find the best rate by short trainings, from this one on"
HOLD_BACK = f"Search again with {HELD_BACK:.0%} of the data held back, whose loss decides"
TRYING = "Each rate is trained from the same state, on the same batches."
MOST_OFFERED = 5
"""How many rates a comparison offers."""


def run_bar(state: SessionState, analysis: Analysis | None) -> dict[str, Any]:
    """Return what the row above the chart shows: the headline, and what runs."""
    plan, progress, last = state.plan, state.progress, None
    lr, facts = None, ("", "")
    if state.is_running:
        last = _last(state.run)
        # Of a pause the headline says where it is.
        lr = None if last is None or state.status is Status.PAUSED else last.lr
        if plan is not None and plan.kind != "sweep" and last is None:
            lr = plan.lrs[0]
        facts = (messages.loss_taken(progress.objective), progress.isolation)
    found = _searched(state) or _recommended(state, analysis)
    is_told = state.is_running or state.error is not None
    return {
        "status": str(state.status),
        "sentence": headline(state, analysis, last),
        "ended": "" if is_told or state.was_compared else ended(state),
        "certainty": "" if found is None else found.certainty,
        "done": 0 if plan is None else progress.done,
        "total": 0 if plan is None else plan.steps,
        "rate": "" if lr is None else messages.rate_now(lr),
        "objective": facts[0],
        "detail": facts[1],
        "buttons": _run_buttons(state, analysis),
    }


def choice_bar(state: SessionState, analysis: Analysis | None) -> dict[str, Any]:
    """Return what the row under the chart shows, and why the rate is recommended."""
    about: list[str] = []
    if analysis is not None:
        result, suggested = analysis.result, analysis.suggested
        critical = messages.critical_rate(result.critical_lr, result.critical_note)
        about = messages.about(suggested, analysis.min_gradient, critical)
        if _searched(state) is not None:
            about = messages.about_search(about)
        about = [*about, analysis.words]
    return {
        "suggestions": _chips(state, analysis),
        "about": about,
        "message": state.message,
        "follows": state.follows,
        "buttons": _choice_buttons(state, analysis),
    }


def how_run(state: SessionState) -> dict[str, Any]:
    """Return how what ran last was run and how it ended, with what was compared afterwards."""
    found = state.found
    error, receipt = state.error, None if found is None else found.receipt
    summary, facts, rows = "", list[str](), list[dict[str, Any]]()
    if not state.is_running and (found is not None or error is not None):
        progress = state.progress
        objective, isolation = progress.objective, progress.isolation
        if found is not None:
            objective, isolation = objective or found.objective, isolation or found.isolation
        if not state.can_train:  # nothing is kept from what is trained, since nothing is
            isolation = ""
        facts = [messages.loss_taken(objective), isolation]
        summary = messages.in_short(ended(state), receipt)
        if error is None:
            facts.insert(0, ended(state))
        if receipt is not None:
            facts.append(receipt.sentence)
            rows = [asdict(item) for item in receipt.items]
    raised = "" if error is None else messages.raised(error)
    return {
        "summary": summary,
        "facts": [fact for fact in facts if fact],
        "error": raised if len(raised) > LONG or "\n" in raised else "",
        "traceback": "" if error is None else messages.traceback_of(error),
        "identical": receipt is None or receipt.identical,
        "rows": rows,
    }


def comparison_bar(state: SessionState) -> dict[str, Any]:
    """Return what a comparison has found, which run it belongs to, and the rates it offers."""
    found, shown = state.verdict, state.number + (state.is_sweeping and state.refinement is None)
    is_earlier = state.comparing is not None and shown > state.compared_after
    note = messages.compared_after(state.compared_after, shown) if is_earlier else ""
    if found is None:
        return {"sentence": TRYING, "evidence": "", "note": note, "buttons": []}
    lrs = found.tied_lrs[:MOST_OFFERED]
    buttons = [_use(state, place, lr, is_one=len(lrs) == 1) for place, lr in enumerate(lrs)]
    is_search = isinstance(found, SearchResult) and found.best_lr is not None
    can_hold_back = state.comparing is not None and state.comparing.plan.can_hold_back
    if is_search and found.val_losses is None and can_hold_back:
        why_not = state.why_not_train
        buttons.append(button("search_held_back", "Search with validation", why_not, HOLD_BACK))
    searched = _searched(state)  # whose rate is the headline
    said = found.verdict if searched is None else searched.standing
    return {"sentence": said, "evidence": found.evidence, "note": note, "buttons": buttons}


def _use(state: SessionState, place: int, lr: float, *, is_one: bool) -> dict[str, Any]:
    """Return the button that chooses a rate which a comparison offers, perhaps its only one."""
    rate = format_lr(lr)
    why_not = "This rate is chosen." if math.isclose(lr, state.selected_lr) else ""
    label = "Use it" if is_one else f"Use {rate}"
    use = button(f"choose_{place}", label, why_not, f"Choose the learning rate {rate}")
    return {**use, "lr": lr}


def headline(state: SessionState, analysis: Analysis | None, last: Point | None) -> str:
    """Say what matters most now: the first sentence is the headline, the others are beside it."""
    plan, progress = state.plan, state.progress
    if state.refusal is not None:
        return messages.refused(state.refusal)
    if plan is not None and state.status is Status.PAUSED:
        return messages.paused(progress.done, plan.steps, last)
    if plan is not None and state.is_running:
        return f"{state.asked} {_running(state, plan, last)}".lstrip()
    found, searched = _recommended(state, analysis), _searched(state)
    if searched is not None and searched.best_lr is not None:
        return messages.searched(searched.best_lr, searched.certainty, found)
    if found is not None:
        return messages.suggested(found, by_rule(found.rule))
    # What a comparison has found stands at its chart.
    return messages.WAITING if state.error is None else ended(state)


def ended(state: SessionState) -> str:
    """Say how what ran last has ended; "" where nothing has."""
    plan, error = state.plan, state.error
    if error is not None and error is not state.refusal and plan is not None:
        return messages.failed(error, state.progress.done, plan.kind)
    found = state.found
    return "" if found is None else found.stop_sentence


def _recommended(state: SessionState, analysis: Analysis | None) -> Suggestion | None:
    """Return what the headline recommends; None where it says what runs or failed."""
    is_other = state.is_running or state.error is not None
    return None if analysis is None or is_other else analysis.suggested


def _searched(state: SessionState) -> SearchResult | None:
    """Return the search whose rate the headline recommends; None where it says something else."""
    return state.searched if state.error is None else None


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


def _run_buttons(state: SessionState, analysis: Analysis | None) -> list[dict[str, Any]]:
    """Return all that a run can be told. The page hides what cannot be done, and keeps its room."""
    if not state.can_train:
        return []
    idle = "" if state.is_running else "Nothing is running."
    run = "Run" if state.sweep is None else "Run again"
    is_paused = state.status is Status.PAUSED
    hold = ("resume", "Resume") if is_paused else ("pause", "Pause")
    advice = None if analysis is None else analysis.suggested.advice
    start = button("start", run, state.why_not_start)
    extend = button("extend", "Extend", state.why_not_extend, EXTEND)
    if advice is not None and advice.command == "extend":
        extend |= {"command": "advise"}
    elif advice is not None and advice.command == "sweep" and advice.value is not None:
        start |= {"command": "advise", "label": f"Run {advice.value:.0f} steps"}
    refine = button("refine", "Refine", state.why_not_refine, REFINE)
    pause = button(*hold, idle) | {"id": "hold"}
    return _pointed_out(
        [pause, button("stop", "Stop", idle), start, refine, extend], state, analysis
    )


def _choice_buttons(state: SessionState, analysis: Analysis | None) -> list[dict[str, Any]]:
    if not state.can_train:
        return []
    apply = button("apply", "Apply", state.why_not_train, APPLY)
    search = button("search", "Search", state.why_not_go_on, SEARCH)
    return _pointed_out([apply, search], state, analysis)


def _pointed_out(
    buttons: list[dict[str, Any]], state: SessionState, analysis: Analysis | None
) -> list[dict[str, Any]]:
    """Point out the button that one would press next: what settles the doubt, else *Apply*."""
    found = None if analysis is None else analysis.suggested
    if state.error is not None:
        next_one = ""
    elif found is not None and found.advice is not None and not state.chosen_by_search:
        next_one = {"sweep": "start"}.get(found.advice.command, found.advice.command)
    elif found is None or found.lr is None:
        next_one = "start"
    else:
        is_applied = state.is_applied or state.own_lr == state.selected_lr
        next_one = "" if is_applied else "apply"
    return [each | {"primary": each["id"] == next_one} for each in buttons]


def button(command: str, label: str, why_not: str = "", title: str = "") -> dict[str, Any]:
    """Return a button of a bar; where it cannot be pressed, its title says why not."""
    return {
        "id": command,
        "command": command,
        "label": label,
        "title": why_not or title,
        "enabled": not why_not,
    }


def _chips(state: SessionState, analysis: Analysis | None) -> list[dict[str, Any]]:
    """Return the suggestions, that of the chosen rule first; without rates before there are any."""
    if analysis is None:
        rule = entry_of(state.options.rule)
        blank = {"lr": None, "reason": "", "certainty": "none"}
        return [
            {"rule": each.name, "label": each.label, "active": each is rule, **blank}
            for each in offered(rule)
        ]
    return [
        {
            "rule": each.rule,
            "label": state.label_of(each),
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
