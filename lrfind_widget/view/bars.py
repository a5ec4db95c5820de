"""The rows of controls around the chart; their front ends are in `js/src/bars/`.

The kernel owns what they show. A page sends the commands of buttons and the settings that it may
set; what makes no sense is counted in `refused_messages` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import traitlets
from ipywidgets import DOMWidget, Widget, widget_serialization

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.points import Status
from lrfind_widget.values import check_rate
from lrfind_widget.view.thread_safe_widget import OwnLayout, OwnModule

MAX_SKIP = 1_000_000
"""The most points that a page may skip at either end."""


class Bar(OwnModule, DOMWidget):  # type: ignore[misc]
    """What all rows have in common: the front end they belong to, and their buttons.

    Attributes
    ----------
    buttons : list of dict
        One each: ``{"id": str, "command": str, "label": str, "title": str, "enabled": bool}``.
        A button keeps its element in the page as long as its `id` is there; `title` says what
        it does, or why it cannot be pressed.
    commands : dict
        What to call when a button is pressed, by its command.
    """

    buttons = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        self.commands: dict[str, Callable[[], object]] = {}
        super().__init__(**{"layout": OwnLayout(), **kwargs})
        self.on_msg(self._on_page_message)

    def _on_page_message(self, _widget: Widget, content: Any, _buffers: Any) -> None:
        if not self._take_event(content):
            self.refused_messages += 1

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        """Do what a message of the page asks; False where it makes no sense."""
        command = content.get("command")
        if content.get("event") != "press" or not isinstance(command, str):
            return False
        shown = [button for button in self.buttons if button["command"] == command]
        if any(button["enabled"] for button in shown):
            self.commands[command]()
        # A second press, or one that comes after the end, is no mistake of the person's.
        return bool(shown)


@traitlets.signature_has_traits
class RunBar(Bar):
    """Run, pause and stop; how far the sweep is; a sentence for every state.

    Attributes
    ----------
    status : str
        What the sweep is doing.
    sentence : str
        The same in words. Screen readers hear it when `status` changes, not at every step.
    done, total : int
        Steps taken and steps planned.
    lr : float or None
        The rate of the latest step, shown while a sweep runs or is paused.
    objective : str
        A quiet line: which loss is minimised, and how that was found.
    detail : str
        A second quiet line: how the model is kept from change.
    traceback : str
        The traceback of the user's exception, folded away. Empty: nothing.
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


@traitlets.signature_has_traits
class ChoiceBar(Bar):
    """The chosen rate as text, what is suggested, and what to do with the choice.

    The page reads and sets the marker's model itself, so typing and clicking work
    while the kernel is busy.

    Attributes
    ----------
    marker : Marker or None
        The mark with `value`, `lo` and `hi` that the field and the chips move.
    suggestions : list of dict
        One chip each: ``{"rule": str, "label": str, "lr": float or None, "reason": str,
        "active": bool}``. The active one is marked as what the suggestion follows.
        A chip without a rate cannot be pressed and still shows its reason.
    suggested_lr : float or None
        The rate that "Back to the suggestion" goes back to. None: nothing to go back to.
    suggestion_sentence : str
        What is suggested and where the curve is usable, or why there is no suggestion.
    message : str
        What the latest command did, for example what Apply changed.
    """

    _model_name = traitlets.Unicode("ChoiceBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("ChoiceBarView").tag(sync=True)

    marker = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    suggestions = traitlets.List(traitlets.Dict()).tag(sync=True)
    suggested_lr = traitlets.Float(None, allow_none=True).tag(sync=True)
    suggestion_sentence = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        command = content.get("command")
        if content.get("event") == "press" and command == "back":
            # The page's own button, there wherever something is suggested.
            if self.suggested_lr is not None:
                self.commands[command]()
            return self.suggested_lr is not None
        # A press can overtake the marker's own message, which waits for the one before
        # it. So Apply brings its rate along, and what is written is what was seen.
        if command == "apply" and not self._move_marker(content.get("value")):
            return False
        return super()._take_event(content)

    def _move_marker(self, value: Any) -> bool:
        try:
            rate = check_rate("value", value)
        except (TypeError, ValueError):
            return False
        if self.marker is None:
            return False
        if rate != self.marker.value:
            self.marker.take("value", rate)
        return bool(self.marker.value == rate)


@traitlets.signature_has_traits
class SettingsBar(Bar):
    """What is rarely needed, folded away: smoothing, skipped ends, scale, rule, runs.

    Attributes
    ----------
    beta : float
        Weight of the past in the smoothed curve, from 0 to below 1.
    skip_start, skip_end : int
        How many points the suggestions leave out at either end.
    y_scale : {"linear", "log"}
        Scale of the loss axis.
    y_range : {"focus", "all"}
        Whether the loss axis shows what matters or every loss.
    rule : str
        The rule that suggests; one of `rules`, or empty for a function.
    rules : list of dict
        ``{"name": str, "label": str, "title": str}`` each.
    runs : list of dict
        The legend: ``{"id": str, "name": str, "visible": bool, "removable": bool}`` each.
    act_on_run : callable
        Called as ``act_on_run(number, action)``, action "show", "hide" or "remove".
    """

    _model_name = traitlets.Unicode("SettingsBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("SettingsBarView").tag(sync=True)
    _page_may_set = ("beta", "skip_start", "skip_end", "y_scale", "y_range", "rule")

    beta = traitlets.Float(0.98).tag(sync=True)
    skip_start = traitlets.Int(10, min=0, max=MAX_SKIP).tag(sync=True)
    skip_end = traitlets.Int(5, min=0, max=MAX_SKIP).tag(sync=True)
    y_scale = traitlets.Enum(["linear", "log"], "linear").tag(sync=True)
    y_range = traitlets.Enum(["focus", "all"], "focus").tag(sync=True)
    rule = traitlets.Unicode().tag(sync=True)
    rules = traitlets.List(traitlets.Dict()).tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        self.act_on_run: Callable[[int, Any], object] = _ignore
        super().__init__(**kwargs)

    def take(self, name: str, value: Any) -> None:
        """Take a setting that the page sent, if it is one that can work."""
        try:
            AnalysisOptions(**{name: value})
        except (TypeError, ValueError):
            self.refused_messages += 1
            self.send_state(name)
            return
        super().take(name, value)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        if content.get("event") != "run":
            return super()._take_event(content)
        action, run_id = content.get("action"), content.get("id")
        run = next((each for each in self.runs if each["id"] == run_id), None)
        allowed = run is not None and (
            action in ("show", "hide") or (action == "remove" and run["removable"])
        )
        if run is not None and allowed:
            self.act_on_run(int(run["id"]), action)
        return allowed


@traitlets.signature_has_traits
class ReceiptBar(Bar):
    """One quiet line under the chart that opens to what was compared after the sweep.

    Attributes
    ----------
    receipt : dict
        ``{"sentence": str, "identical": bool, "rows": list}``, each row a `ReceiptItem` as a
        dict. Empty: the bar takes no room.
    """

    _model_name = traitlets.Unicode("ReceiptBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("ReceiptBarView").tag(sync=True)

    receipt = traitlets.Dict().tag(sync=True)


@traitlets.signature_has_traits
class ComparisonBar(Bar):
    """What a comparison has found, with a button for what to do with it.

    Attributes
    ----------
    sentence : str
        What was found.
    """

    _model_name = traitlets.Unicode("ComparisonBarModel").tag(sync=True)
    _view_name = traitlets.Unicode("ComparisonBarView").tag(sync=True)

    sentence = traitlets.Unicode().tag(sync=True)


def _ignore(_number: int, _action: Any) -> None:
    """Stand for what a screen sets."""
