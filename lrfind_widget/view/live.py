"""An experiment on its way to the page: its thread, its publisher, its progress."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lrfind_widget.completion import Completion
from lrfind_widget.points import Point, Status
from lrfind_widget.view import phrases
from lrfind_widget.view.background import reported
from lrfind_widget.view.panel import Panel
from lrfind_widget.view.progress import Progress
from lrfind_widget.view.publisher import Publisher

if TYPE_CHECKING:
    from lrfind_widget.training.experiment import Experiment
    from lrfind_widget.training.run_thread import RunThread

POINTS_INTERVAL = 1 / 8
"""Least time in seconds between two messages of new points."""

PROGRESS_INTERVAL = 1 / 2
"""Least time in seconds between two sentences. With the points, and the about nine messages in
which a sweep begins or ends: at most 20 in any second."""


class Live(ABC):
    """One experiment that a panel shows while it runs.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    panel : Panel
        Where its progress is shown.
    run : callable
        Takes the experiment and what to call when there is something new; returns what runs it,
        a `RunThread`.
    on_status : callable
        Called with each new `Status` but the last, on the publisher's thread.
    on_end : callable
        Called with this object on the publisher's thread when the experiment has ended and
        everything is restored, before those who wait are let go.
    """

    def __init__(
        self,
        experiment: Experiment,
        panel: Panel,
        *,
        run: Callable[[Experiment, Callable[[], None]], RunThread],
        on_status: Callable[[Status], None],
        on_end: Callable[[Any], None],
    ) -> None:
        self._experiment = experiment
        self._panel = panel
        self._on_status = on_status
        self._on_end = on_end
        self._progress = Progress()
        self._shown: tuple[Status, float] = (Status.SWEEPING, 0.0)
        self._told = 0
        self._last: Point | None = None
        self._ending = Completion()
        self._publisher = Publisher(self, interval=POINTS_INTERVAL, on_end=self._ending.come)
        self._runner = run(experiment, self._publisher.wake)

    @property
    @abstractmethod
    def steps_each(self) -> int:
        """Steps planned for one pass: a repeat, or a rate."""

    @abstractmethod
    def _begin(self) -> None:
        """Show that it begins."""

    @abstractmethod
    def _show(self, points: Sequence[Point]) -> None:
        """Show new points."""

    @abstractmethod
    def _sentence(self, done: int) -> str:
        """Say how far it is."""

    def prepare(self) -> None:
        """Copy or save the model, so that it is trained as it is now."""
        self._experiment.prepare()

    def start(self) -> None:
        """Show that it begins, and start both threads."""
        self._begin()
        self._progress.go()
        self._publisher.start()
        self._runner.start()

    def pause(self) -> None:
        """Pause after the step under way."""
        self._runner.pause()

    def resume(self) -> None:
        """Go on."""
        self._runner.resume()

    def stop(self) -> None:
        """End after the step under way; do not wait for it."""
        self._runner.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until it has ended and is shown; return whether it has."""
        if self._publisher.is_current_thread:
            # An observer waits inside the last message: what is shown can wait, too.
            return self._runner.wait(timeout)
        return self._ending.wait(timeout)

    async def arrive(self) -> None:
        """Wait for the end in a coroutine."""
        await self._ending.arrive()

    def close(self) -> None:
        """Stop, wait until everything is restored, and publish no more."""
        self._runner.stop()
        never_ran = self._runner.status is Status.WAITING
        if not (never_ran or self._runner.is_current_thread):
            self._runner.wait()
        self._publisher.close()
        self._ending.come()

    @property
    def is_running(self) -> bool:
        """Whether it still holds its thread."""
        return self._runner.status.is_running

    @property
    def result(self) -> Any:
        """What was found, once it has ended."""
        return self._runner.result

    @property
    def error(self) -> BaseException | None:
        """What the user's code raised."""
        return self._runner.error

    def publish(self) -> bool:
        """Show what is new; return True when it has ended."""
        status = self._runner.status  # read before the points, so that the end has them all
        points = self._runner.drain()
        if points:
            self._add(points)
        if not status.is_running:
            with reported():
                self._on_end(self)
            return True
        if self._is_due(status):
            self._show_progress(status)
        elif self._done != self._told:
            # Should no point come for long, the sentence must not stay behind the curve.
            self._publisher.wake()
        return False

    def _add(self, points: Sequence[Point]) -> None:
        self._progress.advance(len(points))
        self._last = points[-1]
        self._show(points)

    @property
    def _done(self) -> int:
        """How far it is; the steps that a pass that diverged has left out count as done."""
        if self._last is None or self._last.repeat == 0:
            return self._progress.done
        return self._last.repeat * self.steps_each + self._last.step + 1

    def _is_due(self, status: Status) -> bool:
        shown, at = self._shown
        return status is not shown or time.monotonic() - at >= PROGRESS_INTERVAL

    def _show_progress(self, status: Status) -> None:
        changed = status is not self._shown[0]
        self._shown = (status, time.monotonic())
        done, total = self._done, self._experiment.steps
        self._told = done
        if status is Status.PAUSED:
            self._progress.halt()
            sentence = phrases.paused(done, total, self._last)
        else:
            self._progress.go()
            sentence = self._sentence(done)
        self._panel.show_progress(
            status=status.value,
            sentence=sentence,
            done=done,
            total=total,
            lr=None if self._last is None else self._last.lr,
            objective=phrases.objective(self._experiment.objective),
            detail=self._experiment.isolation_sentence,
        )
        if changed:
            self._on_status(status)
