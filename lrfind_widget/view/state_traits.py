"""The public traits of a widget: what the state of its session says, as traits to observe."""

from __future__ import annotations

import threading
from typing import Any

import traitlets

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.state import READING, SessionState


class Setting(traitlets.TraitType[Any, Any]):
    """A trait that is checked as the option of its name."""

    def validate(self, _obj: Any, value: Any) -> Any:
        """Return the value as the option has it; raise TraitError for what it cannot be."""
        name = str(self.name)
        try:
            return getattr(AnalysisOptions(**{name: value}), name)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from error


class Mirror:
    """Sets the public traits of a widget to the state of its session.

    One thread at a time, so that observers hear changes in their order; a thread that comes while
    another is at it leaves the work to that one, and never waits for its observers.
    """

    def __init__(self, widget: Any) -> None:
        self._widget = widget
        self._lock = threading.RLock()
        self._again = False
        self._writing = threading.local()

    def __call__(self) -> None:
        """Bring the traits up to the state, as it is then."""
        self._again = True
        while self._again and self._lock.acquire(blocking=False):
            try:
                self._again = False
                self._set_to(self._widget.state)
            finally:
                self._lock.release()

    def is_setting(self, name: str, value: object) -> bool:
        """Whether this thread sets the trait here, and not a person or a program."""
        return bool(getattr(self._writing, "trait", None) == (name, value))

    def _set_to(self, state: SessionState) -> None:
        analysis = state.analysis
        values = {
            **{name: getattr(state.options, name) for name in READING},
            "min_grad_lr": None if analysis is None else analysis.min_gradient.lr,
            "suggested_lr": None if analysis is None else analysis.suggested.lr,
            "selected_lr": state.selected_lr,
            "value": state.selected_lr,
            "status": state.status,
        }
        raised: list[Exception] = []
        for name, value in values.items():
            if self._widget.state is not state:  # an observer, or another thread, has changed it
                self._again = True
                break
            self._writing.trait = name, value
            try:
                self._widget.set_trait(name, value)
            except Exception as error:  # an observer's; the other traits follow all the same
                raised.append(error)
            finally:
                self._writing.trait = None
        if raised:
            raise raised[0]
