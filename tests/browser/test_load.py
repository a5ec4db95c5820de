"""Ten thousand steps of the smallest model: the page stays awake and nothing piles up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.finder import Finder

STEPS = 10_000

PREPARE = f"""
import gc, os, time
from IPython.display import display
import torch
from lrfind_widget import LRFinderWidget
torch.set_num_threads(1)
model = torch.nn.Linear(1, 1)
batch = (torch.ones(1, 1), torch.zeros(1, 1))
seconds_a_step = 0
def loss_fn(output, target):
    if seconds_a_step:
        time.sleep(seconds_a_step)
    return torch.nn.functional.mse_loss(output, target)
widget = LRFinderWidget(
    model, [batch] * 100, torch.optim.SGD(model.parameters(), lr=0.1), num_it={STEPS},
    loss_fn=loss_fn, stop_div=False, end_lr=1e-1, auto_start=False,
)
display(widget)
def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
"""

#: When the kernel wrote each message of the widget, in seconds.
WATCH = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  window.received = [];
  kernel.anyMessage.connect((_, {msg, direction}) => {
    if (direction === 'recv' && msg.header.msg_type === 'comm_msg') {
      window.received.push(Date.parse(msg.header.date) / 1000);
    }
  });
}"""


@pytest.fixture(scope="module")
def swept(lab_for_module) -> tuple[Finder, dict[str, Any]]:
    """A long sweep in a page that has shown one before, and what was seen of it."""
    notebook = lab_for_module(PREPARE)
    notebook.run(0)
    finder = Finder(notebook, 0)
    for _ in range(2):
        sweep(finder)  # what is loaded, compiled and allocated at the start is there now
    kernel, page = notebook.value("resident()"), heap(finder)
    tasks = traced(finder, sweep)
    load = {
        "tasks": tasks,
        "kernel": notebook.value("resident()") - kernel,
        "page": heap(finder) - page,
    }
    return finder, load


def traced(finder: Finder, action: Callable[[Finder], None]) -> list[float]:
    """Return the milliseconds that each task of the page computed for during an action.

    Of the processor and not of the clock, since other programs may hold the machine up.
    """
    page = finder.notebook.page
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    action(finder)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    pages = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["tdur"] / 1000
        for event in events
        if "RunTask" in event["name"] and "tdur" in event and (event["pid"], event["tid"]) in pages
    ]


def sweep(finder: Finder, num_it: int = STEPS) -> None:
    """Sweep to the end, and wait until the page has all of it."""
    notebook = finder.notebook
    notebook.execute(f"widget.start(num_it={num_it})")
    notebook.until("not widget.status.is_running", seconds=120)
    finder.says("Finished")


def heap(finder: Finder) -> int:
    """Return the bytes that the page holds after its garbage is collected."""
    session = finder.notebook.page.context.new_cdp_session(finder.notebook.page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    return int(used["usedSize"])


def test_no_point_is_lost(swept):
    finder, _ = swept
    assert finder.notebook.value("len(widget.result.lrs)") == STEPS
    label = finder.root.get_by_role("application").get_attribute("aria-label")
    assert label is not None
    assert f"{STEPS} points" in label


def test_no_task_holds_the_page_up(swept):
    _, load = swept
    assert len(load["tasks"]) > 100
    assert [task for task in load["tasks"] if task > 100] == []


def test_memory_grows_by_the_points_and_not_by_the_messages(swept):
    _, load = swept
    # A run keeps three numbers of eight bytes a point in the page, and is drawn faded later;
    # the kernel keeps it in `runs` besides.
    points = 3 * 8 * STEPS
    assert load["page"] < 8 * points
    assert load["kernel"] < 64 * points


def test_messages_come_at_most_twenty_times_a_second(swept):
    finder, _ = swept
    notebook = finder.notebook
    # Steps of a millisecond or more: so long a sweep that its pace shows on any machine.
    notebook.execute("seconds_a_step = 0.001")
    notebook.page.evaluate(WATCH)
    sweep(finder, num_it=4000)
    times = notebook.page.evaluate("() => window.received")
    assert times[-1] - times[0] > 4
    assert len(times) > 20
    assert max(sum(start <= time < start + 1 for time in times) for start in times) <= 20
