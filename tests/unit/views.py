"""Sessions whose runs a test plays, and what is read off the screen that shows them."""

from __future__ import annotations

from typing import Any

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.session import Session
from lrfind_widget.view.view_state import ViewState, view_state
from tests.played import RATES, PlayedTrainable, valley

LOSSES = [valley(lr) for lr in RATES]


class Play:
    """A session whose runs a test plays."""

    def __init__(self, **given: Any) -> None:
        self.trainable = PlayedTrainable(**given)
        self.session = Session(self.trainable, AnalysisOptions())

    def sweep(self) -> Play:
        """Run a whole sweep."""
        self.session.start()
        self.trainable.latest.whole()
        self.session.wait(10)
        return self

    @property
    def view(self) -> ViewState:
        return view_state(self.session.state)


def first(play: Play) -> None:
    play.session.start()


def again(play: Play) -> None:
    play.sweep().session.start()


def refine(play: Play) -> None:
    play.sweep().session.refine(1e-3, 1e-2, 20)


def extend(play: Play) -> None:
    play.sweep().session.extend(10.0)


def compare(play: Play) -> None:
    play.session.compare([1e-3, 1e-2], steps=30)


def search(play: Play) -> None:
    play.session.search(1e-2, steps=30)


KINDS = [first, again, refine, extend, compare, search]
BELOW = (compare, search)
"""Those that are shown below the chart."""


def buttons(view: ViewState) -> dict[str, bool]:
    """Return which buttons can be pressed, by their labels."""
    shown = [*view.run_bar["buttons"], *view.choice_bar["buttons"]]
    return {button["label"]: button["enabled"] for button in shown}


def primary(view: ViewState) -> list[str]:
    """Return the buttons that one would press next."""
    shown = [*view.run_bar["buttons"], *view.choice_bar["buttons"]]
    return [button["label"] for button in shown if button["primary"]]


def rates(view: ViewState) -> list[float | None]:
    """Return the rates of the chips."""
    return [chip["lr"] for chip in view.choice_bar["suggestions"]]


def reasons(view: ViewState) -> dict[str, str]:
    """Return why buttons cannot be pressed."""
    shown = [*view.run_bar["buttons"], *view.choice_bar["buttons"]]
    return {button["label"]: button["title"] for button in shown if not button["enabled"]}
