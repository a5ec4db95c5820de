"""Why a suggestion may be wrong: few signs, each with what would settle it.

Which signs count was decided on the benchmark's sweeps (`benchmarks.regret`): what does not tell
a bad suggestion from a good one there is a note at most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from lrfind_widget.curves.features import CurveFeatures, chance, rate_at
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import GroupRanges, typed
from lrfind_widget.rules.suggestion import Advice, Suggestion
from lrfind_widget.rules.valley_features import SWEEP_ON, is_evident, lr_text

FEW_AVERAGED = 5.0
"""Losses a smoothed one should rest on, so that its error is under half the noise."""

FAR = 1.0
"""Decades between two opinions on the rate that are too many."""

CONFIRMED = 2.0
"""Standard errors that a fall should have where the critical rate is a second opinion; without
one it has to be larger than `chance`."""

GENERALISED = 0.5
"""What part of the fall of the training loss the validation loss should fall as well."""

MOST_STEPS = 1000
"""A sweep longer than this costs more than short trainings do."""

_SEARCH = Advice("search")
_LOWER = "Sweep from a lower rate"
_ABOVE = "above", "Sweep to a higher rate"
_ROUNDING = 1e-9


class Doubt(NamedTuple):
    """A sentence that says why a suggestion may be wrong, and what would settle it."""

    sentence: str
    advice: Advice


class Swept(NamedTuple):
    """What is known of a sweep besides its curve: how it ended, and what was planned."""

    stopped: bool = False
    end_lr: float | GroupRanges | None = None
    num_it: int | None = None


def doubted(
    suggestion: Suggestion,
    read: CurveFeatures,
    training: CurveFeatures | None,
    swept: Swept,
    *,
    confirmed: bool = False,
) -> Suggestion:
    """Return a suggestion with what there is to doubt of the curves it comes from.

    That is of the curve that was `read`, and of the noise of the `training` losses. `confirmed`
    says that the rate is not the curve's alone: the critical rate has a say in it.
    """
    found = [*_about_noise(training, swept, confirmed), *_about_range(read, swept)]
    if training is not None and training is not read:
        found += _about_generalisation(read, training)
    return with_doubts(suggestion, found)


def with_doubts(suggestion: Suggestion, doubts: list[Doubt]) -> Suggestion:
    """Return a suggestion with some doubts more; the first of all gives the advice."""
    if not doubts:
        return suggestion
    return replace(
        suggestion,
        caveats=(*suggestion.caveats, *(doubt.sentence for doubt in doubts)),
        advice=suggestion.advice or doubts[0].advice,
    )


def beyond(lr: float, curve: CurveFeatures) -> list[Doubt]:
    """Doubt a rate that was not among those swept."""
    position = math.log10(lr)
    if curve.first - _ROUNDING <= position <= curve.last + _ROUNDING:
        return []
    side, change = ("below", _LOWER) if position < curve.first else _ABOVE
    return [Doubt(f"{format_lr(lr)} would be recommended, {side} the range. {change}.", _SEARCH)]


def far_from(lr: float, critical: float) -> list[Doubt]:
    """Doubt a rate that lies far from what the critical rate says."""
    decades = abs(math.log10(lr / critical))
    if decades <= FAR:
        return []
    return [
        Doubt(
            f"It lies {decades:.1f} decades from {format_lr(critical)}, where the critical rate "
            "says that one can train. Search by short trainings.",
            _SEARCH,
        )
    ]


def _about_noise(curve: CurveFeatures | None, swept: Swept, confirmed: bool) -> Iterator[Doubt]:
    """Doubt a fall that noise may have made."""
    if curve is None:
        return
    enough = CONFIRMED if confirmed else chance(curve.count)
    if curve.evidence >= enough:
        return
    said = "The training loss falls no further than its noise may make it seem."
    # The evidence grows with the root of the number of steps.
    most = math.sqrt(MOST_STEPS / _steps(curve, swept))
    if most * curve.evidence >= enough:
        needed = _steps(curve, swept) * (enough / curve.evidence) ** 2
        steps = 100 * math.ceil(needed / 100)
        yield Doubt(f"{said} Use {steps} steps, or larger batches.", _sweep(steps))
    else:
        yield Doubt(f"{said} Search by short trainings, or use larger batches.", _SEARCH)


def _about_range(curve: CurveFeatures, swept: Swept) -> Iterator[Doubt]:
    """Doubt a curve that does not show the whole valley, or not closely."""
    first, last = lr_text(curve.first), lr_text(curve.last)
    if not curve.turned_up and swept.stopped:
        yield Doubt(
            f"The sweep ended at {last}, before the loss turned up: higher rates may be better. "
            f"{SWEEP_ON}",
            Advice("sweep"),
        )
    elif not curve.turned_up:
        planned = swept.end_lr or rate_at(curve.last)
        if isinstance(planned, GroupRanges):
            planned = planned.end_lrs[planned.reference]
        end = 10 * planned
        yield Doubt(
            f"The loss has not turned up by {last}, the end of the range: higher rates may be "
            f"better. Sweep to {typed(end, swept.end_lr)}.",
            Advice("extend", end),
        )
    if curve.starts_falling:
        yield Doubt(
            f"The loss falls from {first} on, the start of the range: where the fall starts is "
            f"not seen. {_LOWER}.",
            _SEARCH,
        )
    if curve.averaged < FEW_AVERAGED:
        steps = math.ceil(_steps(curve, swept) * FEW_AVERAGED / curve.averaged)
        yield Doubt(
            f"The curve has few points: {curve.count} steps over "
            f"{curve.last - curve.first:.1f} decades. Use about {steps}.",
            _sweep(steps),
        )


def _about_generalisation(validation: CurveFeatures, training: CurveFeatures) -> Iterator[Doubt]:
    """Doubt a training that the validation loss does not gain by."""
    if is_evident(training) and validation.fall < GENERALISED * training.fall:
        yield Doubt(
            "The validation loss falls less than half as far as the training loss: what is learnt "
            "fits the training data alone. Search by short trainings.",
            _SEARCH,
        )


def _steps(curve: CurveFeatures, swept: Swept) -> int:
    """Return how many steps were planned, of one of repeated sweeps."""
    return swept.num_it or curve.count


def _sweep(steps: int) -> Advice:
    return Advice("sweep", float(steps))
