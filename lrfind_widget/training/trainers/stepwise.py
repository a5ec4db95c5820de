"""A training that runs by itself, brought to stop between two of its updates."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable


class Ended(BaseException):
    """Ends a training that nobody goes on with. Of no kind that a trainer takes care of."""


class Stepwise:
    """Runs a function that trains on a thread of its own, in turns with whoever advances it.

    Only one of the two runs at a time: `advance` lets the training go on until it calls
    `hand_over`, and raises what it raises. A trainer's whole ``fit`` can so be taken a step at a
    time, whatever it holds on its stack meanwhile.
    """

    def __init__(self, train: Callable[[], object]) -> None:
        self._train = train
        self._thread: threading.Thread | None = None
        self._turn, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._closing = self._over = False
        self._error: BaseException | None = None

    def advance(self) -> bool:
        """Let the training go on; return False where it has come to its end."""
        if self._over:
            return False
        if self._thread is None:
            context = contextvars.copy_context()
            self._thread = threading.Thread(
                target=context.run, args=(self._run,), name="lrfind_widget update", daemon=True
            )
            self._thread.start()
        else:
            self._turn.release()
        self._back.acquire()
        error, self._error = self._error, None
        if error is not None:
            raise error
        return not self._over

    def hand_over(self) -> None:
        """Wait for the next turn. Called by the training."""
        self._back.release()
        self._turn.acquire()
        if self._closing:
            raise Ended

    def close(self) -> None:
        """End the training where it waits for its next turn, and wait until it has ended."""
        self._closing = True
        if self._thread is not None:
            self._turn.release()
            self._thread.join()
            self._thread = None
        self._over = True

    def _run(self) -> None:
        try:
            self._train()
        except Ended:
            pass
        except BaseException as error:
            self._error = error
        finally:
            self._over = True
            self._back.release()
