"""How what trains has ended, in sentences. Neither torch nor numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lrfind_widget.curves.formatting import format_lr, format_steps
from lrfind_widget.outcomes import StopReason

if TYPE_CHECKING:
    from lrfind_widget.training.record import Record

EARLY = (
    " That is within the first tenth of the range: sweep from a lower rate, or, if the losses "
    "merely vary from batch to batch, with stop_div=False."
)

Sentence = Callable[["Record", int], str]
"""From what was recorded and the number of steps planned, to a sentence."""


def sweep_finished(record: Record, num_it: int) -> str:
    """Say that every step of a sweep was taken."""
    sentence = f"Finished: {format_steps(num_it)}."
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


def data_ended(given: int) -> str:
    """Say how much data there was, and what to do."""
    return (
        f"The dataloader gave {given} batch{'es' * (given != 1)} and cannot be started again. "
        "Pass a list or a DataLoader."
    )


def training_ended(trainer: str) -> str:
    """Say that a trainer has ended its training, and what to do."""
    return f"A callback of the {trainer} has ended its training: leave it out to sweep on."


def sweep_out_of_data(why: str, record: Record, num_it: int) -> str:
    """Say that the data ended before the sweep."""
    return f"Ended early, after {len(record.points)} of {format_steps(num_it)}. {why}"


def sweep_stopped(record: Record, num_it: int) -> str:
    """Say that a sweep was stopped on request."""
    at = f" at {format_lr(record.points[-1].lr)}," if record.points else ""
    return f"Stopped on request{at} after {len(record.points)} of {format_steps(num_it)}."


def scaler_gave_up(skips: int, record: Record, num_it: int) -> str:
    """Say that the gradient scaler skipped the latest steps, so many in a row."""
    return (
        f"Stopped after {len(record.points)} of {format_steps(num_it)}: the gradient was infinite "
        f"or NaN {skips} times in a row, however small the gradient scaler made it."
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
    if reason.is_cut_short:
        return reason, f"In repeat {count}: {last.sentence}"
    ended = [r for r in records if r.reason and r.reason.is_of_loss]
    short = [r.sentence for r in records if r not in ended and len(r.points) < num_it]
    more = f" {short[0]}" if short else ""
    if not ended:
        taken = "" if short else f"{format_steps(num_it)} in each of "
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


def search_finished(cost: int, rates: int, steps: int) -> str:
    """Say that a search has ended by itself."""
    tried = "1 rate" if rates == 1 else f"{rates} rates"
    return f"Finished: {tried} tried, {format_steps(cost)}, up to {steps} at each."


def search_stopped(taken: int) -> str:
    """Say that a search was stopped on request."""
    return f"Stopped on request after {format_steps(taken)}."


def _at(records: Sequence[Record]) -> str:
    """Return between which rates the last points of some records lie."""
    rates = sorted(record.points[-1].lr for record in records if record.points)
    if not rates:
        return ""
    low, high = format_lr(rates[0]), format_lr(rates[-1])
    return f", at {low}" if low == high else f", at {low} to {high}"
