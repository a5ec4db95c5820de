"""What a comparison of rates says of them, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrfind_widget.curves.formatting import format_lr, listed
from lrfind_widget.curves.paired import Difference
from lrfind_widget.curves.smoothing import Floats

MOST_NAMED = 5
"""How many rates a sentence names."""

LONGEST = 10.0
"""How many times as long as the short trainings a training was, of which the best rate was measured
by its length."""

_NEAR = 0.02
"""Decades within which two rates are seen as one."""


def best(name: str, tied: Sequence[float], lead: Difference | None, alone: str) -> str:
    """Say which rate did best, and which others are within the noise.

    `lead` is that over the next best, None where there is no other; `alone` says what only this
    one has done then.
    """
    if lead is None:
        return f"{name} was the only one that {alone}." if alone else ""
    if not tied:
        return (
            f"{name} did best, by more than the noise."
            if lead.is_clear
            else f"{name} clearly did best."
        )
    if np.isinf(lead.margin):
        return f"{name} did best, of too few losses to know the noise: take more steps."
    are = "is" if len(tied) == 1 else "are"
    return f"{name} did best, but {several(tied)} {are} within the noise."


def numbers(
    kind: str, steps: int, pair: Sequence[tuple[float, float]], difference: Difference
) -> str:
    """Say how the losses of the best rate and of the next compare; `pair` has rate and loss."""
    values = " against ".join(f"{loss:.3g}" for _, loss in pair)
    return (
        f"Mean {kind} loss over the last quarter of {steps} steps: {values} at "
        f"{format_lr(pair[1][0])}, a difference of {difference.shown}."
    )


def none(lost: str, first: Floats) -> str:
    """Say why no rate has a final loss, from their first losses; "" where none diverged."""
    if not lost or np.isfinite(first).any():
        return lost and f"{lost} diverged: try lower rates."
    return (
        f"The loss was {'NaN' if np.isnan(first).all() else 'infinite'} in the first step, before "
        "the model was changed: that is not the rates' fault. Look at the data, the model and the "
        "loss."
    )


def for_length(decades: float, steps: int, compared: int) -> str:
    """Say by how much a rate is moved for a training of so many steps, and why."""
    longer = steps / compared
    why = ", since the best rate falls with the length of a training" if longer > 1 else ""
    if longer > LONGEST:
        why += f" (measured up to {LONGEST:g} times as long, this is {longer:.3g} times)"
    return f"{moved(decades)} for {steps} steps{why}"


def moved(decades: float) -> str:
    """Return by how much a rate is moved, in words."""
    if not is_moved(decades):
        return "unchanged"
    return f"{10 ** abs(decades):.2g} times {'lower' if decades < 0 else 'higher'}"


def is_moved(decades: float) -> bool:
    """Return whether anybody would see a rate that is moved so far as another one."""
    return abs(decades) >= _NEAR


def several(lrs: Sequence[float]) -> str:
    """Return the names of some rates, or how many there are and between which."""
    if len(lrs) > MOST_NAMED:
        return f"{len(lrs)} rates from {format_lr(min(lrs))} to {format_lr(max(lrs))}"
    return listed([format_lr(lr) for lr in lrs])
