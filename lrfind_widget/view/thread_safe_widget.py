"""A widget that several threads may touch and that a page cannot break."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ipywidgets import Layout, Widget
from ipywidgets.widgets.widget import JUPYTER_WIDGETS_ECHO
from ipywidgets.widgets.widget_string import HTMLStyle, TextStyle
from traitlets import TraitError, Unicode, default

from lrfind_widget._version import __version__
from lrfind_widget.background import reported

MODULE = "lrfind-widget"
"""The npm module that holds the front ends."""

_REFUSALS = (TraitError, TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError)


class ThreadSafeWidget(Widget):  # type: ignore[misc]
    """Base of every widget of ours: safe between threads, deaf to malformed messages.

    ipywidgets keeps one note per widget of what the page has just sent, and defers notifications
    while it applies it: a second thread that sets a trait meanwhile loses its own. Here the note
    belongs to the thread that handles the message, and nothing is deferred. For what an observer
    raises, or a page that is gone, see `reported`.

    A page may set only what `_page_may_set` names. For all else, and for what the trait refuses, it
    is sent the true value again and the message is counted in `refused_messages`. `page_handlers`
    has what to call with the new value of a trait that a page, and not Python, has set.
    """

    _page_may_set: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **kwargs: Any) -> None:
        self._of_thread = threading.local()
        self.refused_messages = 0
        self.page_handlers: dict[str, Callable[[Any], object]] = {}
        super().__init__(**kwargs)

    def set_together(self, **values: Any) -> None:
        """Set several traits and tell the page in one message.

        Unlike `hold_sync`, it leaves alone what other threads set meanwhile.
        """
        gathered = self._set_silently(values)
        if gathered and self.comm is not None:
            self.send_state(gathered)

    def set_along(self, **values: Any) -> dict[str, Any]:
        """Set several traits, and return what another widget's message is to tell the page.

        It is the state that the page lacks, by this widget's id.
        """
        gathered = self._set_silently(values)
        return {self.model_id: self.get_state(gathered)} if gathered else {}

    def _set_silently(self, values: Mapping[str, Any]) -> list[str]:
        """Set several traits without a message; return the names of those the page lacks."""
        gathered: list[str] = []
        self._of_thread.gathered = gathered
        try:
            for name, value in values.items():
                setattr(self, name, value)
        finally:
            self._of_thread.gathered = None
        return gathered

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take a state that the page sent, as far as it is allowed and valid."""
        if not isinstance(sync_data, Mapping):
            self.refused_messages += 1
            return
        known = {name: value for name, value in sync_data.items() if name in self.keys}
        self._echo(known)
        allowed = {name: known[name] for name in known if name in self._page_may_set}
        if len(allowed) < len(sync_data):
            self.refused_messages += 1
        for name, value in allowed.items():
            self.take(name, value)
        refused = [name for name in known if name not in allowed]
        if refused:
            self.send_state(refused)

    def valid(self, name: str, value: Any) -> Any:
        """Return a value that the page sent as the trait takes it; raise where it does not."""
        convert = self.trait_metadata(name, "from_json", self._trait_from_json)
        return self.traits()[name]._validate(self, convert(value, self))  # noqa: SLF001

    def take(self, name: str, value: Any) -> bool:
        """Take one value that the page sent, if it is valid; return whether it was."""
        try:
            # Checked apart from the setting, so that an error of the person's own
            # observer is never mistaken for a value that the trait refuses.
            valid = self.valid(name, value)
        except _REFUSALS:
            self.refused_messages += 1
            self.send_state(name)
            return False
        self._of_thread.held = {name: value}
        try:
            self.set_trait(name, valid)
        finally:
            self._of_thread.held = {}
        if name in self.page_handlers:
            self.page_handlers[name](valid)
        return True

    def _echo(self, state: Mapping[str, Any]) -> None:
        """Confirm what arrived, as the ipywidgets protocol asks."""
        if not JUPYTER_WIDGETS_ECHO:
            return
        echoed = {
            name: value
            for name, value in state.items()
            if self.trait_metadata(name, "echo_update", default=True)
        }
        if echoed:
            self._send({"method": "echo_update", "state": echoed, "buffer_paths": []})

    def notify_change(self, change: Any) -> None:
        """Tell the page and the observers of a change."""
        with reported():
            super().notify_change(change)

    def _send(self, msg: Any, buffers: Any = None) -> None:
        with reported():
            super()._send(msg, buffers)

    def _should_send_property(self, key: str, value: Any) -> bool:
        gathered = getattr(self._of_thread, "gathered", None)
        if gathered is not None:
            gathered.append(key)
            return False
        held = getattr(self._of_thread, "held", {})
        if key in held:
            convert = self.trait_metadata(key, "to_json", self._trait_to_json)
            if convert(value, self) == held[key]:
                return False
        return bool(super()._should_send_property(key, value))

    def _handle_msg(self, msg: Any) -> None:
        """Take a message of the page; a malformed one is counted and dropped."""
        if not _is_well_formed(msg):
            self.refused_messages += 1
            return
        super()._handle_msg(msg)


class OwnModule(ThreadSafeWidget):
    """A widget whose front end is ours, in `js/src/`, and named as its class."""

    _view_ending: ClassVar[str] = ""

    _model_module = Unicode(MODULE).tag(sync=True)
    _model_module_version = Unicode(f"^{__version__}").tag(sync=True)
    _view_module = Unicode(MODULE).tag(sync=True)
    _view_module_version = Unicode(f"^{__version__}").tag(sync=True)

    @default("_model_name")
    def _named_model(self) -> str:
        return f"{type(self).__name__}Model"

    @default("_view_name")
    def _named_view(self) -> str:
        return f"{type(self).__name__}{self._view_ending}"


class OwnLayout(ThreadSafeWidget, Layout):  # type: ignore[misc]
    """A layout that Python may change and a page may not."""


class OwnStyle(ThreadSafeWidget, HTMLStyle, TextStyle):  # type: ignore[misc]
    """The style of words and fields that ipywidgets 7, whose core Colab's pages have, has too."""

    _model_name = Unicode("DescriptionStyleModel").tag(sync=True)


def _is_well_formed(msg: Any) -> bool:
    """Whether a comm message has the shape that ipywidgets' protocol 2 gives it."""
    try:
        data = msg["content"]["data"]
        method = data["method"]
    except (TypeError, KeyError, IndexError):
        return False
    if method == "request_state":
        return True
    if method == "custom":  # bqplot looks its event up among its handlers
        content = data.get("content")
        return isinstance(content, Mapping) and isinstance(content.get("event", ""), str)
    # Nothing that a page may set in our widgets is binary.
    return (
        method == "update"
        and isinstance(data.get("state"), Mapping)
        and not (data.get("buffer_paths"))
    )
