"""Other ways to find a rate by short trainings, played through on trainings that are stored.

Each knows a training at every rate of the grid, how it stood after a share of its steps. All take
the rates from `FIRST` to `LAST`, which most people's lie in, since none of them has a sweep.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.regret import store
from benchmarks.regret.metric import Floats

Kind = Literal["valid", "train"]
FIRST, LAST = 1e-4, 1.0
DRAWS = 400
"""How often a random search is played through."""


class Found(NamedTuple):
    """What a strategy chose, and what it cost, in trainings of the whole length."""

    lr: float
    cost: float


@dataclass(frozen=True)
class ShortRuns:
    """Trainings of one task from one seed at every rate of a grid.

    Attributes
    ----------
    decades : ndarray, shape (n,)
        log10 of the rates, rising.
    losses : dict
        By kind and share of the steps, the losses, shape (n,); infinite where it diverged.
    """

    decades: Floats
    losses: dict[tuple[Kind, float], Floats]

    def nearest(self, decades: Floats) -> npt.NDArray[np.intp]:
        """Return which rates of the grid lie nearest to some."""
        return np.asarray(np.abs(self.decades - decades[..., None]).argmin(axis=-1))


def load_short_runs(path: Path = store.HELD_OUT_TRUTH) -> dict[tuple[str, int], ShortRuns]:
    """Return the trainings at `path` by task and seed."""
    stored = json.loads(path.read_text())
    settings = stored["settings"]
    decades = np.log10(settings["rates"])

    def series(entry: dict[str, list[float | None]], kind: str, seed: int, share: float) -> Floats:
        ended = kind == "valid" and share == 1
        values = entry[f"losses {seed}" if ended else f"{kind} {seed} at {share:.0%}"]
        return np.array([math.inf if x is None else x for x in values])

    kinds: tuple[Kind, Kind] = ("valid", "train")
    return {
        (task, seed): ShortRuns(
            decades,
            {(k, s): series(entry, k, seed, s) for k in kinds for s in settings["shares"]},
        )
        for task, entry in stored["tasks"].items()
        for seed in settings["seeds"]
    }


def keep_the_best(runs: ShortRuns, kind: Kind, share: float, count: int) -> Found:
    """Train at `count` rates, evenly apart in the logarithm, and keep the best."""
    tried = runs.nearest(_evenly(count))
    return Found(_best(runs, tried, kind, share), count * share)


def random_search(runs: ShortRuns, kind: Kind, share: float, count: int) -> list[Found]:
    """Train at `count` rates drawn at random and keep the best; played `DRAWS` times."""
    low, high = np.log10([FIRST, LAST])
    draws = runs.nearest(np.random.default_rng(0).uniform(low, high, size=(DRAWS, count)))
    return [Found(_best(runs, tried, kind, share), count * share) for tried in draws]


def halving(runs: ShortRuns, kind: Kind, shares: Sequence[float], count: int) -> Found:
    """Train at `count` rates up to the first share, go on with the better half, and so on."""
    tried = runs.nearest(_evenly(count))
    before = cost = 0.0
    for share in shares:
        cost += len(tried) * (share - before)
        better = runs.losses[kind, share][tried].argsort(kind="stable")
        tried, before = tried[better[: math.ceil(len(tried) / 2)]], share
    return Found(float(10 ** runs.decades[tried[0]]), cost)


def _evenly(count: int) -> Floats:
    return np.linspace(math.log10(FIRST), math.log10(LAST), count)


def _best(runs: ShortRuns, tried: npt.NDArray[np.intp], kind: Kind, share: float) -> float:
    return float(10 ** runs.decades[tried[runs.losses[kind, share][tried].argmin()]])
