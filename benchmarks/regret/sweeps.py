"""The raw loss curves of range tests, so that rules can be measured again without training.

A curve is recorded to the last step or the first loss that is not finite. Where the stop rule
would have ended it is decided when a rule is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.regret import store
from benchmarks.regret.tasks import TASKS
from benchmarks.regret.training import Task

END_LR = 10.0


class Setting(NamedTuple):
    """How a range test is run; its first and last rates and number of steps."""

    start_lr: float
    num_it: int
    seeds: tuple[int, ...]

    @property
    def name(self) -> str:
        """The key in the stored file."""
        return f"start_lr={self.start_lr:g} num_it={self.num_it}"


DEFAULT = Setting(1e-7, 100, (0, 1, 2, 3, 4))
SETTINGS = (
    DEFAULT,
    Setting(1e-7, 50, (0, 1, 2)),
    Setting(1e-7, 200, (0, 1, 2)),
    Setting(1e-7, 400, (0, 1, 2)),
    Setting(1e-8, 100, (0, 1, 2)),
    Setting(1e-6, 100, (0, 1, 2)),
)


def rates(setting: Setting) -> list[float]:
    """Return the rates of fastai v1's exponential schedule; the end is never reached."""
    ratio = END_LR / setting.start_lr
    return [setting.start_lr * ratio ** (n / setting.num_it) for n in range(setting.num_it)]


def losses(task: Task, seed: int, setting: Setting) -> Iterator[float]:
    """Run one range test; yield each step's loss, the first that is not finite last."""
    training = task.start(seed)
    for lr in rates(setting):
        loss = training.step(lr)
        yield loss
        if not math.isfinite(loss):
            return


def measure(
    path: Path = store.CURVES,
    tasks: Sequence[Task] = TASKS,
    settings: Sequence[Setting] = SETTINGS,
) -> None:
    """Run the range tests that `path` lacks."""
    measurement = store.read(
        path, {"end_lr": END_LR, "sweeps": {s.name: list(s.seeds) for s in settings}}
    )
    for task in tasks:
        entry = measurement["tasks"].setdefault(task.name, {})
        for setting in settings:
            for seed in setting.seeds:
                key = f"{setting.name} seed={seed}"
                if key not in entry:
                    entry[key] = [store.shortened(x, 5) for x in losses(task, seed, setting)]
        store.write(path, measurement)
        print(f"{task.name}: {len(entry)} curves", flush=True)
