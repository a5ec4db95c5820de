"""What every bar and mark shows, as a function of a session's state. Pure, and without widgets.

Each part of a `ViewState` holds the traits of one widget by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.points import Run
from lrfind_widget.state import LINES, SessionState
from lrfind_widget.view import bar_state, chart_state
from lrfind_widget.view.settings_state import settings_bar

Traits = Mapping[str, Any]


@dataclass(frozen=True)
class ViewState:
    """All that a screen shows but the points of what runs, which are appended as they come."""

    run_bar: Traits
    choice_bar: Traits
    settings_bar: Traits
    how_bar: Traits
    height: str
    x_kind: str
    y_kind: str
    axes: Traits
    marker: Traits
    annotations: Traits
    bands: Traits
    spread: Traits
    runs: Traits
    curve: Traits
    linear_to: float | None
    growing: Run | None
    line: CombinedCurve | None
    compared: Run | None
    comparison_axes: Traits
    comparison_curves: Traits
    comparison_bar: Traits


def view_state(state: SessionState) -> ViewState:
    """Return what a screen shows of a state."""
    with written_as(state.mode):
        return _shown(state)


def in_words(state: SessionState) -> str:
    """Return what stands for a picture of a state, for who cannot see it."""
    shown, chosen = view_state(state), ""
    if state.chosen_by_hand:
        with written_as(state.mode):
            chosen = f"Chosen: {format_lr(state.selected_lr)}."
    headline, curve = shown.run_bar["sentence"], shown.axes["description"]
    said = ["Chart of the loss against the learning rate.", headline, chosen, curve]
    return " ".join(filter(None, said))


def _shown(state: SessionState) -> ViewState:
    analysis = None if state.is_sweeping else state.analysis
    low, high, kind, _ = chart_state.axis(state)
    shared = chart_state.shared(state)
    options = state.options
    return ViewState(
        run_bar=bar_state.run_bar(state, analysis),
        choice_bar=bar_state.choice_bar(state, analysis),
        settings_bar=settings_bar(state, chart_state.names(state, shared)),
        how_bar=bar_state.how_run(state),
        height=str(options.height),
        x_kind=kind,
        y_kind=options.y_scale,
        axes={
            "lo": low,
            "hi": high,
            "x_label": shared.label,
            "y_range": options.y_range,
            "wheel_zoom": options.wheel_zoom,
            "title": options.title,
            "description": "" if analysis is None else analysis.words,
        },
        marker={
            "value": state.selected_lr,
            "own": None if state.auto_apply else state.own_lr,
            "lo": low,
            "hi": high,
        },
        annotations={
            "annotations": [] if analysis is None else chart_state.dots(state, analysis),
            "tried": [] if analysis is None else chart_state.tried(state),
        },
        bands={"bands": [] if analysis is None else chart_state.bands(state, analysis)},
        spread={"area": {} if analysis is None else chart_state.area(analysis.curve.fit)},
        runs={"runs": chart_state.drawn(state, shared)},
        curve={
            **{name: getattr(options, name) for name in LINES},
            "skip_start": options.skip_start,
            "skip_end": options.skip_end,
            "shown": state.is_sweeping or all(run.visible for run in state.current),
        },
        linear_to=high if kind == "linear" else None,
        growing=state.sweep if state.is_sweeping else None,
        line=None if analysis is None else analysis.curve,
        compared=state.comparing,
        comparison_axes=chart_state.comparison_axes(state),
        comparison_curves=chart_state.comparison_curves(state),
        comparison_bar=bar_state.comparison_bar(state),
    )
