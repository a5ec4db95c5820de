"""The widget with a page that shows it: JupyterLab, a browser, and the bare loop in its kernel."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.contestants import AGAIN, BARE, CONTESTANTS, END_LR, LIVE, START_LR
from benchmarks.setting import Setting
from benchmarks.timing import Sample, sample, shuffled

CALM = 0.15
"""Seconds between two runs, in which the page finishes what it draws."""


@contextlib.contextmanager
def notebook(*cells: str, width: int = 1100, height: int = 900) -> Iterator[Any]:
    """Open a notebook of these cells in JupyterLab and in Chromium."""
    from playwright.sync_api import sync_playwright

    from scripts.browser import find_browser
    from tests.browser.harness import JupyterLab, OpenNotebook

    path = find_browser()
    if path is None:
        raise RuntimeError("No Chromium was found: run `make chromium`.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        application = JupyterLab(Path(folder))
        try:
            application.start()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=path,
                    args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
                )
                page = browser.new_page(viewport={"width": width, "height": height})
                opened = OpenNotebook(application, page, cells)
                opened.open()
                yield opened
                browser.close()
        finally:
            application.stop()


CELLS = ("from benchmarks import live_page", "display(live_page.show())")


def measure(
    rounds: Sequence[Sequence[Setting]], steps: int | None = None
) -> dict[Setting, list[dict[str, Sample]]]:
    """Return the samples of bare loop and widget in a kernel with a live page."""
    with notebook(*CELLS) as opened:
        return measure_in(opened, rounds, steps)


def measure_in(
    opened: Any, rounds: Sequence[Sequence[Setting]], steps: int | None = None
) -> dict[Setting, list[dict[str, Sample]]]:
    """Measure in a notebook of `CELLS` that is open."""
    results: dict[Setting, list[dict[str, Sample]]] = {}
    opened.run(0)
    _one_round(opened, rounds[0][0], 20, 0)  # what is imported and compiled at first use
    for number, settings in enumerate(rounds):
        for setting in settings:
            report.tell(f"live page, round {number + 1} of {len(rounds)}: {setting}")
            measured = _one_round(opened, setting, steps, number)
            results.setdefault(setting, []).append(measured)
    return results


def _one_round(opened: Any, setting: Setting, steps: int | None, number: int) -> dict[str, Sample]:
    opened.execute(f"live_page.prepare(live_page.{setting!r}, {steps})")
    opened.run(1)
    opened.output(1).get_by_role("slider", name="Learning rate").wait_for()
    found = json.loads(opened.value(f"live_page.one_round({number})"))
    return {name: Sample(*times) for name, times in found.items()}


# What follows runs in the kernel.

_PREPARED: dict[str, Any] = {}


def prepare(setting: Setting, steps: int | None) -> None:
    """Close the widget of the last round and make the next one, without starting it."""
    from lrfind_widget import LRFinderWidget

    last = _PREPARED.pop("widget", None)
    if last is not None:
        last.close()
    steps = setting.task.steps if steps is None else steps
    job = setting.job(steps)
    _PREPARED.update(
        setting=setting,
        steps=steps,
        widget=LRFinderWidget(
            job.model,
            job.loader,
            job.optimizer,
            loss_fn=job.loss_fn,
            num_it=steps,
            start_lr=START_LR,
            end_lr=END_LR,
            auto_start=False,
        ),
    )


def show() -> Any:
    """Return the widget that was prepared, for the page to show."""
    return _PREPARED["widget"]


def one_round(number: int) -> str:
    """Measure each once, with the widget in the page all the time; return JSON."""
    setting, steps, widget = (_PREPARED[name] for name in ("setting", "steps", "widget"))

    def live() -> None:
        widget.start()
        widget.wait()

    others = {name: CONTESTANTS[name] for name in (BARE, AGAIN)}
    found = {}
    with setting.threads_set():
        for name in shuffled([LIVE, *others], number):
            time.sleep(CALM)
            if name == LIVE:
                measured = sample(live, steps)
            else:
                job = setting.job(steps)
                measured = sample(lambda job=job, run=others[name]: run(job, steps), steps)
            found[name] = (measured.step, measured.work, measured.whole)
    return json.dumps(found)
