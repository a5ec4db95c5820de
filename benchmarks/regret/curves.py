"""Reads the stored measurements back as what the metric takes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.regret import store
from benchmarks.regret.metric import Floats, Key, Sweep, Truth
from benchmarks.regret.sweeps import SETTINGS, Setting, rates
from lrfind_widget.curves.smoothing import ExponentialAverage
from lrfind_widget.curves.stop_rule import StopDiv, StopRule


def recorded(losses: Floats, stop_div: StopDiv = "fastai") -> int:
    """Return how many points a range test with a stop rule records of these losses."""
    average, divergence = ExponentialAverage(), StopRule(stop_div)
    for count, loss in enumerate(losses.tolist(), start=1):
        if divergence.update(loss, average.update(loss)) is not None:
            return count
    return len(losses)


def load_truths(path: Path = store.TRUTH) -> dict[str, Truth]:
    """Return the truth of every task at `path`."""
    stored = json.loads(path.read_text())
    grid = stored["settings"]["rates"]
    return {name: Truth.from_entry(grid, entry) for name, entry in stored["tasks"].items()}


def load_sweeps(
    path: Path = store.CURVES,
    rounds: int | None = None,
    settings: Sequence[Setting] = SETTINGS,
    stop_div: StopDiv = "fastai",
) -> list[Sweep]:
    """Return the range tests at `path`, of each task and setting the first `rounds` seeds.

    As far as a stop rule lets them go.
    """
    loaded = []
    for task, entry in json.loads(path.read_text())["tasks"].items():
        for setting in settings:
            for seed in setting.seeds[:rounds]:
                name = f"{setting.name} seed={seed}"
                losses = _losses(entry[name])
                count = recorded(losses, stop_div)
                lrs = np.array(rates(setting)[:count])
                valid = entry.get(f"valid {name}")
                loaded.append(
                    Sweep(
                        Key(task, setting.name, seed),
                        lrs,
                        losses[:count],
                        entry.get(f"critical {name}"),
                        None if valid is None else _losses(valid)[:count],
                    )
                )
    return loaded


def _losses(stored: Sequence[float | None]) -> Floats:
    return np.array([math.nan if x is None else x for x in stored])
