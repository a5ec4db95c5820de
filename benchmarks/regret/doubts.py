"""How well doubts tell bad suggestions from good ones, without and with validation losses.

A suggestion is bad where its regret is above 0.2, good where it is below 0.05; one that is withheld
counts as doubted. The thresholds of the package's rule are held against those that are best on all
tasks but one, for each task.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from benchmarks.regret import store
from benchmarks.regret.curves import load_sweeps, load_truths
from benchmarks.regret.metric import Sweep, Truth, suggestion
from benchmarks.regret.sweeps import DEFAULT
from lrfind_widget.rules.doubts import CONFIRMED, FAR, GENERALISED
from lrfind_widget.rules.median_of_three import BELOW_CRITICAL
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import DEFAULT_RULE, RULES
from lrfind_widget.rules.valley_features import curve_of, is_evident

NAME = "benchmarks.regret doubts"
"""Of the marks in the page of the documentation."""
CAPTION = (
    "In brackets 90 % intervals over other draws of the tasks. Cross-validated: with thresholds "
    "chosen on all other tasks. By `python -m benchmarks.regret doubts --docs`."
)
BAD, GOOD = 0.2, 0.05
MOST_IN_VAIN = 0.10
OVERFITTED = (
    "noisy-digits-mlp-adam",
    "noisy-digits-cnn-momentum",
    "few-digits-mlp-adam",
    "tuned-digits-cnn-momentum",
    "tuned-noisy-digits-cnn-adam",
    "noisy-rotations-conv-decayed-adamw",
    "few-series-transformer-nadam",
    "tuned-rotations-resnet-adamw",
)
"""Tasks with wrong labels or fewer than 500 examples: what is best there no training loss shows."""

DRAWS = 2000


class Signs(NamedTuple):
    """What one sweep is doubted for; the greater, the more."""

    noise: float  # the standard error of the fall, over the fall
    distance: float  # decades from what the critical rate says
    generalisation: float  # the fall of the training loss over that of the validation loss
    others: bool  # withheld, or a range that shows too little


class Thresholds(NamedTuple):
    """From where on a sign is a doubt."""

    noise: float = 1 / CONFIRMED
    distance: float = FAR
    generalisation: float = 1 / GENERALISED

    def doubts(self, signs: Signs) -> bool:
        """Return whether a sweep with these signs is doubted."""
        return signs.others or any(
            sign > threshold for sign, threshold in zip(signs[:3], self, strict=True)
        )


GRID = tuple(
    Thresholds(*each)
    for each in itertools.product(
        (1 / 1.5, 1 / 2, 1 / 2.5, 1 / 3), (0.75, 1.0, 1.25, math.inf), (1.5, 2.0, 3.0)
    )
)


@dataclass(frozen=True)
class Outcome:
    """One sweep: its regret, whether it was doubted, and for what."""

    task: str
    regret: float
    doubted: bool
    signs: Signs


class Rates(NamedTuple):
    """Shares that are doubted; NaN where there is nothing to doubt."""

    bad: float
    others: float
    overfitted: float
    in_vain: float


def outcome(truth: Truth, sweep: Sweep) -> Outcome:
    """Return what became of one sweep."""
    said: Suggestion = suggestion(RULES[DEFAULT_RULE], sweep)
    training = curve_of(sweep.lrs, sweep.losses)
    validation = None if sweep.val_losses is None else curve_of(sweep.lrs, sweep.val_losses)
    noise = distance = generalisation = 0.0
    if training is not None:
        noise = _over(1.0, training.evidence)
        if validation is not None and is_evident(training):
            generalisation = _over(training.fall, validation.fall)
    if said.lr is not None and sweep.critical_lr is not None:
        distance = abs(math.log10(said.lr / (BELOW_CRITICAL * sweep.critical_lr)))
    words = ("no further than its noise", "critical rate", "validation loss falls")
    others = said.lr is None or any(
        not any(word in caveat for word in words) for caveat in said.caveats
    )
    signs = Signs(noise, distance, generalisation, others)
    return Outcome(sweep.key.task, truth.regret(said.lr), said.certainty != "sure", signs)


def rates(outcomes: Sequence[Outcome], doubted: Sequence[bool]) -> Rates:
    """Return how many of the bad ones are doubted, and how many of the good ones in vain."""
    regret, said = np.array([o.regret for o in outcomes]), np.array(doubted, dtype=float)
    overfitted = np.array([o.task in OVERFITTED for o in outcomes])
    bad = regret > BAD
    groups = (bad, bad & ~overfitted, bad & overfitted, regret < GOOD)
    return Rates(*(float(said[group].mean()) if group.any() else math.nan for group in groups))


def cross_validated(outcomes: Sequence[Outcome]) -> Rates:
    """Return the rates of thresholds that were chosen without the task they are applied to."""
    said: dict[int, bool] = {}
    table = np.array([[t.doubts(o.signs) for o in outcomes] for t in GRID])
    for task in dict.fromkeys(o.task for o in outcomes):
        kept = [n for n, o in enumerate(outcomes) if o.task != task]
        each = [rates([outcomes[n] for n in kept], row[kept].tolist()) for row in table]
        allowed = [n for n, r in enumerate(each) if r.in_vain <= MOST_IN_VAIN]
        best = max(allowed or range(len(GRID)), key=lambda n: (each[n].bad, -each[n].in_vain))
        said |= {n: bool(table[best, n]) for n, o in enumerate(outcomes) if o.task == task}
    return rates(outcomes, [said[n] for n in range(len(outcomes))])


def interval(outcomes: Sequence[Outcome]) -> tuple[Rates, Rates]:
    """Return the 5 and 95 % quantiles of the rates over other draws of the tasks."""
    random = np.random.default_rng(0)
    tasks = list(dict.fromkeys(o.task for o in outcomes))
    of_task = {task: [o for o in outcomes if o.task == task] for task in tasks}
    drawn = []
    for _ in range(DRAWS):
        some = [o for n in random.integers(0, len(tasks), len(tasks)) for o in of_task[tasks[n]]]
        drawn.append(rates(some, [o.doubted for o in some]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is nothing to doubt in any draw
        low, high = np.nanquantile(np.array(drawn), (0.05, 0.95), axis=0)
    return Rates(*low.tolist()), Rates(*high.tolist())


def measure(truths: Mapping[str, Truth], sweeps: Sequence[Sweep]) -> dict[bool, list[Outcome]]:
    """Return the outcomes without and with validation losses."""
    plain = [replace(sweep, val_losses=None) for sweep in sweeps]
    return {
        validated: [outcome(truths[sweep.key.task], sweep) for sweep in some]
        for validated, some in ((False, plain), (True, sweeps))
    }


def run() -> dict[bool, list[Outcome]]:
    """Measure the default rule's doubts on the stored sweeps with the default settings."""
    return measure(load_truths(), load_sweeps(settings=[DEFAULT]))


def run_held_out() -> dict[bool, list[Outcome]]:
    """Measure them on the tasks that no choice has seen."""
    sweeps = load_sweeps(store.HELD_OUT_CURVES, settings=[DEFAULT])
    return measure(load_truths(store.HELD_OUT_TRUTH), sweeps)


def table() -> str:
    """Return the detector's figures as a Markdown table."""
    head = [
        "losses",
        "mean regret",
        f"above {BAD}",
        "doubted, of these",
        "of the others",
        "of overfitted tasks",
        f"in vain, of those below {GOOD}",
        "mean regret where sure",
        "where not",
    ]
    rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for where, measured in (("", run()), (", held-out tasks", run_held_out())):
        for validated, outcomes in measured.items():
            title = f"{'training and validation' if validated else 'training'}{where}"
            rows.append(_row(title, outcomes))
            if not where:
                chosen = (_share(x) for x in cross_validated(outcomes))
                rows.append([f"{title}, cross-validated", "", "", *chosen, "", ""])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(title: str, outcomes: Sequence[Outcome]) -> list[str]:
    here = rates(outcomes, [o.doubted for o in outcomes])
    regret = np.array([o.regret for o in outcomes])
    doubted = np.array([o.doubted for o in outcomes])
    cells = [
        f"{_share(x)} ({_share(low)} to {_share(high)})"
        for x, low, high in zip(here, *interval(outcomes), strict=True)
    ]
    means = (regret.mean(), regret[~doubted].mean(), regret[doubted].mean())
    mean, sure, unsure = (f"{each:.3f}" for each in means)
    return [title, mean, f"{(regret > BAD).sum()} of {regret.size}", *cells, sure, unsure]


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0%}"


def _over(value: float, by: float) -> float:
    """Return ``value / by``, infinite where there is nothing to divide by."""
    return value / by if by > 0 else math.inf
