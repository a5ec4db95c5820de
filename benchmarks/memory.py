"""Peak memory of a range test above the bare loop, on a model of 105 million parameters.

Each contestant runs in a process of its own, which first takes two bare steps, so that weights,
gradients, the optimizer's state and everything that torch loads are there before.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks import contestants, report
from benchmarks.contestants import AGAIN, BARE, CONTESTANTS
from benchmarks.leftovers import EVERYONE
from benchmarks.tasks import Task
from benchmarks.timing import spread

ROUNDS = 1
STEPS = 6
WIDTH, LAYERS = 5120, 4
EVERY = 0.002
"""Seconds between two looks at the memory in use."""


def task(width: int = WIDTH, layers: int = LAYERS) -> Task:
    """Return a perceptron with that many square layers, trained with Adam."""
    return Task(
        lambda: nn.Sequential(*(nn.Linear(width, width) for _ in range(layers))),
        lambda count: (torch.randn(count, width), torch.randn(count, width)),
        nn.functional.mse_loss,
        lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
        batch=4,
        steps=STEPS,
    )


class Peak:
    """The most memory in use while it is entered, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self.bytes = in_use()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.is_set():
            self.bytes = max(self.bytes, in_use())
            time.sleep(EVERY)


def in_use() -> int:
    """Return the bytes of memory this process has in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def one(name: str, width: int, layers: int) -> dict[str, int]:
    """Run one contestant in this process and return what it took."""
    torch.set_num_threads(2)
    job = task(width, layers).job()
    CONTESTANTS[BARE](job, 2)
    weights = sum(p.numel() * p.element_size() for p in job.model.parameters())
    with Peak() as bare:
        CONTESTANTS[BARE](job, STEPS)
    small = task(16, 1).job()  # what a contestant imports and sets up is not the model's cost
    CONTESTANTS[name](small, STEPS)
    with Peak() as peak:
        CONTESTANTS[name](job, STEPS)
    return {"weights": weights, "bare": bare.bytes, "peak": peak.bytes}


def measure(
    rounds: int, names: Sequence[str] = (AGAIN, *EVERYONE), size: tuple[int, int] = (WIDTH, LAYERS)
) -> dict[str, Any]:
    """Run every contestant, each in a process of its own, in turn."""
    chosen = [rival.name for rival in contestants.installed(*names)]
    found: dict[str, list[dict[str, int]]] = {name: [] for name in chosen}
    for _ in range(rounds):
        for name in chosen:
            found[name].append(_in_a_process(name, size))
    taken = next(iter(found.values()))[0]
    return {
        "rounds": rounds,
        "parameters": taken["weights"] // 4,
        "weights_mb": taken["weights"] / 1e6,
        "bare_mb": taken["bare"] / 1e6,
        "above": {
            name: {
                "mb": spread([(run["peak"] - run["bare"]) / 1e6 for run in runs]),
                "weights": spread([(run["peak"] - run["bare"]) / run["weights"] for run in runs]),
                "ratio": spread([run["peak"] / run["bare"] for run in runs]),
            }
            for name, runs in found.items()
        },
    }


def _in_a_process(name: str, size: tuple[int, int]) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(__file__).parents[1]
        command = [
            sys.executable,
            "-m",
            "benchmarks.memory",
            "--one",
            name,
            "--size",
            *map(str, size),
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def tables(result: dict[str, Any]) -> str:
    """Return the peaks as a Markdown table."""
    rows = [
        [
            f"**{name}**" if name in contestants.OURS else name,
            f"{above['mb']['median']:,.0f} MB",
            f"{above['weights']['median']:.2f}",
            f"{above['ratio']['median']:.2f}",
        ]
        for name, above in result["above"].items()
    ]
    head = [
        "",
        "peak above the bare loop",
        "in sizes of the weights",
        "peak to that of the bare loop",
    ]
    return report.markdown(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.memory`."""
    parser = report.options("memory", __doc__, ROUNDS)
    parser.add_argument("--one", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument(
        "--size", nargs=2, type=int, default=(WIDTH, LAYERS), metavar=("WIDTH", "LAYERS")
    )
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(json.dumps(one(chosen.one, *chosen.size)))
        return
    head = report.begin()
    print(tables(report.end(head, measure(chosen.rounds, size=tuple(chosen.size)), chosen.json)))


if __name__ == "__main__":
    main()
