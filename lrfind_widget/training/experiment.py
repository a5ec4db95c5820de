"""What is tried out on a model, inside an isolation, point by point."""

from __future__ import annotations

import atexit
import contextlib
import os
import platform
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timezone
from typing import Any

import numpy as np
import torch

from lrfind_widget import endings
from lrfind_widget._version import __version__
from lrfind_widget.curves.formatting import written_as
from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.random_state import RandomState
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Plan, Point
from lrfind_widget.results.receipt import Receipt
from lrfind_widget.training.control import Control
from lrfind_widget.training.device import await_copies
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Found, Pass
from lrfind_widget.training_options import TrainingOptions

_UNDER_WAY: weakref.WeakKeyDictionary[Generator[Point, None, None], int] = (
    weakref.WeakKeyDictionary()
)
"""Those that may not have been read to the end, and the thread that reads each."""


class Experiment(ABC):
    """An iterator of points that trains a model and leaves nothing behind, however it ends.

    A subclass says in `_run` what is done; this class sees to the rest, also after an exception or
    where it is not read to the end. `Sweep` documents the attributes.
    """

    noun = "experiment"
    """What sentences call it."""

    settings: dict[str, Any]
    _found: Found

    def __init__(self, training: Training, options: TrainingOptions) -> None:
        self._training = training
        self._options = options
        self._objects = training.objects(options)
        self._running = threading.Lock()
        self._prepared: Isolation | None = None
        self.control = Control()
        self.receipt: Receipt | None = None
        self._forget()

    @property
    @abstractmethod
    def plan(self) -> Plan:
        """What it is going to do."""

    @abstractmethod
    def _run(self, given: Pass) -> Iterator[Point]:
        """Do it, with what the isolation gives."""

    @abstractmethod
    def _end_on_request(self) -> None:
        """End it here, because it is no longer read."""

    @abstractmethod
    def result(self) -> Any:
        """Return what has been found, also after an early end."""

    @property
    def steps(self) -> int:
        """Steps planned, those of all passes together."""
        return self.plan.steps

    def done(self, last: Point | None) -> int:
        """Return how many steps are done, with those that were left out, at its latest point."""
        return 0 if last is None else last.repeat * self.plan.steps_each + last.step + 1

    @property
    def objective(self) -> str:
        """Which loss is made smaller. Empty before the first step."""
        return self._found.objective

    @property
    def skipped_steps(self) -> int:
        """Steps that the gradient scaler skipped."""
        return self._found.skipped_steps

    @property
    def on_wait(self) -> Callable[[bool], None]:
        """Called with True when a paused one starts to wait, and with False when it goes on."""
        return self.control.on_wait

    @on_wait.setter
    def on_wait(self, called: Callable[[bool], None]) -> None:
        self.control.on_wait = called

    def prepare(self) -> None:
        """Copy or save the model now, instead of when the first point is asked for.

        A sweep on another thread starts from the state that the model has now, whatever the
        caller does next. Without a further call, reading the points prepares by itself.

        Raises
        ------
        RuntimeError
            If the model is being swept in place already.
        ValueError
            If ``isolation="copy"`` was asked for and no sound copy can be made.
        """
        if self._prepared is None:
            isolation = self._isolation().__enter__()
            # The thread that trains does not know the stream that the copy was made on.
            await_copies(self._objects.model)
            self.isolation_sentence = isolation.reason
            self._prepared = isolation
            # Dropped without a point being asked for, it gives everything back all the same.
            self._dropped = weakref.finalize(self, isolation.__exit__)
            self._dropped.atexit = False

    def give_back(self) -> None:
        """Undo `prepare`, where no point was asked for since."""
        prepared = self._take_prepared()
        if prepared is not None:
            prepared.__exit__()

    def __iter__(self) -> Generator[Point, None, None]:
        points = self._points()
        _UNDER_WAY[points] = threading.get_ident()
        return points

    def _points(self) -> Generator[Point, None, None]:
        if not self._running.acquire(blocking=False):
            raise RuntimeError(
                f"This {self.noun} is running already. Make another {type(self).__name__} for a "
                "second one."
            )
        self._forget()
        context = ErrorContext(self.noun)
        isolation = self._take_prepared() or self._isolation()
        try:
            with isolation:
                self.isolation_sentence = isolation.reason
                self.control.random = isolation.random
                steps = self.plan.steps_each
                given = Pass(isolation, self._options, context, self._found, steps)
                yield from self._in_turns(self._run(given), isolation.random)
        except (GeneratorExit, KeyboardInterrupt):
            if self.stop_reason is None:
                self._end_on_request()
            raise
        except BaseException as error:
            context.annotate(error)
            self._end(StopReason.FAILED, context.failed(error, self.steps))
            raise
        finally:
            self.receipt = isolation.receipt
            self._duration = time.perf_counter() - self._began
            self._created = datetime.now(timezone.utc).isoformat(timespec="seconds")
            self.control.random = None
            self.control.reset()
            self._running.release()

    def _in_turns(self, points: Iterator[Point], random: RandomState) -> Iterator[Point]:
        """Go from point to point while no other sweep takes a step."""
        with contextlib.closing(points):  # type: ignore[type-var]
            while random.take_turn(self.control.is_stopped):
                try:
                    with written_as(self.plan.mode):  # never across a yield: it is the reader's too
                        point = next(points)
                except StopIteration:
                    return
                finally:
                    random.end_turn()
                yield point
            self._end_on_request()

    def stop(self) -> None:
        """End it before its next step. From any thread; too late is harmless."""
        if self.stop_reason is None:
            self.control.stop()

    def pause(self) -> None:
        """Let it wait before its next step. From any thread."""
        self.control.pause()

    def resume(self) -> None:
        """Let it go on where it is paused. From any thread."""
        self.control.resume()

    def _take_prepared(self) -> Isolation | None:
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            self._dropped.detach()
        return prepared

    def _isolation(self) -> Isolation:
        return Isolation(self._objects, self._options.isolation)

    def _forget(self) -> None:
        """Begin anew."""
        self._began = time.perf_counter()
        self._duration = 0.0
        self._created = ""
        self._found = Found()
        self.isolation_sentence = ""
        self.stop_reason: StopReason | None = None
        self.stop_sentence = ""
        self.receipt = None

    def _end(self, reason: StopReason, sentence: str) -> None:
        self.stop_reason = reason
        left_out = self._found.batches_without_loss
        said = left_out and reason is not StopReason.FAILED
        self.stop_sentence = sentence + (endings.left_out(left_out) if said else "")

    def _ending(self) -> dict[str, Any]:
        """Return what a result says of how it came about."""
        if self.stop_reason is None:
            raise RuntimeError(f"The {self.noun} has not ended yet, so there is no result.")
        return {
            "stop_reason": self.stop_reason,
            "stop_sentence": self.stop_sentence,
            "settings": self.settings,
            "objective": self.objective,
            "isolation": self.isolation_sentence,
            "duration": self._duration,
            "receipt": self.receipt,
            "versions": {
                "lrfind_widget": __version__,
                "torch": str(torch.__version__),
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            "created": self._created,
        }


def _forget_other_threads() -> None:
    """Leave alone, in a process that was forked, what threads read that it does not have.

    Memory may be half changed there, and threads that help torch compute are missing.
    """
    for points, reader in list(_UNDER_WAY.items()):
        if reader != threading.get_ident():
            del _UNDER_WAY[points]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)


@atexit.register
def _end_all() -> None:
    """End what was read halfway when the process ends, while torch is still whole.

    Python would do it later, among objects that it takes apart already; there torch aborts.
    """
    for points in list(_UNDER_WAY):
        # One that is running has a thread of its own, which `RunThread` sees to.
        with contextlib.suppress(Exception):
            points.close()
