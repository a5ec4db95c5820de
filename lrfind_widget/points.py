"""The seam between the half that trains and the half that shows.

A sweep produces a stream of `Point` and ends for a `StopReason`; a widget shows
the stream and a `Status`. Neither side needs to know more of the other.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Point(NamedTuple):
    """One step of a learning-rate range test.

    Attributes
    ----------
    step : int
        Index of the optimizer step, from 0.
    lr : float
        Learning rate the step was taken with, of the reference parameter group.
    loss : float
        Raw training loss of the step's batch, before the step. May be NaN or infinite in the
        last point of a sweep.
    smoothed : float
        Debiased exponential average of the finite losses up to this step.
    val_loss : float or None
        Validation loss at this rate, where a validation loader was given.
    repeat : int
        Which of the repeated sweeps the point belongs to, from 0.
    """

    step: int
    lr: float
    loss: float
    smoothed: float
    val_loss: float | None = None
    repeat: int = 0


class StopReason(str, Enum):
    """Why a sweep ended."""

    FINISHED = "finished"
    """Every planned step was taken."""
    DIVERGED = "diverged"
    """The smoothed loss rose above the stop rule's threshold."""
    NON_FINITE = "non_finite"
    """The loss was NaN or infinite."""
    STOPPED = "stopped"
    """A person or a program asked it to stop."""
    FAILED = "failed"
    """The user's model, data, loss or optimizer raised an exception."""


class Status(str, Enum):
    """What a sweep is doing, as `LRFinderWidget.status` says it."""

    WAITING = "waiting"
    SWEEPING = "sweeping"
    PAUSED = "paused"
    FINISHED = "finished"
    DIVERGED = "diverged"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_running(self) -> bool:
        """Whether a sweep holds its thread now."""
        return self in (Status.SWEEPING, Status.PAUSED)

    @classmethod
    def after(cls, reason: StopReason) -> Status:
        """Return the status that a sweep ended by `reason` has."""
        if reason is StopReason.NON_FINITE:
            return cls.DIVERGED
        return cls(reason.value)
