"""What a person reads, in sentences. Neither torch nor numpy."""

from __future__ import annotations

import math
import re
import traceback
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from lrfind_widget.curves.formatting import format_duration, format_lr
from lrfind_widget.outcomes import Applied
from lrfind_widget.points import Point

if TYPE_CHECKING:
    from lrfind_widget.results.receipt import Receipt
    from lrfind_widget.rules.suggestion import Certainty, Suggestion

_PACKAGE = __name__.partition(".")[0]

WAITING = "Ready: press Run to start the range test."

NOTHING_TRAINED = "nothing is trained: it has not called optimizer.step()"

NO_RATE = "there is no rate."
INTERRUPTED = "it was interrupted."
NOT_TRAINED = "nothing has trained at it."

BEGINS_ANEW = "each is a training of the trainer's own"

MOST_GROUPS = 6
"""How many parameter groups a sentence names."""


FAILED_BEFORE = "The sweep failed, and this would fail as it did: run it again first."


def running(noun: str) -> str:
    """Say why something cannot be done now."""
    return f"{noun} is running: stop it, or wait until it has ended."


def starting(steps: int) -> str:
    """Say that the first step of a sweep is under way."""
    return f"Starting: the first of {steps} steps is under way."


PAUSING = "Pausing after this step."
STOPPING = "Stopping after this step."


def sweeping(done: int, steps: int, seconds_per_step: float | None, aside: str = "") -> str:
    """Say how far a sweep is, what is done aside, and how long the rest will take."""
    text = f"Sweeping: {done} of {steps} steps{f', {aside}' * bool(aside)}"
    return _with_time_left(text, steps - done, seconds_per_step)


def rate_now(lr: float) -> str:
    """Say at which rate a step is taken."""
    return f"Rate now {format_lr(lr)}."


def as_before(lr: float) -> str:
    """Say that the steps up to a rate are taken once more."""
    return f"as before up to {format_lr(lr)}"


def comparing(
    lr: float, number: int, count: int, done: int, steps: int, seconds_per_step: float | None
) -> str:
    """Say which rate is trained at and how far a comparison is."""
    text = f"Comparing: {format_lr(lr)} ({number + 1} of {count}), {done} of {steps} steps"
    return _with_time_left(text, steps - done, seconds_per_step)


def paused(done: int, steps: int, last: Point | None) -> str:
    """Say where a run is paused."""
    at = "" if last is None else f", at {format_lr(last.lr)}"
    return (
        f"Paused after {done} of {steps} steps{at}. Other cells may draw random numbers meanwhile."
    )


def refused(error: BaseException) -> str:
    """Say why what was asked for could not be done."""
    return f"Not started. {raised(error)}"


def failed(error: BaseException, done: int, noun: str) -> str:
    """Say what the user's code raised, and when."""
    return f"The {noun} failed in step {done + 1}. {raised(error)}"


def traceback_of(error: BaseException) -> str:
    """Return an error's traceback from the user's code on, as Python prints it.

    The frames of this package before it are left out, unless there are no others.
    """
    entered = error.__traceback__
    while entered is not None and _is_ours(entered):
        entered = entered.tb_next
    return "".join(traceback.format_exception(type(error), error, entered or error.__traceback__))


def suggested(suggestion: Suggestion, by: str = "") -> str:
    """Say what a rule recommends, how sure it is, and the evidence or the doubt; `by` names it."""
    if suggestion.lr is None:
        none, _, why = suggestion.reason.partition(": ")  # each rule says that there is none
        return f"{none}. {why[:1].upper()}{why[1:]}" if why else none
    read = " from the validation loss" * (suggestion.read == "validation")
    said = [f"Recommended {format_lr(suggestion.lr)}{by}{read}, {suggestion.certainty}."]
    if suggestion.caveats:
        said.append(suggestion.caveats[0])
    elif suggestion.band is not None:
        said.append(f"The loss falls at rates of {_span(suggestion.band)}.")
    if suggestion.spread is not None:
        factor = f"{10**suggestion.spread:.2g}"
        said.append("The repeats agree" + f" within a factor of {factor}" * (factor != "1") + ".")
    return " ".join(said)


def searched(lr: float, certainty: Certainty, curve: Suggestion | None = None) -> str:
    """Say what a search recommends, beside what the curve alone does where there is one."""
    said = f"Recommended {format_lr(lr)} by short trainings, {certainty}."
    if curve is None:
        return said
    return f"{said} The curve alone: {'none' if curve.lr is None else format_lr(curve.lr)}."


def about(suggestion: Suggestion, steepest: Suggestion, critical: str) -> list[str]:
    """Say what else is known of a suggestion, with what is `critical` last; "" for nothing."""
    if suggestion.lr is None:
        return [critical] if critical else []
    said = [suggestion.reason, *suggestion.caveats, *suggestion.notes]
    if suggestion.caveats and suggestion.band is not None:
        said.append(f"The loss seems to fall at rates of {_span(suggestion.band)}.")
    if steepest.lr is None:
        why = steepest.reason.removeprefix("No recommendation: ")
        said.append(f"No steepest fall is marked: {why}")
    elif steepest is not suggestion:
        said += steepest.caveats[:1]
    return [*said, critical] if critical else said


def about_search(of_curve: list[str]) -> list[str]:
    """Say the same where short trainings overrule the curve."""
    reason = [f"The curve alone: {said[:1].lower()}{said[1:]}" for said in of_curve[:1]]
    return ["The short trainings below decided.", *reason, *of_curve[1:]]


def critical_rate(lr: float | None, note: str) -> str:
    """Say from which rate on one update raises the loss, or why that is not known."""
    if lr is None:
        return note
    return f"Critical rate {format_lr(lr)}: from there on a single update raises the loss."


def loss_taken(objective: str) -> str:
    """Say which loss was taken, "" where that is not known."""
    return f"Loss: {objective}." if objective else ""


def in_short(ended: str, receipt: Receipt | None) -> str:
    """Say in a few words how something ended, and what it changed."""
    said = re.split(r"[:;,.](?: |$)", ended)[0]
    parts = [re.sub(r"^The \w+ failed", "failed", said)]
    if receipt is not None:
        parts.append("it changed nothing" if receipt.identical else "not all is as before")
    return " · ".join(["How this was run", *filter(None, parts)])


def by_group(names: Sequence[str], lrs: Sequence[float | None]) -> str:
    """Say the rate of each parameter group, "" where they do not differ."""
    if len(set(lrs)) < 2:
        return ""
    each = [
        f"{name} {'as it is' if lr is None else format_lr(lr)}"
        for name, lr in zip(names, lrs, strict=True)
    ]
    if len(each) > MOST_GROUPS:
        each = [*each[: MOST_GROUPS - 1], f"{len(each) - MOST_GROUPS} more", each[-1]]
    return f"By group: {', '.join(each)}."


def applied(lr: float, written: Applied) -> str:
    """Say what `apply` changed in an optimizer, or that it follows the marker."""
    before, after, note, follows, is_other = written
    if follows:
        said = "Applied: the optimizer follows the marker."
    elif before == after:
        rate = f"rate is {format_lr(after[0])}"
        rates = rate if len(after) == 1 else "rates are these"
        said = f"The {'other ' * is_other}optimizer's {rates} already."
    elif len(after) == 1:
        old, new = map(format_lr, (before[0], after[0]))
        went = f"went from {old} to {new}" if old != new else f"is {new}, as before to two digits"
        said = f"Applied{' to another optimizer' * is_other}: lr {went}."
    else:
        changes = ", ".join(
            f"{format_lr(old)} to {format_lr(new)}" for old, new in zip(before, after, strict=True)
        )
        groups = f"{len(after)} parameter groups" + " of another optimizer" * is_other
        said = f"Applied to {groups}: {changes}."
    if not any(math.isclose(rate, lr, rel_tol=1e-6) for rate in after):
        said += f" That is what the scheduler makes of {format_lr(lr)} in its present step."
    return f"{said} {note}".strip()


def not_applied(why: BaseException | str) -> str:
    """Say that nothing was written into an optimizer, and why."""
    return f"Not applied: {why}"


def not_saved(kind: str, why: BaseException) -> str:
    """Say that a file was not made, and why."""
    return f"No {kind.upper()} was made: {why}"


def not_drawn(error: BaseException) -> str:
    """Say why there is no picture."""
    return f"There is no picture: {error}"


def fixed(parameters: Sequence[str]) -> str:
    """Say which trainable parameters an optimizer does not update, "" where there are none."""
    if not parameters:
        return ""
    if len(parameters) == 1:
        return f"{parameters[0]} is in no parameter group and stays as it is"
    return (
        f"{parameters[0]} and {len(parameters) - 1} more trainable parameters are in no parameter "
        "group and stay as they are"
    )


def compared_after(before: int, shown: int) -> str:
    """Say that rates were compared when another sweep was shown, by the numbers of both."""
    when = f"after run {before}" if before else "before the first run"
    return f"Compared {when}; run {shown} is shown above."


def one_after_the_other(why: str) -> str:
    """Say why rates are not tried side by side."""
    return f"The rates are tried one after the other, since {why}."


def searching(lrs: Sequence[float], done: int, steps: int, seconds_per_step: float | None) -> str:
    """Say which rates are tried and how far a search is."""
    tried = f"{len(lrs)} rates from {format_lr(min(lrs))} to {format_lr(max(lrs))}"
    text = f"Searching: {tried}, {done} of {steps} steps"
    return _with_time_left(text, steps - done, seconds_per_step)


def raised(error: BaseException) -> str:
    """Return an error's type and what it says."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _with_time_left(text: str, steps: int, seconds_per_step: float | None) -> str:
    if seconds_per_step is None:
        return f"{text}."
    return f"{text}, {format_duration(steps * seconds_per_step)} left."


def _span(band: tuple[float, float]) -> str:
    return f"{format_lr(band[0])} to {format_lr(band[1])}"


def _is_ours(entered: TracebackType) -> bool:
    return str(entered.tb_frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE
