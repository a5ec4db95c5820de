"""What a comparison of rates says of them, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrfind_widget.curves.formatting import format_lr, listed
from lrfind_widget.curves.paired import Difference
from lrfind_widget.curves.smoothing import Floats

MOST_NAMED = 5
"""How many rates a sentence names."""


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


def several(lrs: Sequence[float]) -> str:
    """Return the names of some rates, or how many there are and between which."""
    if len(lrs) > MOST_NAMED:
        return f"{len(lrs)} rates from {format_lr(min(lrs))} to {format_lr(max(lrs))}"
    return listed([format_lr(lr) for lr in lrs])
