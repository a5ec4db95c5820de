"""What every row of controls around the chart has in common.

Each bar is one widget of ours with a front end in `js/src/bars/`. The kernel owns what they show;
the page sends commands, which are checked here before anyone hears of them. What a page sends and
makes no sense is counted in `refused_messages` and changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import traitlets
from ipywidgets import DOMWidget, Widget
from ipywidgets.widgets.widget import CallbackDispatcher
from traitlets import TraitError

from lrfind_widget._version import __version__
from lrfind_widget.view.own_layout import OwnLayout
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget


class Bar(ThreadSafeWidget, DOMWidget):  # type: ignore[misc]
    """What all rows have in common: the front end they belong to, and extra buttons.

    Attributes
    ----------
    actions : list of dict
        Extra buttons after the bar's own, each
        ``{"id": str, "label": str, "title": str, "enabled": bool}``; `title` (default "")
        says more on hovering, `enabled` is True by default.
    """

    _model_module = traitlets.Unicode("lrfind-widget").tag(sync=True)
    _model_module_version = traitlets.Unicode("^" + __version__).tag(sync=True)
    _view_module = traitlets.Unicode("lrfind-widget").tag(sync=True)
    _view_module_version = traitlets.Unicode("^" + __version__).tag(sync=True)

    actions = traitlets.List(traitlets.Dict()).tag(sync=True)

    _commands: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **kwargs: Any) -> None:
        self._on_command = CallbackDispatcher()
        self._on_action = CallbackDispatcher()
        super().__init__(**{"layout": OwnLayout(), **kwargs})
        self.on_msg(self._on_page_message)

    def on_command(self, callback: Callable[[str], object], remove: bool = False) -> None:
        """Call `callback(command)` when a person presses one of the bar's own buttons."""
        self._on_command.register_callback(callback, remove=remove)

    def on_action(self, callback: Callable[[str], object], remove: bool = False) -> None:
        """Call `callback(id)` when a person presses one of the buttons of `actions`."""
        self._on_action.register_callback(callback, remove=remove)

    def _on_page_message(self, _widget: Widget, content: Any, _buffers: Any) -> None:
        event = content.get("event")
        handled = isinstance(event, str) and (
            self._take_action(content.get("id")) if event == "action" else self._take_event(content)
        )
        if not handled:
            self.refused_messages += 1

    def _take_action(self, action_id: Any) -> bool:
        if not isinstance(action_id, str):
            return False
        if not any(item["id"] == action_id and item["enabled"] for item in self.actions):
            return False
        self._on_action(action_id)
        return True

    def _take_event(self, content: Mapping[str, Any]) -> bool:
        """Do what a message of the page asks; False where it makes no sense."""
        if content["event"] not in self._commands:
            return False
        self._on_command(content["event"])
        return True

    @traitlets.validate("actions")
    def _valid_actions(self, proposal: Any) -> list[dict[str, Any]]:
        return [
            {
                "id": text_of(item, "id"),
                "label": text_of(item, "label"),
                "title": text_of(item, "title", ""),
                "enabled": flag_of(item, "enabled", default=True),
            }
            for item in proposal["value"]
        ]


def text_of(item: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """Return the text that a trait's dict has under `key`."""
    value = _entry(item, key, default)
    if not isinstance(value, str):
        raise TraitError(f"{key!r} must be text, got {value!r} in {item!r}.")
    return value


def flag_of(item: Mapping[str, Any], key: str, default: bool | None = None) -> bool:
    """Return the truth value that a trait's dict has under `key`."""
    value = _entry(item, key, default)
    if not isinstance(value, bool):
        raise TraitError(f"{key!r} must be True or False, got {value!r} in {item!r}.")
    return value


def count_of(item: Mapping[str, Any], key: str, default: int = 0) -> int:
    """Return the count that a trait's dict has under `key`."""
    value = _entry(item, key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TraitError(f"{key!r} must be a count, got {value!r} in {item!r}.")
    return value


def _entry(item: Mapping[str, Any], key: str, default: object) -> object:
    if not isinstance(item, Mapping):
        raise TraitError(f"expected a dict with {key!r}, got {item!r}.")
    value = item.get(key, default)
    if value is None:
        raise TraitError(f"{key!r} is missing in {dict(item)!r}.")
    return value


def finite_or_none(value: Any) -> float | None:
    """Return a number that JSON can carry; NaN and infinities have no place there."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise TraitError(f"a learning rate must be a number or None, got {value!r}.") from error
    return number if math.isfinite(number) else None
