"""What is said to people, in sentences. Neither torch nor numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.points import StopReason

if TYPE_CHECKING:
    from lrfind_widget.training.record import Record

Sentence = Callable[["Record", int], str]
"""From what was recorded and the number of steps planned, to a sentence."""


def sweep_finished(record: Record, num_it: int) -> str:
    """Say that every step of a sweep was taken."""
    taken = "the one step was" if num_it == 1 else f"all {num_it} steps were"
    sentence = f"Finished: {taken} taken."
    if record.never_moved:
        sentence += (
            f" The loss was {record.points[0].loss:.6g} at every rate, to the bit: does the "
            "optimizer hold the parameters that it depends on?"
        )
    return sentence


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
    at = f" at a rate of {format_lr(record.points[-1].lr)}," if record.points else ""
    return f"Stopped on request{at} after {len(record.points)} of {_steps(num_it)}."


def scaler_gave_up(skips: int, record: Record, num_it: int) -> str:
    """Say that the gradient scaler skipped the latest steps, so many in a row."""
    return (
        f"Stopped after {len(record.points)} of {_steps(num_it)}: the gradient was infinite or "
        f"NaN {skips} times in a row, however small the gradient scaler made it."
    )


def loss_ended_sweep(record: Record) -> str:
    """Say why the last point of a sweep was the last."""
    last = record.points[-1]
    at = f"at a rate of {format_lr(last.lr)}"
    if record.verdict is StopReason.NON_FINITE:
        return f"Stopped: the loss was {'NaN' if math.isnan(last.loss) else 'infinite'} {at}."
    if record.rule.best > 0 and last.smoothed > record.rule.factor * record.rule.best:
        return f"Stopped: the loss rose above {record.rule.factor:g} times its best {at}."
    return f"Stopped: the loss rose far above its best {at}."


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
        taken = "" if short else f" all {_steps(num_it)} were taken"
        return StopReason.FINISHED, f"Finished:{taken} in each of {count} repeats.{more}"
    diverged = f"in {len(ended)} of {count} repeats the loss diverged{_at(ended)}.{more}"
    if 2 * len(ended) > count:
        return ended[0].reason or StopReason.DIVERGED, f"Stopped: {diverged}"
    return StopReason.FINISHED, f"Finished: {diverged}"


def comparison_finished(steps: int, rates: int) -> str:
    """Say that every training of a comparison has ended."""
    return f"Finished: {steps} steps at {rates} {'rate' if rates == 1 else 'rates'}."


def comparison_stopped(taken: int, steps: int) -> str:
    """Say that a comparison was stopped on request."""
    return f"Stopped on request after {taken} of {steps} steps: nothing is compared."


def _at(records: Sequence[Record]) -> str:
    """Return between which rates the last points of some records lie."""
    rates = sorted(record.points[-1].lr for record in records if record.points)
    if not rates:
        return ""
    low, high = format_lr(rates[0]), format_lr(rates[-1])
    return f", at a rate of {low}" if low == high else f", at rates from {low} to {high}"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
