"""The lines of the chart, their names, and what is said of the suggestion."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.finder import Finder

SWEPT = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from lrfind_widget.rules.suggestion import Advice, Suggestion
from tests.browser.workbench import make_loader, make_model, make_optimizer
model, loader = make_model(), make_loader()
widget = LRFinderWidget(
    model, loader, make_optimizer(model), num_it=40, seed=0, val_loader=loader, val_batches=1
)
widget.start()
widget.wait()
display(widget)
"""

UNSURE = """
found = Suggestion(3e-3, "Why.", caveats=("A doubt.", "Another."), advice=Advice("sweep", 25))
widget.rule = lambda lrs, losses: found
"""

DRAWN = re.compile("^M.+")


@pytest.fixture(scope="module")
def finder(lab_for_module) -> Finder:
    notebook = lab_for_module(SWEPT)
    notebook.run(0)
    finder = Finder(notebook, 0)
    finder.wait_for_dots(3)
    return finder


def line(finder: Finder, name: str) -> Locator:
    return finder.root.locator(f".lrfind-curve .lrfind-line-{name}").last


def switch(finder: Finder, name: str) -> Locator:
    return finder.root.get_by_role("group", name="Lines").get_by_role("button", name=name)


def test_fit_average_and_validation_loss_are_drawn_and_named(finder):
    for name in ("fit", "average", "validation"):
        expect(line(finder, name)).to_have_attribute("d", DRAWN)
        expect(switch(finder, name)).to_have_attribute("aria-pressed", "true")


def test_a_line_is_switched_off_by_mouse_and_on_again_by_key(finder):
    switch(finder, "average").click()
    expect(line(finder, "average")).to_have_attribute("d", "")
    expect(finder.steepest).to_have_count(0)
    finder.notebook.until("widget.show_average is False")
    expect(switch(finder, "average")).to_be_focused()
    finder.notebook.page.keyboard.press("Space")
    expect(line(finder, "average")).to_have_attribute("d", DRAWN)
    expect(finder.steepest).to_have_count(1)
    finder.notebook.until("widget.show_average is True")


def test_the_button_that_is_pointed_out_starts_what_would_settle_it(finder):
    finder.notebook.execute(UNSURE)
    dot = finder.root.get_by_role("button", name="Choose your rule (unsure) 3e-3")
    expect(dot).to_have_class(re.compile("lrfind-spot-unsure"))
    expect(
        finder.root.get_by_text("Recommended 3e-3 by your rule, unsure.", exact=True)
    ).to_be_visible()
    expect(finder.root.get_by_text("Another.", exact=True)).to_be_hidden()
    finder.root.get_by_text("Why this rate").click()
    expect(finder.root.get_by_text("Another.", exact=True)).to_be_visible()
    finder.press("Run 25 steps")
    finder.notebook.until("len(widget.runs) == 2 and len(widget.result)", lambda n: n <= 25)
