"""Why a sweep ended, in sentences."""

from __future__ import annotations

import math
from collections.abc import Callable

from lrfind_widget.numbers.formatting import format_lr
from lrfind_widget.points import StopReason
from lrfind_widget.training.precision import MOST_SKIPS
from lrfind_widget.training.record import Record

Sentence = Callable[[Record, int], str]
"""From what was recorded and the number of steps planned, to a sentence."""


def finished(record: Record, num_it: int) -> str:
    """Say that every step was taken."""
    sentence = f"Finished: all {_steps(num_it)} were taken."
    if record.never_moved:
        sentence += (
            f" The loss was {record.points[0].loss:.6g} at every rate, to the bit: does the "
            "optimizer hold the parameters that it depends on?"
        )
    return sentence


def early(why: str, record: Record, num_it: int) -> str:
    """Say that the data ended first."""
    return f"Ended early, after {len(record.points)} of {_steps(num_it)}. {why}"


def stopped(record: Record, num_it: int) -> str:
    """Say that somebody stopped it."""
    return f"Stopped on request after {len(record.points)} of {_steps(num_it)}."


def scaler_gave_up(record: Record, num_it: int) -> str:
    """Say that the gradient scaler skipped every step of late."""
    return (
        f"Stopped after {len(record.points)} of {_steps(num_it)}: the gradient was infinite or "
        f"NaN {MOST_SKIPS} times in a row, however small the gradient scaler made it."
    )


def judged(verdict: StopReason, record: Record) -> str:
    """Say why the last point was the last."""
    last = record.points[-1]
    at = f"at a rate of {format_lr(last.lr)}"
    if verdict is StopReason.NON_FINITE:
        return f"Stopped: the loss was {'NaN' if math.isnan(last.loss) else 'infinite'} {at}."
    if record.rule.best > 0 and last.smoothed > record.rule.factor * record.rule.best:
        return f"Stopped: the loss rose above {record.rule.factor:g} times its best {at}."
    return f"Stopped: the loss rose far above its best {at}."


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
