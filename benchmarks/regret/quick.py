"""Measures the default rule anew and compares it with the line that the documentation prints.

The range tests are run again, with the default settings; what each rate is worth is read from the
file, since that takes an hour of trainings.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.regret import page, report, store, sweeps
from benchmarks.regret.curves import load_sweeps, load_truths
from benchmarks.regret.metric import evaluate
from benchmarks.regret.sweeps import DEFAULT, Setting
from benchmarks.regret.tasks import TASKS
from benchmarks.regret.training import Task
from lrfind_widget.rules.table import DEFAULT_RULE

TOLERANCE = 0.01
COMPARED = ("mean", "median", "p90")


class Line(NamedTuple):
    """Some figures of the default rule, measured anew and as printed."""

    anew: dict[str, float]
    printed: dict[str, float]

    @property
    def is_reproduced(self) -> bool:
        """Whether all figures are those printed, within the tolerance."""
        return all(abs(self.anew[c] - self.printed[c]) <= TOLERANCE for c in COMPARED)

    def __str__(self) -> str:
        figures = ", ".join(
            f"{report.COLUMNS[c]} {self.anew[c]:.3f} (printed {self.printed[c]:.3f})"
            for c in COMPARED
        )
        verdict = "reproduced" if self.is_reproduced else "NOT reproduced"
        return f"{DEFAULT_RULE}: {figures}. The line is {verdict} within {TOLERANCE:g}."


def printed(table: str) -> dict[str, float]:
    """Return the compared figures of the default rule as a table prints them.

    Raises
    ------
    ValueError
        If no row of the table is the default rule's.
    """
    columns = list(report.COLUMNS)
    for row in table.splitlines():
        cells = [cell.strip() for cell in row.strip("| ").split("|")]
        if cells[0] == f"**`{DEFAULT_RULE}`**" and len(cells) == len(columns) + 1:
            return {c: float(cells[1 + columns.index(c)]) for c in COMPARED}
    raise ValueError(f"The table has no line of `{DEFAULT_RULE}`: write it with --docs.")


def run(
    tasks: Sequence[Task] = TASKS,
    setting: Setting = DEFAULT,
    truth: Path = store.TRUTH,
    docs: Path = page.DOCS,
) -> Line:
    """Run the range tests anew and return the line of the default rule."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / store.CURVES.name
        sweeps.measure(path, tasks, [setting])
        loaded = load_sweeps(path, settings=[setting])
    truths = load_truths(truth)
    figures: Mapping[str, float] = evaluate(
        report.contestants()[DEFAULT_RULE],
        {task.name: truths[task.name] for task in tasks},
        loaded,
        setting.name,
    )
    minutes = (time.monotonic() - began) / 60
    print(f"{len(loaded)} range tests of {len(tasks)} tasks in {minutes:.1f} minutes.")
    return Line({c: figures[c] for c in COMPARED}, printed(page.between(report.NAME, docs)))
