"""What a person reads of a run, in sentences."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from lrfind_widget.curves.formatting import format_duration, format_lr
from lrfind_widget.points import Point, Status

if TYPE_CHECKING:
    from lrfind_widget.rules.suggestion import Suggestion

_PACKAGE = __name__.partition(".")[0]

WAITING = "Ready: press Run to start the range test."

RUNNING = "A sweep is running: stop it, or wait until it has ended."
"""Why something cannot be done now."""

AUTO_APPLIED = "Applied: the optimizer follows the marker."


def starting(steps: int) -> str:
    """Say that the first step of a sweep is under way."""
    return f"Starting: the first of {steps} steps is under way."


def sweeping(done: int, steps: int, seconds_per_step: float | None) -> str:
    """Say how far a sweep is and how long the rest will take."""
    return _with_time_left(f"Sweeping: {done} of {steps} steps", steps - done, seconds_per_step)


def comparing(
    lr: float, number: int, count: int, done: int, steps: int, seconds_per_step: float | None
) -> str:
    """Say which rate is trained at and how far a comparison is."""
    text = f"Trying {format_lr(lr)} ({number + 1} of {count}): {done} of {steps} steps"
    return _with_time_left(text, steps - done, seconds_per_step)


def paused(done: int, steps: int, last: Point | None) -> str:
    """Say where a run is paused."""
    at = "" if last is None else f", at {format_lr(last.lr)}"
    return f"Paused after {done} of {steps} steps{at}. Your random state is yours meanwhile."


def failed(error: BaseException, done: int, noun: str = "sweep") -> str:
    """Say what the user's code raised, and when."""
    text = str(error).strip()
    raised = f"{type(error).__name__}: {text}" if text else type(error).__name__
    when = "before the first step" if done == 0 else f"in step {done + 1}"
    return f"The {noun} failed {when}: {raised}"


def traceback_of(error: BaseException) -> str:
    """Return an error's traceback from the user's code on, as Python prints it.

    The frames of this package before it are left out, unless there are no others.
    """
    entered = error.__traceback__
    while entered is not None and _is_ours(entered):
        entered = entered.tb_next
    return "".join(traceback.format_exception(type(error), error, entered or error.__traceback__))


def suggested(suggestion: Suggestion, steepest: Suggestion) -> str:
    """Say what is suggested, where the curve is usable, and what gives cause for doubt."""
    parts = [_suggested(suggestion)]
    if steepest.lr is None:
        parts.append(f"No steepest fall is marked: {steepest.reason}")
    return " ".join(parts).strip()


def applied(before: Sequence[float], after: Sequence[float]) -> str:
    """Say what `apply` changed in an optimizer."""
    if len(after) == 1:
        return f"Applied: lr went from {format_lr(before[0])} to {format_lr(after[0])}."
    changes = ", ".join(
        f"{format_lr(old)} to {format_lr(new)}" for old, new in zip(before, after, strict=True)
    )
    return f"Applied to {len(after)} parameter groups: {changes}."


def text_fallback(status: Status, selected: float, steepest: float | None) -> str:
    """Return the line of text that stands for the widget where none can be shown."""
    text = f"LRFinderWidget ({status}), selected_lr={format_lr(selected)}"
    return text if steepest is None else f"{text}, min_grad_lr={format_lr(steepest)}"


def _with_time_left(text: str, steps: int, seconds_per_step: float | None) -> str:
    if seconds_per_step is None:
        return f"{text}."
    return f"{text}, {format_duration(steps * seconds_per_step)} left."


def _suggested(suggestion: Suggestion) -> str:
    if suggestion.lr is None:
        return suggestion.reason  # each rule's own sentence says that there is none
    parts = [f"Suggested {format_lr(suggestion.lr)}"]
    if suggestion.band is not None:
        low, high = suggestion.band
        parts.append(f"usable {format_lr(low)} to {format_lr(high)}")
    if suggestion.spread is not None:
        parts.append(f"spread between repeats {suggestion.spread:.2f} decades")
    caveats = (caveat.rstrip(".") for caveat in suggestion.caveats)
    return ". ".join([", ".join(parts), *caveats]) + "."


def _is_ours(entered: TracebackType) -> bool:
    return str(entered.tb_frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE
