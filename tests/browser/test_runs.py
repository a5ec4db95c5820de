"""Runs beside one another, in one widget."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.finder import Finder
from tests.browser.hands import Hands

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
def compared(lab_for_module) -> Hands:
    """Two runs that differ in one setting, with the settings unfolded."""
    notebook = lab_for_module(TWO_RUNS)
    notebook.run(0)
    finder = Hands(notebook, 0)
    finder.wait_for_dots(3)
    finder.root.get_by_text("How the curve is read").click()
    return finder


def earlier(finder: Finder) -> Locator:
    return finder.root.locator(".lrfind-earlier .lrfind-earlier-run")


def in_legend(finder: Finder, name: str) -> Locator:
    return finder.root.get_by_role("group", name="Lines").get_by_role("button", name=name)


def test_the_legend_names_what_differs(compared):
    expect(compared.root.locator(".lrbar-run-name")).to_have_text(
        ["Run 1: own wd", "Run 2: wd 0.1"]
    )
    expect(earlier(compared)).to_have_count(1)


def test_each_run_is_named_at_its_line(compared):
    names = compared.root.locator(".lrfind-run-name")
    expect(names).to_have_text(["Run 2: wd 0.1", "Run 1: own wd"])
    for name in names.all():
        expect(name).to_be_visible()
    assert compared.overlaps() == []


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


def test_a_click_on_a_name_at_its_line_hides_a_run_as_the_settings_do(compared):
    box = compared.root.get_by_role("checkbox", name="Run 1")
    compared.root.locator(".lrfind-run-name", has_text="Run 1").click()
    expect(box).not_to_be_checked()
    expect(earlier(compared)).to_have_attribute("d", "")
    in_legend(compared, "Run 1: own wd").click()
    expect(box).to_be_checked()


def test_a_key_hides_a_run_in_the_legend_and_the_focus_stays(compared):
    item = in_legend(compared, "Run 2: wd 0.1")
    item.focus()
    page = compared.notebook.page
    page.keyboard.press("Space")
    expect(item).to_have_attribute("aria-pressed", "false")
    expect(item).to_be_focused()
    expect(compared.root.get_by_role("checkbox", name="Run 2")).not_to_be_checked()
    page.keyboard.press("Enter")
    expect(item).to_have_attribute("aria-pressed", "true")


def test_the_cursor_reads_all_runs_that_are_shown(compared):
    compared.hover(0.4)
    read = compared.card_values()
    assert all(float(read[name]) > 0 for name in ("Run 1: own wd", "Run 2: wd 0.1"))
    compared.root.get_by_role("checkbox", name="Run 2").uncheck()
    compared.hover(0.41)
    assert list(compared.card_values()) == ["learning rate", "Run 1: own wd"]
    compared.root.get_by_role("checkbox", name="Run 2").check()


def test_the_cursor_reads_all_runs_by_key(compared):
    compared.curve.focus()
    compared.notebook.page.keyboard.press("Home")
    compared.says("Run 1: own wd at ")
    compared.says("Run 2: wd 0.1 at ")


def test_the_latest_run_is_hidden_and_shown(compared):
    box = compared.root.get_by_role("checkbox", name="Run 2")
    line = compared.root.locator(".lrfind-lines")
    box.uncheck()
    expect(line).to_be_hidden()
    box.check()
    expect(line).to_be_visible()


def test_a_removed_run_leaves_the_chart_and_not_the_results(compared):
    compared.press("Remove Run 1: own wd")
    expect(earlier(compared)).to_have_count(0)
    assert compared.notebook.value("[run.settings['wd'] for run in widget.runs]") == [None, 0.1]
