"""A session whose runs a test plays, with its screen."""

from __future__ import annotations

import contextlib
from typing import Any

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.session import Session
from lrfind_widget.view.screen import Screen
from tests.played import PlayedRun, PlayedTrainable
from tests.waiting import eventually


class Play:
    """A session and its screen.

    Attributes
    ----------
    trainable : PlayedTrainable
        What makes the runs, of which a test takes the steps.
    session : Session
        What is shown.
    screen : Screen
        What shows it.
    """

    def __init__(self, *, auto_apply: bool = False, **given: Any) -> None:
        self.trainable = PlayedTrainable(**given)
        self.session = Session(self.trainable, AnalysisOptions(), auto_apply=auto_apply)
        self.screen = Screen(self.session)
        self.session.listen(self.screen.tick)

    @property
    def run(self) -> PlayedRun:
        """The run that was made last."""
        return self.trainable.latest

    def sweep(self, **changes: Any) -> Play:
        """Sweep to the end."""
        self.session.start(**changes)
        self.run.whole()
        self.session.wait(20)
        return self

    def bring_to(self, status: Status) -> Play:
        """Sweep until the session and its screen have a status."""
        if status is Status.WAITING:
            return self
        self.session.start()
        self.run.step(1.0, 1.0)
        if status is Status.PAUSED:
            self.session.pause()
        elif not status.is_running:
            self._end(status)
        assert eventually(lambda: self.screen.run_bar.status == status)
        return self

    def close(self) -> None:
        """End what runs, and close every widget."""
        self.session.close()
        self.screen.close()

    def _end(self, status: Status) -> None:
        error = ValueError("odd labels") if status is Status.FAILED else None
        self.run.end(StopReason(status.value), error)
        with contextlib.suppress(ValueError):
            self.session.wait(20)
