"""When a curve supports no suggestion, and when one should be doubted; what to change then."""

from __future__ import annotations

import math

from lrfind_widget.curves.features import CurveFeatures, chance, rate_at
from lrfind_widget.curves.formatting import format_lr

FEW_AVERAGED = 5.0
"""Losses a smoothed one should rest on, so that its error is under half the noise."""


def supports_suggestion(curve: CurveFeatures) -> bool:
    """Return whether a curve says where to train.

    Where the loss runs away at high rates, that alone bounds the rates to use: it is enough that
    a valley lies between there and the start. A doubt is said where it may be noise. Where the
    loss never turns up, nothing but the fall shows that the rate has any effect, and noise must
    not look like a fall: it has to be larger than `chance`.
    """
    if curve.fall <= 0:
        return False
    return curve.left > curve.first if curve.turned_up else curve.evidence >= chance(curve.count)


def refusal(curve: CurveFeatures, *, stopped: bool = False) -> str:
    """Return why a curve supports no suggestion, and what to change; "" if it supports one."""
    span = f"from {format_lr(rate_at(curve.first))} to {format_lr(rate_at(curve.last))}"
    if supports_suggestion(curve):
        return ""
    if stopped and not curve.turned_up:
        return (
            f"No suggestion: the sweep was stopped at {format_lr(rate_at(curve.last))}, before the "
            "loss fell. Let it run on."
        )
    if curve.turned_up:
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
        "Use larger batches, more steps (num_it) or a higher end_lr."
    )


def caveats_about(curve: CurveFeatures, *, stopped: bool = False) -> tuple[str, ...]:
    """Return sentences that say why a suggestion from this curve may be wrong.

    Parameters
    ----------
    curve : CurveFeatures
        A curve that `refusal` accepts.
    stopped : bool, default False
        Whether the sweep was stopped by hand.
    """
    caveats = []
    first, last = format_lr(rate_at(curve.first)), format_lr(rate_at(curve.last))
    if not curve.turned_up and stopped:
        caveats.append(
            f"The sweep was stopped at {last}, before the loss turned up: higher rates may be "
            "better. Let it run on."
        )
    elif not curve.turned_up:
        caveats.append(
            f"The loss has not turned up by {last}, the end of the range: higher rates may be "
            "better. Raise end_lr."
        )
    if curve.starts_falling:
        caveats.append(
            f"The loss falls from {first} on, the start of the range: where the fall starts is "
            "not seen. Lower start_lr."
        )
    if curve.averaged < FEW_AVERAGED:
        needed = math.ceil(curve.count * FEW_AVERAGED / curve.averaged)
        caveats.append(
            f"The curve has few points: {curve.count} steps over "
            f"{curve.last - curve.first:.1f} decades. Use about {needed} (num_it)."
        )
    if curve.noise > curve.fall:
        caveats.append(
            "The noise of single losses is larger than the whole fall. Use larger batches or "
            "more steps (num_it)."
        )
    if curve.evidence < chance(curve.count):
        caveats.append(
            "The fall is so small beside the noise that it may be chance; sure is only where the "
            "loss runs away. Repeat the sweep, or use larger batches."
        )
    elif curve.slope_evidence < 2:
        caveats.append(
            "Where the loss falls most steeply cannot be told from noise, so the lower end of "
            "the band is a guess. Use larger batches or more steps (num_it)."
        )
    return tuple(caveats)
