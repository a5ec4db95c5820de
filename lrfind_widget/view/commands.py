"""What the buttons of a screen do, whichever screen it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from lrfind_widget.session import Session
from lrfind_widget.view.bar_state import MOST_OFFERED

Actions = dict[str, Callable[..., object]]
"""What to call for a command of a button, by its name."""


class Commands(NamedTuple):
    """The commands of each row of buttons."""

    run: Actions
    choice: Actions
    comparison: Actions


def commands_of(session: Session) -> Commands:
    """Return what the buttons do to a session, for a person who looks at the screen."""

    def shown_to_fail(start: Callable[[], None]) -> Callable[[], None]:
        """Let the screen say why something could not start, since no cell raises it."""

        def run() -> None:
            try:
                start()
            except (RuntimeError, TypeError, ValueError) as error:
                session.refuse(error)

        return run

    return Commands(
        run={
            "start": shown_to_fail(session.start),
            "pause": session.pause,
            "resume": session.resume,
            "stop": session.stop,
            "refine": shown_to_fail(session.refine),
            "extend": shown_to_fail(session.extend),
            "advise": shown_to_fail(partial(_take_advice, session)),
        },
        choice={
            "apply": session.try_to_apply,
            "search": shown_to_fail(session.search),
            "back": session.back_to_suggestion,
        },
        comparison={
            "search_held_back": shown_to_fail(session.search_held_back),
            **{f"choose_{n}": partial(session.choose_best, n) for n in range(MOST_OFFERED)},
        },
    )


def _take_advice(session: Session) -> None:
    """Go on as far, or sweep with as many steps, as would settle the doubt."""
    analysis = session.state.analysis
    advice = None if analysis is None else analysis.suggested.advice
    if advice is not None and advice.command == "extend":
        session.extend(advice.value)
    elif advice is not None and advice.value is not None:
        session.start(num_it=int(advice.value))
