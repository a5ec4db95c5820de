"""How the default rule was chosen: a few candidates, cross-validated over the tasks.

Each candidate takes what the rules say of one sweep. With one task left out, the one that is best
on the others is taken; the regret of what was taken is that of a choice on tasks it has not seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.regret.curves import load_sweeps, load_truths
from benchmarks.regret.metric import Floats, Sweep, Truth, suggested
from benchmarks.regret.sweeps import DEFAULT
from lrfind_widget.rules.median_of_three import BELOW_CRITICAL
from lrfind_widget.rules.table import RULES

YARDSTICK = "median of four"
PULL = 0.2
"""How far the critical rate pulls the balance towards itself, of the way."""


class Opinions(NamedTuple):
    """log10 of the rates for one sweep, NaN where there is none."""

    balance: float
    valley: float
    least: float
    critical: float


def opinions_of(sweep: Sweep) -> Opinions:
    """Return what the rules and the critical rate say of a sweep without validation losses."""
    sweep = replace(sweep, val_losses=None)
    rules = (suggested(RULES[name], sweep) for name in ("balanced", "valley", "min_over_10"))
    critical = None if sweep.critical_lr is None else BELOW_CRITICAL * sweep.critical_lr
    return Opinions(*(math.nan if lr is None else math.log10(lr) for lr in (*rules, critical)))


def _median(*opinions: float) -> float:
    known = [x for x in opinions if math.isfinite(x)]
    return float(np.median(known)) if known else math.nan


CANDIDATES: dict[str, Callable[[Opinions], float]] = {
    YARDSTICK: lambda say: _median(*say),
    "balanced": lambda say: say.balance,
    "median of balance, valley and least": lambda say: _median(*say[:3]),
    "median of balance, valley and critical": lambda say: _median(
        say.balance, say.valley, say.critical
    ),
    "median of balance, least and critical": lambda say: _median(
        say.balance, say.least, say.critical
    ),
    "balance, pulled to critical": lambda say: (
        (1 - PULL) * say.balance + PULL * say.critical
        if math.isfinite(say.critical)
        else say.balance
    ),
    "critical alone": lambda say: say.critical,
}
"""What might be suggested, of what is known of a sweep. None suggests where `balanced` refuses."""


def regrets(
    truths: Mapping[str, Truth], sweeps: Sequence[Sweep], all_tasks: Sequence[str]
) -> dict[str, Floats]:
    """Return the mean regret of every candidate for every task."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in CANDIDATES}
    for sweep in sweeps:
        say = opinions_of(sweep)
        for name, candidate in CANDIDATES.items():
            decades = candidate(say) if math.isfinite(say.balance) else math.nan
            lr = 10**decades if math.isfinite(decades) else None
            regret = truths[sweep.key.task].regret(lr)
            found[name].setdefault(sweep.key.task, []).append(regret)
    return {
        name: np.array([np.mean(by_task[task]) for task in all_tasks])
        for name, by_task in found.items()
    }


def cross_validated(by_candidate: Mapping[str, Floats]) -> tuple[float, Counter[str]]:
    """Return the mean regret of what is best on the other tasks, and how often it is which."""
    names = list(by_candidate)
    table = np.array([by_candidate[name] for name in names])  # candidates by tasks
    without = (table.sum(axis=1, keepdims=True) - table) / (table.shape[1] - 1)
    taken = without.argmin(axis=0)
    regret = float(table[taken, np.arange(taken.size)].mean())
    return regret, Counter(names[n] for n in taken)


def report() -> str:
    """Return the figures of every candidate, and of the choice among them."""
    truths = load_truths()
    lines = []
    for title, sweeps in {
        "default settings": load_sweeps(settings=[DEFAULT]),
        "default settings, our own stop rule": load_sweeps(settings=[DEFAULT], stop_div=True),
        "all settings": load_sweeps(),
    }.items():
        found = regrets(truths, sweeps, list(truths))
        lines.append(f"{title}, {len(sweeps)} sweeps of {len(truths)} tasks: mean regret")
        for name, each in sorted(found.items(), key=lambda item: float(item[1].mean())):
            gain = each - found[YARDSTICK]
            error = gain.std(ddof=1) / math.sqrt(gain.size)
            against = f"{gain.mean():+.4f} ± {error:.4f} against the {YARDSTICK}"
            lines.append(f"  {each.mean():.4f}  {name}  ({against})")
        regret, taken = cross_validated(found)
        chosen = ", ".join(f"{name} ({count})" for name, count in taken.most_common())
        lines.append(f"  {regret:.4f}  cross-validated; with a task left out, best was: {chosen}")
    return "\n".join(lines)
