"""A sweep that runs while the person does something else."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.finder import Finder

PREPARE = """
import threading, time
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, fingerprint, make_loader, make_model, make_optimizer
model = make_model()
optimizer = make_optimizer(model)
gate = Gate(make_loader())
before = fingerprint(model, optimizer)
"""
GATED = """
widget = LRFinderWidget(model, gate, optimizer, num_it=60, end_lr=1e-3, stop_div=False)
widget.y_range = "all"  # every loss has its place in the chart
display(widget)
"""
FEED = """
for _ in range(40):
    gate.let(1)
    time.sleep(0.05)  # the work of another cell
"""
FEED_FROM_THREAD = """
def feed():
    for _ in range(50):  # of 60: the rest is left for the test to let through
        gate.let(1)
        time.sleep(0.05)
threading.Thread(target=feed).start()
"""
LONG = """
def slowly(batch):
    time.sleep(0.02)  # a batch that takes its time to prepare
    return batch
widget = LRFinderWidget(model, make_loader(), optimizer, num_it=10_000, prepare_batch=slowly)
display(widget)
"""


def gated(opener, *cells: str) -> Finder:
    """Show a sweep whose steps wait to be let through."""
    notebook = opener(PREPARE, GATED, *cells)
    notebook.run(0)
    notebook.run(1)
    return Finder(notebook, 1)


def test_the_curve_grows_while_another_cell_runs(either):
    finder = gated(either, FEED)
    finder.notebook.begin(2)
    finder.wait_for_dots(5, while_busy=True)
    finder.wait_for_dots(20, while_busy=True)
    finder.notebook.execute("gate.open()")
    finder.notebook.until("widget.status.value", lambda status: status == "finished")


def test_every_point_is_drawn_and_counted(lab):
    finder = gated(lab)
    finder.notebook.execute("gate.open()")
    finder.wait_for_dots(60)
    expect(finder.root.get_by_role("application", name="60 points")).to_be_visible()
    assert finder.dots() == 60


def test_points_come_in_few_messages(lab):
    finder = gated(lab)
    finder.notebook.watch_messages()
    finder.notebook.execute("gate.open()")
    finder.wait_for_dots(60)
    appended = finder.notebook.messages(direction="recv", event="append")
    assert 1 <= len(appended) < 60
    # Three numbers of eight bytes for each of 60 points; and in each message an envelope, and the
    # line as it is then, two numbers for each of its positions.
    assert sum(message["bytes"] for message in appended) <= 60 * 24 + (1000 + 60 * 16) * len(
        appended
    )


def test_a_sweep_stopped_by_its_button_leaves_every_bit_as_it_was(either):
    finder = gated(either)
    finder.notebook.execute("gate.let(20)")
    finder.wait_for_dots(20)
    finder.press("Stop")
    # The step that waits in the loader is the one under way.
    finder.notebook.execute("gate.let(1)")
    finder.notebook.until("widget.status.value", lambda status: status == "stopped")
    assert finder.notebook.value("fingerprint(model, optimizer) == before")
    assert 20 <= finder.notebook.value("len(widget.result.lrs)") <= 21
    finder.says("Stopped")


def test_a_paused_sweep_waits_and_goes_on(lab):
    finder = gated(lab)
    finder.notebook.execute("gate.let(10)")
    finder.wait_for_dots(10)
    finder.press("Pause")
    finder.notebook.execute("gate.open()")
    finder.notebook.until("widget.status.value", lambda status: status == "paused")
    assert finder.dots() < 60
    finder.press("Resume")
    finder.wait_for_dots(60)


def test_a_sweep_stopped_while_paused_leaves_every_bit_as_it_was(lab):
    finder = gated(lab)
    finder.notebook.execute("gate.let(10)")
    finder.wait_for_dots(10)
    finder.press("Pause")
    finder.notebook.execute("gate.let(1)")
    finder.notebook.until("widget.status.value", lambda status: status == "paused")
    finder.press("Stop")
    finder.notebook.until("widget.status.value", lambda status: status == "stopped")
    assert finder.notebook.value("fingerprint(model, optimizer) == before")


def test_a_page_reloaded_mid_sweep_loses_no_point(either):
    finder = gated(either, FEED_FROM_THREAD)
    notebook = finder.notebook
    notebook.run(2)
    finder.wait_for_dots(10)
    notebook.save()
    notebook.reload()
    assert notebook.value("widget.status.value") == "sweeping"
    notebook.execute("gate.open()")
    again = Finder(notebook, 1)
    again.wait_for_dots(60)
    assert again.dots() == 60


def test_an_interrupted_wait_stops_the_sweep(lab):
    notebook = lab(PREPARE, LONG, "widget.wait()")
    notebook.run(0)
    notebook.run(1)
    notebook.begin(2)
    notebook.interrupt()
    assert notebook.value("widget.status.value") == "stopped"
    assert notebook.value("fingerprint(model, optimizer) == before")


@pytest.mark.parametrize("text", ["out of luck", "<img src=x onerror=document.title='taken'>"])
def test_an_error_of_the_model_is_told_as_text(lab, text):
    notebook = lab(
        PREPARE,
        "def loss_fn(output, target):\n"
        f"    raise ValueError({text!r})\n"
        "widget = LRFinderWidget(model, make_loader(), optimizer, loss_fn=loss_fn)\n"
        "display(widget)",
    )
    notebook.run(0)
    notebook.run(1)
    finder = Finder(notebook, 1)
    finder.says(f"ValueError: {text}")
    finder.root.get_by_text("How this was run").click()
    expect(finder.root.get_by_role("region", name="Traceback")).to_contain_text("in loss_fn")
    assert notebook.page.title() != "taken"
    assert notebook.value("type(widget.error).__name__") == "ValueError", "the kernel lives"
    assert notebook.value("fingerprint(model, optimizer) == before")
