"""What a run comes to, and what a command has done: neither torch nor numpy nor Jupyter."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class _Word(str, Enum):
    """A word that is written as itself; what an f-string makes of an enum differs by version."""

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, spec: str) -> str:
        return format(str(self.value), spec)


class StopReason(_Word):
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

    @property
    def is_of_loss(self) -> bool:
        """Whether what the loss did ended it."""
        return self in (StopReason.DIVERGED, StopReason.NON_FINITE)

    @property
    def is_cut_short(self) -> bool:
        """Whether a person or an error ended it."""
        return self in (StopReason.STOPPED, StopReason.FAILED)


class Status(_Word):
    """What a run is doing, as `LRFinderWidget.status` says it; ``f"{status}"`` is "finished"."""

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


class Applied(NamedTuple):
    """The rates of an optimizer's parameter groups, before and after one was written into it."""

    before: list[float]
    after: list[float]
    note: str = ""  # what may undo it, in a sentence
    follows: bool = False  # whether the optimizer is given each rate that is chosen
    is_other: bool = False  # whether it is another optimizer than the one that was swept
