"""What runs for a widget now: started, paused, stopped and waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Any

from lrfind_widget.points import Status
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.result import SweepResult
from lrfind_widget.view.live import Live


class Running:
    """The part of a widget that runs one thing at a time, in the background.

    It has a `status` and an `error`; `start` is another part's.
    """

    status: Any
    error: BaseException | None
    _live: Live | None = None

    def _run(self, make: Callable[[], Live], begin: Callable[[], None] | None = None) -> None:
        """Make something and start it, unless something runs.

        Raises
        ------
        RuntimeError
            If something is running or paused.
        """
        with self._starting:
            if self.status.is_running:
                raise RuntimeError(
                    f"A sweep is {self.status.value}: stop() it and wait(), then start again."
                )
            live = make()
            live.prepare()
            self.error = None
            self._live = live
            if begin is not None:
                begin()
            self.status = Status.SWEEPING
            live.start()

    def pause(self) -> None:
        """Pause what runs after the step under way. The random state is yours meanwhile."""
        if self._live is not None:
            self._live.pause()

    def resume(self) -> None:
        """Go on with what is paused."""
        if self._live is not None:
            self._live.resume()

    def stop(self) -> None:
        """End what runs after the step under way and restore everything. Does not wait."""
        if self._live is not None:
            self._live.stop()

    def wait(self, timeout: float | None = None) -> SweepResult | Comparison | None:
        """Block until what runs has ended and everything is restored.

        A keyboard interrupt stops it, waits until everything is restored and is raised again.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; by default as long as it takes.

        Returns
        -------
        SweepResult, Comparison or None
            The result of the sweep, or of `try_lrs`; None if it had not ended after `timeout`
            seconds.

        Raises
        ------
        RuntimeError
            If nothing was started.
        Exception
            What the user's model, data, loss or optimizer raised.
        """
        live = self._started()
        try:
            if not live.wait(timeout):
                return None
        except KeyboardInterrupt:
            live.stop()
            live.wait()
            raise
        return _outcome(live)

    def __await__(self) -> Generator[Any, None, SweepResult | Comparison | None]:
        """Wait for the end in a coroutine: ``await widget``."""
        live = self._started()
        yield from live.arrive().__await__()
        return _outcome(live)

    @property
    def _starting(self) -> threading.Lock:
        """Held while something is started."""
        lock: threading.Lock = self.__dict__.setdefault("_starting_lock", threading.Lock())
        return lock

    def _started(self) -> Live:
        if self._live is None:
            raise RuntimeError("No sweep was started: call start(), or display the widget.")
        return self._live


def _outcome(live: Live) -> SweepResult | Comparison | None:
    if live.error is not None:
        raise live.error
    found: SweepResult | Comparison | None = live.result
    return found
