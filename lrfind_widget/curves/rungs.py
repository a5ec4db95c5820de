"""Which rates short trainings try next: the policy of a search, without any training.

A search is a ladder of rates, half a decade apart, whose trainings start from one state and see
the same batches. `next_move` is asked whenever all that train have come to the same step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from lrfind_widget.curves.paired import last_part, mean_of, paired_difference, spread
from lrfind_widget.curves.smoothing import Floats

DECADES = 0.5
"""Between two rungs."""

FIRST = (0, -1, 1)
"""The places that a search begins with, the middle one first."""

LOOKS = 8
"""How often in a training the rates are compared."""

FIRST_LOOK = 0.5
"""Before this part of a training none is dropped or added: high rates fall first, and low ones
further. On small tasks to drop earlier loses more than it saves."""

NEGLIGIBLE = 0.02
"""A lead that is smaller than this part of what the best loss has fallen by, and within the noise,
does not matter."""

MOST = 8
"""What a search may cost, in trainings of full length."""

MOST_RUNGS = 12
"""How many rates a search may try; those that diverge cost next to nothing."""

LOWEST = -5
"""How far down is looked for a rate that trains, where noise may hide that some do."""

LEAP = 3.0
"""Where the first losses of the slowest rung exceed the very first by so many times the noise, its
rate has thrown the network off at once, ..."""

FURTHER = 1.5
"""... if those of the next rung do by so many times as much: hard batches are so at any rate."""

Fate = Literal["", "diverged", "dropped"]
"""What became of a rung; "" for one that trains, or has got to its end."""

Ending = Literal["", "bracketed", "noise", "cost", "untrained", "diverged"]
"""Why a search has ended: the best has worse ones on both sides; it stands at an edge, with a lead
within the noise; it stands there still after the most that a search may cost; none has brought the
loss below the start; or all diverged."""


@dataclass
class Rung:
    """The losses at one rate so far; of the validation loss NaN where it was not computed.

    One that `stays` was dropped once and is wanted again: it gets to its end now.
    """

    losses: list[float] = field(default_factory=list)
    val_losses: list[float] = field(default_factory=list)
    fate: Fate = ""
    stays: bool = False


class Move(NamedTuple):
    """What is done next: places at which a training begins, or goes on, and others that end."""

    add: tuple[int, ...] = ()
    drop: tuple[int, ...] = ()
    ending: Ending = ""


def next_move(rungs: dict[int, Rung], steps: int) -> Move:
    """Say what a search does next.

    From the first look on a rung two places from the best that is behind by more than the noise
    is dropped, and one whose loss has risen above the start by more than the best has fallen; and
    where the best stands at an edge and is ahead of its neighbour by more than the noise, the
    ladder goes on there. At the end the best has to have a worse one on either side that was not
    dropped, unless its lead is within the noise and negligible besides. Where no rung has fallen
    below the start by more than the noise, as where all have died, lower ones are added; where all
    have leapt up at once, the others are dropped for them, and it goes down as long as it may cost
    that.

    Of two rungs the validation loss decides, where there is one. Few of them do not tell whether
    a lead is noise: then the training loss has to agree.

    Parameters
    ----------
    rungs : dict of int to Rung
        By their places on the ladder.
    steps : int
        Steps of each training.
    """
    ladder = _Ladder(rungs, steps)
    room = max(0, ladder.room)
    lower = (min(rungs) - 1, min(rungs) - 2)[:room]
    trying = ladder.trying
    if not trying:
        return Move(add=lower) if room else Move(ending="diverged")
    level = min(len(rungs[place].losses) for place in trying)
    if level < FIRST_LOOK * steps:
        return Move()
    best = ladder.best(level)
    if not ladder.trains(best, level):
        if room and ladder.is_thrown_off(best, level):
            return Move(lower, tuple(place for place in trying if place != best))
        if room and min(rungs) > LOWEST and best < trying[-1]:
            return Move(add=lower)
        if level == steps:
            return Move(ending="untrained")
    if level < steps:
        lost = tuple(place for place in trying if ladder.is_lost(place, best, level))
        edges = [s for s in (-1, 1) if best + s not in rungs and ladder.leads(best, -s, level)]
        return Move(tuple(best + side for side in edges)[:room], lost)
    open_ = [side for side in (-1, 1) if not ladder.is_known(best + side, best)]
    if not open_:
        return Move(ending="bracketed")
    wanted = [side for side in open_ if -side in open_ or ladder.matters(best, -side)]
    if not wanted:
        return Move(ending="noise")
    add = tuple(best + side for side in wanted)[:room]
    return Move(add=add) if add else Move(ending="cost")


class _Ladder:
    """The rungs, and what they say of one another."""

    def __init__(self, rungs: dict[int, Rung], steps: int) -> None:
        self._rungs = rungs
        self._steps = steps
        self.trying = [place for place in sorted(rungs) if not rungs[place].fate]
        cost = sum(len(rung.losses) if rung.fate else steps for rung in rungs.values())
        self.room = min(int(MOST - cost / steps), MOST_RUNGS - len(rungs))
        """How many rungs may still be added, when those that train get to their end."""

    def best(self, level: int) -> int:
        """Return the place with the least loss, over the last part of so many steps."""
        return min(self.trying, key=lambda place: self._mean(place, level))

    def trains(self, best: int, level: int) -> bool:
        """Whether the best loss is below the start, or the slowest, by more than the noise."""
        slowest = min(self.trying)
        start, end = self._start(level), last_part(self._rungs[best].losses[:level])
        if self.is_thrown_off(best, level):  # then only the first loss is that of the start
            return float(start[0]) - mean_of(end) > 2 * spread(end)
        if best != slowest and self._ahead(best, slowest, level):
            return True
        error = math.hypot(*(spread(part) / math.sqrt(part.size) for part in (start, end)))
        return mean_of(start) - mean_of(end) > 2 * error

    def is_thrown_off(self, best: int, level: int) -> bool:
        """Whether even the slowest rung has leapt up at once, and the next one further."""
        start = self._start(level)
        leap = mean_of(start) - float(start[0])
        noise = spread(last_part(self._rungs[best].losses[:level]))
        next_ = self._rungs.get(min(self.trying) + 1)
        if next_ is None or leap <= LEAP * noise:
            return False
        further = mean_of(np.asarray(next_.losses[: start.size])) - float(start[0])
        return not further <= FURTHER * leap  # NaN where it diverged

    def _start(self, level: int) -> Floats:
        """Return the first losses of the slowest rung."""
        losses = self._rungs[min(self.trying)].losses
        return np.asarray(losses[: len(last_part(range(level)))])

    def leads(self, best: int, side: int, level: int) -> bool:
        """Whether a rung is ahead of its neighbour on one side by more than the noise."""
        neighbour = self._rungs.get(best + side)
        if neighbour is None or neighbour.fate:
            return False
        return self._ahead(best, best + side, level)

    def matters(self, best: int, side: int) -> bool:
        """Whether the lead of a rung over its neighbour, at the end, may be more than nothing."""
        level = self._steps
        if self._rungs[best + side].fate or self._ahead(best, best + side, level):
            return True
        lead = self._mean(best + side, level) - self._mean(best, level)
        return lead > NEGLIGIBLE * self._fallen(best, level)

    def is_lost(self, place: int, best: int, level: int) -> bool:
        """Whether a rung need not train on."""
        if place == best or self._rungs[place].stays or not self._ahead(best, place, level):
            return False
        return abs(place - best) > 1 or self._has_risen(place, best, level)

    def is_known(self, place: int, best: int) -> bool:
        """Whether a neighbour of the best is known to be no better."""
        rung = self._rungs.get(place)
        if rung is None or rung.fate != "dropped":
            return rung is not None
        return self._has_risen(place, best, len(rung.losses))

    def _has_risen(self, place: int, best: int, level: int) -> bool:
        """Whether a loss is above the start by more than the best one has fallen."""
        risen = -self._fallen(place, level)
        return risen > max(self._fallen(best, level), 0.0)

    def _fallen(self, place: int, level: int) -> float:
        """Return by how much the training loss has fallen since the start."""
        return mean_of(self._start(level)) - mean_of(last_part(self._rungs[place].losses[:level]))

    def _mean(self, place: int, level: int) -> float:
        training, validation = self._parts(place, level)
        return mean_of(training) if validation is None else mean_of(validation)

    def _ahead(self, one: int, other: int, level: int) -> bool:
        (training, validation), (training_2, validation_2) = (
            self._parts(place, level) for place in (one, other)
        )
        trained = paired_difference(training_2, training)
        if validation is None or validation_2 is None:
            return trained.is_behind
        validated = paired_difference(validation_2, validation)
        return validated.mean > 0 and (validated.is_clear or trained.is_behind)

    def _parts(self, place: int, level: int) -> tuple[Floats, Floats | None]:
        rung = self._rungs[place]
        validated = last_part(rung.val_losses[:level])
        known = validated if np.isfinite(validated).any() else None
        return last_part(rung.losses[:level]), known


def vertex(losses: Sequence[float], start: float) -> float:
    """Return where a parabola through three losses, a rung apart, is least, in decades.

    That is between -0.25 and 0.25, seen from the middle one, which is the least of them; 0 where
    one of them is NaN. One above the loss at the start, or infinite, counts as that: how far a
    training has gone astray says nothing of where the best one is.
    """
    highest = np.fmax(start, losses[1])
    low, middle, high = (np.float64(min(loss, highest)) for loss in losses)
    with np.errstate(all="ignore"):
        share = 0.5 * (low - high) / (low - middle + high - middle)
    return DECADES * float(share) if np.isfinite(share) and abs(share) <= 0.5 else 0.0
