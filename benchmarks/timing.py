"""Seconds a step, measured in the same way whoever trains."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

_NOTES: list[tuple[float, float]] = []
"""When each step's forward pass began: seconds of the clock, and of this process's work."""


class Timed(nn.Module):
    """A model that notes when it is called, through whatever loop and in whatever copy."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, inputs: Tensor) -> Tensor:
        _NOTES.append((time.perf_counter(), time.process_time()))
        return self.inner(inputs)


@dataclass(frozen=True)
class Sample:
    """One run.

    Attributes
    ----------
    step : float
        Seconds a step, from the first forward pass to the last, whatever is done between them
        besides. What comes once before and after, such as a copy of the model and its
        restoration, is not in it.
    work : float
        The same in seconds of processor time, of all threads of this process. Other
        programs on the machine hardly change it.
    whole : float
        Seconds of the whole call, with all that comes once.
    """

    step: float
    work: float
    whole: float


def sample(run: Callable[[], object], steps: int) -> Sample:
    """Measure a run of a `Timed` model.

    Raises
    ------
    RuntimeError
        If it took fewer steps than it was asked for.
    """
    gc.collect()
    _NOTES.clear()
    began = time.perf_counter()
    run()
    whole = time.perf_counter() - began
    if len(_NOTES) < steps:
        raise RuntimeError(f"took {len(_NOTES)} steps of {steps}, so there is nothing to compare")
    (first, first_work), (last, last_work) = _NOTES[0], _NOTES[-1]
    between = steps - 1
    return Sample((last - first) / between, (last_work - first_work) / between, whole)


def shuffled(names: Sequence[str], number: int) -> list[str]:
    """Return the order of the contestants in one round, another in each."""
    order = list(names)
    random.Random(number).shuffle(order)
    return order


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the quartiles around it."""
    if len(values) < 2:
        low = high = values[0]
    else:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return {
        "median": round(statistics.median(values), 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def ratios(
    rounds: Sequence[Mapping[str, Sample]], bases: Sequence[str]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return each contestant's ratios to the mean of the bases of its round.

    The bases are the same thing measured more than once, since the noise of a base goes into
    every ratio. They themselves are compared with the first of them.
    """
    figures: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for measured in rounds for name in measured):
        against = bases[:1] if name in bases else bases
        figures[name] = {
            what: spread(
                [
                    getattr(measured[name], what)
                    / statistics.fmean(getattr(measured[base], what) for base in against)
                    for measured in rounds
                ]
            )
            for what in ("step", "work", "whole")
        }
    return figures
