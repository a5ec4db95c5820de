"""Synthetic range-test curves whose features are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.schedule import Schedule

Floats = npt.NDArray[np.float64]


def valley(
    lrs: Floats,
    *,
    onset: float = -5.0,
    bottom: float = -2.0,
    start: float = 2.3,
    depth: float = 1.8,
    noise: float = 0.0,
    seed: int = 0,
) -> Floats:
    """Return losses flat up to `onset`, then falling to `bottom` (log10 rates), then exploding."""
    x = np.log10(lrs)
    fall = start - depth * np.clip((x - onset) / (bottom - onset), 0, 1)
    explosion = depth * np.expm1(np.clip(6 * (x - bottom), 0, 30))
    return fall + explosion + noise * np.random.default_rng(seed).normal(size=lrs.size)


def exponential(num_it: int = 100, start_lr: float = 1e-7, end_lr: float = 10.0) -> Floats:
    """Return the rates of the default schedule."""
    return Schedule(start_lr, end_lr, num_it).lrs()
