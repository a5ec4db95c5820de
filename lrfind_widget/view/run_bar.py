"""The row above the chart: run, pause and stop, and how far the sweep is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from lrfind_widget.points import Status
from lrfind_widget.view.bar import Bar, finite_or_none


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
