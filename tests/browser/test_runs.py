"""Runs beside one another, in one widget."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.finder import Finder

TWO_RUNS = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(model, make_loader(), make_optimizer(model), num_it=40)
display(widget)
widget.wait()
widget.start(wd=0.1)
widget.wait()
"""


@pytest.fixture(scope="module")
def compared(lab_for_module) -> Finder:
    """Two runs that differ in one setting, with the settings unfolded."""
    notebook = lab_for_module(TWO_RUNS)
    notebook.run(0)
    finder = Finder(notebook, 0)
    finder.wait_for_dots(3)
    finder.root.get_by_text("How the curve is read").click()
    return finder


def earlier(finder: Finder) -> Locator:
    return finder.root.locator(".lrfind-earlier .lrfind-earlier-run")


def test_the_legend_names_what_differs(compared):
    expect(compared.root.locator(".lrbar-run-name")).to_have_text(
        ["Run 1: own wd", "Run 2: wd 0.1"]
    )
    expect(earlier(compared)).to_have_count(1)


def test_an_earlier_run_is_named_at_its_line(compared):
    name = compared.root.locator(".lrfind-run-name")
    expect(name).to_have_text("Run 1: own wd")
    expect(name).to_be_visible()


def test_the_latest_run_cannot_be_removed(compared):
    expect(compared.button("Remove Run 1: own wd")).to_be_visible()
    expect(compared.button("Remove Run 2: wd 0.1")).to_have_count(0)


def test_a_run_is_hidden_and_shown(compared):
    box = compared.root.get_by_role("checkbox", name="Run 1")
    expect(earlier(compared)).not_to_have_attribute("d", "")
    box.uncheck()
    expect(earlier(compared)).to_have_attribute("d", "")
    box.check()
    expect(earlier(compared)).not_to_have_attribute("d", "")


def test_the_latest_run_is_hidden_and_shown(compared):
    box = compared.root.get_by_role("checkbox", name="Run 2")
    line = compared.root.locator(".lrfind-curve")
    box.uncheck()
    expect(line).to_be_hidden()
    box.check()
    expect(line).to_be_visible()


def test_a_removed_run_leaves_the_chart_and_not_the_results(compared):
    compared.press("Remove Run 1: own wd")
    expect(earlier(compared)).to_have_count(0)
    assert compared.notebook.value("[run.settings['wd'] for run in widget.runs]") == [None, 0.1]
