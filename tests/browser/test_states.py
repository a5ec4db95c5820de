"""Every state has its look and its sentence."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.finder import Finder

GATED = """
from IPython.display import display
import torch
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, make_loader, make_model, make_optimizer
model, gate = make_model(), Gate(make_loader())
optimizer = make_optimizer(model)
widget = LRFinderWidget(model, gate, optimizer, num_it=60, auto_start=False)
display(widget)
"""

DIVERGING = """
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
diverging = LRFinderWidget(model, make_loader(), optimizer, end_lr=1e5, num_it=60)
display(diverging)
"""

MARKUP = "<img src=x onerror=document.title='taken'><b>bold</b>"

MADE_OF_MARKUP = ".lrfind-widget :is(img:not([src^='data:image/png;base64,']), b)"
"""All images and bold words but the curve's picture, which lies hidden in the page."""

FAILING = f"""
def loss_fn(output, target):
    loss_fn.calls += 1
    if loss_fn.calls > 15:
        raise ValueError({MARKUP!r})
    return torch.nn.functional.cross_entropy(output, target)
loss_fn.calls = 0
failing = LRFinderWidget(
    model, make_loader(), make_optimizer(model), loss_fn=loss_fn, num_it=60
)
display(failing)
"""

REFUSED = """
encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(28 * 28, 28 * 28))
refused = LRFinderWidget(encoder, make_loader(), make_optimizer(encoder))
display(refused)
"""


STORED = """
from lrfind_widget import LRFinderWidget, lr_find
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
stored = lr_find(model, make_loader(), make_optimizer(model), num_it=30, progress=False)
LRFinderWidget.from_result(stored)
"""


def test_a_stored_result_shows_no_progress_and_speaks_of_no_training(lab):
    notebook = lab(STORED)
    notebook.run(0)
    finder = Finder(notebook, 0)
    finder.root.get_by_text("How this was run").click()
    expect(finder.root.get_by_text("Loss: cross entropy")).to_be_visible()
    expect(finder.progress).to_have_count(0)
    for name in ("Range test", "How this was run"):
        expect(finder.root.get_by_role("group", name=name)).not_to_contain_text("copy")


def test_from_waiting_to_stopped_each_state_says_what_it_is(lab):
    notebook = lab(GATED)
    notebook.run(0)
    finder = Finder(notebook, 0)
    bar = finder.root.get_by_role("group", name="Range test")
    expect(bar).to_contain_text("Ready: press Run to start the range test.")
    expect(finder.progress).to_have_count(0)

    finder.press("Run")
    notebook.execute("gate.let(20)")
    # The sentence does not stay behind when no further step comes.
    expect(bar).to_contain_text(re.compile(r"Sweeping: 20 of 60 steps, .+ left\."))
    expect(bar).to_contain_text("Rate now")
    expect(finder.progress).to_have_attribute("aria-valuenow", "20")
    expect(finder.root.get_by_role("group", name="Range test").get_by_role("button")).to_have_text(
        ["Pause", "Stop"]
    )

    finder.press("Pause")
    notebook.execute("gate.let(1)")
    finder.says("Paused after 21 of 60 steps")
    finder.press("Resume")
    notebook.execute("gate.let(4)")
    expect(bar).to_contain_text("Sweeping: 25 of 60 steps")

    finder.press("Stop")
    notebook.execute("gate.let(1)")
    notebook.until("widget.status.value == 'stopped'")
    finder.says(notebook.value("widget.result.stop_sentence"))
    expect(finder.root.get_by_role("img", name="stopped")).to_have_count(1)
    expect(finder.root.get_by_text("it changed nothing")).to_be_visible()
    expect(finder.button("Run again")).to_be_visible()
    expect(finder.button("Stop")).to_have_count(0)
    expect(finder.progress).to_have_count(0)


def test_a_divergence_is_marked_where_the_sweep_ended(lab):
    notebook = lab(GATED, DIVERGING)
    notebook.run(0)
    notebook.run(1)
    notebook.until("diverging.status.value == 'diverged'")
    finder = Finder(notebook, 1)
    sentence = notebook.value("diverging.result.stop_sentence")
    finder.says(sentence)
    end = finder.root.get_by_role("img", name="diverged")
    expect(end).to_have_count(1)
    expect(end.locator("title")).to_have_text(sentence)


@pytest.fixture(scope="module")
def failed(lab_for_module) -> Finder:
    """A sweep whose loss raised after some steps, with markup in its message."""
    notebook = lab_for_module(GATED, FAILING)
    notebook.run(0)
    notebook.run(1)
    notebook.until("failing.status.value == 'failed'")
    return Finder(notebook, 1)


def test_a_failure_is_told_and_its_traceback_folded(failed):
    failed.says(f"The sweep failed in step 16. ValueError: {MARKUP}")
    traceback = failed.root.get_by_role(
        "region", name="Traceback of your code", include_hidden=True
    )
    expect(traceback).to_be_hidden()
    failed.root.get_by_text("How this was run").click()
    expect(traceback).to_be_visible()
    expect(traceback).to_contain_text("in loss_fn")
    expect(traceback).not_to_contain_text("run_thread.py")


def test_what_was_drawn_before_a_failure_stays(failed):
    assert failed.dots() > 0
    expect(failed.root.get_by_role("img", name="failed")).to_have_count(1)
    expect(failed.root.get_by_text("it changed nothing")).to_be_visible()


def test_markup_in_an_exception_is_shown_as_text(failed):
    expect(failed.root.locator(".lrbar-sentence").filter(has_text=MARKUP)).to_have_count(1)
    assert failed.root.locator(MADE_OF_MARKUP).count() == 0
    assert failed.notebook.page.title() != "taken"


def test_markup_in_what_python_sets_is_shown_as_text(failed):
    failed.notebook.execute(
        f"markup = {MARKUP!r}\n"
        "screen = failing._screens.shown\n"
        "told = dict.fromkeys(('rate', 'objective', 'detail', 'sentence'), markup)\n"
        "screen.run_bar.set_together(status='sweeping', **told)\n"
        "screen.choice_bar.set_together(message=markup, about=[markup])\n"
        "screen.how_bar.set_together(summary=markup, facts=[markup], error=markup)\n"
        "screen.chart.axes.x_label = markup\n"
        "screen.settings_bar.runs = [{'id': '1', 'name': markup}]\n"
        "spot = dict(lr=1e-3, loss=.5, kind='end', label=markup, title=markup)\n"
        "screen.chart.annotations.annotations = [spot]\n"
    )
    counts = {
        ".lrbar-sentence": 4,
        ".lrbar-said": 1,
        "summary": 1,
        ".lrbar-known > li": 2,
        ".lrbar-run": 1,
        ".lrbar-error": 1,
    }
    assert counts == {
        part: "".join(failed.root.locator(part).all_text_contents()).count(MARKUP)
        for part in counts
    }
    expect(failed.root.locator(".lrfind-frame text").filter(has_text=MARKUP)).to_have_count(1)
    assert failed.root.locator(MADE_OF_MARKUP).count() == 0
    assert failed.notebook.page.title() != "taken"


def test_apply_is_not_there_while_a_sweep_runs(lab):
    notebook = lab(GATED)
    notebook.run(0)
    finder = Finder(notebook, 0)
    finder.press("Run")
    notebook.execute("gate.let(3)")
    finder.wait_for_dots(3)
    apply = finder.button("Apply")
    for hold in ("Pause", "Resume"):
        expect(apply).to_have_count(0)
        finder.press(hold)
        notebook.execute("gate.let(1)")
    assert notebook.value("optimizer.param_groups[0]['lr']") == 1e-3
    notebook.execute("gate.open()")
    notebook.until("not widget.status.is_running")
    apply.click()
    finder.says("Applied")
    rate = notebook.value("widget.selected_lr")
    assert notebook.value("optimizer.param_groups[0]['lr']") == rate


def test_a_long_refusal_has_a_row_of_its_own_and_its_lines_to_paste(lab):
    notebook = lab(GATED, REFUSED)
    notebook.run(0)
    notebook.run(1)
    notebook.until("refused.status.value == 'failed'")
    finder = Finder(notebook, 1)
    finder.says("Say which it is:")
    sentence = finder.root.locator(".lrbar-error").filter(has_text="Say which it is:")
    whole = finder.root.locator(".lrfind-widget").first
    assert sentence.bounding_box()["width"] > 0.7 * whole.bounding_box()["width"]
    lines = sentence.inner_text().splitlines()
    assert "cross entropy: loss_fn=F.cross_entropy" in [line.strip() for line in lines]
