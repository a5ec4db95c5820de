"""Seconds a step of a range test, as a ratio to the bare PyTorch loop of the same round.

`step` counts from the first step to the last, `whole` the whole call, `work` the processor time
of a step. The widget with a live page is measured in a kernel of JupyterLab, with a browser that
shows it, against the bare loop in that kernel.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import torch

from benchmarks import contestants, live_page, report
from benchmarks.contestants import AGAIN, BARE, HEADLESS, IN_PLACE, LIVE, Contestant
from benchmarks.setting import Setting
from benchmarks.tasks import TASKS
from benchmarks.timing import Sample, ratios, sample, shuffled

ROUNDS = 7
FEWER = 4
"""With more threads or workers there are this many times fewer rounds."""
WARM_UP = 5


def one_round(
    setting: Setting, number: int, rivals: Sequence[Contestant], steps: int
) -> dict[str, Sample]:
    """Measure every contestant once, in an order that differs from round to round."""
    measured = {}
    by_name = {rival.name: rival for rival in rivals}
    with setting.threads_set():
        for name in shuffled(list(by_name), number):
            job = setting.job(steps)
            rival = by_name[name]
            measured[name] = sample(lambda job=job, rival=rival: rival(job, steps), steps)
    return measured


def measure(
    settings: Iterable[Setting],
    rounds: int,
    *,
    names: Sequence[str] = (),
    steps: int | None = None,
    page: bool = True,
) -> dict[str, Any]:
    """Measure all settings; one round goes through all of them before the next begins.

    The first threads and workers are measured in every round, the others in some of them.
    """
    settings = list(settings)
    rivals = [rival for rival in contestants.installed(*names) if rival.name != IN_PLACE]
    results: dict[Setting, list[dict[str, Sample]]] = {setting: [] for setting in settings}
    with _in_empty_folder():
        one_round(settings[0], 0, rivals, WARM_UP)  # whoever comes first must not pay for imports
        for number in range(rounds):
            for setting in due(settings, number):
                report.tell(f"round {number + 1} of {rounds}: {setting}")
                taken = setting.task.steps if steps is None else steps
                results[setting].append(one_round(setting, number, rivals, taken))
    per_round = [due(settings, number) for number in range(rounds)]
    live = live_page.measure(per_round, steps) if page else {}
    return {
        "rounds": rounds,
        "settings": [
            {
                "model": setting.model,
                "threads": setting.threads,
                "workers": setting.workers,
                "step_ms": 1000 * statistics.median(m[BARE].step for m in measured),
                "rounds": len(measured),
                "ratios": ratios(measured, (BARE, AGAIN)),
                "page": ratios(live[setting], (BARE, AGAIN)) if setting in live else None,
            }
            for setting, measured in results.items()
        ],
    }


def due(settings: Sequence[Setting], number: int) -> list[Setting]:
    """Return the settings that are measured in a round."""
    first = settings[0][1:]
    return [setting for setting in settings if setting[1:] == first or number % FEWER == 0]


def tables(result: dict[str, Any]) -> str:
    """Return the ratios a step as one table for each number of threads and workers."""
    parts = []
    first = result["settings"][0]
    alone = (first["threads"], first["workers"])
    kinds = dict.fromkeys((s["threads"], s["workers"]) for s in result["settings"])
    for threads, workers in kinds:
        chosen = [
            s for s in result["settings"] if (s["threads"], s["workers"]) == (threads, workers)
        ]
        parts.append(
            f"{threads} thread{'s' * (threads != 1)}, "
            f"{f'{workers} workers' if workers else 'no workers'}, "
            f"{chosen[0]['rounds']} round{'s' * (chosen[0]['rounds'] != 1)}:"
        )
        parts.append(table(chosen))
        if (threads, workers) == alone:
            parts.append("The same in processor time, which other programs hardly change:")
            parts.append(table(chosen, "work"))
            parts.append("The whole call, with all that comes once:")
            parts.append(table(chosen, "whole"))
    return "\n\n".join(parts)


def table(settings: Sequence[dict[str, Any]], what: str = "step", *, spread: bool = True) -> str:
    """Return one table, a column a model."""
    head = ["", *(f"{s['model']}, {s['step_ms']:.1f} ms" for s in settings)]
    rows = []
    if all(s["page"] for s in settings):
        rows.append([f"**{LIVE}**", *(_cell(s["page"][LIVE][what], spread) for s in settings)])
    for name in settings[0]["ratios"]:
        if name != BARE:
            shown = f"**{name}**" if name in contestants.OURS else name
            rows.append([shown, *(_cell(s["ratios"][name][what], spread) for s in settings)])
    first = [AGAIN, *(f"**{name}**" for name in (HEADLESS, contestants.WIDGET, LIVE))]
    rows.sort(key=lambda row: first.index(row[0]) if row[0] in first else len(first))
    return report.markdown(head, rows)


def _cell(figure: dict[str, float], spread: bool) -> str:
    if not spread:
        return f"{figure['median']:.2f}"
    return f"{figure['median']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"


@contextlib.contextmanager
def _in_empty_folder() -> Iterator[None]:
    """Work where peers may leave their checkpoints."""
    before = os.getcwd()  # noqa: PTH109 - what chdir takes
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.overhead`."""
    parser = report.options("overhead", __doc__, ROUNDS)
    parser.add_argument("--models", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--workers", nargs="+", type=int, default=[0, 2])
    parser.add_argument("--no-page", action="store_true", help="without JupyterLab and a browser")
    chosen = parser.parse_args(arguments)
    settings = [Setting(*one) for one in product(chosen.models, chosen.threads, chosen.workers)]
    head = report.begin()
    measured = measure(settings, chosen.rounds, page=not chosen.no_page)
    print(tables(report.end(head, measured, chosen.json)))


if __name__ == "__main__":
    torch.set_num_interop_threads(1)
    main()
