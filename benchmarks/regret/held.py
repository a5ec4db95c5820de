"""How often the default rule's suggestions held on the held-out tasks, by how sure it was.

What a result says of itself comes from here (`lrfind_widget.results.track_record`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.regret import store
from benchmarks.regret.curves import load_sweeps, load_truths
from benchmarks.regret.doubts import BAD, GOOD, Outcome, measure
from benchmarks.regret.sweeps import DEFAULT
from lrfind_widget.results.track_record import Held

NAME = "benchmarks.regret held"
"""Of the marks in the page of the documentation."""


def run() -> dict[tuple[str, bool], Held]:
    """Return how suggestions held, by their certainty and by whether there was validation data.

    Those that were withheld count as not sure, with a regret of 1.
    """
    truths = load_truths(store.HELD_OUT_TRUTH)
    loaded = load_sweeps(store.HELD_OUT_CURVES, settings=[DEFAULT])
    measured = measure(truths, loaded)
    return {
        ("unsure" if doubted else "sure", validated): _held(
            [outcome for outcome in outcomes if outcome.doubted == doubted]
        )
        for validated, outcomes in zip((False, True), measured.values(), strict=True)
        for doubted in (False, True)
    }


def _held(outcomes: Sequence[Outcome]) -> Held:
    regrets = np.array([outcome.regret for outcome in outcomes])
    good, bad = ((regrets < GOOD).mean(), (regrets > BAD).mean())
    return Held(len(outcomes), float(good), float(bad))


def table(found: Mapping[tuple[str, bool], Held]) -> str:
    """Return the shares as a Markdown table."""
    head = ["suggestion", "losses", "of the sweeps", f"regret below {GOOD}", f"above {BAD}"]
    rows = [head, ["---", "---"] + ["---:"] * 3]
    for (certainty, validated), held in found.items():
        losses = "training and validation" if validated else "training"
        name = "sure" if certainty == "sure" else "unsure or none"
        rows.append([name, losses, str(held.sweeps), f"{held.good:.0%}", f"{held.bad:.0%}"])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
