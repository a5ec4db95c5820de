"""How the state of a session changes: from one state to the next, and nothing else happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from lrfind_widget.next_sweep import FIELDS
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Applied, Status
from lrfind_widget.points import Progress, Run, Trainable
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.search import SearchResult
from lrfind_widget.state import ListedRun, SessionState

RunAction = Literal["show", "hide", "remove"]


def of_trainable(
    trainable: Trainable, options: AnalysisOptions, *, auto_apply: bool
) -> SessionState:
    """Return the first state of a session that trains."""
    own, keywords = trainable.lr, trainable.keywords
    return SessionState(
        True,
        options,
        own,
        keywords={name: keywords[name] for name in FIELDS},
        own_lr=own,
        auto_apply=auto_apply,
        model_name=trainable.name,
    )


def of_stored(result: SweepResult, options: AnalysisOptions) -> SessionState:
    """Return the first state of a session of a stored result."""
    at_first = result.own_lr or float(result.lrs[len(result) // 2])
    suggested = follow(SessionState(False, options, at_first, runs=(ListedRun(1, result),)))
    if result.selected_lr is None or result.selected_lr == suggested.selected_lr:
        return suggested
    return replace(suggested, selected_lr=result.selected_lr, chosen_by_hand=True)


def begin(state: SessionState, run: Run, **begun: Any) -> SessionState:
    """Return the state in which a run has begun, with what else goes with that."""
    if run.plan.kind == "sweep":
        begun |= {"sweep": run}
    else:
        begun |= {"comparing": run, "compared_after": state.number}
    begun |= {"run": run, "progress": Progress(Status.SWEEPING)}
    return replace(state, **begun, refusal=None, written=None, asked="")


def read_anew(state: SessionState, changes: Mapping[str, Any]) -> SessionState:
    """Return the state with its curves read under changed options."""
    options = state.options.changed(**changes)
    read = follow(replace(state, options=options, earlier_rule=state.own_rule))
    return read if read.selected_lr == state.selected_lr else replace(read, written=None)


def choose(state: SessionState, lr: float, *, by_hand: bool) -> SessionState:
    """Return the state with a rate selected."""
    written = state.written if lr == state.selected_lr else None
    chosen = replace(state, selected_lr=lr, chosen_by_hand=by_hand, chosen_by_search=False)
    return _keep_choice(replace(chosen, written=written))


def wrote(state: SessionState, lr: float, written: Applied, own_lr: float | None) -> SessionState:
    """Return the state after a rate was written, which may be no longer the one that is chosen."""
    is_chosen = lr == state.selected_lr
    return replace(state, own_lr=own_lr, written=written if is_chosen else state.written)


def follow(state: SessionState) -> SessionState:
    """Return the state with a sure suggestion selected, unless a choice was made or found."""
    if state.is_sweeping or state.analysis is None:
        return state
    suggested = state.analysis.suggested
    is_open = not (state.chosen_by_hand or state.chosen_by_search)
    if suggested.lr is not None and suggested.certainty == "sure" and is_open:
        state = replace(state, selected_lr=suggested.lr)
    return _keep_choice(state)


def list_run(state: SessionState, number: int, action: RunAction) -> SessionState:
    """Return the state with a run of the legend shown, hidden or removed."""

    def changed(run: ListedRun) -> ListedRun:
        if not run.listed or run.number != number:
            return run
        return replace(run, visible=action == "show", listed=action != "remove")

    return replace(state, runs=tuple(map(changed, state.runs)))


def progress(state: SessionState, run: Run) -> SessionState:
    """Return the state with how far its run is, and with what that has found if it has ended."""
    if run is not state.run or not state.is_running:
        return state
    now = run.progress
    asked = state.asked if now.status is state.progress.status else ""
    state = replace(state, progress=now, asked=asked)
    return state if now.status.is_running else _end(state, run)


def _end(state: SessionState, run: Run) -> SessionState:
    """Return the state with what its run has found, as far as it can be joined and read."""
    result = run.result
    if isinstance(state.written, BaseException):  # of what was refused since it ran
        state = replace(state, written=None)
    try:
        if isinstance(result, SweepResult):
            if state.refinement is None:  # another question, perhaps of another model
                state = replace(state, chosen_by_search=False)
            state = _add_result(state, result)
            state = follow(state)
        elif run is state.comparing:
            state = _take_found(replace(state, comparison=result))
    except BaseException as error:  # a rule of the user's may raise anything
        state = replace(state, refusal=error)
    return state


def _take_found(state: SessionState) -> SessionState:
    """Return the state with the rate that a search has found, unless a choice was made by hand."""
    found = state.comparison
    if state.chosen_by_hand or not (isinstance(found, SearchResult) and found.is_settled):
        return state
    lr = found.best_lr or state.selected_lr
    return _keep_choice(replace(state, selected_lr=lr, chosen_by_search=True))


def _add_result(state: SessionState, result: SweepResult) -> SessionState:
    """Return the state with what its sweep has found among the runs."""
    runs, number, visible = state.runs, state.number + 1, True
    if state.refinement is not None:
        result, base = state.refinement.joined_by(result), state.runs[-1]
        number, visible = base.number, base.visible
        runs = (*runs[:-1], replace(base, listed=False))
    elif not len(result):
        number = 0  # nothing to list
    latest = ListedRun(number, result, visible, listed=len(result) > 0)
    return replace(state, runs=(*runs, latest))


def _keep_choice(state: SessionState) -> SessionState:
    """Return the state with the choice, if there is one, kept in the latest result."""
    if state.is_sweeping or not state.runs or not state.has_choice:
        return state
    latest = state.runs[-1]
    if latest.result.selected_lr == state.selected_lr:
        return state
    chosen = latest.result.with_choice(state.selected_lr)
    return replace(state, runs=(*state.runs[:-1], replace(latest, result=chosen)))
