"""One experiment on one thread: a run."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import os
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import torch

from lrfind_widget.background import forget_values
from lrfind_widget.outcomes import Status
from lrfind_widget.points import Point, Progress
from lrfind_widget.training.control import ignore_aside, ignore_wait
from lrfind_widget.training.experiment import Experiment

SHUTDOWN_SECONDS = 5.0
"""How long a process that ends waits for a run to give everything back."""

_RUNNING: weakref.WeakSet[RunThread] = weakref.WeakSet()


class RunThread:
    """Runs an experiment on a daemon thread, for those who look at it from other threads. A `Run`.

    The model is copied or saved when it is made, and given back where it is dropped without a
    start. The thread appends to `points` and replaces `progress`, and never prints, warns or
    touches a widget. One that has ended holds neither the model nor, in its error, what was
    computed.
    """

    def __init__(self, experiment: Experiment) -> None:
        experiment.prepare()
        self.plan = experiment.plan
        self.progress = Progress(isolation=experiment.isolation_sentence)
        self.points: list[Point] = []
        self.error: BaseException | None = None
        self.result: Any = None
        self._experiment = experiment
        self._control = experiment.control
        self._clock = StepClock()
        self._aside = ""
        self._began = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, news: Callable[[], None] = lambda: None) -> None:
        """Start, and return at once.

        `news` is called on the thread whenever there is something new: a point, a status, the end.
        It should only set a flag. An exception of it ends the run and is its `error`.
        """
        if self._thread is not None:
            raise RuntimeError("This run was started before. Make another one.")
        release_openmp_threads()
        self._news = news
        self._control.on_wait = self._on_wait
        self._control.on_aside = self._on_aside
        self._thread = threading.Thread(target=self._run, name="lrfind-sweep", daemon=True)
        _RUNNING.add(self)
        try:
            self._thread.start()
        except RuntimeError as error:  # the system has no thread left
            self.error = error
            self._experiment.give_back()
            self._end()
            raise
        self._began.wait()

    def pause(self) -> None:
        """Wait before the next step."""
        self._control.pause()

    def resume(self) -> None:
        """Go on."""
        self._control.resume()

    def stop(self) -> None:
        """End before the next step and give everything back. Does not wait; too late is fine."""
        if not self._ended.is_set():
            self._control.stop()

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs on its thread."""
        return self._thread is threading.current_thread()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything is given back and the thread is done.

        Returns whether it has ended; False at once where it was not started. Its own thread does
        not wait for itself.
        """
        thread = self._thread
        if thread is None:
            return False
        if self.is_current_thread:
            return self._ended.is_set()
        if not self._ended.wait(timeout):
            return False
        if thread.ident is not None:
            thread.join(timeout)  # it may still be in the last `news`
        return True

    def _run(self) -> None:
        self._clock.go()
        self._show(Status.SWEEPING)
        self._began.set()
        try:
            with contextlib.closing(iter(self._experiment)) as points:
                for point in points:
                    self.points.append(point)
                    self._show(Status.SWEEPING)
                    self._news()
        except KeyboardInterrupt:
            pass  # raised by code of the user's; it counts as stopped
        except BaseException as error:  # kept for those who wait, and never printed here
            forget_values(error)
            self.error = error
        finally:
            self._end()

    def _end(self) -> None:
        reason = self._experiment.stop_reason
        if reason is not None:
            self.result = self._experiment.result()
        self._clock.halt()
        failed = self.error is not None or reason is None
        self._show(Status.FAILED if failed or reason is None else Status.after(reason))
        self._control.on_wait = ignore_wait
        self._control.on_aside = ignore_aside
        del self._experiment  # and with it the model
        _RUNNING.discard(self)
        self._ended.set()
        with contextlib.suppress(Exception):
            self._news()

    def lose(self) -> None:
        """Count as failed, in a process that was forked and has no such thread."""
        self.error = RuntimeError(
            "This process was forked while this ran: it goes on in the process that started it."
        )
        self.progress = self.progress._replace(status=Status.FAILED)
        self._ended = threading.Event()  # the other may be locked for good
        self._ended.set()

    def _on_wait(self, waiting: bool) -> None:
        (self._clock.halt if waiting or self._aside else self._clock.go)()
        self._show(Status.PAUSED if waiting else Status.SWEEPING)
        self._news()

    def _on_aside(self, what: str) -> None:
        self._aside = what
        (self._clock.halt if what else self._clock.go)()
        self._show(Status.SWEEPING)
        self._news()

    def _show(self, status: Status) -> None:
        done = self._experiment.done(self.points[-1] if self.points else None)
        self.plan = self._experiment.plan  # before the progress, which is read first
        self.progress = Progress(
            status,
            done,
            self._clock.seconds_per_step(len(self.points)),
            self._experiment.objective,
            self._experiment.isolation_sentence,
            self._aside,
        )


def _lose_all() -> None:
    """Wait for no thread that a process has not, since it was forked."""
    for run in list(_RUNNING):
        if not run.is_current_thread:
            run.lose()
            _RUNNING.discard(run)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_lose_all)


@atexit.register
def _stop_all() -> None:
    """End what still runs when the process does, while torch is still whole."""
    runs = list(_RUNNING)
    for run in runs:
        run.stop()
    for run in runs:
        run.wait(SHUTDOWN_SECONDS)


class StepClock:
    """Measures the time that is spent on steps, pauses left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running_since: float | None = None
        self._spent = 0.0

    def go(self) -> None:
        """Let the time run, at the start or after a pause."""
        if self._running_since is None:
            self._running_since = self._clock()

    def halt(self) -> None:
        """Stop the time, for a pause or at the end."""
        self._spent = self._so_far()
        self._running_since = None

    def seconds_per_step(self, steps: int) -> float | None:
        """Return the mean time of a step in seconds; None before the first."""
        return self._so_far() / steps if steps else None

    def _so_far(self) -> float:
        if self._running_since is None:
            return self._spent
        return self._spent + self._clock() - self._running_since


def release_openmp_threads() -> None:
    """End the idle threads that help the calling thread compute on a CPU.

    With GNU's OpenMP every thread that computes keeps a team of them; when all are more than the
    cores, a step takes up to twice as long. The next large operation makes another team.
    """
    pause = _pause()
    if pause is not None:
        pause(1)  # omp_pause_soft: let the threads go, keep the settings


@functools.cache
def _pause() -> Callable[[int], int] | None:
    """Return ``omp_pause_resource_all`` of OpenMP 5.0, of the runtime that torch has loaded."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        # A symbol is looked for in the libraries that the given one was linked with, too.
        library = ctypes.CDLL(torch._C.__file__)  # noqa: SLF001 - only its path
        if not hasattr(library, "kmp_set_blocktime"):  # which those of LLVM and Intel have
            return library.omp_pause_resource_all
    return None
