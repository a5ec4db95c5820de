"""Puts the tables made from the stored results into docs/benchmarks.md and README.md."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

from benchmarks import contestants, report

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "benchmarks.md"
README = ROOT / "README.md"
NAMES = (
    *("overhead", "critical_rate", "leftovers", "trainers"),
    *("memory", "front_end", "growth", "gpu"),
)


def load(name: str, folder: Path = report.RESULTS) -> dict[str, Any] | None:
    """Return the stored result of a benchmark, or None where it was not run."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def section(name: str, result: dict[str, Any]) -> str:
    """Return the tables of one benchmark, and what they were measured with."""
    tables = importlib.import_module(f"benchmarks.{name}").tables(result)
    return f"{tables}\n\n{caption(result)}"


def caption(result: dict[str, Any]) -> str:
    """Return date, versions, machine and command."""
    machine = result["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    load = (
        f", load {machine['load_before']} before and {machine['load_after']} after"
        if machine["load_before"] is not None
        else ""
    )
    rounds = (
        f"{result['rounds']} round{'s' * (result['rounds'] != 1)}. " if "rounds" in result else ""
    )
    return (
        f"*{rounds}Measured on {result['date']} by `{result['command']}` on {machine['cores']} "
        f"cores ({machine['processor']}){load}. {versions}.*"
    )


def short(overhead: dict[str, Any], leftovers: dict[str, Any]) -> str:
    """Return the table of the README: one thread, no workers, and what an interrupt leaves."""
    settings = [s for s in overhead["settings"] if (s["threads"], s["workers"]) == (1, 0)]
    head = [
        "time of a step to that of the bare loop",
        *(f"{s['model']}, {s['step_ms']:.1f} ms" for s in settings),
        "left changed by an interrupt",
    ]
    rows = []
    for name in settings[0]["ratios"]:
        left = leftovers["left"].get(name)
        if left is None:
            continue
        count = len(left["an interrupt"])
        rows.append(
            [
                f"**{name}**" if name in contestants.OURS else name,
                *(f"{s['ratios'][name]['step']['median']:.2f}" for s in settings),
                f"{count} of {leftovers['kinds']} kinds of state" if count else "nothing",
            ]
        )
    if all(s["page"] for s in settings):
        live = [f"{s['page'][contestants.LIVE]['step']['median']:.2f}" for s in settings]
        rows.append([f"**{contestants.LIVE}**", *live, "-"])
    again = [f"{s['ratios'][contestants.AGAIN]['step']['median']:.2f}" for s in settings]
    rows.append([contestants.AGAIN, *again, "-"])
    rows.sort(key=lambda row: (row[0] != contestants.AGAIN, "*" not in row[0]))
    return report.markdown(head, rows) + (
        f"\n\nMedians of ratios, one thread, no workers, measured on {overhead['date']} by "
        f"`make bench`. The bare loop, run again, shows the noise. What is left changed is "
        f"counted in a model that had been trained a little; [docs/benchmarks.md]"
        f"(docs/benchmarks.md) has the rest."
    )


def put(text: str, name: str, path: Path) -> None:
    """Put a text between the two marks of a page.

    Raises
    ------
    ValueError
        If the page does not hold the marks once.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = path.read_text(encoding="utf-8")
    between = f"{begin}\n\n{text}\n\n{end}"
    pattern = f"{re.escape(begin)}.*{re.escape(end)}"
    written, count = re.subn(pattern, lambda _: between, page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{path.name} must hold the marks {begin} and {end} once.")
    path.write_text(written, encoding="utf-8")


def write() -> None:
    """Write every table that there is a result for."""
    found = {name: result for name in NAMES if (result := load(name)) is not None}
    for name, result in found.items():
        put(section(name, result), f"benchmarks.{name}", DOCS)
    if "overhead" in found and "leftovers" in found:
        put(short(found["overhead"], found["leftovers"]), "benchmarks", README)


if __name__ == "__main__":
    write()
