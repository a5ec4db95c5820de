"""When a curve supports no suggestion, and when one should be doubted; what to change then."""

from __future__ import annotations

import math

from lrfind_widget.numbers.fitted_curve import WIDTH, FittedCurve, chance, rate_at
from lrfind_widget.numbers.formatting import format_lr

FEW_AVERAGED = 5.0
"""Losses a smoothed one should rest on, so that its error is under half the noise."""


def supports_suggestion(curve: FittedCurve) -> bool:
    """Return whether a curve falls, as far as its noise lets one see.

    Where the loss turns up at high rates, the rate has an effect and lower ones are expected to
    train: it is enough that the fall is no smaller than its standard error, and a doubt is said.
    Where it never turns up, nothing but the fall shows any effect, and noise must not look like
    one: the fall has to be larger than `chance`.
    """
    return curve.fall > 0 and curve.evidence >= (1.0 if curve.turned_up else chance(curve.count))


def refusal(curve: FittedCurve, *, stopped: bool = False) -> str:
    """Return why a curve supports no suggestion, and what to change; "" if it supports one."""
    span = f"from {format_lr(rate_at(curve.first))} to {format_lr(rate_at(curve.last))}"
    if supports_suggestion(curve):
        return ""
    if stopped and not curve.turned_up:
        return (
            f"No suggestion: the sweep was stopped at {format_lr(rate_at(curve.last))}, before the "
            "loss fell. Let it run on."
        )
    if curve.fall <= 0 and curve.turned_up:
        return (
            f"No suggestion: the loss only rises {span}. Lower start_lr, or use larger batches "
            "if the model is already trained."
        )
    if curve.fall <= 0:
        return (
            f"No suggestion: the loss does not move {span}. Check that the optimizer holds the "
            "model's parameters and that they require gradients, or raise end_lr."
        )
    return (
        f"No suggestion: {span} the loss falls no further than its noise would make it seem. "
        "Use larger batches, more steps (num_it)"
        + ("." if curve.turned_up else ", or a higher end_lr.")
    )


def doubts_about(curve: FittedCurve, *, stopped: bool = False) -> tuple[str, ...]:
    """Return sentences that say why a suggestion from this curve may be wrong.

    Parameters
    ----------
    curve : FittedCurve
        A curve that `refusal` accepts.
    stopped : bool, default False
        Whether the sweep was stopped by hand.
    """
    doubts = []
    first, last = format_lr(rate_at(curve.first)), format_lr(rate_at(curve.last))
    if not curve.turned_up and stopped:
        doubts.append(
            f"The sweep was stopped at {last}, before the loss turned up: higher rates may be "
            "better. Let it run on."
        )
    elif not curve.turned_up:
        doubts.append(
            f"The loss has not turned up by {last}, the end of the range: higher rates may be "
            "better. Raise end_lr."
        )
    if curve.onset < curve.first + 2 * WIDTH:  # nearer than the smoothing can tell apart
        doubts.append(
            f"The loss falls from {first} on, the start of the range: where the fall starts is "
            "not seen. Lower start_lr."
        )
    if curve.averaged < FEW_AVERAGED:
        needed = math.ceil(curve.count * FEW_AVERAGED / curve.averaged)
        doubts.append(
            f"The curve has few points: {curve.count} steps over "
            f"{curve.last - curve.first:.1f} decades. Use about {needed} (num_it)."
        )
    if curve.noise > curve.fall:
        doubts.append(
            "The noise of single losses is larger than the whole fall. Use larger batches or "
            "more steps (num_it)."
        )
    if curve.evidence < chance(curve.count):
        doubts.append(
            f"The fall is {curve.evidence:.1f} times its standard error and may be chance. "
            "Repeat the sweep, or use larger batches."
        )
    elif curve.slope_evidence < 2:
        doubts.append(
            "Where the loss falls most steeply cannot be told from noise, so the lower end of "
            "the band is a guess. Use larger batches or more steps (num_it)."
        )
    return tuple(doubts)
