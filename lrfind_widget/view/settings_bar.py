"""The row that is folded away: how the curve is read, and the runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import traitlets
from ipywidgets.widgets.widget import CallbackDispatcher
from traitlets import TraitError

from lrfind_widget.view.bar import Bar, flag_of, text_of

MAX_SKIP = 1_000_000
"""The most points that the settings let a person skip at either end."""

MAX_BETA = 0.99
"""The strongest smoothing that the settings offer."""


@traitlets.signature_has_traits
class SettingsBar(Bar):
    """What is rarely needed, folded away: smoothing, skipped ends, scale, rule, runs.

    A change that a person makes sets the trait first and is then told to
    `on_set(callback)` as `callback(name, value)`; a change from Python is only a trait.

    Attributes
    ----------
    beta : float
        Weight of the past in the smoothed curve, 0 to 0.99.
    skip_start, skip_end : int
        How many points the suggestions leave out at either end.
    y_scale : {"linear", "log"}
        Scale of the loss axis.
    frame : {"focus", "all"}
        Whether the loss axis frames what matters or every point.
    rule : str
        The rule that suggests; one of `rules` where that is not empty.
    rules : list of dict
        ``{"name": str, "label": str, "title": str}`` each.
    runs : list of dict
        The legend: ``{"id": str, "name": str, "visible": bool, "removable": bool}`` each.
    """

    _model_name = traitlets.Unicode("SettingsBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("SettingsBarView").tag(sync=True)

    beta = traitlets.Float(0.98, min=0.0, max=MAX_BETA).tag(sync=True)
    skip_start = traitlets.Int(10, min=0, max=MAX_SKIP).tag(sync=True)
    skip_end = traitlets.Int(5, min=0, max=MAX_SKIP).tag(sync=True)
    y_scale = traitlets.Enum(["linear", "log"], "linear").tag(sync=True)
    frame = traitlets.Enum(["focus", "all"], "focus").tag(sync=True)
    rule = traitlets.Unicode().tag(sync=True)
    rules = traitlets.List(traitlets.Dict()).tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)

    _settings: ClassVar[frozenset[str]] = frozenset(
        {"beta", "skip_start", "skip_end", "y_scale", "frame", "rule"}
    )
    _run_actions: ClassVar[frozenset[str]] = frozenset({"show", "hide", "remove"})

    def __init__(self, **kwargs: Any) -> None:
        self._on_set = CallbackDispatcher()
        self._on_run = CallbackDispatcher()
        super().__init__(**kwargs)

    def on_set(self, callback: Callable[[str, Any], object], remove: bool = False) -> None:
        """Call `callback(name, value)` when a person changes a setting."""
        self._on_set.register_callback(callback, remove=remove)

    def on_run(self, callback: Callable[[str, str], object], remove: bool = False) -> None:
        """Call `callback(action, id)`, action "show", "hide" or "remove", for a run of `runs`."""
        self._on_run.register_callback(callback, remove=remove)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        event = content["event"]
        if event == "set":
            return self._take_setting(content.get("name"), content.get("value"))
        if event == "run":
            return self._take_run(content.get("action"), content.get("id"))
        return False

    def _take_setting(self, name: Any, value: Any) -> bool:
        if not isinstance(name, str) or name not in self._settings or isinstance(value, bool):
            return False
        if name == "rule" and not any(item["name"] == value for item in self.rules):
            return False
        try:
            # Checked apart from the setting: an observer's own error is not a refusal.
            valid = self.traits()[name]._validate(self, value)  # noqa: SLF001
        except (TraitError, TypeError, ValueError, OverflowError):
            # The page showed the refused value; it is told the true one.
            self.send_state(name)
            return False
        self.set_trait(name, valid)
        self._on_set(name, valid)
        return True

    def _take_run(self, action: Any, run_id: Any) -> bool:
        if not isinstance(action, str) or action not in self._run_actions:
            return False
        run = next((item for item in self.runs if item["id"] == run_id), None)
        if run is None or (action == "remove" and not run["removable"]):
            return False
        self._on_run(action, run["id"])
        return True

    @traitlets.validate("beta")
    def _valid_beta(self, proposal: Any) -> float:
        value = float(proposal["value"])
        if not math.isfinite(value):
            raise TraitError(f"beta must be a number from 0 to {MAX_BETA}, got {value!r}.")
        return value

    @traitlets.validate("rules")
    def _valid_rules(self, proposal: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": text_of(item, "name"),
                "label": text_of(item, "label", text_of(item, "name")),
                "title": text_of(item, "title", ""),
            }
            for item in proposal["value"]
        ]

    @traitlets.validate("runs")
    def _valid_runs(self, proposal: Any) -> list[dict[str, Any]]:
        return [
            {
                "id": text_of(item, "id"),
                "name": text_of(item, "name"),
                "visible": flag_of(item, "visible", default=True),
                "removable": flag_of(item, "removable", default=True),
            }
            for item in proposal["value"]
        ]
