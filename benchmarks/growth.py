"""Time and bytes a step as a sweep grows from a hundred steps to a hundred thousand.

Also how long the smoothing, every suggestion and the widget's own reading of a curve take.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import report
from benchmarks.recording import recording_comms
from benchmarks.timing import spread
from lrfind_widget import LRFinderWidget, Sweep
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.rules.table import RULES, suggest

ROUNDS = 5
LENGTHS = (100, 1_000, 10_000, 100_000)
WINDOW = 100
"""Steps in a window: the first and the last of a sweep are compared."""


def job() -> tuple[nn.Module, list[Any], torch.optim.Optimizer]:
    """Return a model so small that what grows beside it would show."""
    torch.manual_seed(0)
    model = nn.Linear(10, 1)
    batches = [(torch.randn(16, 10), torch.randn(16, 1)) for _ in range(8)]
    return model, batches, torch.optim.SGD(model.parameters(), lr=1e-3)


def sweep(length: int) -> Sweep:
    """Return a sweep of that many steps that nothing ends early."""
    return Sweep(*job(), loss_fn=nn.functional.mse_loss, num_it=length, start_lr=1e-9, end_lr=1e-7)


def window_times(length: int) -> list[float]:
    """Return the seconds of processor time a step, of each window of a sweep."""
    points = iter(sweep(length))
    times = []
    window = min(WINDOW, length // 2)
    while True:
        began = time.thread_time()
        taken = sum(1 for _ in itertools.islice(points, window))
        if taken < window:
            return times
        times.append((time.thread_time() - began) / window)


def step_times(lengths: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """Return microseconds a step, and late steps against early ones, for several lengths."""
    found = []
    for length in lengths:
        ratios, micro = [], []
        for _ in range(rounds if length < 100_000 else max(1, rounds // 3)):
            times = window_times(length)
            tenth = max(1, len(times) // 10)
            micro.append(1e6 * statistics.median(times))
            ratios.append(statistics.median(times[-tenth:]) / statistics.median(times[:tenth]))
        found.append(
            {"num_it": length, "us_a_step": spread(micro), "late_to_early": spread(ratios)}
        )
    return found


def bytes_a_step(lengths: Sequence[int]) -> list[dict[str, Any]]:
    """Return what the widget sends a second and a step, with a page that is not there."""
    found = []
    for length in lengths:
        with recording_comms() as sent:
            widget = LRFinderWidget(
                *job(),
                loss_fn=nn.functional.mse_loss,
                num_it=length,
                start_lr=1e-9,
                end_lr=1e-7,
            )
            before = sent.total
            began = time.perf_counter()
            widget.start()
            widget.wait()
            seconds = time.perf_counter() - began
            points = sent.of("append")
            found.append(
                {
                    "num_it": length,
                    "messages": sent.count("append"),
                    "bytes_of_points": points / length,
                    "bytes_of_all": (sent.total - before) / length,
                    "largest_message": sent.largest,
                    "seconds": seconds,
                }
            )
            widget.close()
    return found


def readings(lengths: Sequence[int], rounds: int) -> list[dict[str, Any]]:
    """Return milliseconds of smoothing and of each rule on curves of several lengths."""
    readers: dict[str, Callable[[Any, Any], object]] = {
        "smoothing": lambda _, losses: exponential_average(losses, 0.98),
        **{f"`{name}`": _rule(name) for name in RULES},
    }
    found: dict[str, dict[int, list[float]]] = {name: {} for name in readers}
    for _ in range(rounds):
        for name, reader in readers.items():
            for length in lengths:
                curve = curve_of(length)
                began = time.thread_time()
                reader(*curve)
                taken = 1000 * (time.thread_time() - began)
                found[name].setdefault(length, []).append(taken)
    return [
        {"what": name, "ms": {str(length): spread(ms) for length, ms in times.items()}}
        for name, times in found.items()
    ]


def _rule(name: str) -> Callable[[Any, Any], object]:
    return lambda lrs, losses: suggest(lrs, losses, name)


def curve_of(length: int) -> tuple[Any, Any]:
    """Return a curve that falls, has a minimum and rises, with noise."""
    place = np.linspace(0, 1, length)
    noise = np.random.default_rng(0).normal(0, 0.05, length)
    losses = 2.3 - 1.5 / (1 + np.exp(-20 * (place - 0.5))) + 5 * np.maximum(place - 0.85, 0) ** 2
    return 1e-7 * 1e8**place, losses + noise


def measure(rounds: int, lengths: Sequence[int] = LENGTHS) -> dict[str, Any]:
    """Measure all of it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    window_times(lengths[0])
    readings(lengths[:1], 1)
    measured = {
        "rounds": rounds,
        "steps": step_times(lengths, rounds),
        "messages": bytes_a_step(lengths),
        "readings": readings(lengths, rounds),
    }
    torch.set_num_threads(threads)
    return measured


def tables(result: dict[str, Any]) -> str:
    """Return steps and messages, and what reading a curve takes, as two tables."""
    rows = []
    for step, message in zip(result["steps"], result["messages"], strict=True):
        ratio = step["late_to_early"]
        rows.append(
            [
                f"{step['num_it']:,}",
                f"{step['us_a_step']['median']:.0f}",
                f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})",
                f"{message['bytes_of_points']:.0f}",
                f"{message['bytes_of_all']:.0f}",
                f"{message['largest_message'] / 1000:.1f}",
            ]
        )
    head = [
        "num_it",
        "µs a step",
        "late to early steps",
        "bytes of points a step",
        "bytes of all a step",
        "largest message (kB)",
    ]
    lengths = list(result["readings"][0]["ms"])
    reading = [
        [line["what"], *(f"{line['ms'][length]['median']:.2f}" for length in lengths)]
        for line in result["readings"]
    ]
    return "\n\n".join(
        [
            report.markdown(head, rows),
            report.markdown(
                ["ms of processor time", *(f"{int(length):,} points" for length in lengths)],
                reading,
            ),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.growth`."""
    parser = report.options("growth", __doc__, ROUNDS)
    parser.add_argument("--lengths", nargs="+", type=int, default=list(LENGTHS))
    chosen = parser.parse_args(arguments)
    head = report.begin()
    print(tables(report.end(head, measure(chosen.rounds, chosen.lengths), chosen.json)))


if __name__ == "__main__":
    main()
