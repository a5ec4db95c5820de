"""What a person reads, in sentences. Neither torch nor numpy."""

from __future__ import annotations

import math
import re
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from lrfind_widget.curves.formatting import format_duration, format_lr
from lrfind_widget.outcomes import Applied, Status, StopReason
from lrfind_widget.points import Point

if TYPE_CHECKING:
    from lrfind_widget.results.receipt import Receipt
    from lrfind_widget.rules.suggestion import Suggestion
    from lrfind_widget.training.record import Record

_PACKAGE = __name__.partition(".")[0]

WAITING = "Ready: press Run to start the range test."

AUTO_APPLIED = "Applied: the optimizer follows the marker."

NOTHING_TRAINED = "nothing is trained: it has not called optimizer.step()"

EARLY = (
    " That is within the first tenth of the range: lower start_lr, or, if the losses merely vary "
    "from batch to batch, sweep with stop_div=False."
)
NO_RATE = "there is no rate."
INTERRUPTED = "it was interrupted."
NOT_TRAINED = "nothing has trained at it."

MOST_GROUPS = 6
"""How many parameter groups a sentence names."""

FINDING_CRITICAL_RATE = "looking for the critical rate"
NO_CRITICAL_RATE_YET = "No critical rate: the sweep ended before it was looked for."

UPDATE_WITHOUT_LOSS = (
    "update_fn does not say how the loss of a batch is computed apart from the update. Pass "
    "loss_fn or step_fn too."
)
BATCHES_CHANGED = "the step changes the values of its batches in place."
NO_FINITE_LOSS = "the loss of the batches before is not finite."
NO_UPDATE = "the optimizer's step changes nothing, or makes parameters infinite."
NOT_PROPORTIONAL = "the optimizer's step does not grow in proportion to its rate."
STEP_SKIPPED = "the gradient scaler skipped the step."
EVERY_RATE_RAISES = (
    "at any rate the update made for one batch raises the loss of others, as with small batches."
)

Sentence = Callable[["Record", int], str]
"""From what was recorded and the number of steps planned, to a sentence."""


def running(noun: str) -> str:
    """Say why something cannot be done now."""
    return f"{noun} is running: stop it, or wait until it has ended."


def starting(steps: int) -> str:
    """Say that the first step of a sweep is under way."""
    return f"Starting: the first of {steps} steps is under way."


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
        f"Paused after {done} of {steps} steps{at}. Random numbers drawn meanwhile leave it alone."
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


def suggested(suggestion: Suggestion, label: str) -> str:
    """Say what the rule of this label recommends, how sure it is, and the evidence or the doubt."""
    if suggestion.lr is None:
        none, _, why = suggestion.reason.partition(": ")  # each rule says that there is none
        return f"{none}. {why[:1].upper()}{why[1:]}" if why else none
    by = "" if label == "recommended" else f" by {label}"
    read = " from the validation loss" * (suggestion.read == "validation")
    said = [f"Recommended {format_lr(suggestion.lr)}{by}{read}, {suggestion.certainty}."]
    if suggestion.caveats:
        said.append(suggestion.caveats[0])
    elif suggestion.band is not None:
        said.append(f"The loss falls at rates of {_span(suggestion.band)}.")
    if suggestion.spread is not None:
        said.append(f"Spread between repeats: {suggestion.spread:.2f} decades.")
    return " ".join(said)


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
        parts.append("nothing changed" if receipt.identical else "not all is as before")
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


def applied(lr: float, written: Applied, *, follows: bool = False) -> str:
    """Say what `apply` changed in an optimizer, or that it follows the marker."""
    before, after, note = written
    if follows:
        said = AUTO_APPLIED
    elif len(after) == 1:
        said = f"Applied: lr went from {format_lr(before[0])} to {format_lr(after[0])}."
    else:
        changes = ", ".join(
            f"{format_lr(old)} to {format_lr(new)}" for old, new in zip(before, after, strict=True)
        )
        said = f"Applied to {len(after)} parameter groups: {changes}."
    if not any(math.isclose(rate, lr, rel_tol=1e-6) for rate in after):
        said += f" That is what the scheduler makes of {format_lr(lr)} in its present step."
    return f"{said} {note}".strip()


def found(lr: float) -> str:
    """Say that the marker stands where a search has found the best rate."""
    return f"Selected {format_lr(lr)}, which the short trainings found."


def not_applied(why: BaseException | str) -> str:
    """Say that nothing was written into an optimizer, and why."""
    return f"Not applied: {why}"


def not_saved(kind: str, why: BaseException) -> str:
    """Say that a file was not made, and why."""
    return f"No {kind.upper()} was made: {why}"


def text_fallback(status: Status, selected: float, steepest: float | None) -> str:
    """Return the line of text that stands for the widget where none can be shown."""
    text = f"LRFinderWidget ({status}), selected_lr={format_lr(selected)}"
    return text if steepest is None else f"{text}, min_grad_lr={format_lr(steepest)}"


def picture_text(fallback: str) -> str:
    """Return the words that stand for the kept picture; `fallback` stands for the widget."""
    return f"Chart of the loss against the learning rate. {fallback}."


def sweep_finished(record: Record, num_it: int) -> str:
    """Say that every step of a sweep was taken."""
    sentence = f"Finished: {_steps(num_it)}."
    if record.never_moved and record.points[0].loss == 0:
        sentence += (
            " The loss was 0 at every rate, so there was nothing to learn: cross entropy of a "
            "single output is always 0, and so is a loss whose mask leaves nothing."
        )
    elif record.never_moved:
        sentence += (
            f" The loss was {record.points[0].loss:.6g} at every rate, to the bit: does the "
            "optimizer hold the parameters that it depends on?"
        )
    return sentence


def no_critical_rate(why: str) -> str:
    """Say why the critical rate was not found."""
    return f"No critical rate: {why}"


def critical_rate_failed(error: BaseException) -> str:
    """Say what the user's code raised while the critical rate was looked for."""
    return no_critical_rate(f"to evaluate the loss once more raised {raised(error)}")


def too_few_steps(least: int) -> str:
    """Say that a sweep is too short for the critical rate."""
    return no_critical_rate(f"it is looked for in sweeps of at least {least} steps.")


def takes_many_steps(optimizer: str) -> str:
    """Say why an optimizer has no update to look along."""
    return f"{optimizer} evaluates the loss several times in a step, which is no single update."


def cannot_put_back(what: str) -> str:
    """Say what keeps a step from being tried out."""
    return f"a step cannot be tried out, because this could not be put back: {what}."


def moved_before(lr: float, steps: int) -> str:
    """Say that a sweep began too high for the critical rate."""
    return (
        f"the loss rises from {format_lr(lr)} on, and the first {steps} steps have moved the model "
        "about as far. Lower start_lr."
    )


def no_rate_raises(most: float) -> str:
    """Say that the update lowers the loss whatever the rate."""
    return f"no rate up to {format_lr(most)} raises the loss."


def no_loss(function: str, batches: int) -> str:
    """Say that a sweep cannot go on without a loss."""
    given = "the batch" if batches == 1 else f"{batches} batches in a row"
    return f"{function} returned None for {given}, expected a scalar tensor. Is a return missing?"


def no_validation_loss(source: str) -> str:
    """Say that no batch of a val_loader had a loss."""
    return "The val_loader gave no batch that has a loss, expected at least one." + (
        " validation_step neither returns one nor logs one as val_loss, or under the only name "
        'with "loss" in it: let it do so, or pass step_fn=(model, batch) -> loss.'
    ) * (source == "validation_step")


def left_out(batches: int) -> str:
    """Say how many batches were left out."""
    return f" No loss was returned for {batches} batch{'es' * (batches != 1)}: left out."


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


def data_ended(given: int) -> str:
    """Say how much data there was, and what to do."""
    return (
        f"The dataloader gave {given} batch{'es' * (given != 1)} and cannot be started again. "
        "Pass a list or a DataLoader."
    )


def sweep_out_of_data(why: str, record: Record, num_it: int) -> str:
    """Say that the data ended before the sweep."""
    return f"Ended early, after {len(record.points)} of {_steps(num_it)}. {why}"


def sweep_stopped(record: Record, num_it: int) -> str:
    """Say that a sweep was stopped on request."""
    at = f" at {format_lr(record.points[-1].lr)}," if record.points else ""
    return f"Stopped on request{at} after {len(record.points)} of {_steps(num_it)}."


def scaler_gave_up(skips: int, record: Record, num_it: int) -> str:
    """Say that the gradient scaler skipped the latest steps, so many in a row."""
    return (
        f"Stopped after {len(record.points)} of {_steps(num_it)}: the gradient was infinite or "
        f"NaN {skips} times in a row, however small the gradient scaler made it."
    )


def loss_ended_sweep(record: Record, num_it: int) -> str:
    """Say why the last point of a sweep was the last, and what to do where that was early."""
    last, blamed = record.points[-1], record.blamed
    loss = last.loss if blamed == "loss" else last.val_loss or 0.0
    at = f"at {format_lr(last.lr)}"
    if len(record.points) == 1:
        at = "in the first step, before the model was changed"
    if record.verdict is StopReason.NON_FINITE:
        return f"Stopped {at}: the {blamed} was {'NaN' if math.isnan(loss) else 'infinite'}."
    rule = record.rules[blamed]
    far = f"passed {rule.factor:g} × its" if rule.is_of_best else "rose far above its"
    early = EARLY if 10 * len(record.points) < num_it else ""
    return f"Stopped {at}: the smoothed {blamed} {far} minimum.{early}"


def repeats_ended(records: Sequence[Record], num_it: int) -> tuple[StopReason, str]:
    """Return how several sweeps ended, taken together.

    They count as diverged where most of them did: the middle of the curves then ends early.
    """
    last = records[-1]
    reason = last.reason or StopReason.STOPPED
    if len(records) == 1:
        return reason, last.sentence
    count = len(records)
    if reason in (StopReason.STOPPED, StopReason.FAILED):
        return reason, f"In repeat {count}: {last.sentence}"
    ended = [r for r in records if r.reason in (StopReason.DIVERGED, StopReason.NON_FINITE)]
    short = [r.sentence for r in records if r not in ended and len(r.points) < num_it]
    more = f" {short[0]}" if short else ""
    if not ended:
        taken = "" if short else f"{_steps(num_it)} in each of "
        return StopReason.FINISHED, f"Finished: {taken}{count} repeats.{more}"
    diverged = f"the loss diverged in {len(ended)} of {count} repeats{_at(ended)}.{more}"
    if 2 * len(ended) > count:
        return ended[0].reason or StopReason.DIVERGED, f"Stopped: {diverged}"
    return StopReason.FINISHED, f"Finished: {diverged}"


def comparison_finished(steps: int, rates: int) -> str:
    """Say that every training of a comparison has ended."""
    return f"Finished: {steps} steps at {rates} {'rate' if rates == 1 else 'rates'}."


def comparison_stopped(taken: int, steps: int) -> str:
    """Say that a comparison was stopped on request."""
    return f"Stopped on request after {taken} of {steps} steps: nothing is compared."


def compared_after(before: int, shown: int) -> str:
    """Say that rates were compared when another sweep was shown, by the numbers of both."""
    when = f"after run {before}" if before else "before the first run"
    return f"Compared {when}; run {shown} is shown above."


def search_finished(cost: int, rates: int, steps: int) -> str:
    """Say that a search has ended by itself."""
    tried = "1 rate" if rates == 1 else f"{rates} rates"
    return f"Finished: {tried} tried, {_steps(cost)}, up to {steps} at each."


def search_stopped(taken: int) -> str:
    """Say that a search was stopped on request."""
    return f"Stopped on request after {_steps(taken)}."


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


def _at(records: Sequence[Record]) -> str:
    """Return between which rates the last points of some records lie."""
    rates = sorted(record.points[-1].lr for record in records if record.points)
    if not rates:
        return ""
    low, high = format_lr(rates[0]), format_lr(rates[-1])
    return f", at {low}" if low == high else f", at {low} to {high}"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
