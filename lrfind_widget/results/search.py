"""What a search by short trainings found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from lrfind_widget.curves.formatting import format_lr, listed
from lrfind_widget.curves.paired import LAST_PART, mean_of
from lrfind_widget.curves.rungs import DECADES, Fate, vertex
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results import verdict
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.suggestion import Certainty

BY_LENGTH = -0.32
"""The best rate goes with the length of a training to this power (arXiv 2409.19913, of AdamW on
language models). On small tasks short trainings choose too high by 0.28, 0.18 and 0.10 decades at
10, 25 and 50 % of the length, where it says 0.32, 0.19 and 0.10."""

BY_SCHEDULE = {"constant": 0.0, "one_cycle": 0.42, "cosine": 0.36}
"""Decades that the maximum of a schedule is best above the best constant rate, measured."""

NOTHING_TRAINED = (
    "The loss was nowhere below that at the start by more than the noise. Search again from "
    "another rate, or with more steps or larger batches."
)


class Tried(NamedTuple):
    """One rate of a search.

    Attributes
    ----------
    lr : float
    loss : float
        Mean over the last quarter of the training, of the loss that decides; NaN where the
        training was dropped before its end, infinite where it diverged.
    steps : int
        Steps that were taken.
    fate : {"", "diverged", "dropped"}
        Why it ended early; "" where it did not.
    """

    lr: float
    loss: float
    steps: int
    fate: Fate


@dataclass(frozen=True, eq=False, repr=False)
class SearchResult(Comparison):
    """Short trainings from one state on the same batches, at rates that one search has tried.

    A `Comparison`, in which rates that were behind were dropped before their end, with the rate
    that follows from it. Its attributes are there too.

    Attributes
    ----------
    dropped : tuple of bool
        Which rates were dropped before their end, because they were behind.
    origin : str
        What the first rate was.
    ending : {"", "bracketed", "noise", "cost", "untrained", "diverged"}
        Why no further rates were tried: the best has worse ones on both sides; it stands at an
        edge, with a lead within the noise; it stands there still after the most that a search may
        cost; none has brought the loss below its start; all diverged. "" where it was stopped or
        failed.
    for_steps : int or None
        Steps of the training that the rate is meant for, where that was said.
    for_schedule : str or None
        Its schedule, where that was said.
    hold_back : float or None
        The part of the training data that was held back for the validation loss.
    sweep : SweepResult or None
        The range test before the search, where there was one.
    """

    _of_each = ("taken", "diverged", "dropped")

    dropped: tuple[bool, ...] = ()
    origin: str = ""
    ending: str = ""
    for_steps: int | None = None
    for_schedule: str | None = None
    hold_back: float | None = None
    sweep: SweepResult | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.for_schedule is not None and self.for_schedule not in BY_SCHEDULE:
            raise ValueError(
                f"for_schedule is {self.for_schedule!r}, expected one of {', '.join(BY_SCHEDULE)}."
            )

    @property
    def tried(self) -> tuple[Tried, ...]:
        """The rates in their order, from low to high, and what came of each."""
        fates = [self._fate(n) for n in range(len(self.lrs))]
        rows = zip(self.lrs, self.final_losses, self.taken, fates, strict=True)
        return tuple(sorted(Tried(*row) for row in rows))

    @property
    def cost(self) -> int:
        """Steps that were taken, those at all rates together."""
        return sum(self.taken)

    @property
    def compared_steps(self) -> int:
        """Steps after which the rates are compared: all, or those that a stop has left to each.

        0 where a stop came before that of two rates enough was seen.
        """
        if self.stop_reason is not StopReason.STOPPED:
            return self.steps
        enough = [
            taken
            for n, taken in enumerate(self.taken)
            if not self._fate(n) and taken >= LAST_PART * self.steps
        ]
        return min(enough) if len(enough) > 1 else 0

    @property
    def tried_lr(self) -> float | None:
        """The rate that did best of those tried; None where no training got to its end."""
        return super().best_lr

    @property
    def between(self) -> float:
        """Decades from `tried_lr` to where a parabola through it and its neighbours is least.

        0 where a neighbour was not trained to its end, unless it diverged.
        """
        ranked = self._ranked()
        if not ranked or self.compared_steps < self.steps:
            return 0.0
        best = math.log10(self.lrs[ranked[0]])
        losses = [self._loss_near(best + side * DECADES) for side in (-1, 0, 1)]
        slowest = self.losses[int(np.argmin(self.lrs)), : max(1, self.steps // 16)]
        return vertex(losses, mean_of(slowest))

    @property
    def by_length(self) -> float:
        """Decades by which the rate is moved for the length of the training it is meant for."""
        if self.for_steps is None:
            return 0.0
        return BY_LENGTH * math.log10(self.for_steps / self.steps)

    @property
    def by_schedule(self) -> float:
        """Decades by which the rate is moved for the schedule of the training it is meant for."""
        return BY_SCHEDULE[self.for_schedule or "constant"]

    @property
    def best_lr(self) -> float | None:
        """The rate to train with; None where no training got to its end.

        The one that did best, moved to the least of the parabola through it and its neighbours,
        and for the length and the schedule of the real training where these were given. Where
        `ending` is "untrained" nothing shows that it trains.
        """
        tried = self.tried_lr
        if tried is None:
            return None
        return tried * 10 ** (self.between + self.by_length + self.by_schedule)

    @property
    def is_settled(self) -> bool:
        """Whether no other rate was still to be tried."""
        return self.ending in ("bracketed", "noise") and self.best_lr is not None

    @property
    def tied_lrs(self) -> tuple[float, ...]:
        """The rate to train with, then that which did best of those tried, where it is another.

        After them each that was not behind by more than the noise, as those of a `Comparison`. All
        are moved for the length and the schedule of the real training. Empty also where nothing
        has trained.
        """
        if self.best_lr is None or self.ending == "untrained":
            return ()
        moved = 10 ** (self.by_length + self.by_schedule)
        first, *others = (self.lrs[n] * moved for n in self._tied())
        return (self.best_lr, *([first] if verdict.is_moved(self.between) else []), *others)

    @property
    def certainty(self) -> Certainty:
        """Whether the rate that did best is ahead of all others by more than the noise."""
        return "none" if self.best_lr is None else "sure" if len(self._tied()) == 1 else "unsure"

    @property
    def standing(self) -> str:
        """Which rate did best, and whether by more than the noise, beside `best_lr`."""
        if not verdict.is_moved(self.between):
            return self._best("The recommended rate")
        # The rate that is recommended lies beside it, and was not trained at.
        return self._best(f"Of the rates tried {format_lr(self.lrs[self._tied()[0]])}")

    @property
    def verdict(self) -> str:
        """Which rate to take, which did best, and whether by more than the noise."""
        if self.stop_reason is StopReason.FAILED or not self._ranked():
            return super().verdict
        if self.stop_reason is StopReason.STOPPED:
            return f"{self.stop_sentence} So far: {self._best()}"
        if self.ending == "untrained":
            lowest, highest = (format_lr(lr) for lr in (min(self.lrs), max(self.lrs)))
            return f"Nothing has trained at rates from {lowest} to {highest}."
        return f"Take {format_lr(self.best_lr or 0)}. {self._best()}"

    @property
    def evidence(self) -> str:
        """What decided, in numbers, and what the rate is meant for; "" if nothing is compared."""
        if self.stop_reason is StopReason.FAILED or not self._ranked():
            return ""
        parts = [self._compared(), self._at_the_edge(), self._decided(), self._answer()]
        if self.stop_reason is StopReason.STOPPED:
            parts = [self._compared(), self._decided()]
        elif self.ending == "untrained":
            parts = [NOTHING_TRAINED, self._compared()]
        return " ".join(filter(None, parts))

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; `from_json` reads it back unchanged."""
        return super().to_json() | {"tried_lr": self.tried_lr, "cost": self.cost}

    def _fate(self, n: int) -> Fate:
        return "diverged" if self.diverged[n] else "dropped" if self.dropped[n] else ""

    @property
    def _alone(self) -> str:
        return "got to its end" if any(self.dropped) else super()._alone

    def _note(self, n: int) -> str:
        return f" (dropped after {self.taken[n]})" if self.dropped[n] else super()._note(n)

    def _is_compared(self, n: int) -> bool:
        return not self.dropped[n] and 0 < self.compared_steps <= self.taken[n]

    def _loss_near(self, place: float) -> float:
        """Return the final loss of the rate at a place on the ladder, NaN where there is none."""
        for lr, loss in zip(self.lrs, self.final_losses, strict=True):
            if abs(math.log10(lr) - place) < 0.1 * DECADES:
                return loss
        return math.nan

    def _at_the_edge(self) -> str:
        if self.ending != "cost":
            return ""
        return (
            f"No further rates were tried after {self.cost} steps, although it stands at the edge "
            f"of those tried: search again from {format_lr(self.tried_lr or 0)}."
        )

    def _decided(self) -> str:
        if self.val_losses is None:
            return "The training loss decided, which does not show overfitting."
        if self.hold_back is not None:
            return f"For the validation loss {self.hold_back:.0%} of the data were held back."
        return ""

    def _answer(self) -> str:
        """Say why another rate than the one that did best is to be taken, and what it is for."""
        moves = []
        if verdict.is_moved(self.between):
            moves.append("the least of a parabola through it and its neighbours")
        if self.for_steps is not None:
            moves.append(verdict.for_length(self.by_length, self.for_steps, self.steps))
        if self.for_schedule is not None and self.by_schedule:
            moved_by = verdict.moved(self.by_schedule)
            moves.append(f"{moved_by} as the maximum of a {self.for_schedule} schedule")
        said = [
            *([] if self.for_steps is not None else ["about as long as these trainings"]),
            *([] if self.for_schedule is not None else ["at a constant rate"]),
        ]
        assumed = f"That is for a training {' and '.join(said)}." if said else ""
        tried, rate = (format_lr(lr or 0) for lr in (self.tried_lr, self.best_lr))
        moved = f"From {tried} to {rate}: {listed(moves)}." if moves else ""
        return " ".join(filter(None, [moved, assumed]))
