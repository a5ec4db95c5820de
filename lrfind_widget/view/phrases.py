"""What the widget says of a sweep, in sentences."""

from __future__ import annotations

import traceback
from types import TracebackType

from lrfind_widget.curves.formatting import format_duration, format_lr
from lrfind_widget.points import Point, Status, StopReason
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.suggestion import Suggestion

_PACKAGE = __name__.partition(".")[0]


def waiting() -> str:
    """Say that nothing has run yet."""
    return "Ready: press Run to start the range test."


def starting(num_it: int) -> str:
    """Say that the first step is on its way."""
    return f"Starting: the first of {num_it} steps is under way."


def sweeping(done: int, num_it: int, seconds_per_step: float | None) -> str:
    """Say how far a sweep has come and how long it will take."""
    text = f"Sweeping: {done} of {num_it} steps"
    if seconds_per_step is None:
        return f"{text}."
    return f"{text}, {format_duration((num_it - done) * seconds_per_step)} left."


def trying(
    lr: float, number: int, count: int, done: int, steps: int, seconds_per_step: float | None
) -> str:
    """Say which rate is tried and how far that is."""
    text = f"Trying {format_lr(lr)} ({number + 1} of {count}): {done} of {steps} steps"
    if seconds_per_step is None:
        return f"{text}."
    return f"{text}, {format_duration((steps - done) * seconds_per_step)} left."


def diverged_at(steps: int) -> str:
    """Say behind a rate that its training has ended."""
    return f"(diverged at step {steps})"


def tried(comparison: Comparison | None, error: BaseException | None) -> str:
    """Say how a comparison of rates ended."""
    done = 0 if comparison is None else sum(comparison.taken)
    if error is not None:
        return failed(error, done, "comparison")
    return "" if comparison is None else comparison.stop_sentence


def objective(described: str) -> str:
    """Say which loss is made smaller; nothing before that is known."""
    return f"Loss: {described}." if described else ""


def paused(done: int, num_it: int, last: Point | None) -> str:
    """Say where a sweep waits."""
    at = "" if last is None else f", at {format_lr(last.lr)}"
    return f"Paused after {done} of {num_it} steps{at}. Your random state is yours meanwhile."


def failed(error: BaseException, done: int, what_failed: str = "sweep") -> str:
    """Say what the user's code raised, and when."""
    told = str(error).strip()
    what = type(error).__name__ if not told else f"{type(error).__name__}: {told}"
    when = "before the first step" if done == 0 else f"in step {done + 1}"
    return f"The {what_failed} failed {when}: {what}"


def traceback_of(error: BaseException) -> str:
    """Return the traceback of an error as Python would print it, from the user's code on.

    The frames of this package that led there are left out, unless there are no others.
    """
    entered = error.__traceback__
    while entered is not None and _is_ours(entered):
        entered = entered.tb_next
    return "".join(traceback.format_exception(type(error), error, entered or error.__traceback__))


def _is_ours(entered: TracebackType) -> bool:
    return str(entered.tb_frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE


def suggestion(suggested: Suggestion | None) -> str:
    """Say what is suggested, where the curve is usable and what gives cause for doubt."""
    if suggested is None:
        return ""
    if suggested.lr is None:
        return suggested.reason  # each rule's own sentence says that there is none
    parts = [f"Suggested {format_lr(suggested.lr)}"]
    if suggested.band is not None:
        low, high = suggested.band
        parts.append(f"usable {format_lr(low)} to {format_lr(high)}")
    if suggested.spread is not None:
        parts.append(f"spread between repeats {suggested.spread:.2f} decades")
    return (
        ". ".join([", ".join(parts), *(caveat.rstrip(".") for caveat in suggested.caveats)]) + "."
    )


def applied(before: list[float], after: list[float]) -> str:
    """Say what `apply` changed in an optimizer."""
    if len(after) == 1:
        return f"Applied: lr went from {format_lr(before[0])} to {format_lr(after[0])}."
    changes = ", ".join(
        f"{format_lr(old)} to {format_lr(new)}" for old, new in zip(before, after, strict=True)
    )
    return f"Applied to {len(after)} parameter groups: {changes}."


def text_fallback(status: Status, selected: float | None, min_grad: float | None) -> str:
    """Return the one line that stands for the widget where none can be shown."""
    parts = [f"LRFinderWidget ({status.value})"]
    if selected is not None:
        parts.append(f"selected_lr={format_lr(selected)}")
    if min_grad is not None:
        parts.append(f"min_grad_lr={format_lr(min_grad)}")
    return ", ".join(parts)


def ended(result: SweepResult | None, error: BaseException | None) -> str:
    """Say how a sweep ended."""
    done = 0 if result is None else len(result)
    if error is not None:
        return failed(error, done)
    return "" if result is None else result.stop_sentence


def status_of(reason: StopReason | None, error: BaseException | None) -> Status:
    """Return the status a sweep ended with."""
    if error is not None or reason is None:
        return Status.FAILED
    return Status.after(reason)
