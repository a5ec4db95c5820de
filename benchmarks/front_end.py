"""The page: what an update costs it, and how late it is.

Main-thread time and bytes of our curve beside a bqplot `Lines` that is sent anew for each point;
latencies of points and of the marker; the first paint; imports.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks import probes, report
from benchmarks.live_page import notebook
from benchmarks.timing import spread

ROUNDS = 3
LENGTHS = (100, 1_000, 10_000, 50_000)
UPDATES = 20
MOVES = 12
KINDS = ("ours", "bqplot Lines")


def updates(opened: Any, rounds: int, lengths: Sequence[int], count: int) -> list[dict[str, Any]]:
    """Return what an update costs, for each kind of curve and number of points."""
    session = opened.page.context.new_cdp_session(opened.page)
    # In time that the thread works, which other programs on the machine hardly change.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    for number in range(rounds):
        for length in lengths:
            for kind in KINDS if number % 2 == 0 else reversed(KINDS):
                opened.execute(f"shown = feed.make({kind!r}, {length}, {count + 4})")
                opened.run(1)
                opened.output(1).locator("svg").first.wait_for()
                measured = _costs(opened, session, count, 0.05 if length <= 1000 else 0.25)
                found.setdefault((kind, length), []).append(measured)
    return [
        {
            "kind": kind,
            "points": length,
            **{what: spread([run[what] for run in runs]) for what in runs[0]},
        }
        for (kind, length), runs in found.items()
    ]


def _costs(opened: Any, session: Any, count: int, pause: float) -> dict[str, float]:
    opened.page.wait_for_timeout(700)
    before = _busy(session)
    opened.page.wait_for_timeout(1000 * pause * count + 500)
    idle = _busy(session)
    work = opened.value(f"feed.run({count}, {pause})")
    opened.page.wait_for_timeout(500)
    after = _busy(session)
    opened.page.evaluate(probes.BYTES)
    opened.value("feed.run(2, 0.2)")
    opened.page.wait_for_timeout(200)
    sent = opened.page.evaluate(probes.BYTES_READ)
    quiet = {name: idle[name] - before[name] for name in idle}
    return {
        "main_thread_ms": 1000 * (after["Task"] - idle["Task"] - quiet["Task"]) / count,
        "script_ms": 1000 * (after["Script"] - idle["Script"] - quiet["Script"]) / count,
        "kernel_ms": work,
        "bytes": sent / 2,
    }


def _busy(session: Any) -> dict[str, float]:
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return {name: float(metrics[f"{name}Duration"]) for name in ("Task", "Script")}


def latencies(opened: Any, points: int = 30, moves: int = MOVES) -> dict[str, Any]:
    """Return milliseconds from a loss to its pixel, and from the pointer to Python."""
    opened.execute(f"shown = widget = feed.finder(0.15, {points})")
    opened.run(1)
    _marker(opened).wait_for()
    opened.page.evaluate(probes.DRAWN)
    opened.value("widget.start()")
    opened.until("widget.status.value", lambda status: status == "finished", seconds=60)
    computed = opened.value("feed.TIMES")
    drawn = dict(reversed([tuple(pair) for pair in opened.page.evaluate("() => window.drawn")]))
    late = [drawn[n + 1] - at for n, at in enumerate(computed) if n + 1 in drawn]

    opened.page.evaluate(probes.MOVED)
    idle = _drag(opened, moves)
    opened.execute("shown = widget = feed.finder(0.004, 100_000)")
    opened.run(1)
    _marker(opened).wait_for()
    opened.value("widget.start()")
    opened.page.wait_for_timeout(500)
    sweeping = _drag(opened, moves)
    opened.value("widget.stop()")
    opened.value("widget.wait() is not None")
    return {
        "point_to_pixel_ms": spread(late),
        "pointer_to_python_idle_ms": spread(idle),
        "pointer_to_python_sweeping_ms": spread(sweeping),
    }


def _drag(opened: Any, moves: int) -> list[float]:
    """Move the marker step by step; return how late Python heard of each step."""
    page = opened.page
    opened.execute("heard = feed.heard(widget)")
    box = _marker(opened).locator(".lrfind-marker-handle").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("() => { window.moved.length = 0; }")
    for number in range(moves):
        page.mouse.move(x + 6 * (number + 1) * (-1) ** number, y)
        page.wait_for_timeout(250)
    page.mouse.up()
    moved = page.evaluate("() => window.moved")[:moves]
    arrived = [at for at, _ in opened.value("heard")]
    late = [min((at - sent for at in arrived if at >= sent), default=0.0) for sent in moved]
    return [ms for ms in late if 0 < ms < 250]


def first_paint(opened: Any, rounds: int) -> dict[str, Any]:
    """Return milliseconds from the cell's first statement to the painted widget."""
    times = []
    for _ in range(rounds):
        opened.execute("shown = feed.now")
        opened.page.evaluate(probes.FIRST_PAINT)
        opened.run(2)
        painted = opened.page.evaluate("() => window.painted")
        began, made = opened.value("(began, made)")
        times.append((made - began, painted - began))
        opened.execute("widget.close()")
    return {
        "first_in_page_ms": round(times[0][1], 1),
        "widget_made_ms": spread([made for made, _ in times[1:] or times]),
        "paint_ms": spread([painted for _, painted in times[1:] or times]),
    }


def _marker(opened: Any) -> Any:
    return opened.output(1).get_by_role("slider", name="Learning rate")


def imports(rounds: int) -> dict[str, Any]:
    """Return milliseconds of imports, each in a new process."""
    script = (
        "import time; a = time.perf_counter(); {before}; b = time.perf_counter(); "
        "from lrfind_widget import {what}; c = time.perf_counter(); print(b - a, c - b)"
    )
    cases = {
        "LRFinderWidget": ("import torch, ipywidgets, bqplot", "LRFinderWidget"),
        "lr_find": ("import torch", "lr_find"),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (before, what) in cases.items():
            command = [sys.executable, "-c", script.format(before=before, what=what)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            base, own = (float(part) for part in done.stdout.split())
            found[name].append((1000 * base, 1000 * own))
    return {
        "imports": {
            name: {
                "what_it_builds_on_ms": spread([base for base, _ in times]),
                "own_ms": spread([own for _, own in times]),
            }
            for name, times in found.items()
        },
    }


CELLS = (
    "from benchmarks import feed",
    "display(shown)",
    "began = feed.now(); widget = feed.finder(0.01, 10); made = feed.now(); display(widget)",
)


def measure(
    rounds: int, lengths: Sequence[int] = LENGTHS, *, count: int = UPDATES
) -> dict[str, Any]:
    """Measure all of it in one page."""
    with notebook(*CELLS) as opened:
        found = measure_in(opened, rounds, lengths, count=count)
    return {"rounds": rounds, **found, **imports(rounds)}


def measure_in(
    opened: Any, rounds: int, lengths: Sequence[int], *, count: int, points: int = 30
) -> dict[str, Any]:
    """Measure in a notebook of `CELLS` that is open."""
    opened.run(0)
    return {
        "first_paint": first_paint(opened, rounds + 1),
        "latencies": latencies(opened, points),
        "updates": updates(opened, rounds, lengths, count),
    }


def tables(result: dict[str, Any]) -> str:
    """Return the costs of updates, and everything else, as two tables."""
    ours, stock = (
        {line["points"]: line for line in result["updates"] if line["kind"] == kind}
        for kind in KINDS
    )
    rows = [
        [
            f"{points:,}",
            *(
                f"{ours[points][what]['median']:,.{digits}f} / "
                f"{stock[points][what]['median']:,.{digits}f}"
                for what, digits in (
                    ("main_thread_ms", 1),
                    ("script_ms", 1),
                    ("kernel_ms", 2),
                    ("bytes", 0),
                )
            ),
        ]
        for points in ours
    ]
    head = ["points", "main thread (ms)", "of it scripts (ms)", "kernel (ms)", "bytes"]
    late, painted = result["latencies"], result["first_paint"]
    others = [
        ["from a computed loss to its pixel", _ms(late["point_to_pixel_ms"])],
        ["from the pointer to Python, idle", _ms(late["pointer_to_python_idle_ms"])],
        ["from the pointer to Python, in a sweep", _ms(late["pointer_to_python_sweeping_ms"])],
        ["from the cell's start to the painted widget", _ms(painted["paint_ms"])],
        ["the same, first in a page, which loads scripts", f"{painted['first_in_page_ms']:.0f} ms"],
    ]
    for name, times in result["imports"].items():
        others.append(
            [
                f"import of `{name}`, after {times['what_it_builds_on_ms']['median']:.0f} ms for "
                "what it builds on",
                _ms(times["own_ms"]),
            ]
        )
    return "\n\n".join(
        [
            "An update by one point, our curve / a bqplot `Lines` that is sent anew:",
            report.markdown(head, rows),
            report.markdown(["", "median (quartiles)"], others),
        ]
    )


def _ms(figure: dict[str, float]) -> str:
    return f"{figure['median']:.0f} ms ({figure['low']:.0f} to {figure['high']:.0f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.front_end`."""
    parser = report.options("front_end", __doc__, ROUNDS)
    parser.add_argument("--lengths", nargs="+", type=int, default=list(LENGTHS))
    chosen = parser.parse_args(arguments)
    head = report.begin()
    print(tables(report.end(head, measure(chosen.rounds, chosen.lengths), chosen.json)))


if __name__ == "__main__":
    main()
