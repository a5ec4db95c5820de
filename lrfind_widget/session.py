"""What is being run, what has been found, and what may be done next. No torch, no Jupyter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

from lrfind_widget import messages, transitions
from lrfind_widget.background import forget_values, reported
from lrfind_widget.next_sweep import FIELDS
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Applied, Status
from lrfind_widget.points import HELD_BACK, Progress, Run, Trainable
from lrfind_widget.publisher import Publisher
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.joined import Refinement
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.search import Start
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.state import NO_MODEL, READING, SessionState
from lrfind_widget.values import check_rate

INTERVAL = 1 / 8
"""Least time in seconds between two publications of what runs."""

CLOSED = "This widget was closed: make another one."

Listener = Callable[[], object]
"""Called after each change of the state, on the thread that made it."""


class Session:
    """Runs sweeps and comparisons one at a time, and keeps what was found and chosen.

    **Threads.** Any thread may call any method. One lock guards the swap of the state, another the
    start of a run and what is written into the optimizer. A rule of the user's, the listeners,
    and with them a person's observers run without the first, on the thread that made the change.
    While something runs, a publisher's thread takes its progress into the state. `wait` returns
    when everything is restored, the result is in the state and the listeners have been called. A
    listener may call every method, `wait`, `start` and `close` among them, and may raise: where a
    caller's method made the change, the caller gets the error, and the run goes on; on the
    publisher's thread it is reported and ends nothing.

    Parameters
    ----------
    trainable : Trainable or None
        What is trained; None for a session of a stored result.
    options : AnalysisOptions
        How curves are read at first.
    stored : SweepResult, optional
        A result that was found another time.
    auto_apply : bool, default False
        Write each chosen rate into the optimizer: at once while nothing runs, else at the end.

    Raises
    ------
    ValueError
        If the stored result has no points.
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
        self._publisher: Publisher | None = None
        self._goal: dict[str, Any] = {}  # of the latest search
        self._changes: dict[str, Any] = {}  # of the latest sweep, which what adds to it has too
        self._closed = False
        if trainable is not None:
            own, keywords = trainable.lr, trainable.keywords
            self._state = SessionState(
                True,
                options,
                own,
                keywords={name: keywords[name] for name in FIELDS},
                own_lr=own,
                auto_apply=auto_apply,
                model_name=trainable.name,
            )
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

    # ------------------------------------------------------------------------------ what runs

    def start(self, **changes: Any) -> None:
        """Start a sweep and return at once; `changes` are keywords that differ in this run.

        Raises
        ------
        RuntimeError
            If something is running or paused, or there is nothing to train.
        TypeError, ValueError
            If a change cannot work.
        """
        self._sweep(lambda _: None, changes)

    def refine(
        self, start_lr: float | None = None, end_lr: float | None = None, num_it: int | None = None
    ) -> None:
        """Sweep a part of the range again with smaller steps; the points join the curve."""
        self._sweep(lambda result: Refinement.refine(result, start_lr, end_lr, num_it))

    def extend(self, end_lr: float | None = None) -> None:
        """Sweep on beyond the end of the range; the new part joins the curve."""
        self._sweep(lambda result: Refinement.extend(result, end_lr))

    def compare(self, lrs: Sequence[float] | None = None, steps: int = 100) -> None:
        """Train a little at some rates; by default at `selected_lr`, a third and three times it."""

        def make(state: SessionState, trainable: Trainable) -> tuple[Run, dict[str, Any]]:
            given = [state.selected_lr * share for share in (1 / 3, 1, 3)] if lrs is None else lrs
            run = trainable.compare(given, steps, **self._changes)
            return run, {"comparing": run, "compared_after": state.number}

        self._begin(make)

    def search(
        self,
        lr: float | None = None,
        steps: int = 100,
        *,
        for_steps: int | None = None,
        for_schedule: str | None = None,
        hold_back: float | None = None,
    ) -> None:
        """Find a rate by short trainings that go on side by side; see `search_lr`.

        Parameters
        ----------
        lr : float, optional
            Rate to begin with. By default the one chosen by hand; else what is suggested, a tenth
            of the critical rate, or the optimizer's own, whichever there is first.
        steps : int, default 100
            Optimizer steps at each rate; no more than `for_steps`.
        for_steps, for_schedule, hold_back
            How long the training will be that the rate is meant for, its schedule, and the part
            of the data whose loss decides, as the keywords of `search_lr`.
        """
        goal = {
            "steps": steps,
            "for_steps": for_steps,
            "for_schedule": for_schedule,
            "hold_back": hold_back,
        }

        def make(state: SessionState, trainable: Trainable) -> tuple[Run, dict[str, Any]]:
            first = state.first_rate(trainable.lr) if lr is None else Start(lr, "given")
            run = trainable.search(*first, **{**self._changes, **goal})
            self._goal = {**goal, "lr": lr}
            return run, {"comparing": run, "compared_after": state.number}

        self._begin(make)

    def search_held_back(self) -> None:
        """Search again as before, with `HELD_BACK` of the data held back, whose loss decides."""
        self.search(**{**self._goal, "hold_back": HELD_BACK})

    def pause(self) -> None:
        """Pause what runs after the step under way. The random state is the caller's meanwhile."""
        if self._state.run is not None:
            self._state.run.pause()
            self._ask(messages.PAUSING)

    def resume(self) -> None:
        """Go on with what is paused."""
        if self._state.run is not None:
            self._state.run.resume()
            self._ask("")

    def stop(self) -> None:
        """End what runs after the step under way and restore everything. Does not wait."""
        if self._state.run is not None:
            self._state.run.stop()
            self._ask(messages.STOPPING)

    def wait(self, timeout: float | None = None) -> SweepResult | Comparison | None:
        """Block until what runs has ended, everything is restored and the result is in the state.

        A keyboard interrupt stops it, waits until everything is restored and is raised again.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; by default as long as it takes.

        Returns
        -------
        SweepResult, Comparison or None
            What was found; None if it had not ended after `timeout` seconds.

        Raises
        ------
        RuntimeError
            If nothing was started.
        Exception
            What the user's model, data, loss or optimizer raised.
        """
        run, publisher = self._started()
        try:
            if not self._wait(run, publisher, timeout):
                return None
        except KeyboardInterrupt:
            run.stop()
            self._wait(run, publisher, None)
            raise
        return self._outcome(run)

    def __await__(self) -> Generator[Any, None, SweepResult | Comparison | None]:
        """Wait for the end in a coroutine."""
        run, publisher = self._started()
        publisher.release()
        if publisher.can_be_waited_for:
            yield from publisher.completion.wait_async().__await__()
        return self._outcome(run)

    def close(self) -> None:
        """Stop what runs, wait until everything is restored, and let go of what is trained."""
        with self._starting:
            run, publisher = self._state.run, self._publisher
            self._closed, self._trainable, self._changes = True, None, {}
            self._listeners.clear()
        if run is not None and publisher is not None:
            run.stop()
            run.wait()
            publisher.close()
            self._take_progress(run)
        self._publisher = None
        self._swap(lambda state: replace(state, run=None, sweep=None, comparing=None))

    # ------------------------------------------------------------------------------ what is chosen

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
            self._auto_write(moved=after.selected_lr != before.selected_lr)
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
        self._auto_write(moved=True)
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

    # ------------------------------------------------------------------------------ private

    def _sweep(
        self,
        plan: Callable[[SweepResult], Refinement | None],
        changes: dict[str, Any] | None = None,
    ) -> None:
        """Start a sweep, or, where `changes` are None, one that adds to the latest curve."""

        def make(state: SessionState, trainable: Trainable) -> tuple[Run, dict[str, Any]]:
            given = {} if changes is None else state.changes(changes)
            reading = {name: value for name, value in given.items() if name in READING}
            options = state.options.changed(**reading)
            refinement = None if changes is not None else plan(_curve_of(state))
            kept = {name: value for name, value in given.items() if name not in READING}
            kept = self._changes if changes is None else kept
            more = {} if refinement is None else refinement.keywords
            if refinement is not None and refinement.schedule is not None:
                more["schedule"] = refinement.schedule
            run = trainable.sweep(**{**kept, **more, "beta": options.beta})
            self._changes = kept
            return run, {"sweep": run, "refinement": refinement, "options": options}

        self._begin(make)

    def _begin(self, make: Callable[[SessionState, Trainable], tuple[Run, dict[str, Any]]]) -> None:
        """Start the run that `make` returns with its state; where that raises, nothing changes."""
        with self._starting:
            before, changes = self._state, self._changes
            if self._trainable is None:
                raise RuntimeError(CLOSED if self._closed else NO_MODEL)
            if before.is_running:
                raise RuntimeError(
                    f"{before.noun} is {before.status}: stop() it and wait(), then start again."
                )
            try:
                run, begun = make(before, self._trainable)
                publisher = Publisher(self._publish, run, INTERVAL)
                publisher.start()  # it holds its first publication until it is released
                try:
                    run.start(publisher.wake)
                except BaseException:
                    publisher.close()
                    raise
            except BaseException:
                self._changes = changes
                raise
            self._publisher = publisher
            begun |= {"run": run, "progress": Progress(Status.SWEEPING)}
            self._swap(lambda state: replace(state, **begun, refusal=None, written=None, asked=""))
        try:
            self._changed()
        finally:
            publisher.release()

    def _swap(
        self, change: Callable[[SessionState], SessionState]
    ) -> tuple[SessionState, SessionState]:
        """Replace the state by what `change` makes of it; return it before and after.

        `change` may run a rule of the user's, so it is called without the lock, and once more
        where the state has changed meanwhile.
        """
        while True:
            before = self._state
            after = change(before)
            with self._lock:
                if self._state is before:
                    self._state = after
                    return before, after

    def _ask(self, what: str) -> None:
        """Say what is asked of what runs, until its status changes: a step may be long."""
        self._swap(lambda state: replace(state, asked=what if state.is_running else ""))
        if self._publisher is not None:
            self._publisher.wake()

    def _publish(self, run: Run) -> bool:
        """Take what is new into the state and call the listeners; return whether it has ended."""
        ended = self._take_progress(run)
        with reported():
            self._changed()
        return ended

    def _changed(self) -> None:
        """Call the listeners."""
        for listener in list(self._listeners):
            listener()

    def _take_progress(self, run: Run) -> bool:
        """Take the progress of the run into the state; return whether it has ended."""
        before, after = self._swap(lambda state: transitions.progress(state, run))
        has_ended = run is not after.run or not after.is_running
        if has_ended and after is not before:
            self._auto_write(moved=True)
        return has_ended

    def _select(self, lr: float, *, by_hand: bool) -> None:
        self._swap(lambda state: transitions.choose(state, lr, by_hand=by_hand))
        self._auto_write(moved=True)
        self._changed()

    def _auto_write(self, *, moved: bool) -> None:
        """Write the choice into the optimizer where that was asked for and nothing runs."""
        if not self._state.auto_apply or not moved:
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
            return self._trainable.apply(state.selected_lr, optimizer, **self._changes)
        if self._closed and (optimizer is None or state.result is None):
            raise RuntimeError(CLOSED)
        if optimizer is None or state.result is None:
            raise RuntimeError("There is no optimizer to write to: pass one, apply(optimizer).")
        return state.result.write_into(optimizer, state.selected_lr)

    def _started(self) -> tuple[Run, Publisher]:
        run, publisher = self._state.run, self._publisher
        if self._closed:
            raise RuntimeError(CLOSED)
        if run is None or publisher is None:
            raise RuntimeError("Nothing was started: call start() first.")
        return run, publisher

    def _wait(self, run: Run, publisher: Publisher, timeout: float | None) -> bool:
        publisher.release()
        if not publisher.can_be_waited_for:
            # An observer waits inside the last publication, or the process was forked since:
            # the run alone can be waited for.
            return run.wait(timeout) and self._take_progress(run)
        return publisher.completion.wait(timeout)

    def _outcome(self, run: Run) -> SweepResult | Comparison | None:
        if run.error is not None:
            raise run.error
        state = self._state
        if run is state.comparing:
            return state.comparison
        if run is state.sweep and run.result is not None:
            return state.result
        return run.result


def _curve_of(state: SessionState) -> SweepResult:
    """Return the curve that another sweep is to add to."""
    if state.result is None or not len(state.result):
        raise RuntimeError("Nothing was swept yet, so there is no curve to add to: start().")
    return state.result
