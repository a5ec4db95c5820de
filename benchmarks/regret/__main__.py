"""The command: measure the rules, or make the stored measurements again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from benchmarks.regret import (
    choose,
    doubts,
    held,
    page,
    quick,
    report,
    search_report,
    searches,
    store,
    sweeps,
    truth,
)
from benchmarks.regret.fresh import FRESH
from benchmarks.regret.held_out import HELD_OUT


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.regret` with these arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regret", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("table", "choose", "doubts", "held-out", "sweeps", "truth", "search"),
        default="table",
        help="table: measure every rule on the stored curves, in seconds (default). "
        "choose: compare candidates for the default rule, cross-validated over the tasks. "
        "doubts: how well its doubts tell bad suggestions from good ones. "
        "held-out: the same on the tasks that no choice has seen, and the search by short "
        "trainings: after the choice. "
        "sweeps: run the range tests that curves.json and held_out_curves.json lack, in minutes. "
        "truth: run the trainings that truth.json, held_out_truth.json and fresh_truth.json lack, "
        "in an hour and a half. "
        "search: run the searches that held_out_searches.json and fresh_searches.json lack, in an "
        "hour.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="run the range tests of the default rule anew, in minutes, and compare with its line "
        f"in {page.DOCS.name}; ends with status 1 where it is another one",
    )
    parser.add_argument(
        "--rounds", type=int, help="use the first ROUNDS seeds of each task and setting"
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures there")
    parser.add_argument("--docs", action="store_true", help=f"put the tables into {page.DOCS.name}")
    chosen = parser.parse_args(arguments)
    if chosen.rounds is not None and chosen.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {chosen.rounds}")
    torch.set_num_threads(1)  # the tasks are too small to gain from more
    if chosen.quick:
        line = quick.run()
        print(line)
        sys.exit(not line.is_reproduced)
    if chosen.what == "sweeps":
        sweeps.measure()
        sweeps.measure(store.HELD_OUT_CURVES, HELD_OUT, [sweeps.DEFAULT])
        return
    if chosen.what == "truth":
        truth.measure()
        truth.measure(store.HELD_OUT_TRUTH, HELD_OUT, shares=truth.SHARES)
        truth.measure(store.FRESH_TRUTH, FRESH, shares=truth.SHARES)
        return
    if chosen.what == "search":
        searches.measure()
        searches.measure(store.FRESH_SEARCHES, FRESH, shares=searches.FRESH_SHARES)
        return
    if chosen.what == "choose":
        print(choose.report())
        return
    if chosen.what == "doubts":
        _show({doubts.NAME: (doubts.table(), doubts.CAPTION)}, put=chosen.docs)
        return
    held_out = chosen.what == "held-out"
    measured = report.run_held_out(chosen.rounds) if held_out else report.run(chosen.rounds)
    tables: dict[str, tuple[str, ...]] = {
        report.HELD_OUT_NAME if held_out else report.NAME: (
            report.table(measured, report.HELD_OUT_COLUMNS if held_out else report.COLUMNS),
            report.caption(measured, report.HELD_OUT_COMMAND if held_out else report.COMMAND),
        )
    }
    if held_out:
        tables[held.NAME] = (held.table(held.run()),)
        for name, searched in (
            (search_report.NAME, search_report.Measured()),
            (search_report.FRESH_NAME, search_report.Measured.fresh()),
        ):
            found = search_report.table(search_report.figures(searched))
            tables[name] = (found, search_report.caption(searched))
    _show(tables, put=chosen.docs)
    if chosen.json:
        report.write_json(measured, chosen.json)


def _show(tables: Mapping[str, tuple[str, ...]], *, put: bool) -> None:
    """Print tables with their captions, and put them into the page where asked to."""
    for name, parts in tables.items():
        print(*parts, sep="\n\n", end="\n\n")
        if put:
            page.put(name, *parts)


if __name__ == "__main__":
    main()
