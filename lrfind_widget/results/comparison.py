"""What short trainings at a few rates found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.paired import Difference, paired_difference
from lrfind_widget.points import StopReason
from lrfind_widget.results.receipt import Receipt

Floats = npt.NDArray[np.float64]

LAST_PART = 0.25
"""The part of each training, at its end, that is compared."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Short trainings from one state, each at a rate of its own, on the same batches.

    Attributes
    ----------
    lrs : tuple of float
        The rates, in the order in which they were tried; k of them.
    losses : ndarray of float64, shape (k, steps)
        Raw training loss of each step, before the step. NaN after the end of a training; a
        training that diverged ends with a loss that is NaN or infinite.
    val_losses : ndarray of float64, shape (k, steps), or None
        Validation loss after each step at which it was computed, NaN elsewhere; None where no
        validation loader was given.
    taken : tuple of int
        Steps that were taken at each rate.
    diverged : tuple of bool
        Whether the loss at each rate became NaN or infinite.
    stop_reason : StopReason
        Why it ended; "finished" also where some of the rates diverged.
    stop_sentence : str
        The same in words.
    settings : dict
        How it was trained, as JSON values.
    objective : str
        Which loss was taken, in words.
    isolation : str
        How the model was protected and why that way.
    duration : float
        Seconds it took.
    receipt : Receipt or None
        The comparison of the state afterwards with the state before.
    versions : dict of str
    created : str
        When it ended, ISO 8601.
    """

    lrs: tuple[float, ...]
    losses: Floats
    val_losses: Floats | None
    taken: tuple[int, ...]
    diverged: tuple[bool, ...]
    stop_reason: StopReason
    stop_sentence: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    objective: str = ""
    isolation: str = ""
    duration: float = 0.0
    receipt: Receipt | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(map(format_lr, self.lrs))}: {self.sentence}>"

    @property
    def steps(self) -> int:
        """Steps planned for each rate."""
        return int(self.losses.shape[1])

    @cached_property
    def final_losses(self) -> tuple[float, ...]:
        """Mean loss over the last quarter of each training; infinite where it diverged.

        The validation loss where there is one, else the training loss. NaN for a rate whose
        training did not get to its end.
        """
        return tuple(
            np.inf
            if self.diverged[n]
            else float(np.mean(self._last_part(n)))
            if self.taken[n] == self.steps
            else np.nan
            for n in range(len(self.lrs))
        )

    @property
    def best_lr(self) -> float | None:
        """The rate with the least final loss; None where no training got to its end."""
        ranked = self._ranked()
        return self.lrs[ranked[0]] if ranked else None

    @property
    def difference(self) -> Difference | None:
        """By how much the best rate is ahead of the next best; None where one is missing."""
        ranked = self._ranked()
        if len(ranked) < 2:
            return None
        return paired_difference(*(self._last_part(n) for n in ranked[:2]))

    @property
    def is_clear(self) -> bool:
        """Whether the best rate is better than all others by more than the noise."""
        difference = self.difference
        return self.best_lr is not None and (difference is None or difference.is_clear)

    @property
    def sentence(self) -> str:
        """Which rate did best, and whether by more than the noise."""
        if self.stop_reason in (StopReason.STOPPED, StopReason.FAILED):
            return self.stop_sentence
        lost = [lr for lr, diverged in zip(self.lrs, self.diverged, strict=True) if diverged]
        ranked = self._ranked()
        if not ranked:
            return f"{_names(lost)} diverged: try lower rates."
        best = self.lrs[ranked[0]]
        told = f" {_names(lost)} diverged." if lost else ""
        difference = self.difference
        if difference is None:
            return f"{format_lr(best)} was the only one that did not diverge.{told}" if lost else ""
        kind = "training" if self.val_losses is None else "validation"
        over = f"mean {kind} loss over the last quarter of {self.steps} steps"
        second = format_lr(self.lrs[ranked[1]])
        values = " against ".join(f"{self.final_losses[n]:.3g}" for n in ranked[:2])
        if difference.is_clear:
            return (
                f"{format_lr(best)} did best: {values} at {second} ({over}), a lead of "
                f"{_size(difference)} that is larger than the noise.{told}"
            )
        return (
            f"{format_lr(best)} did best, but its lead over {second} is within the noise: "
            f"{values} ({over}), a difference of {_size(difference)}.{told}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values.

        Losses that are NaN or infinite become the texts "NaN", "Infinity" and "-Infinity", as in
        a saved `SweepResult`.
        """
        difference = self.difference
        return {
            "format": "lrfind_widget.Comparison",
            "version": 1,
            "created": self.created,
            "lrs": list(self.lrs),
            "losses": _plain(self.losses),
            "val_losses": None if self.val_losses is None else _plain(self.val_losses),
            "taken": list(self.taken),
            "diverged": list(self.diverged),
            "final_losses": _plain(np.array(self.final_losses)),
            "best_lr": self.best_lr,
            "lead": None
            if difference is None
            else {
                "mean": _plain(np.array(difference.mean)),
                "error": _plain(np.array(difference.error)),
                "margin": _plain(np.array(difference.margin)),
                "is_clear": difference.is_clear,
            },
            "sentence": self.sentence,
            "stop_reason": self.stop_reason.value,
            "stop_sentence": self.stop_sentence,
            "settings": dict(self.settings),
            "objective": self.objective,
            "isolation": self.isolation,
            "duration": self.duration,
            "receipt": None if self.receipt is None else self.receipt.to_json(),
            "versions": dict(self.versions),
        }

    def _ranked(self) -> list[int]:
        """Return the indices of the rates with a final loss, the best first."""
        final = self.final_losses
        return sorted(
            (n for n in range(len(final)) if np.isfinite(final[n])), key=final.__getitem__
        )

    def _last_part(self, n: int) -> Floats:
        """Return the losses of one rate that are compared."""
        table = self.losses if self.val_losses is None else self.val_losses
        part: Floats = table[n, self.steps - max(1, round(LAST_PART * self.steps)) :]
        return part[~np.isnan(part)]


def _names(lrs: list[float]) -> str:
    *most, last = map(format_lr, lrs)
    return f"{', '.join(most)} and {last}" if most else last


def _size(difference: Difference) -> str:
    lead, margin = abs(difference.mean), difference.margin
    if np.isinf(margin):
        return f"{lead:.2g}"
    # As many digits as it takes to see which is the larger.
    digits = next((n for n in (2, 3) if f"{lead:.{n}g}" != f"{margin:.{n}g}"), 4)
    return f"{lead:.{digits}g} ± {margin:.{digits}g}"


def _plain(values: Floats) -> Any:
    """Return nested lists of numbers that JSON can carry."""
    if values.ndim:
        return [_plain(value) for value in values]
    number = float(values)
    if np.isnan(number):
        return "NaN"
    return number if np.isfinite(number) else "Infinity" if number > 0 else "-Infinity"
