"""The state of a session, and what is chosen in it: a rate, and how curves are read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lrfind_widget import transitions
from lrfind_widget.background import forget_values
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Applied
from lrfind_widget.points import Trainable
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.state import SessionState
from lrfind_widget.values import check_rate

CLOSED = "This widget was closed: make another one."

Listener = Callable[[], object]
"""Called after each change of the state, on the thread that made it."""


class Choices:
    """Keeps what is known, takes the choices of a person, and writes the chosen rate.

    A `Session` also runs something; its contract for threads holds here too.
    """

    def __init__(
        self,
        trainable: Trainable | None,
        options: AnalysisOptions,
        *,
        stored: SweepResult | None = None,
        auto_apply: bool = False,
    ) -> None:
        self._trainable = trainable
        self._lock = threading.Lock()
        self._starting = threading.RLock()
        self._listeners: list[Listener] = []
        self._closed = False
        if trainable is not None:
            self._state = transitions.of_trainable(trainable, options, auto_apply=auto_apply)
        elif stored is not None and len(stored):
            self._state = transitions.of_stored(stored, options)
        else:
            raise ValueError("This result has no points, so there is nothing to show.")

    @property
    def state(self) -> SessionState:
        """All that is known now. It is replaced as a whole and never changed."""
        return self._state

    @property
    def result(self) -> SweepResult | None:
        """The latest result, also of a sweep that was stopped or failed."""
        return self._state.result

    @property
    def comparison(self) -> Comparison | None:
        """What the latest `compare` or `search` found."""
        return self._state.comparison

    @property
    def error(self) -> BaseException | None:
        """What the user's code raised in what ran last, or why it could not start."""
        return self._state.error

    @property
    def runs(self) -> list[SweepResult]:
        """The results of all sweeps, the latest last.

        `refine` and `extend` add the curve that their sweep was joined to.
        """
        return [run.result for run in self._state.runs]

    @property
    def suggestions(self) -> dict[str, Suggestion]:
        """What every rule suggests on the latest curve, by name; empty before the first."""
        analysis = self._state.analysis
        return {} if analysis is None else dict(analysis.suggestions)

    def listen(self, listener: Listener) -> None:
        """Call `listener` after each change of the state."""
        self._listeners.append(listener)

    def select(self, lr: float) -> None:
        """Choose a rate; from now on no suggestion replaces it."""
        self._select(check_rate("selected_lr", lr), by_hand=True)

    def choose_best(self, place: int = 0) -> None:
        """Choose the best rate of the latest comparison, or another of its `tied_lrs`, if any."""
        comparison = self._state.comparison
        if comparison is not None and place < len(comparison.tied_lrs):
            self.select(comparison.tied_lrs[place])

    def back_to_suggestion(self) -> None:
        """Choose what is suggested, sure or not; later suggestions are followed again if sure."""
        analysis = self._state.analysis
        if analysis is not None and analysis.suggested.lr is not None:
            self._select(analysis.suggested.lr, by_hand=False)

    def analyse(self, **changes: Any) -> None:
        """Read the curves under changed options: `beta`, `rule`, `skip_start`, `y_scale`, ...

        Raises
        ------
        TypeError, ValueError
            If an option cannot work.
        """
        before, after = self._swap(lambda state: transitions.read_anew(state, changes))
        if after.options != before.options:
            if after.selected_lr != before.selected_lr:
                self._auto_write()
            self._changed()

    def apply(self, optimizer: Any = None) -> tuple[list[float], list[float]]:
        """Write the chosen rate into the optimizer, or into another one.

        Returns
        -------
        before, after : list of float
            The rates of the parameter groups.

        Raises
        ------
        RuntimeError
            If something is running or paused, another sweep trains the optimizer in place, or
            there is none.
        """
        with self._starting:
            state = self._state
            if state.is_running:
                raise RuntimeError(f"{state.noun} is running: apply() at its end, or stop() it.")
            written = self._write(state, optimizer)
        self._changed()
        return written.before, written.after

    def try_to_apply(self) -> None:
        """Apply, and say why not where it cannot be done, for who looks at the screen."""
        try:
            self.apply()
        except (RuntimeError, TypeError, ValueError) as error:
            self._not_written(error)
            self._changed()

    def set_auto_apply(self, auto_apply: bool) -> None:
        """Write each choice into the optimizer from now on, the present one too; or no longer."""
        self._swap(lambda state: replace(state, auto_apply=auto_apply and state.can_train))
        self._auto_write()
        self._changed()

    def type_in(self, name: str, text: str) -> None:
        """Take what a page says of the next sweeps; what is wrong keeps them from starting."""
        self._swap(lambda state: replace(state, typed={**state.typed, name: text}))
        self._changed()

    def change_run(self, number: int, action: transitions.RunAction) -> None:
        """Show, hide or remove a run of the legend; its result stays."""
        self._swap(lambda state: transitions.list_run(state, number, action))
        self._changed()

    def refuse(self, error: BaseException) -> None:
        """Show why what was asked for could not start, for who looks at the screen."""
        forget_values(error)
        # While something runs, it was a second press of the button.
        self._swap(lambda state: state if state.is_running else replace(state, refusal=error))
        self._changed()

    def _swap(
        self, change: Callable[[SessionState], SessionState]
    ) -> tuple[SessionState, SessionState]:
        """Replace the state by what `change` makes of it; return it before and after."""
        # It may run a rule of the user's: without the lock, and again where the state has changed.
        while True:
            before = self._state
            after = change(before)
            with self._lock:
                if self._state is before:
                    self._state = after
                    return before, after

    def _changed(self) -> None:
        """Call the listeners."""
        for listener in list(self._listeners):
            listener()

    def _select(self, lr: float, *, by_hand: bool) -> None:
        self._swap(lambda state: transitions.choose(state, lr, by_hand=by_hand))
        self._auto_write()
        self._changed()

    def _auto_write(self) -> None:
        """Write the choice into the optimizer where that was asked for and nothing runs."""
        if not self._state.auto_apply:
            return
        with self._starting:
            state = self._state
            if state.is_running or not state.has_choice:
                return
            try:
                self._write(state, None, follows=True)
            except (RuntimeError, TypeError, ValueError) as error:
                self._not_written(error)

    def _not_written(self, error: BaseException) -> None:
        """Show why the choice was not written."""
        forget_values(error)
        self._swap(lambda state: replace(state, written=error))

    def _write(self, state: SessionState, optimizer: Any, *, follows: bool = False) -> Applied:
        """Write the choice into an optimizer and show what that has changed."""
        lr, written = state.selected_lr, self._written(state, optimizer)._replace(follows=follows)
        own = None if self._trainable is None else self._trainable.lr
        self._swap(lambda state: transitions.wrote(state, lr, written, own))
        return written

    def _written(self, state: SessionState, optimizer: Any) -> Applied:
        if self._trainable is not None:
            return self._trainable.apply(state.selected_lr, optimizer, **state.changed)
        if self._closed and (optimizer is None or state.result is None):
            raise RuntimeError(CLOSED)
        if optimizer is None or state.result is None:
            raise RuntimeError("There is no optimizer to write to: pass one, apply(optimizer).")
        return state.result.write_into(optimizer, state.selected_lr)
