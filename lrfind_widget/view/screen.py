"""What a person sees of a session: built once, and then kept equal to its view state."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from ipywidgets import DOMWidget, Widget
from ipywidgets.embed import dependency_state

from lrfind_widget.rules.table import RULES
from lrfind_widget.session import Session
from lrfind_widget.state import LINES, SETTINGS
from lrfind_widget.view.bars import LIMITS, ChoiceBar, ComparisonBar, HowBar, RunBar, SettingsBar
from lrfind_widget.view.chart import Box, Chart, ComparisonChart
from lrfind_widget.view.commands import commands_of
from lrfind_widget.view.files import Files
from lrfind_widget.view.growth import Growth, columns_of
from lrfind_widget.view.missing import Missing
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget
from lrfind_widget.view.view_state import Traits, ViewState, view_state

_STEPS = frozenset({"sentence", "done", "rate"})
"""The traits of the run bar that change with every step: they travel with its points."""


class Screen:
    """The chart between its rows of controls, and below them the comparison.

    `tick` is idempotent and may be called on any thread: it computes the view state and sends
    what differs from the one before, one message a widget.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ticking = threading.RLock()
        shown = view_state(session.state)
        self._shown = replace(shown, compared=None)  # the first tick begins one that there is
        self._steps: dict[str, Any] = {}  # of the present tick, until they are sent
        self.missing = Missing()
        self.settings_bar = SettingsBar(limits=LIMITS, **shown.settings_bar)
        self.chart = Chart(shown, self.settings_bar)
        self.run_bar = RunBar(**shown.run_bar)
        self.choice_bar = ChoiceBar(marker=self.chart.marker, **shown.choice_bar)
        self._files = Files(lambda: session.state, self.settings_bar.send)
        self.how_bar = HowBar(**shown.how_bar)
        # Empty until there is a comparison: a row that is added later would build those after it
        # anew, and with them what is unfolded.
        self.below = Box()
        self.comparison_chart: ComparisonChart | None = None
        self.comparison_bar: ComparisonBar | None = None
        self._curve = Growth()
        self._compared = Growth()
        self._widgets: dict[str, ThreadSafeWidget] = {  # by the part of the state each shows
            "run_bar": self.run_bar,
            **self.chart.parts,
            "choice_bar": self.choice_bar,
            "settings_bar": self.settings_bar,
            "how_bar": self.how_bar,
        }
        self._connect()

    @property
    def rows(self) -> list[Widget]:
        """The rows from top to bottom."""
        return [
            self.missing,
            self.run_bar,
            self.chart.figure,
            self.choice_bar,
            self.below,
            self.settings_bar,
            self.how_bar,
        ]

    def tick(self) -> None:
        """Show the present state."""
        with self._ticking:
            session = self._session.state
            before, state = self._shown, view_state(session)
            changed = _changed(before.run_bar, state.run_bar)
            self._steps = changed if changed.keys() <= _STEPS else {}
            self.chart.set_frame(state.height, state.axes["title"])
            self._show_axis(before, state)
            repeats = self._show_curve(before, state)
            if repeats:
                state = replace(state, runs={"runs": [*state.runs["runs"], *repeats]})
            self._begin_comparison(before, state)
            for name, widget in self._widgets.items():
                changed = _changed(getattr(before, name), getattr(state, name))
                if changed and (widget is not self.run_bar or not changed.keys() <= _STEPS):
                    widget.set_together(**changed)
            self._show_comparison(state)
            if not session.is_running:
                self._tell()
            if self._steps:  # no points came with them
                self.run_bar.set_together(**self._steps)
            self._shown = state

    @property
    def has_points(self) -> bool:
        """Whether there is a curve or a comparison to look at, or the beginning of one."""
        compared = self.comparison_chart
        return bool(self.chart.curve.length or (compared and compared.curves.length))

    def models(self, root: Widget) -> dict[str, Any]:
        """Return the whole states of a widget and of all that it refers to, at one moment.

        They are for a page that has our front end.
        """
        with self._ticking:
            states: dict[str, Any] = dependency_state(root, drop_defaults=False)
        for widget in (self.missing, self.missing.layout, self.missing.style):
            del states[widget.model_id]
        states[root.model_id]["state"]["children"].remove(f"IPY_MODEL_{self.missing.model_id}")
        return states

    def close(self) -> None:
        """Close every widget of the screen."""
        self._files.close()
        below = [*self.below.children]
        if self.comparison_chart is not None:
            below += self.comparison_chart.widgets
        for widget in {*self.rows, *self.chart.widgets, *below}:
            if isinstance(widget, DOMWidget):
                widget.layout.close()
            widget.close()
        self._curve.forget()
        self._compared.forget()
        self._shown = view_state(self._session.state)

    def _connect(self) -> None:
        """Let the controls act on the session."""
        session = self._session
        self.run_bar.commands, self.choice_bar.commands = commands_of(session)[:2]
        self.chart.marker.page_handlers["value"] = session.select
        self.settings_bar.commands = {
            "run": session.change_run,
            "save": self._files.ask,
            "type": session.type_in,
        }
        chart, settings = self.chart, self.settings_bar
        set_by = ((chart.axes, ("y_range",)), (chart.curve, LINES), (settings, SETTINGS))
        for widget, names in set_by:
            widget.page_handlers = {name: partial(self._set, name) for name in names}
        settings.page_handlers["auto_apply"] = session.set_auto_apply

    def _set(self, name: str, value: Any) -> None:
        if name == "rule" and value not in RULES:  # the page knows a function by its name
            value = self._session.state.own_rule
        self._session.analyse(**{name: value})

    def _tell(self) -> None:
        """Say as states, which are kept, what was appended while something ran."""
        self.chart.curve.tell()
        if self.comparison_chart is not None:
            self.comparison_chart.curves.tell()

    def _along(self) -> dict[str, Any]:
        """Return what the row above says of the steps, for the message with their points."""
        steps, self._steps = self._steps, {}
        return self.run_bar.set_along(**steps)

    def _show_axis(self, before: ViewState, state: ViewState) -> None:
        chart = self.chart
        chart.set_scales(state.x_kind, state.y_kind)
        begins = state.growing is not None and state.growing is not before.growing
        ends = (state.axes["lo"], state.axes["hi"], state.x_kind)
        if begins or ends != (before.axes["lo"], before.axes["hi"], before.x_kind):
            chart.set_range(*ends)

    def _show_curve(self, before: ViewState, state: ViewState) -> list[dict[str, Any]]:
        """Show the points of the curve; return the lines of the repeats that are complete."""
        curve, growth = self.chart.curve, self._curve
        growing = state.growing or growth.run  # which may have had its last points since
        if growing is not None:
            if growing is not growth.run and curve.length:
                curve.clear()
            grows = state.growing is not None
            for repeat, points in growth.take(growing):
                if repeat != growth.repeat and curve.length:
                    growth.keep(curve.fit_lr, curve.fit_loss)
                    curve.clear()
                growth.repeat = repeat
                added = columns_of(points, "lr", "loss", "smoothed", "val_loss")
                curve.grow(*added, linear_to=state.linear_to, grows=grows, along=self._along())
        if state.growing is not None:
            return growth.repeats
        line = state.line
        if line is not None and line is not before.line:
            curve.show(line)
        growth.forget()
        return []

    def _begin_comparison(self, before: ViewState, state: ViewState) -> None:
        """Make room below for a comparison that has begun."""
        if state.compared is None or state.compared is before.compared:
            return
        if self.comparison_chart is None:
            self.comparison_chart = ComparisonChart()
            self.comparison_bar = ComparisonBar(marker=self.chart.marker, **state.comparison_bar)
            self.comparison_bar.commands = commands_of(self._session).comparison
            self._widgets |= {
                "comparison_curves": self.comparison_chart.curves,
                "comparison_axes": self.comparison_chart.axes,
                "comparison_bar": self.comparison_bar,
            }
            self.below.children = [self.comparison_bar, self.comparison_chart.figure]
        self.comparison_chart.set_range(state.comparison_axes["hi"])
        if self.comparison_chart.curves.length:
            self.comparison_chart.curves.clear()

    def _show_comparison(self, state: ViewState) -> None:
        """Show the points of the comparison."""
        if state.compared is None or self.comparison_chart is None:
            return
        curves = self.comparison_chart.curves
        for _, points in self._compared.take(state.compared):
            number, step, *losses = columns_of(points, "repeat", "step", "smoothed", "val_loss")
            curves.append(number, step + 1, *losses, along=self._along())


def _changed(before: Traits, now: Traits) -> dict[str, Any]:
    """Return the traits that differ from those shown before."""
    return {k: v for k, v in now.items() if k not in before or not _same(before[k], v)}


def _same(one: Any, other: Any) -> bool:
    """Whether two values of a trait are equal, arrays by identity."""
    if one is other:
        return True
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray) or type(one) is not type(other):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
