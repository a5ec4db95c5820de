"""Search: the search for a rate, as a person uses it in JupyterLab, on real data."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Locator, expect

from lrfind_widget.curves.formatting import format_lr
from tests.browser.contrasts import CONTRASTS
from tests.browser.finder import Finder

_CELL = """
from lrfind_widget import LRFinderWidget, SearchResult
from tests.browser.workbench import fingerprint, make_loader, make_model, make_optimizer
model = make_model()
optimizer = make_optimizer(model)
before = fingerprint(model, optimizer)
widget = LRFinderWidget(model, make_loader(), optimizer, num_it=60, seed=0)
widget
"""


def swept(lab, **page) -> Finder:
    """Return a finder whose sweep has ended."""
    notebook = lab(_CELL, **page)
    finder = Finder(notebook, 0)
    notebook.run(0)
    notebook.until("not widget.status.is_running and widget.result is not None")
    return finder


def verdict(finder: Finder) -> Locator:
    """Return what a search has found, in few words."""
    return finder.root.locator(".lrfind-comparison-bar .lrbar-sentence")


def evidence(finder: Finder) -> Locator:
    """Return what its verdict rests on."""
    return finder.root.locator(".lrfind-comparison-bar details")


def test_a_search_is_brought_in_sight_right_below_its_button_under_its_verdict(lab):
    finder = swept(lab, height=600)
    finder.press("Search")
    heading = finder.root.get_by_role("group", name="Comparison of learning rates")
    chart = finder.root.locator(".lrfind-trainings")
    expect(chart).to_be_in_viewport()
    expect(heading).to_be_in_viewport()
    expect(verdict(finder)).to_contain_text("did best", timeout=60_000)
    finder.says(verdict(finder).inner_text())
    expect(heading.get_by_role("button", name="Use")).not_to_have_count(0)
    expect(heading).to_be_in_viewport()
    order = [finder.button("Search"), verdict(finder), chart, finder.root.locator("summary").last]
    tops = [box["y"] for box in (each.bounding_box() for each in order) if box is not None]
    assert tops == sorted(tops)
    assert len(tops) == 4


def test_a_search_from_python_scrolls_no_page(lab):
    finder = swept(lab, height=600)
    before = finder.button("Search").bounding_box()
    finder.notebook.execute("widget.search(steps=16)")
    expect(verdict(finder)).to_contain_text("did best", timeout=60_000)
    assert finder.button("Search").bounding_box() == before


def test_level_rates_have_a_button_each_and_an_earlier_runs_comparison_says_so(lab):
    finder = swept(lab)
    notebook = finder.notebook
    notebook.execute("widget.compare([9e-3, 9.1e-3], steps=40)")
    expect(verdict(finder)).to_contain_text("within the noise")
    finder.press("Use 9.1e-3")
    notebook.until("widget.selected_lr == 9.1e-3")
    finder.press("Use 9e-3")
    notebook.until("widget.selected_lr == 9e-3")
    ticks = finder.root.locator(".lrfind-tried")
    expect(ticks).to_have_count(2)
    notebook.execute("widget.start(wd=0.1)")
    expect(finder.root.get_by_text("Compared after run 1; run 2 is shown above.")).to_be_visible()


def test_one_press_finds_a_rate_and_the_marker_stands_there(lab):
    finder = swept(lab)
    finder.press("Search")
    expect(finder.root.locator(".lrfind-training").nth(2)).to_be_attached()
    notebook = finder.notebook
    notebook.until("isinstance(widget.comparison, SearchResult)")
    expect(verdict(finder)).to_contain_text("did best")
    found = notebook.value("widget.comparison.best_lr")
    assert 1e-3 < found < 0.3
    finder.rate_becomes(found)
    lines = finder.root.locator(".lrfind-training")
    expect(lines).to_have_count(notebook.value("len(widget.comparison.lrs)"))
    use = finder.root.get_by_role(
        "button", name=re.compile(f"^Use (it|{re.escape(format_lr(found))})$"), include_hidden=True
    )
    expect(use).to_have_attribute("aria-disabled", "true")  # it is chosen
    notebook.execute("widget.selected_lr = 5e-2")
    use.click()
    finder.rate_becomes(found)
    assert notebook.value("fingerprint(model, optimizer) == before")


def test_a_part_of_the_data_is_held_back_with_a_press(lab):
    finder = swept(lab)
    notebook = finder.notebook
    notebook.execute("widget.search(steps=16)")
    expect(evidence(finder)).to_contain_text("which does not show overfitting")
    finder.press("Search with validation")
    expect(evidence(finder)).to_contain_text("20% of the data were held back")
    expect(finder.button("Search with validation")).to_have_count(0)
    dots = finder.root.locator(".lrfind-training-dots").first
    expect(dots).to_have_attribute("d", re.compile("^M"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [560, 1100])
def test_every_rate_is_named_at_its_line(lab, theme, width):
    finder = swept(lab, theme=theme, width=width, height=1300)
    finder.notebook.execute("widget.search(1e-5, steps=40)")
    finder.notebook.until("not widget.status.is_running")
    count = finder.notebook.value("len(widget.comparison.lrs)")
    names = finder.root.locator(".lrfind-training-name")
    expect(names).to_have_count(count)
    boxes = [names.nth(n).bounding_box() for n in range(count)]
    assert all(box is not None for box in boxes)
    chart = finder.root.locator(".lrfind-trainings").locator("xpath=ancestor::*[name()='svg'][1]")
    outer = chart.bounding_box()
    assert outer is not None
    for box in boxes:
        assert outer["x"] <= box["x"]
        assert box["x"] + box["width"] <= outer["x"] + outer["width"] + 1
        assert outer["y"] - 1 <= box["y"]
    for one, other in itertools.combinations(boxes, 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        assert beside or abs(one["y"] - other["y"]) >= 14
    contrasts = finder.root.evaluate(CONTRASTS)
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}
