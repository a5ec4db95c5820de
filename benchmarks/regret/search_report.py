"""What finding a rate by short trainings is worth on tasks not chosen on, and what it costs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.regret import store
from benchmarks.regret.curves import load_truths
from benchmarks.regret.fresh import FRESH
from benchmarks.regret.held_out import HELD_OUT
from benchmarks.regret.metric import Truth
from benchmarks.regret.optimizers import default_lr
from benchmarks.regret.searches import Case as Search
from benchmarks.regret.strategies import (
    Found,
    Kind,
    ShortRuns,
    halving,
    keep_the_best,
    load_short_runs,
    random_search,
)
from benchmarks.regret.training import Task

NAME, FRESH_NAME = "benchmarks.regret search", "benchmarks.regret fresh search"
"""Of the marks in the page of the documentation."""
COMMAND = "python -m benchmarks.regret search"
HALVED = {0.1: (0.05, 0.1), 0.25: (0.1, 0.25), 0.5: (0.1, 0.25, 0.5)}
"""By the share of the longest short training, the shares after which halving drops rates."""
KINDS: tuple[Kind, Kind] = ("valid", "train")
BAD = 0.2
DRAWS = 4000


class Case(NamedTuple):
    """What became of one finding of a rate; the cost in trainings of full length, and in steps."""

    task: str
    regret: float
    cost: float
    steps: float


class Figures(NamedTuple):
    """What became of a way to find a rate, over tasks and seeds.

    `low` and `high` are 5 and 95 % quantiles of the mean over other draws of the tasks.
    """

    mean: float
    low: float
    high: float
    median: float
    p90: float
    bad: float
    cost: float
    steps: float

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Figures:
        """Return the figures of cases."""
        cases = list(cases)
        regrets = np.array([case.regret for case in cases])
        tasks = list(dict.fromkeys(case.task for case in cases))
        means = np.array([np.mean([c.regret for c in cases if c.task == t]) for t in tasks])
        draws = np.random.default_rng(0).integers(0, len(tasks), (DRAWS, len(tasks)))
        low, high = np.quantile(means[draws].mean(axis=1), (0.05, 0.95))
        return cls(
            float(regrets.mean()),
            float(low),
            float(high),
            float(np.median(regrets)),
            float(np.quantile(regrets, 0.9)),
            float((regrets > BAD).mean()),
            float(np.mean([case.cost for case in cases])),
            float(np.mean([case.steps for case in cases])),
        )


class Measured:
    """The stored measurements, and what follows from them.

    Parameters
    ----------
    searches, truth : Path
        What `searches.measure` and `truth.measure` wrote.
    tasks : sequence of Task
        Those that were measured.
    """

    def __init__(
        self,
        searches: Path = store.HELD_OUT_SEARCHES,
        truth: Path = store.HELD_OUT_TRUTH,
        tasks: Sequence[Task] = HELD_OUT,
    ) -> None:
        stored = json.loads(searches.read_text())
        self.versions: dict[str, str] = stored["versions"]
        self.date: str = stored["date"]
        self.seeds: list[int] = stored["settings"]["seeds"]
        self.shares: list[float | None] = stored["settings"]["shares"]
        self.entries: dict[str, dict[str, Any]] = stored["tasks"]
        self._optimizers = {task.name: task.optimizer for task in tasks}
        self._truths: dict[str, Truth] = load_truths(truth)
        self._runs = load_short_runs(truth)

    @classmethod
    def fresh(cls) -> Measured:
        """Return what was measured on the tasks that were made last."""
        return cls(store.FRESH_SEARCHES, store.FRESH_TRUTH, FRESH)

    def without_training(self, what: str, kind: Kind) -> Figures:
        """Return the figures of the "suggestion", or of the optimizer's "default"."""

        def cases() -> Iterator[Case]:
            for task, seed, entry in self._cases():
                found = entry[f"sweep {kind} {seed}"]["suggested"]
                lr = found if what == "suggestion" else default_lr(self._optimizers[task])
                yield Case(task, self._truths[task].regret(lr), 0.0, 0.0)

        return Figures.of(cases())

    def command(self, name: str, kind: Kind, share: float | None) -> Figures:
        """Return the figures of the "search", or of "three" given rates."""

        def cases() -> Iterator[Case]:
            for task, seed, entry in self._cases():
                found = entry[f"{name} {Search(share, kind == 'valid', seed).name}"]
                cost = found["steps"] / entry["steps"]
                yield Case(task, self._truths[task].regret(found["lr"]), cost, found["steps"])

        return Figures.of(cases())

    def strategy(self, play: Callable[[ShortRuns, int], Sequence[Found]], cost: float) -> Figures:
        """Return the figures of a strategy with the fewest rates that cost no less than that."""
        any_runs = next(iter(self._runs.values()))
        count = next(n for n in itertools.count(2) if play(any_runs, n)[0].cost >= cost)

        def cases() -> Iterator[Case]:
            for task, seed, entry in self._cases():
                for found in play(self._runs[task, seed], count):
                    regret = self._truths[task].regret(found.lr)
                    yield Case(task, regret, found.cost, found.cost * entry["steps"])

        return Figures.of(cases())

    def _cases(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        for task, entry in self.entries.items():
            for seed in self.seeds:
                yield task, seed, entry


Ways = dict[str, dict[str, dict[Kind, Figures]]]
"""Figures by length of the short trainings, way to find a rate, and loss that decides."""


def figures(measured: Measured) -> Ways:
    """Return the figures by length of the short trainings, way to find a rate, and kind."""
    found: Ways = {
        "none": {
            "the suggestion alone": {k: measured.without_training("suggestion", k) for k in KINDS},
            "the optimizer's default": {k: measured.without_training("default", k) for k in KINDS},
        }
    }
    for share in measured.shares:
        searched = {kind: measured.command("search", kind, share) for kind in KINDS}
        found["default" if share is None else f"{share:.0%}"] = {
            "**the search**": searched,
            "a third, one and three times the suggestion": {
                kind: measured.command("three", kind, share) for kind in KINDS
            },
            **{
                name: {
                    kind: measured.strategy(_play(name, kind, share), searched[kind].cost)
                    for kind in KINDS
                }
                for name in STRATEGIES
                if share is not None and share in HALVED
            },
        }
    return found


STRATEGIES: dict[str, Callable[[ShortRuns, Kind, float, int], Sequence[Found]]] = {
    "train all a little, keep the best": lambda *case: [keep_the_best(*case)],
    "random search": random_search,
    "successive halving": lambda runs, kind, share, count: [
        halving(runs, kind, HALVED[share], count)
    ],
}


def _play(name: str, kind: Kind, share: float) -> Callable[[ShortRuns, int], Sequence[Found]]:
    return lambda runs, count: STRATEGIES[name](runs, kind, share, count)


COLUMNS = ("mean regret", "median", "90th percentile", "above 0.2", "cost", "steps")
DECIDES = {"valid": "validation", "train": "training"}


def table(found: Ways) -> str:
    """Return the figures as a Markdown table."""
    head = ["short trainings", "loss that decides", "found by", *COLUMNS]
    rows = [head, ["---"] * 3 + ["---:"] * len(COLUMNS)]
    for length, ways in found.items():
        for kind in KINDS:
            for name, kinds in ways.items():
                rows.append([length, DECIDES[kind], name, *_cells(kinds[kind])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(figures: Figures) -> list[str]:
    return [
        f"{figures.mean:.3f} ({figures.low:.2f} to {figures.high:.2f})",
        f"{figures.median:.3f}",
        f"{figures.p90:.3f}",
        f"{figures.bad:.0%}",
        *([f"{figures.cost:.2f}", f"{figures.steps:.0f}"] if figures.cost else ["-", "-"]),
    ]


def caption(measured: Measured) -> str:
    """Return what was measured, when, and with what."""
    cases = len(measured.entries) * len(measured.seeds)
    return (
        f"{len(measured.entries)} tasks, {len(measured.seeds)} seeds each, {cases} cases "
        "a row; in brackets 90 % intervals of the mean over other draws of the tasks. Measured on "
        f"{measured.date} with torch {measured.versions['torch']} and Python "
        f"{measured.versions['python']} by `{COMMAND}`."
    )
