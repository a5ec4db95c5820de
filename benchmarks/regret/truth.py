"""What each rate is really worth: a grid of full trainings at constant rates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.regret import store
from benchmarks.regret.tasks import TASKS
from benchmarks.regret.training import Task

SEEDS = (0, 1, 2)
RATES = tuple(float(f"{10 ** (k / 4):.5g}") for k in range(-20, 5))  # 1e-5 to 10, four a decade


def final_loss(task: Task, seed: int, lr: float) -> float:
    """Train from the start at `lr`; return the validation loss at the end, NaN once diverged."""
    training = task.start(seed)
    for _ in range(task.steps):
        if not math.isfinite(training.step(lr)):
            return math.nan
    return training.validation_loss()


def measure(
    path: Path = store.TRUTH,
    tasks: Sequence[Task] = TASKS,
    rates: Sequence[float] = RATES,
    seeds: Sequence[int] = SEEDS,
) -> None:
    """Run the trainings that `path` lacks; what is done is kept, so it can be broken off."""
    measurement = store.read(path, {"rates": list(rates), "seeds": list(seeds)})
    for task in tasks:
        entry = measurement["tasks"].setdefault(task.name, {"steps": task.steps})
        for seed in seeds:
            if f"losses {seed}" in entry:
                continue
            entry[f"start {seed}"] = store.shortened(task.start(seed).validation_loss())
            entry[f"losses {seed}"] = [
                store.shortened(final_loss(task, seed, lr), 5) for lr in rates
            ]
            store.write(path, measurement)
            print(f"{task.name}, seed {seed}: {entry[f'losses {seed}']}", flush=True)
