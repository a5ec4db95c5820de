"""Finds rates by short trainings with the package's own commands, on tasks not chosen on."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks.regret import store
from benchmarks.regret.held_out import HELD_OUT
from benchmarks.regret.parts import parts
from benchmarks.regret.training import Task
from benchmarks.regret.truth import SEEDS
from lrfind_widget import compare_lrs, lr_find, search_lr
from lrfind_widget.options import SearchOptions
from lrfind_widget.results.search_start import where_to_begin

SHARES = (0.1, 0.25, 0.5)
"""Lengths of the short trainings, as parts of the real one's."""
FRESH_SHARES = (0.1, 0.25, 0.4, 0.5, None)
"""Those on the tasks that were made last: with 40 % a search costs up to 1.6 real trainings, with
None nothing is told of the length, and the short trainings have as many steps as by default."""
SIDE = 3.0
"""What is tried beside a suggestion: a third of it and three times it."""


class Case(NamedTuple):
    """One finding of a rate: how long the short trainings are, and which loss decides."""

    share: float | None
    validated: bool
    seed: int

    @property
    def name(self) -> str:
        """The key in the stored file."""
        length = "by default" if self.share is None else f"at {self.share:.0%}"
        return f"{length} {'valid' if self.validated else 'train'} {self.seed}"

    def steps(self, task: Task) -> int:
        """Return the steps of each short training."""
        return SearchOptions().steps if self.share is None else round(self.share * task.steps)


class Steps:
    """Counts the steps that optimizers take, whichever they are."""

    def __init__(self) -> None:
        self.count = 0

    def _add(self, *_: Any) -> None:
        self.count += 1

    @contextmanager
    def counted(self) -> Iterator[Steps]:
        """Count while this is entered."""
        handle = register_optimizer_step_post_hook(self._add)
        try:
            yield self
        finally:
            handle.remove()


def suggestion(task: Task, seed: int, *, validated: bool) -> dict[str, float | None]:
    """Return what a range test suggests, and the rate that a search begins with."""
    made = parts(task, seed)
    own = made.optimizer.param_groups[0]["lr"]
    sweep = lr_find(made.model, made.batches, made.optimizer, **made.commanded(validated=validated))
    found = sweep.suggested_lr
    return {"suggested": found, "start": where_to_begin(sweep, found, own).lr}


def search(task: Task, case: Case, lr: float) -> dict[str, Any]:
    """Search from a rate, for the task's length where it is told; return the answer and cost."""
    made = parts(task, case.seed)
    with Steps().counted() as steps:
        found = search_lr(
            made.model,
            made.batches,
            made.optimizer,
            lr=lr,
            steps=case.steps(task),
            for_steps=None if case.share is None else task.steps,
            **made.commanded(validated=case.validated),
        )
    return {"lr": found.best_lr, "steps": steps.count, "rates": len(found.lrs)}


def try_three(task: Task, case: Case, lr: float) -> dict[str, Any]:
    """Train at a third of a rate, at it and at three times it; return the best and the cost."""
    made = parts(task, case.seed)
    with Steps().counted() as steps:
        found = compare_lrs(
            made.model,
            made.batches,
            made.optimizer,
            [lr / SIDE, lr, SIDE * lr],
            steps=case.steps(task),
            **made.commanded(validated=case.validated),
        )
    return {"lr": found.best_lr, "steps": steps.count, "rates": len(found.lrs)}


def measure(
    path: Path = store.HELD_OUT_SEARCHES,
    tasks: Sequence[Task] = HELD_OUT,
    seeds: Sequence[int] = SEEDS,
    shares: Sequence[float | None] = SHARES,
) -> None:
    """Run what `path` lacks; what is done is kept, so it can be broken off."""
    measurement = store.read(path, {"seeds": list(seeds), "shares": list(shares)})
    for task in tasks:
        entry = measurement["tasks"].setdefault(task.name, {"steps": task.steps})
        for seed, validated in itertools.product(seeds, (True, False)):
            kind = "valid" if validated else "train"
            begun = f"sweep {kind} {seed}"
            if begun not in entry:
                entry[begun] = _shortened(suggestion(task, seed, validated=validated))
            start = entry[begun]["start"]
            for case in (Case(share, validated, seed) for share in shares):
                for name, command in (("search", search), ("three", try_three)):
                    key = f"{name} {case.name}"
                    if key not in entry:
                        torch.manual_seed(3000 + seed)
                        entry[key] = _shortened(command(task, case, start))
        measurement["date"] = dt.datetime.now(dt.timezone.utc).date().isoformat()
        store.write(path, measurement)
        print(f"{task.name}: {len(entry)} entries", flush=True)


def _shortened(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: store.shortened(value) if isinstance(value, float) else value
        for name, value in found.items()
    }
