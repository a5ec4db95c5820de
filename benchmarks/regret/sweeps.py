"""The raw loss curves of range tests, so that rules can be measured again without training.

A curve is recorded to the last step or the first loss that is not finite. Where the stop rule
would have ended it is decided when a rule is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.regret import store
from benchmarks.regret.parts import parts
from benchmarks.regret.tasks import TASKS
from benchmarks.regret.training import Task
from lrfind_widget import SweepResult, lr_find

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


def sweep(task: Task, seed: int, setting: Setting, *, validated: bool = False) -> SweepResult:
    """Run one range test to its last step, or to the first loss that is not finite."""
    made = parts(task, seed)
    return lr_find(
        made.model,
        made.batches,
        made.optimizer,
        start_lr=setting.start_lr,
        end_lr=END_LR,
        num_it=setting.num_it,
        stop_div=False,
        **made.commanded(validated=validated),
    )


def measure(
    path: Path = store.CURVES,
    tasks: Sequence[Task] = TASKS,
    settings: Sequence[Setting] = SETTINGS,
) -> None:
    """Run the range tests that `path` lacks.

    Beside the losses an entry holds the critical rate of each sweep and, where it is the first of
    the settings, the validation loss after each step.
    """
    measurement = store.read(
        path, {"end_lr": END_LR, "sweeps": {s.name: list(s.seeds) for s in settings}}
    )
    for task in tasks:
        entry = measurement["tasks"].setdefault(task.name, {})
        for setting in settings:
            validated = setting is settings[0]
            for seed in setting.seeds:
                key = f"{setting.name} seed={seed}"
                if f"critical {key}" in entry:
                    continue
                found = sweep(task, seed, setting, validated=validated)
                entry.setdefault(key, [store.shortened(x, 5) for x in found.losses])
                critical = found.critical_lr
                entry[f"critical {key}"] = None if critical is None else store.shortened(critical)
                if found.val_losses is not None:
                    entry[f"valid {key}"] = [store.shortened(x, 5) for x in found.val_losses]
        store.write(path, measurement)
        print(f"{task.name}: {len(entry)} entries", flush=True)
