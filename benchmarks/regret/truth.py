"""What each rate is really worth: a grid of full trainings at constant rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.regret import store
from benchmarks.regret.tasks import TASKS
from benchmarks.regret.training import Task

SEEDS = (0, 1, 2)
RATES = tuple(float(f"{10 ** (k / 4):.5g}") for k in range(-20, 5))  # 1e-5 to 10, four a decade
SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Parts of a training after which it is looked at, where short trainings are to be simulated."""
RECENT = 0.25
"""The part of the steps so far, at their end, whose mean is the recent training loss."""


class Look(NamedTuple):
    """How a training stands after a part of its steps; NaN once it diverged."""

    valid: float
    train: float


def looks(task: Task, seed: int, lr: float, shares: Sequence[float] = (1.0,)) -> list[Look]:
    """Train from the start at `lr`; return how it stands after each share of the steps."""
    training = task.start(seed)
    losses: list[float] = []
    found: list[Look] = []
    for share in shares:
        steps = round(share * task.steps)
        while len(losses) < steps:
            losses.append(training.step(lr))
            if not math.isfinite(losses[-1]):
                return found + [Look(math.nan, math.nan)] * (len(shares) - len(found))
        recent = losses[-max(1, round(RECENT * steps)) :]
        found.append(Look(training.validation_loss(), float(np.mean(recent))))
    return found


def measure(
    path: Path = store.TRUTH,
    tasks: Sequence[Task] = TASKS,
    rates: Sequence[float] = RATES,
    seeds: Sequence[int] = SEEDS,
    shares: Sequence[float] = (1.0,),
) -> None:
    """Run the trainings that `path` lacks; what is done is kept, so it can be broken off.

    An entry holds the final validation losses as "losses SEED" and, where there are several
    `shares`, those on the way as "valid SEED at 10%" and the recent training losses as
    "train SEED at 10%".
    """
    settings = {"rates": list(rates), "seeds": list(seeds)}
    if len(shares) > 1:
        settings["shares"] = list(shares)
    measurement = store.read(path, settings)
    for task in tasks:
        entry = measurement["tasks"].setdefault(task.name, {"steps": task.steps})
        for seed in seeds:
            if f"losses {seed}" in entry:
                continue
            entry[f"start {seed}"] = store.shortened(task.start(seed).validation_loss())
            of_rates = [looks(task, seed, lr, shares) for lr in rates]
            for share, of_share in zip(shares, zip(*of_rates, strict=True), strict=True):
                valid, train = (
                    [store.shortened(x, 5) for x in side] for side in zip(*of_share, strict=True)
                )
                if len(shares) > 1:
                    entry[f"train {seed} at {share:.0%}"] = train
                entry[f"losses {seed}" if share == 1 else f"valid {seed} at {share:.0%}"] = valid
            store.write(path, measurement)
            print(f"{task.name}, seed {seed}: {entry[f'losses {seed}']}", flush=True)
