"""Regret of a rate, and what else tells whether a rule can be trusted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
Floats = npt.NDArray[np.float64]
Rule = Callable[..., Any]
"""Takes rates and raw losses; returns a rate, None, or something with such an `lr`."""


class Truth:
    """What each rate of a grid led to, averaged over seeds.

    The loss of a training counts at most what it started from: who diverged keeps the initial
    model. So one diverged seed of three costs a third, and the expected loss is that of
    Wortsman et al. 2023 (arXiv 2309.14322), ``E[min(L(lr), L0)]``.

    Parameters
    ----------
    rates : sequence of float, shape (n,)
        The grid, rising.
    losses : sequence of sequence of float or None, shape (seeds, n)
        Final validation losses; None where the training diverged.
    starts : sequence of float, shape (seeds,)
        Validation losses at initialisation.
    """

    def __init__(
        self,
        rates: Sequence[float],
        losses: Sequence[Sequence[float | None]],
        starts: Sequence[float],
    ) -> None:
        filled = np.array([[math.inf if x is None else x for x in row] for row in losses])
        self.decades = np.log10(np.asarray(rates, dtype=np.float64))
        self.losses = np.minimum(filled, np.asarray(starts)[:, None]).mean(axis=0)
        self.start = float(np.mean(starts))
        self.best = float(self.losses.min())
        self.best_lr = float(rates[int(self.losses.argmin())])

    @classmethod
    def from_entry(cls, rates: Sequence[float], entry: Mapping[str, Any]) -> Truth:
        """Return the truth of one task as `truth.json` stores it."""
        seeds = [key.split()[1] for key in entry if key.startswith("losses ")]
        return cls(
            rates, [entry[f"losses {s}"] for s in seeds], [entry[f"start {s}"] for s in seeds]
        )

    def regret(self, lr: float | None) -> float:
        """Return the share of the possible gain that training at `lr` gives away, 0 to 1.

        ``R = clip((min(L(lr), L0) - L*) / (L0 - L*), 0, 1)``, `L` interpolated over log10(lr)
        and constant beyond the grid. No suggestion costs everything.
        """
        if lr is None or not math.isfinite(lr) or lr <= 0:
            return 1.0
        loss = np.interp(math.log10(lr), self.decades, self.losses)
        return float(np.clip((loss - self.best) / (self.start - self.best), 0, 1))

    def distance(self, lr: float) -> float:
        """Return how many decades `lr` is above (or, negative, below) the best rate."""
        return math.log10(lr / self.best_lr)


class Key(NamedTuple):
    """Which range test: of what task, how it was run, and with which seed."""

    task: str
    setting: str
    seed: int


@dataclass(frozen=True)
class Sweep:
    """One stored range test, as far as the stop rule lets it go.

    With its critical rate, and the validation loss after each step, where they were taken.
    """

    key: Key
    lrs: Floats
    losses: Floats
    critical_lr: float | None = None
    val_losses: Floats | None = None


def suggestion(rule: Rule, sweep: Sweep, losses: Floats | None = None) -> Any:
    """Return what `rule` says of a sweep, or of other losses at its rates.

    A rule of the package is given what it wants to know of the sweep.
    """
    wanted: Callable[..., dict[str, Any]] = getattr(rule, "wanted", lambda **_: {})
    setting = dict(part.split("=") for part in sweep.key.setting.split() if "=" in part)
    known: dict[str, Any] = {"critical_lr": sweep.critical_lr, "val_losses": sweep.val_losses}
    if "num_it" in setting:
        known["num_it"] = int(setting["num_it"])
    return rule(sweep.lrs, sweep.losses if losses is None else losses, **wanted(**known))


def suggested(rule: Rule, sweep: Sweep, losses: Floats | None = None) -> float | None:
    """Return the rate of `suggestion`."""
    answer = suggestion(rule, sweep, losses)
    answer = getattr(answer, "lr", answer)
    return None if answer is None else float(answer)


def moved(one: float | None, other: float | None) -> float | None:
    """Return the decades between two suggestions; None where one of them is missing."""
    if one is None or other is None:
        return None
    return abs(math.log10(one / other))


def _median(values: Iterable[float | None]) -> float | None:
    known = [x for x in values if x is not None]
    return float(np.median(known)) if known else None


def _worst(values: Iterable[float | None]) -> float | None:
    return max((x for x in values if x is not None), default=None)


def evaluate(
    rule: Rule, truths: Mapping[str, Truth], sweeps: Sequence[Sweep], default: str
) -> dict[str, Any]:
    """Return every figure of the table for one rule.

    Regret, distance and spread are of the sweeps with the setting named `default`; the other
    settings tell how far a suggestion moves with them, same task and seed. No rule is given the
    validation losses.
    """
    sweeps = [replace(sweep, val_losses=None) for sweep in sweeps]
    lrs = {s.key: suggested(rule, s) for s in sweeps}
    usual = [s for s in sweeps if s.key.setting == default]
    mine = {s.key: lrs[s.key] for s in usual}
    regrets = {key: truths[key.task].regret(lr) for key, lr in mine.items()}
    values = np.array(list(regrets.values()))
    distances = [truths[key.task].distance(lr) for key, lr in mine.items() if lr is not None]
    return {
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "p90": float(np.quantile(values, 0.9)),
        "under_005": float((values < 0.05).mean()),
        "mean_all_settings": float(np.mean([truths[k.task].regret(lr) for k, lr in lrs.items()])),
        "decades_off": _median(abs(d) for d in distances),
        "bias": _median(distances),
        "spread": _median(_spread(_of(task, mine)) for task in truths),
        "scale": _worst(_rescaled(rule, s, mine[s.key]) for s in usual),
        "num_it": _median(_other(lrs, default, "num_it")),
        "start_lr": _median(_other(lrs, default, "start_lr")),
        "abstained": sum(lr is None for lr in mine.values()),
        "sweeps": len(usual),
        "by_task": {task: float(np.mean(_of(task, regrets))) for task in truths},
    }


def _of(task: str, values: Mapping[Key, T]) -> list[T]:
    return [value for key, value in values.items() if key.task == task]


def _spread(lrs: Sequence[float | None]) -> float | None:
    """Return the standard deviation of the suggestions in decades, from their pairs."""
    gaps = [moved(a, b) for a, b in combinations(lrs, 2)]
    known = [gap for gap in gaps if gap is not None]
    return math.sqrt(sum(gap**2 for gap in known) / len(known) / 2) if known else None


def _rescaled(rule: Rule, sweep: Sweep, lr: float | None) -> float | None:
    """Return how far the suggestion moves when the loss is scaled or shifted."""
    changed = (sweep.losses * 1e3, sweep.losses * 1e-3, sweep.losses + 10 * sweep.losses[0])
    return _worst(moved(lr, suggested(rule, sweep, losses)) for losses in changed)


def _other(lrs: Mapping[Key, float | None], default: str, what: str) -> list[float | None]:
    """Return how far suggestions move from the default setting to those that change `what`."""

    def kept(setting: str) -> list[str]:
        return [part for part in setting.split() if not part.startswith(what)]

    return [
        moved(lr, lrs.get(key._replace(setting=default)))
        for key, lr in lrs.items()
        if key.setting != default and kept(key.setting) == kept(default)
    ]
