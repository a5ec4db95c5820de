"""Repeats, a closer look and a try, as a person uses them in JupyterLab."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.finder import Finder

#: The path of something that has an inside.
_AREA = re.compile("^M.+Z$")

_CELL = """
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), make_optimizer(model), num_it=30, repeats=2, seed=0, start_lr=1e-5,
)
widget
"""


def test_repeats_are_drawn_with_their_spread_and_a_closer_look_joins_them(lab):
    notebook = lab(_CELL)
    finder = Finder(notebook, 0)
    notebook.run(0)
    notebook.until("not widget.status.is_running and widget.result is not None")
    spread = finder.root.locator(".lrfind-spread-area")
    expect(spread).to_have_attribute("d", _AREA)
    before = finder.dots()
    finder.press("Refine")
    finder.says("Refined from")
    finder.wait_for_dots(before + 1)
    expect(spread).to_have_attribute("d", _AREA)
    # The refined part can be hidden as the lines can, at its name in the chart or in the legend.
    bracket = finder.root.locator(".lrfind-band-refined .lrfind-band-edges")
    named = finder.root.locator(".lrfind-band-label", has_text="refined")
    in_legend = finder.root.get_by_role("group", name="Lines").get_by_role("button", name="refined")
    expect(bracket).to_have_attribute("d", re.compile("^M"))
    named.click()
    expect(bracket).not_to_have_attribute("d", re.compile("."))
    expect(named).to_have_count(0)
    expect(in_legend).to_have_attribute("aria-pressed", "false")
    notebook.until("widget._screens.shown.chart.bands.shown is False")
    in_legend.click()
    expect(bracket).to_have_attribute("d", re.compile("^M"))
    expect(in_legend).to_have_attribute("aria-pressed", "true")


def test_a_try_is_drawn_below_and_its_best_rate_is_chosen_with_a_click(lab):
    notebook = lab(_CELL)
    finder = Finder(notebook, 0)
    notebook.run(0)
    notebook.until("not widget.status.is_running and widget.result is not None")
    notebook.execute("widget.compare([1e-5, 1e-2], steps=40)")
    expect(finder.root.locator(".lrfind-training")).to_have_count(2)
    finder.says("1e-2 did best")
    finder.press("Use 1e-2")
    finder.rate_becomes(0.01)
    notebook.until("widget.selected_lr == 0.01")
