"""The learning rates of a range test, step by step."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lrfind_widget.values import integer, real

Mode = Literal["exp", "linear"]

_PLANNED = ("start_lr", "end_lr", "num_it")


@dataclass(frozen=True)
class Schedule:
    """Learning rates that rise from `start_lr` towards `end_lr` in `num_it` steps.

    Both modes run over ``n / num_it`` for ``n = 0 .. num_it - 1``, as fastai v1 does. So the
    first step is taken at `start_lr`, and the last one a step below `end_lr`. A second schedule
    that starts at `end_lr` therefore continues the first without a repeated rate.

    ``"exp"``: equal ratios between steps, ``start * (end / start) ** (n / num_it)`` (fastai v1,
    ``annealing_exp``). ``"linear"``: equal differences between steps,
    ``start + (n / num_it) * (end - start)`` (the ramp of Smith 2015, arXiv 1506.01186, on fastai
    v1's steps).
    """

    start_lr: float = 1e-7
    end_lr: float = 10.0
    num_it: int = 100
    mode: Mode = "exp"

    def lr(self, step: int) -> float:
        """Return the learning rate of a step, in the double precision of fastai v1's formula.

        IndexError says where there is no such step.
        """
        if not 0 <= step < self.num_it:
            raise IndexError(f"step {step} is outside this schedule of {self.num_it} steps.")
        return self.at(step / self.num_it)

    def at(self, fraction: float) -> float:
        """Return the learning rate at a fraction of the range."""
        if self.mode == "linear":
            return self.start_lr + fraction * (self.end_lr - self.start_lr)
        ratio = self.end_lr / self.start_lr
        if math.isinf(ratio):  # only for ranges of more than 308 decades
            return math.exp(
                (1 - fraction) * math.log(self.start_lr) + fraction * math.log(self.end_lr)
            )
        return float(self.start_lr * ratio**fraction)

    def lrs(self) -> npt.NDArray[np.float64]:
        """Return the learning rates of all steps, shape ``(num_it,)``, each as `lr` gives it."""
        # Not np.power: its last bit may differ from the scalar formula's.
        return np.fromiter((self.lr(n) for n in range(self.num_it)), np.float64, self.num_it)

    def steps_below(self, lr: float) -> int:
        """Return how many steps have a rate below one, by more than the rounding."""
        return bisect_left(range(self.num_it), lr * (1 - 1e-9), key=self.lr)

    def __len__(self) -> int:
        return self.num_it


@dataclass(frozen=True)
class CloserSchedule(Schedule):
    """The steps of a schedule below a part of its rates, as they are, and then those of the part.

    `start_lr`, `end_lr`, `num_it` and `mode` are those of all of it. A part that begins below the
    schedule stands alone.
    """

    whole: Schedule = Schedule()
    part: Schedule = Schedule()

    @classmethod
    def of(cls, whole: Schedule | None, part: Schedule) -> CloserSchedule:
        """Return what leads through a schedule, where there is one, to a part of it."""
        below = 0 if whole is None else whole.steps_below(part.start_lr)
        start = part.start_lr if whole is None or not below else whole.start_lr
        num_it = below + part.num_it
        return cls(start, part.end_lr, num_it, part.mode, whole or part, part)

    @property
    def below(self) -> int:
        """How many steps come before the part."""
        return self.num_it - self.part.num_it

    def lr(self, step: int) -> float:
        """Return the learning rate of a step; IndexError says where there is no such step."""
        below = self.below
        return self.whole.lr(step) if step < below else self.part.lr(step - below)


def schedule_of(settings: Mapping[str, Any]) -> Schedule | None:
    """Return the schedule that settings name; None where they name none.

    They may come from a file, so what makes no sense counts as none.
    """
    start, end = real(settings.get("start_lr")), real(settings.get("end_lr"))
    steps = integer(settings.get("num_it"))
    if start is None or end is None or steps is None:
        return None
    mode: Mode = "linear" if settings.get("mode") == "linear" else "exp"
    known = 0 < start < end < math.inf and 1 <= steps < 2**63
    return Schedule(start, end, steps, mode) if known else None


def sweeps_of(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was planned for each sweep of a curve, in the order that its parts count.

    They may come from a file: of a sweep that makes no sense nothing was planned.
    """
    if "joined" not in settings:
        return [{"kind": "sweep"} | {name: settings.get(name) for name in _PLANNED}]
    joined = settings["joined"]
    sweeps = joined if isinstance(joined, list) else []
    return [sweep if isinstance(sweep, dict) else {} for sweep in sweeps]
