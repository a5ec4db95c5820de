"""What the critical rate costs: the time of a sweep that looks for it, as a ratio to one without.

Both in the same process and by turns, in processor time of all threads, of the whole sweep with all
that comes once.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import report
from benchmarks.setting import Setting
from benchmarks.tasks import TASKS
from benchmarks.timing import spread
from lrfind_widget import Sweep

ROUNDS = 9


def seconds(setting: Setting, steps: int, *, finds: bool) -> float:
    """Return the processor time of a sweep that nothing ends early."""
    job = setting.job(steps)
    sweep = Sweep(
        *(job.model, job.loader, job.optimizer),
        loss_fn=job.loss_fn,
        num_it=steps,
        start_lr=1e-8,
        end_lr=1e-4,
    )
    sweep.finds_critical_rate = finds
    gc.collect()
    began = time.process_time()
    for _ in sweep:
        pass
    return time.process_time() - began


def _pair(setting: Setting, steps: int, first: bool) -> tuple[float, float]:
    """Return the time with it and without; `first` says which is measured first."""
    times = {finds: seconds(setting, steps, finds=finds) for finds in (first, not first)}
    return times[True], times[False]


def measure(rounds: int, models: Sequence[str] = tuple(TASKS), steps: int = 100) -> dict[str, Any]:
    """Measure sweeps of each model."""
    found = []
    for model in models:
        setting = Setting(model)
        with setting.threads_set():
            seconds(setting, 46, finds=True)
            pairs = [_pair(setting, steps, number % 2 == 0) for number in range(rounds)]
        ratio = spread([with_it / without for with_it, without in pairs])
        step = spread([1000 * without / steps for _, without in pairs])
        found.append({"model": model, "step_ms": step, "ratio": ratio})
    return {"rounds": rounds, "steps": steps, "models": found}


def tables(result: dict[str, Any]) -> str:
    """Return the ratios as a table, a column a model."""
    head = ["", *(f"{m['model']}, {m['step_ms']['median']:.1f} ms" for m in result["models"])]
    ratios = [model["ratio"] for model in result["models"]]
    cells = [f"{r['median']:.2f} ({r['low']:.2f} to {r['high']:.2f})" for r in ratios]
    return report.markdown(head, [[f"with it, {result['steps']} steps", *cells]])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `python -m benchmarks.critical_rate`."""
    parser = report.options("critical_rate", __doc__, ROUNDS)
    chosen = parser.parse_args(arguments)
    head = report.begin()
    print(tables(report.end(head, measure(chosen.rounds), chosen.json)))


if __name__ == "__main__":
    main()
