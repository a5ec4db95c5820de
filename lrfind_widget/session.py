"""What is being run, what has been found, and what may be done next. No torch, no Jupyter."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

from lrfind_widget import messages, transitions
from lrfind_widget.background import reported
from lrfind_widget.choices import CLOSED, Choices
from lrfind_widget.points import HELD_BACK, Run, Trainable
from lrfind_widget.publisher import Publisher
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.joined import Refinement
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.search_start import Start
from lrfind_widget.state import NO_MODEL, READING, SessionState

INTERVAL = 1 / 8
"""Least time in seconds between two publications of what runs."""

Begun = tuple[Run, dict[str, Any]]
"""A run that is to be started, and what the state has to say of that."""


class Session(Choices):
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

    _publisher: Publisher | None = None

    def start(self, **changes: Any) -> None:
        """Start a sweep and return at once; `changes` are keywords that differ in this run.

        Raises
        ------
        RuntimeError
            If something is running or paused, or there is nothing to train.
        TypeError, ValueError
            If a change cannot work.
        """

        def make(state: SessionState, trainable: Trainable) -> Begun:
            given = state.changes(changes)
            reading = {name: value for name, value in given.items() if name in READING}
            changed = {name: value for name, value in given.items() if name not in READING}
            options = state.options.changed(**reading)
            run = trainable.sweep(**{**changed, "beta": options.beta})
            return run, {"changed": changed, "options": options, "refinement": None}

        self._begin(make)

    def refine(
        self, start_lr: float | None = None, end_lr: float | None = None, num_it: int | None = None
    ) -> None:
        """Sweep a part of the range again with smaller steps; the points join the curve."""
        self._add(lambda result: Refinement.refine(result, start_lr, end_lr, num_it))

    def extend(self, end_lr: float | None = None) -> None:
        """Sweep on beyond the end of the range; the new part joins the curve."""
        self._add(lambda result: Refinement.extend(result, end_lr))

    def compare(self, lrs: Sequence[float] | None = None, steps: int = 100) -> None:
        """Train a little at some rates; by default at `selected_lr`, a third and three times it."""

        def make(state: SessionState, trainable: Trainable) -> Begun:
            given = [state.selected_lr * share for share in (1 / 3, 1, 3)] if lrs is None else lrs
            return trainable.compare(given, steps, **state.changed), {}

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

        def make(state: SessionState, trainable: Trainable) -> Begun:
            first = state.first_rate(trainable.lr) if lr is None else Start(lr, "given")
            run = trainable.search(*first, **{**state.changed, **goal})
            return run, {"goal": {**goal, "lr": lr}}

        self._begin(make)

    def search_held_back(self) -> None:
        """Search again as before, with `HELD_BACK` of the data held back, whose loss decides."""
        self.search(**{**self._state.goal, "hold_back": HELD_BACK})

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
            self._closed, self._trainable = True, None
            self._listeners.clear()
        if run is not None and publisher is not None:
            run.stop()
            run.wait()
            publisher.close()
            self._take_progress(run)
        self._publisher = None
        ended: dict[str, Any] = {"run": None, "sweep": None, "comparing": None, "changed": {}}
        self._swap(lambda state: replace(state, **ended))

    # ------------------------------------------------------------------------------ private

    def _add(self, plan: Callable[[SweepResult], Refinement]) -> None:
        """Start a sweep that adds to the latest curve."""

        def make(state: SessionState, trainable: Trainable) -> Begun:
            if state.result is None or not len(state.result):
                raise RuntimeError(
                    "Nothing was swept yet, so there is no curve to add to: start()."
                )
            refinement = plan(state.result)
            more = {**refinement.keywords, "beta": state.options.beta}
            return trainable.sweep(**{**state.changed, **more}), {"refinement": refinement}

        self._begin(make)

    def _begin(self, make: Callable[[SessionState, Trainable], Begun]) -> None:
        """Start the run that `make` returns with its state; where that raises, nothing changes."""
        with self._starting:
            before = self._state
            if self._trainable is None:
                raise RuntimeError(CLOSED if self._closed else NO_MODEL)
            if before.is_running:
                raise RuntimeError(
                    f"{before.noun} is {before.status}: stop() it and wait(), then start again."
                )
            run, begun = make(before, self._trainable)
            publisher = Publisher(self._publish, run, INTERVAL)
            publisher.start()  # it holds its first publication until it is released
            try:
                run.start(publisher.wake)
            except BaseException:
                publisher.close()
                raise
            self._publisher = publisher
            self._swap(lambda state: transitions.begin(state, run, **begun))
        try:
            self._changed()
        finally:
            publisher.release()

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

    def _take_progress(self, run: Run) -> bool:
        """Take the progress of the run into the state; return whether it has ended."""
        before, after = self._swap(lambda state: transitions.progress(state, run))
        has_ended = run is not after.run or not after.is_running
        if has_ended and after is not before:
            self._auto_write()
        return has_ended

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
