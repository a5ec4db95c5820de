"""One sweep on one thread."""

from __future__ import annotations

import atexit
import contextlib
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from lrfind_widget.points import Point, Status
from lrfind_widget.training.experiment import Experiment, nobody
from lrfind_widget.training.openmp import release_openmp_threads

SHUTDOWN_SECONDS = 5.0
"""How long a process that ends waits for a sweep to give everything back."""

_RUNNING: weakref.WeakSet[RunThread] = weakref.WeakSet()


class RunThread:
    """Runs a sweep on a daemon thread, for somebody who looks at it from other threads.

    The thread fills a queue and nothing else: it never prints, warns or touches a widget.

    Parameters
    ----------
    sweep : Experiment
        The sweep, or another experiment; a runner runs it once.
    wake : callable, optional
        Called on the thread whenever there is something new: a point, a status, the end. It
        should only set a flag. An exception of it ends the sweep and is its `error`.

    Attributes
    ----------
    status : Status
        What the sweep is doing.
    error : BaseException or None
        What the user's model, data, loss or optimizer raised: the very object.
    result : SweepResult, Comparison or None
        Set at the end, before the last `wake`.
    """

    def __init__(self, sweep: Experiment, wake: Callable[[], None] = lambda: None) -> None:
        self.status = Status.WAITING
        self.error: BaseException | None = None
        self.result: Any = None
        self._sweep = sweep
        self._wake = wake
        self._new: deque[Point] = deque()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lrfind-sweep", daemon=True)

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs on the sweep's thread."""
        return threading.current_thread() is self._thread

    def start(self) -> None:
        """Copy or save the model, then start the sweep and return.

        Raises
        ------
        RuntimeError
            If it was started before, or the model is being swept in place already.
        ValueError
            If ``isolation="copy"`` was asked for and no sound copy can be made.
        """
        if self.status is not Status.WAITING:
            raise RuntimeError(
                "This runner was started before. Make another one for another sweep."
            )
        self._sweep.prepare()
        release_openmp_threads()
        self.status = Status.SWEEPING
        self._sweep.on_wait = self._waits
        _RUNNING.add(self)
        try:
            self._thread.start()
        except RuntimeError as error:  # the system has no thread left
            self.error = error
            self._sweep.give_back()
            self._end()
            raise

    def pause(self) -> None:
        """Let the sweep wait before its next step."""
        self._sweep.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._sweep.resume()

    def stop(self) -> None:
        """End the sweep before its next step; a sweep that has ended does not mind."""
        if not self._ended.is_set():
            self._sweep.stop()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything is given back and the thread is done.

        Parameters
        ----------
        timeout : float, optional
            Most seconds to wait. By default as long as it takes.

        Returns
        -------
        bool
            Whether it has ended.
        """
        if not self._ended.wait(timeout):
            return False
        if not self.is_current_thread and self._thread.ident is not None:
            # The last wake may still be on its way.
            self._thread.join(timeout)
        return True

    def drain(self) -> list[Point]:
        """Return the points since the last call, in order."""
        points = []
        with contextlib.suppress(IndexError):
            while True:
                points.append(self._new.popleft())
        return points

    def _run(self) -> None:
        try:
            with contextlib.closing(iter(self._sweep)) as points:
                for point in points:
                    self._new.append(point)
                    self._wake()
        except KeyboardInterrupt:
            pass  # raised by code of the user's; the sweep counts as stopped
        except BaseException as error:  # kept for those who wait, and never printed here
            self.error = error
        finally:
            self._end()

    def _end(self) -> None:
        reason = self._sweep.stop_reason
        if reason is not None:
            self.result = self._sweep.result()
        if self.error is not None or reason is None:
            self.status = Status.FAILED
        else:
            self.status = Status.after(reason)
        self._sweep.on_wait = nobody
        _RUNNING.discard(self)
        self._ended.set()
        with contextlib.suppress(Exception):
            self._wake()

    def _waits(self, waiting: bool) -> None:
        self.status = Status.PAUSED if waiting else Status.SWEEPING
        self._wake()


@atexit.register
def _stop_all() -> None:
    """End what still runs when the process does, while torch is still whole."""
    runners = list(_RUNNING)
    for runner in runners:
        runner.stop()
    for runner in runners:
        runner.wait(SHUTDOWN_SECONDS)
