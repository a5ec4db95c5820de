"""The rows of controls around the chart; their front ends are in `js/src/bars/`.

The kernel owns what they show. A page sends the commands of buttons and the settings that it may
set; what makes no sense is counted in `refused_messages` and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import traitlets
from ipywidgets import DOMWidget, Widget, widget_serialization

from lrfind_widget.next_sweep import LONGEST
from lrfind_widget.options import WidgetOptions
from lrfind_widget.outcomes import Status
from lrfind_widget.state import SETTINGS
from lrfind_widget.view.thread_safe_widget import OwnLayout, OwnModule

LIMITS = {"points": [0, 1_000_000], "pixels": [200, 1999], "title": [0, 200], "typed": [0, LONGEST]}
"""The least and the most that a page may set: points to skip, the height in pixels, and characters
of a title and of what is typed for the next sweep.
"""

MAX_NAME = 200
"""The longest name that a page may have."""


PIXELS = re.compile(r"\d{1,9}px", re.ASCII)


def _check(name: str, value: int) -> None:
    """Raise ValueError where a page sends less or more than it may."""
    least, most = LIMITS[name]
    if not least <= value <= most:
        raise ValueError(f"From {least} to {most} {name} are taken here.")


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest


class Bar(OwnModule, DOMWidget):  # type: ignore[misc]
    """What all rows have in common: the front end they belong to, and their buttons."""

    _view_ending = "View"

    # {"id", "command", "label", "title", "enabled", "primary"} each. An id keeps its element in the
    # page, which hides what is not enabled; the primary one is what one would press next.
    buttons = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        self.commands: dict[str, Callable[..., object]] = {}
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
        if self._can_press(command):
            self.commands[command]()
        # A second press, or one that comes after the end, is no mistake of the person's.
        return command in self.commands

    def _can_press(self, command: str) -> bool:
        return any(each["command"] == command and each["enabled"] for each in self.buttons)


class RunBar(Bar):
    """The headline, what can be told to a run, and how far it is."""

    status = traitlets.Enum([each.value for each in Status], Status.WAITING.value).tag(sync=True)
    # Its first sentence is the headline, the others are beside it.
    sentence = traitlets.Unicode().tag(sync=True)
    # How what ran last has ended, which is spoken and not shown.
    ended = traitlets.Unicode().tag(sync=True)
    certainty = traitlets.Enum(["", "sure", "unsure", "none"], "").tag(sync=True)
    done = traitlets.Int(0, min=0).tag(sync=True)
    total = traitlets.Int(0, min=0).tag(sync=True)
    rate = traitlets.Unicode().tag(sync=True)
    objective = traitlets.Unicode().tag(sync=True)
    detail = traitlets.Unicode().tag(sync=True)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        event = content.get("event")
        if event not in ("seen", "here") or event not in self.commands:
            return super()._take_event(content)
        given = [content.get("version")] if event == "here" else []
        fits = all(_is_text(each, MAX_NAME) for each in given)
        if fits:
            self.commands[event](*given)
        return fits


class RateBar(Bar):
    """A row with buttons that go by the chosen rate: the page reads it off the marker's model."""

    _by_rate = ("apply", "search", "search_held_back")

    marker = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        # A press can overtake the marker's own message, which waits for the one before
        # it. So these bring the rate along: what is written, or begun with, is what was seen.
        command = content.get("command")
        brings_rate = command in self._by_rate and self._can_press(command)
        if brings_rate and not self._has_moved_marker(content.get("value")):
            return False
        return super()._take_event(content)

    def _has_moved_marker(self, value: Any) -> bool:
        """Move the marker to a rate that the page sent, unless it is there; False for no rate."""
        marker: Any = self.marker
        if marker is None or isinstance(value, bool):
            return False
        return bool(value == marker.value or marker.take("value", value))


class ChoiceBar(RateBar):
    """The chosen rate as text, what is suggested, and what to do with the choice.

    The page sets the marker's model itself, so typing and clicking work while the kernel is busy.
    """

    # {"rule", "label", "lr" or None, "reason", "certainty", "active"} each
    suggestions = traitlets.List(traitlets.Dict()).tag(sync=True)
    # What is known of what is recommended, in sentences.
    about = traitlets.List(traitlets.Unicode()).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    # Whether the message is true of the next choice too.
    follows = traitlets.Bool(False).tag(sync=True)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        command = content.get("command")
        if content.get("event") == "press" and command == "back":
            # The page's own: what is recommended has been pressed.
            is_there = any(each["active"] and each["lr"] is not None for each in self.suggestions)
            if is_there:
                self.commands[command]()
            return is_there
        return super()._take_event(content)


class SettingsBar(Bar):
    """What is rarely needed, folded away: how curves are read, the next sweep, runs, saving."""

    _page_may_set = (*SETTINGS, "auto_apply")

    beta = traitlets.Float(0.98).tag(sync=True)
    skip_start = traitlets.Int(10).tag(sync=True)
    skip_end = traitlets.Int(5).tag(sync=True)
    y_scale = traitlets.Enum(["linear", "log"], "linear").tag(sync=True)
    y_range = traitlets.Enum(["focus", "all"], "focus").tag(sync=True)
    wheel_zoom = traitlets.Enum(["ctrl", "always"], "ctrl").tag(sync=True)
    rule = traitlets.Unicode().tag(sync=True)
    reads = traitlets.Enum(["best", "training", "validation"], "best").tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    height = traitlets.Unicode("380px").tag(sync=True)
    # None where there is no optimizer
    auto_apply = traitlets.Bool(None, allow_none=True).tag(sync=True)
    # Fields of the next sweep: {"name", "label", "text", "title", "enabled"} each
    next_sweep = traitlets.List(traitlets.Dict()).tag(sync=True)
    # Why what was typed there cannot work.
    wrong = traitlets.Unicode().tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    # {"name", "label", "title"} each
    rules = traitlets.List(traitlets.Dict()).tag(sync=True)
    # {"id", "name", "visible", "removable"} each
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)

    def valid(self, name: str, value: Any) -> Any:
        """Return a setting that the page sent, if it is one that can work."""
        is_own_rule = name == "rule" and value in [each["name"] for each in self.rules]
        if not is_own_rule:
            WidgetOptions(**{name: value})
        if name.startswith("skip"):
            _check("points", value)
        if name == "title":
            _check("title", len(value))
        if name == "height":
            _check("pixels", int(value.removesuffix("px")) if PIXELS.fullmatch(value) else 0)
        if name == "auto_apply" and self.auto_apply is None:
            raise ValueError("There is no optimizer to write to.")
        return super().valid(name, value)

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        if content.get("event") == "save":
            return self._take_wish(content.get("kind"), content.get("page"))
        if content.get("event") == "type":
            return self._take_text(content.get("name"), content.get("text"))
        if content.get("event") != "run":  # to save is no command without its page
            return content.get("command") != "save" and super()._take_event(content)
        action, run_id = content.get("action"), content.get("id")
        run = next((each for each in self.runs if each["id"] == run_id), None)
        allowed = run is not None and (
            action in ("show", "hide") or (action == "remove" and run["removable"])
        )
        if run is not None and allowed:
            self.commands["run"](int(run["id"]), action)
        return allowed

    def _take_text(self, name: Any, text: Any) -> bool:
        """Take what was typed into a field of the next sweep, wrong or not."""
        fields = [each["name"] for each in self.next_sweep if each["enabled"]]
        fits = _is_text(text, LIMITS["typed"][1]) and name in fields
        if fits:
            self.commands["type"](name, text)
        return fits

    def _take_wish(self, kind: Any, page: Any) -> bool:
        """Let a file be made for a page; it is told where that cannot be done now."""
        is_known = kind in [each["id"] for each in self.buttons]
        fits = is_known and _is_text(page, MAX_NAME)
        return fits and bool(self.commands["save"](kind, page))


class HowBar(Bar):
    """One quiet line that opens to how this was run and what was compared afterwards."""

    summary = traitlets.Unicode().tag(sync=True)
    # In sentences.
    facts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # What was raised, where it is long.
    error = traitlets.Unicode().tag(sync=True)
    traceback = traitlets.Unicode().tag(sync=True)
    # Whether all is as before, as far as it was compared.
    identical = traitlets.Bool(True).tag(sync=True)
    # {"category", "compared", "how", "identical", "detail", "by_sweep"} each
    rows = traitlets.List(traitlets.Dict()).tag(sync=True)


class ComparisonBar(RateBar):
    """What a comparison has found, with buttons for what to do with it."""

    sentence = traitlets.Unicode().tag(sync=True)
    # The numbers behind it, which are folded away.
    evidence = traitlets.Unicode().tag(sync=True)
    # Which run it belongs to, where another is shown.
    note = traitlets.Unicode().tag(sync=True)
