"""The rows of controls around the chart: run, choose, settings, receipt.

Each bar is one widget of ours with a front end in `js/src/bars/`. The kernel owns
what they show; the page sends commands, which are checked here before anyone
hears of them. What a page sends and makes no sense is counted in
`refused_messages` and changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import traitlets
from ipywidgets import Widget, widget_serialization
from ipywidgets.widgets.widget import CallbackDispatcher
from traitlets import TraitError

from lrfind_widget.points import Status
from lrfind_widget.view.bar import Bar, count_of, finite_or_none, flag_of, text_of

__all__ = ["ChoiceBar", "ReceiptBar", "RunBar", "SettingsBar"]

MAX_SKIP = 1_000_000
"""The most points that the settings let a person skip at either end."""

MAX_BETA = 0.99
"""The strongest smoothing that the settings offer."""


@traitlets.signature_has_traits
class RunBar(Bar):
    """Run, pause and stop; how far the sweep is; a sentence for every state.

    `on_command` hears "start", "pause", "resume" or "stop", and only when the present
    `status` allows it: a second press of a button that arrives late is no mistake of
    the person's and is dropped.

    Attributes
    ----------
    status : str or Status
        What the sweep is doing; decides which buttons can be pressed.
    sentence : str
        The same in words. Screen readers hear it when `status` changes, not at every step.
    done, total : int
        Steps taken and steps planned.
    lr : float or None
        The rate of the latest step, shown while a sweep runs or is paused.
    objective : str
        A quiet line: which loss is minimised, and how that was found.
    detail : str
        A second quiet line, for example how the sweep is isolated. Empty: nothing.
    traceback : str
        The traceback of the user's exception, folded away. Empty: nothing.
    can_run : bool
        False hides the buttons, for a widget that only shows a stored result.
    """

    _model_name = traitlets.Unicode("RunBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("RunBarView").tag(sync=True)

    status = traitlets.Enum([each.value for each in Status], Status.WAITING.value).tag(sync=True)
    sentence = traitlets.Unicode().tag(sync=True)
    done = traitlets.Int(0, min=0).tag(sync=True)
    total = traitlets.Int(0, min=0).tag(sync=True)
    lr = traitlets.Float(None, allow_none=True).tag(sync=True)
    objective = traitlets.Unicode().tag(sync=True)
    detail = traitlets.Unicode().tag(sync=True)
    traceback = traitlets.Unicode().tag(sync=True)
    can_run = traitlets.Bool(True).tag(sync=True)

    _commands = frozenset({"start", "pause", "resume", "stop"})

    @traitlets.validate("status")
    def _valid_status(self, proposal: Any) -> str:
        return Status(proposal["value"]).value

    @traitlets.validate("lr")
    def _valid_lr(self, proposal: Any) -> float | None:
        return finite_or_none(proposal["value"])

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        if content["event"] in self._commands and not self._is_possible(content["event"]):
            return True
        return super()._take_event(content)

    def _is_possible(self, command: str) -> bool:
        if not self.can_run:
            return False
        status = Status(self.status)
        if command == "start":
            return not status.is_running
        if command == "pause":
            return status is Status.SWEEPING
        if command == "resume":
            return status is Status.PAUSED
        return status.is_running


@traitlets.signature_has_traits
class ChoiceBar(Bar):
    """The chosen rate as text, what is suggested, and what to do with the choice.

    The page reads and sets the marker's model itself, so typing and clicking work
    while the kernel is busy.

    `on_command` hears "apply" after `marker.value` has become the rate that the person saw
    when pressing Apply, and "back" after `marker.value` has become the suggestion again
    (from then on the choice is no longer one made by hand).

    Attributes
    ----------
    marker : Marker or None
        The mark with `value`, `lo` and `hi` that the field and the chips move.
    suggestions : list of dict
        One chip each: ``{"rule": str, "label": str, "lr": float or None, "reason": str,
        "active": bool}``. The active one is marked as what the suggestion follows.
        A chip without a rate cannot be pressed and still tells its reason.
    suggested_lr : float or None
        The rate that "Back to the suggestion" goes back to. None: nothing to go back to.
    suggestion_sentence : str
        What is suggested and where the curve is usable, or why there is no suggestion.
    message : str
        What the latest command did, for example what Apply changed.
    can_apply : bool
        False hides Apply, where there is no optimizer.
    """

    _model_name = traitlets.Unicode("ChoiceBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("ChoiceBarView").tag(sync=True)

    marker = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    suggestions = traitlets.List(traitlets.Dict()).tag(sync=True)
    suggested_lr = traitlets.Float(None, allow_none=True).tag(sync=True)
    suggestion_sentence = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    can_apply = traitlets.Bool(True).tag(sync=True)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        event = content["event"]
        # A press can overtake the marker's own message, which waits for the one before
        # it. So Apply brings its rate along, and what is written is what was seen.
        if event == "apply" and self.can_apply and self._move_marker(content.get("value")):
            self._on_command("apply")
            return True
        if event == "back" and self._move_marker(self.suggested_lr):
            self._on_command("back")
            return True
        return False

    def _move_marker(self, value: Any) -> bool:
        if self.marker is None or not _is_rate(value):
            return False
        try:
            self.marker.value = float(value)
        except TraitError:
            return False
        return True

    @traitlets.validate("suggested_lr")
    def _valid_suggested_lr(self, proposal: Any) -> float | None:
        return finite_or_none(proposal["value"])

    @traitlets.validate("suggestions")
    def _valid_suggestions(self, proposal: Any) -> list[dict[str, Any]]:
        return [
            {
                "rule": text_of(item, "rule"),
                "label": text_of(item, "label"),
                "lr": finite_or_none(item.get("lr")),
                "reason": text_of(item, "reason", ""),
                "active": flag_of(item, "active", default=False),
            }
            for item in proposal["value"]
        ]


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


@traitlets.signature_has_traits
class ReceiptBar(Bar):
    """One quiet line under the chart that opens to what was compared after the sweep.

    Attributes
    ----------
    receipt : dict
        ``{"sentence": str, "identical": bool, "rows": list}``, each row ``{"category": str,
        "compared": int, "how": str, "identical": bool, "detail": str, "by_sweep": bool}`` as in
        `ReceiptItem`. Empty: the bar takes no room.
    """

    _model_name = traitlets.Unicode("ReceiptBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("ReceiptBarView").tag(sync=True)

    receipt = traitlets.Dict().tag(sync=True)

    @traitlets.validate("receipt")
    def _valid_receipt(self, proposal: Any) -> dict[str, Any]:
        receipt = proposal["value"]
        if not receipt:
            return {}
        rows = receipt.get("rows", [])
        if not isinstance(rows, (list, tuple)):
            raise TraitError(f"receipt['rows'] must be a list of dicts, got {rows!r}.")
        return {
            "sentence": text_of(receipt, "sentence"),
            "identical": flag_of(receipt, "identical", default=True),
            "rows": [
                {
                    "category": text_of(row, "category"),
                    "compared": count_of(row, "compared"),
                    "how": text_of(row, "how", ""),
                    "identical": flag_of(row, "identical"),
                    "detail": text_of(row, "detail", ""),
                    "by_sweep": flag_of(row, "by_sweep", default=True),
                }
                for row in rows
            ],
        }


def _is_rate(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value) and value > 0
    except OverflowError:
        return False
