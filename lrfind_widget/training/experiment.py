"""What is tried out on a model, inside an isolation, point by point."""

from __future__ import annotations

import atexit
import contextlib
import platform
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from lrfind_widget._version import __version__
from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.training_objects import TrainingObjects
from lrfind_widget.points import Point, StopReason
from lrfind_widget.results.receipt import Receipt
from lrfind_widget.training.checks import Arguments, check
from lrfind_widget.training.control import Control
from lrfind_widget.training.device import WithGradients, await_copies
from lrfind_widget.training.error_context import ErrorContext

_UNDER_WAY: weakref.WeakSet[Generator[Point, None, None]] = weakref.WeakSet()


class Experiment(ABC):
    """An iterator of points that trains a model and leaves nothing behind.

    A subclass says in `_run` what is done; this class sees to the rest: however it ends, also
    by an exception or by not being read to the end, the model, the optimizer and the random
    state are then what they were. `Sweep` documents the attributes.

    Parameters
    ----------
    model : torch.nn.Module
    dataloader : iterable
    optimizer : torch.optim.Optimizer
    given : Arguments
        How to train.

    Raises
    ------
    TypeError, ValueError
        For every argument that can be told wrong before data is read.
    """

    noun = "experiment"
    """What sentences call it."""

    def __init__(
        self,
        model: nn.Module,
        dataloader: Iterable[Any],
        optimizer: Optimizer,
        given: Arguments,
    ) -> None:
        self._objects = TrainingObjects(
            model,
            optimizer,
            dataloader,
            val_loader=given.val_loader,
            loss_fn=given.loss_fn,
            step_fn=given.step_fn,
            prepare_batch=given.prepare_batch,
            grad_scaler=given.grad_scaler,
        )
        self._objects.check()
        check(model, dataloader, optimizer, given)
        self._given = given
        self._control = Control()
        self._running = threading.Lock()
        self.on_wait: Callable[[bool], None] = nobody
        self.receipt: Receipt | None = None
        self._prepared: tuple[Isolation, WithGradients] | None = None
        self._forget()

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many steps are planned."""

    @abstractmethod
    def _run(self, isolation: Isolation, where: ErrorContext) -> Iterator[Point]:
        """Do it, with what the isolation gives."""

    @abstractmethod
    def _stopped_sentence(self) -> str:
        """Say that somebody stopped it here."""

    @abstractmethod
    def result(self) -> Any:
        """Return what has been found, also after an early end."""

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
            isolation = self._isolation()
            guard = WithGradients(isolation)
            guard.enter()
            # The thread that trains does not know the stream that the copy was made on.
            await_copies(self._objects.model)
            self._prepared = isolation, guard
            # Dropped without a point being asked for, it gives everything back all the same.
            self._dropped = weakref.finalize(self, guard.__exit__, None, None, None)
            self._dropped.atexit = False

    def give_back(self) -> None:
        """Undo `prepare`, where no point was asked for since."""
        prepared = self._take()
        if prepared is not None:
            prepared[1].__exit__(None, None, None)

    def __iter__(self) -> Generator[Point, None, None]:
        points = self._points()
        _UNDER_WAY.add(points)
        return points

    def _points(self) -> Generator[Point, None, None]:
        if not self._running.acquire(blocking=False):
            raise RuntimeError(
                f"This {self.noun} is running already. Make another {type(self).__name__} for a "
                "second one."
            )
        self._forget()
        where = ErrorContext()
        isolation, guard = self._take_prepared()
        try:
            with guard:
                self.isolation_sentence = isolation.reason
                yield from self._run(isolation, where)
        except (GeneratorExit, KeyboardInterrupt):
            if self.stop_reason is None:
                self._end(StopReason.STOPPED, self._stopped_sentence())
            raise
        except BaseException as error:
            where.annotate(error)
            self._end(StopReason.FAILED, where.failed(error, self.steps))
            raise
        finally:
            self.receipt = isolation.receipt
            self._duration = time.perf_counter() - self._began
            self._created = datetime.now(timezone.utc).isoformat(timespec="seconds")
            self._control.reset()
            self._running.release()

    def stop(self) -> None:
        """End it before its next step. From any thread; too late is harmless."""
        if self.stop_reason is None:
            self._control.stop()

    def pause(self) -> None:
        """Let it wait before its next step. From any thread."""
        self._control.pause()

    def resume(self) -> None:
        """Let it go on where it is paused. From any thread."""
        self._control.resume()

    def _is_stopped(self, isolation: Isolation) -> bool:
        """Wait while it is paused, then say whether it is to end."""
        if not self._control.asked:
            return False
        if self._control.paused:
            self._wait(isolation)
        return self._control.stopped

    def _wait(self, isolation: Isolation) -> None:
        """Wait, with the random state given back to its owner."""
        isolation.suspend()
        self.on_wait(True)
        try:
            self._control.wait_while_paused()
        finally:
            isolation.resume()
            self.on_wait(False)

    def _take(self) -> tuple[Isolation, WithGradients] | None:
        prepared, self._prepared = self._prepared, None
        if prepared is not None:
            self._dropped.detach()
        return prepared

    def _take_prepared(self) -> tuple[Isolation, WithGradients]:
        prepared = self._take()
        if prepared is not None:
            return prepared
        isolation = self._isolation()
        return isolation, WithGradients(isolation)

    def _isolation(self) -> Isolation:
        return Isolation(self._objects, kind=self._given.isolation)

    def _forget(self) -> None:
        """Begin anew."""
        self._began = time.perf_counter()
        self._duration = 0.0
        self._created = ""
        self.objective = ""
        self.isolation_sentence = ""
        self.skipped_steps = 0
        self.stop_reason: StopReason | None = None
        self.stop_sentence = ""
        self.receipt = None

    def _end(self, reason: StopReason, sentence: str) -> None:
        self.stop_reason = reason
        self.stop_sentence = sentence


def versions() -> dict[str, str]:
    """Return the versions of this package and of what it runs on."""
    return {
        "lrfind_widget": __version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def nobody(waiting: bool) -> None:
    """Tell nobody that an experiment waits or goes on."""


@atexit.register
def _end_all() -> None:
    """End what was read halfway when the process ends, while torch is still whole.

    Python would do it later, among objects that it takes apart already; there torch aborts.
    """
    for points in list(_UNDER_WAY):
        # One that is running has a thread of its own, which `RunThread` sees to.
        with contextlib.suppress(Exception):
            points.close()
