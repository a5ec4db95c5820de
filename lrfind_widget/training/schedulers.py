"""The rates that the schedulers of an optimizer read, besides those in its groups.

A scheduler makes the rate of each step from one that it was given: a base rate, or the highest one
of a cycle. A rate that is written into the groups alone is lost at its next step.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR, SequentialLR
from torch.optim.swa_utils import SWALR

from lrfind_widget.isolation.reach import attached_schedulers


class Schedulers:
    """The schedulers of an optimizer, and the rates that they start from, or rise to.

    `bases` has one for each group: its present rate where no scheduler has set that.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._groups = optimizer.param_groups
        self._found = attached_schedulers([optimizer])
        self._is_one_cycle = any(isinstance(one, OneCycleLR) for one in self._found)
        places = range(len(self._groups))
        self._starts = [self._start(place) for place in places]
        self._scheduled = [self._is_scheduled(place) for place in places]
        self.bases = [
            start if scheduled else float(group["lr"])
            for group, start, scheduled in zip(
                self._groups, self._starts, self._scheduled, strict=True
            )
        ]

    def move(self, place: int, base: float) -> float:
        """Let the schedules of one group start from `base`; return what they make of it now."""
        group, start = self._groups[place], self._starts[place]
        lr = self._now(place, base)
        ends = ("initial_lr", "max_lr", "min_lr") if self._is_one_cycle else ("initial_lr",)
        read: list[tuple[Any, Any]] = [(group, key) for key in ends if key in group]
        read += [(rates, place) for rates in self._lists("base_lrs", "max_lrs")]
        for rates, key in read:
            was = float(rates[key])
            follows = self._found and start and was != start
            _put(rates, key, was * base / start if follows else base)
        for rates in self._lists("_last_lr"):
            _put(rates, place, lr)
        return lr

    @property
    def note(self) -> str:
        """What may undo a rate all the same, and what to do; empty where nothing is known to."""
        for scheduler in self._found:
            name = type(scheduler).__name__
            if isinstance(scheduler, SWALR):
                return f"{name} goes to its own swa_lr, whatever the rate: set that, too."
            if type(scheduler).__module__.partition(".")[0] != "torch":
                return f"{name} is your own: look at the rate after its next step()."
        if not self._found and any("initial_lr" in group for group in self._groups):
            return (
                "The groups have an initial_lr, which a scheduler left that cannot be found: "
                "where it is still in use, make it again."
            )
        return ""

    def _start(self, place: int) -> float:
        group = self._groups[place]
        if self._is_one_cycle and "max_lr" in group:
            return float(group["max_lr"])
        for highest in self._lists("max_lrs"):  # of a cyclic one
            return float(highest[place])
        return float(group["initial_lr" if self._found and "initial_lr" in group else "lr"])

    def _is_scheduled(self, place: int) -> bool:
        """Whether a scheduler set the present rate, and not a person since."""
        lr = float(self._groups[place]["lr"])
        return any(math.isclose(lr, float(rates[place])) for rates in self._lists("_last_lr"))

    def _now(self, place: int, base: float) -> float:
        lr, start = float(self._groups[place]["lr"]), self._starts[place]
        if lr == start or not start or not self._scheduled[place]:
            return base
        least = self._least()
        if start == least:
            return lr * base / start
        return least + (lr - least) * (base - least) / (start - least)

    def _least(self) -> float:
        """Return the rate below which the schedule does not go, whatever its base."""
        active: set[int] = {id(one) for one in self._found}
        for one in self._found:
            if isinstance(one, SequentialLR):
                inner = one._schedulers  # noqa: SLF001 - there is no public way to them
                now = bisect_right(one._milestones, one.last_epoch)  # noqa: SLF001
                active -= {id(other) for other in [*inner[:now], *inner[now + 1 :]]}
        return max(
            (float(getattr(one, "eta_min", 0)) for one in self._found if id(one) in active),
            default=0.0,
        )

    def _lists(self, *names: str) -> Iterator[list[Any]]:
        for scheduler in self._found:
            for name in names:
                rates = getattr(scheduler, name, None)
                if isinstance(rates, list) and len(rates) == len(self._groups):
                    yield rates


def _put(rates: Any, key: Any, lr: float) -> None:
    """Write a rate; one that is a tensor stays the same tensor."""
    if isinstance(rates[key], Tensor):
        rates[key].fill_(lr)
    else:
        rates[key] = lr
