"""Measures every rule on the stored curves and writes it down."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.regret import store
from benchmarks.regret.curves import load_sweeps, load_truths
from benchmarks.regret.metric import Floats, Rule, Sweep, Truth, evaluate
from benchmarks.regret.sweeps import DEFAULT
from lrfind_widget.rules.table import DEFAULT_RULE, RULES

NAME = "benchmarks.regret"
"""Of the marks in the page of the documentation."""
HELD_OUT_NAME = "benchmarks.regret held out"
COMMAND = "python -m benchmarks.regret --docs"
HELD_OUT_COMMAND = "python -m benchmarks.regret held-out --docs"
COLUMNS = {
    "mean": "mean regret",
    "mean_all_settings": "mean, all settings",
    "median": "median",
    "p90": "90th percentile",
    "under_005": "share under 0.05",
    "decades_off": "decades from the best rate",
    "spread": "spread between seeds (decades)",
    "scale": "moved by scale or offset",
    "num_it": "moved by num_it",
    "start_lr": "moved by start_lr",
    "abstained": "no suggestion",
}
HELD_OUT_COLUMNS = tuple(
    name for name in COLUMNS if name not in ("mean_all_settings", "num_it", "start_lr")
)
"""What range tests with the default settings alone tell."""
REGRETS = ("mean", "mean_all_settings", "median", "p90")


def constant(lrs: Floats, losses: Floats) -> float:  # noqa: ARG001
    """Suggest 1e-3, whatever the curve."""
    return 1e-3


def contestants() -> dict[str, Rule]:
    """Return every rule of the package, and the constant that people use instead."""
    return {**RULES, "constant 1e-3": constant}


def measure(
    rules: Mapping[str, Rule],
    truths: Mapping[str, Truth],
    sweeps: Sequence[Sweep],
    default: str = DEFAULT.name,
) -> dict[str, Any]:
    """Return the figures of every rule, the least mean regret first, and what they rest on."""
    figures = {name: evaluate(rule, truths, sweeps, default) for name, rule in rules.items()}
    return {
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "versions": store.versions(),
        "tasks": list(truths),
        "sweeps": len(sweeps),
        "rules": dict(sorted(figures.items(), key=lambda item: float(item[1]["mean"]))),
    }


def run(rounds: int | None = None) -> dict[str, Any]:
    """Measure the package's rules on what is stored."""
    return measure(contestants(), load_truths(), load_sweeps(rounds=rounds))


def run_held_out(rounds: int | None = None) -> dict[str, Any]:
    """Measure them on the tasks that no choice has seen."""
    sweeps = load_sweeps(store.HELD_OUT_CURVES, rounds, [DEFAULT])
    return measure(contestants(), load_truths(store.HELD_OUT_TRUTH), sweeps)


def table(report: Mapping[str, Any], columns: Iterable[str] = COLUMNS) -> str:
    """Return the figures as a Markdown table, our own rule in bold."""
    columns = tuple(columns)
    rows = [["rule", *(COLUMNS[c] for c in columns)], ["---"] + ["---:"] * len(columns)]
    for name, figures in report["rules"].items():
        shown = f"**`{name}`**" if name == DEFAULT_RULE else f"`{name}`"
        rows.append([shown, *(_cell(key, figures) for key in columns)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(key: str, figures: Mapping[str, Any]) -> str:
    value = figures[key]
    if value is None:
        return "-"
    if key == "abstained":
        return f"{value} of {figures['sweeps']}"
    if key == "under_005":
        return f"{value:.0%}"
    return f"{value:.3f}" if key in REGRETS else f"{value:.2f}"


def caption(report: Mapping[str, Any], command: str = COMMAND) -> str:
    """Return what was measured, when, and with what."""
    versions = report["versions"]
    usual = next(iter(report["rules"].values()))["sweeps"]
    return (
        f"{len(report['tasks'])} tasks, {usual} range tests with the default settings "
        f"({report['sweeps']} in all). Measured on {report['date']} with torch "
        f"{versions['torch']} and Python {versions['python']} by `{command}`."
    )


def write_json(report: Mapping[str, Any], path: Path) -> None:
    """Write the figures, also those of each task."""
    path.write_text(json.dumps(report, indent=1) + "\n")
