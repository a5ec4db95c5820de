"""The learning rates of a range test, step by step."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from lrfind_widget.values import check_rate

Mode = Literal["exp", "linear"]


@dataclass(frozen=True)
class Schedule:
    """Learning rates that rise from `start_lr` towards `end_lr` in `num_it` steps.

    Both modes run over ``n / num_it`` for ``n = 0 .. num_it - 1``, as fastai v1 does. So the
    first step is taken at `start_lr`, and the last one just below `end_lr`. A second schedule
    that starts at `end_lr` therefore continues the first without a repeated rate.

    Parameters
    ----------
    start_lr : float, default 1e-7
        Rate of the first step. Greater than 0.
    end_lr : float, default 10.0
        Rate that the schedule rises to. Greater than `start_lr`.
    num_it : int, default 100
        Number of steps, at least 1.
    mode : {"exp", "linear"}, default "exp"
        ``"exp"``: equal ratios between steps, ``start * (end / start) ** (n / num_it)``
        (fastai v1, ``annealing_exp``). ``"linear"``: equal differences between steps,
        ``start + (n / num_it) * (end - start)`` (the ramp of Smith 2015, arXiv 1506.01186, on
        fastai v1's steps).

    Raises
    ------
    TypeError
        If a rate is not a number or `num_it` is not an integer.
    ValueError
        If a rate is not finite or not positive, if `start_lr` is not below `end_lr`, if
        `num_it` is below 1, or if `mode` is unknown.
    """

    start_lr: float = 1e-7
    end_lr: float = 10.0
    num_it: int = 100
    mode: Mode = "exp"

    def __post_init__(self) -> None:
        start = check_rate("start_lr", self.start_lr)
        end = check_rate("end_lr", self.end_lr)
        if start >= end:
            raise ValueError(
                f"start_lr={start:g} must be below end_lr={end:g}: a range test raises the rate. "
                "Lower start_lr or raise end_lr."
            )
        num_it: object = self.num_it
        if isinstance(num_it, bool) or not isinstance(num_it, numbers.Integral):
            raise TypeError(
                f"num_it must be a whole number of steps, got {num_it!r} "
                f"({type(num_it).__name__}). Pass an int such as 100."
            )
        if self.num_it < 1:
            raise ValueError(f"num_it must be at least 1, got {int(self.num_it)}.")
        if self.mode not in get_args(Mode):
            raise ValueError(f'mode must be "exp" or "linear", got {self.mode!r}.')
        # A schedule is recorded with its result, so numpy's scalars become plain numbers here.
        object.__setattr__(self, "start_lr", start)
        object.__setattr__(self, "end_lr", end)
        object.__setattr__(self, "num_it", int(self.num_it))

    def lr(self, step: int) -> float:
        """Return the learning rate of one step.

        Parameters
        ----------
        step : int
            Index of the step, ``0 <= step < num_it``.

        Returns
        -------
        float
            The rate, in the double precision of fastai v1's own formula.

        Raises
        ------
        IndexError
            If there is no such step.
        """
        if not 0 <= step < self.num_it:
            raise IndexError(f"step {step} is outside this schedule of {self.num_it} steps.")
        fraction = step / self.num_it
        if self.mode == "linear":
            return self.start_lr + fraction * (self.end_lr - self.start_lr)
        ratio = self.end_lr / self.start_lr
        if math.isinf(ratio):  # only for ranges of more than 308 decades
            return math.exp(
                (1 - fraction) * math.log(self.start_lr) + fraction * math.log(self.end_lr)
            )
        return float(self.start_lr * ratio**fraction)

    def lrs(self) -> npt.NDArray[np.float64]:
        """Return the learning rates of all steps, shape ``(num_it,)``.

        Each is exactly what `lr` returns for that step.
        """
        # Not np.power: its last bit may differ from the scalar formula's.
        return np.fromiter((self.lr(n) for n in range(self.num_it)), np.float64, self.num_it)

    def __len__(self) -> int:
        return self.num_it
