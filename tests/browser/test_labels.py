"""What is written and tinted in the plot area, for a short sweep that explodes."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.hands import Hands

EXPLODED = """
import torch
from IPython.display import display
from lrfind_widget import LRFinderWidget
from lrfind_widget.rules.suggestion import Suggestion
from tests.browser.workbench import make_loader, make_model
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9), num_it=20,
    seed=0, end_lr=100, stop_div=False, skip_start=12, skip_end=3, auto_start=False,
)
widget.rule = lambda lrs, losses: Suggestion(1e-2, "Why.", band=(1e-3, 1.0))
display(widget)
widget.start()
widget.wait()
"""

TRIED = """
import torch
from IPython.display import display
from lrfind_widget import LRFinderWidget
from lrfind_widget.rules.suggestion import Suggestion
from tests.browser.workbench import make_loader, make_model
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), torch.optim.Adam(model.parameters(), lr=1e-3), num_it=60, seed=0,
    start_lr=1e-5, stop_div=False, auto_start=False,
)
widget.rule = lambda lrs, losses: Suggestion(1e-2, "Why.", band=(1e-3, 1.0))
display(widget)
widget.start()
widget.wait()
critical = widget.result.critical_lr
widget.compare([1.2e-3, 2e-3, 4e-3, critical, critical * 1.04, 2], steps=3)
widget.wait()
"""

NAMED = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), make_optimizer(model), num_it=30, seed=0, auto_start=False
)
display(widget)
for changes in ({}, {"wd": 0.1, "seed": 1}, {"wd": 0.2, "accumulate": 2, "end_lr": 1}, {"seed": 3}):
    widget.start(**changes)
    widget.wait()
"""

SHORT = re.compile(r"^Run \d$")

TICKS = ".lrfind-tick-labels text[text-anchor=end]"
#: Read at once: an element is used again, for another axis, where the chart is painted anew.
TICK_LABELS = f"""(root) => [...root.querySelectorAll('{TICKS}')].map((tick) => tick.textContent)"""


@pytest.fixture(scope="module", params=["light", "dark"])
def exploded(request, lab_for_module) -> Hands:
    notebook = lab_for_module(EXPLODED, theme=request.param)
    notebook.run(0)
    finder = Hands(notebook, 0)
    finder.wait_for_dots(3)
    finder.root.locator(".lrfind-spot-suggestion").wait_for()
    return finder


@pytest.mark.parametrize("width", [1100, 500])
def test_no_label_lies_over_another_a_dot_or_the_marker(exploded, width):
    notebook = exploded.notebook
    exploded.resize(width)
    for rate in (1e-7, 1e-5, 1e-3, 1.2e-3, 1e-2, 0.1, 1, 10, 100):
        notebook.execute(f"widget.selected_lr = {rate}")
        exploded.rate_becomes(rate)
        assert exploded.overlaps() == []
        assert exploded.root.locator(".lrfind-spot-label:not([display])").count() >= 1
    exploded.resize(1100)


def test_ticks_of_rates_that_were_tried_cross_no_label_and_no_mark(lab):
    notebook = lab(TRIED)
    notebook.run(0)
    finder = Hands(notebook, 0)
    expect(finder.root.locator(".lrfind-tried")).to_have_count(6)
    finder.root.locator(".lrfind-spot-critical").wait_for()
    for width in (1100, 560, 500):
        finder.resize(width)
        assert finder.overlaps() == []
    finder.resize(1100)
    expect(finder.root.get_by_text("loss falls here")).to_be_visible()


def test_a_name_that_would_cover_a_line_gives_way_to_its_number(lab):
    notebook = lab(NAMED, width=500)
    notebook.run(0)
    finder = Hands(notebook, 0)
    whole = {*finder.root.locator(".lrbar-run-name").all_text_contents()}
    assert len(whole) == 4
    names = finder.root.locator(".lrfind-run-name:not([display])")
    expect(names.filter(has_text=SHORT)).not_to_have_count(0)
    finder.settle()
    assert {name for name in names.all_text_contents() if not SHORT.search(name)} <= whole
    # The card has no name cut either: it is whole, or the number alone where it would cover a line.
    for width in (500, 1100):
        finder.resize(width)
        finder.hover(0.3)
        labels = finder.card.locator(".lrfind-card-label > span")
        expect(labels.filter(has_text=re.compile(r"^Run 3"))).to_be_visible()
        named = {name for name in labels.all_text_contents() if name.startswith("Run")}
        assert {name for name in named if not SHORT.search(name)} <= whole
        cut = "(spans) => spans.filter((span) => span.scrollWidth > span.clientWidth).length"
        assert labels.evaluate_all(cut) == 0


def test_all_losses_are_shown_in_decades_with_ticks_in_one_notation(exploded):
    before = exploded.root.evaluate(TICK_LABELS)
    exploded.press("Show all losses")
    exploded.notebook.until("widget.y_range == 'all'")
    expect(exploded.root.get_by_role("button", name="the fall")).to_be_visible()
    exploded.settle()
    shown = exploded.root.evaluate(TICK_LABELS)
    values = np.array([float(text) for text in shown])
    assert len(values) >= 2
    assert len({"e" in text for text in shown}) == 1
    losses = exploded.notebook.value("[float(x) for x in widget.result.losses if x < float('inf')]")
    assert values[-1] > max(losses) / 10
    assert exploded.overlaps() == []
    exploded.root.get_by_role("button", name="the fall").click()
    exploded.notebook.until("widget.y_range == 'focus'")
    expect(exploded.root.locator(TICKS)).to_have_text(before)


def test_bands_that_overlap_stay_two_colours(exploded):
    exploded.notebook.execute(
        """
widget.analyse(skip_start=8, skip_end=1)
widget.rule = lambda lrs, losses: Suggestion(1e-2, "Why.", band=(1e-5, 0.1))
widget.selected_lr = 30
"""
    )
    exploded.rate_becomes(30)
    exploded.notebook.page.mouse.move(5, 5)
    expect(exploded.root.locator(".lrfind-band-area")).to_have_count(3)
    hatch, both, tint, paper = (colours(exploded, rate) for rate in (1.5e-6, 3e-5, 6e-3, 0.6))
    # A tint changes the colour of the paper, strokes lie on it; where both are, both are seen.
    assert seen(hatch, paper)
    assert seen(both, tint)
    assert not seen(tint, paper)
    assert not seen(hatch, tint)
    assert len(hatch) >= len(paper) + 3
    assert len(both) >= len(tint) + 3


def seen(colours: set[tuple[int, ...]], others: set[tuple[int, ...]]) -> bool:
    """Whether the colours of one place are among those of another."""
    return others <= colours


def colours(finder: Hands, rate: float) -> set[tuple[int, ...]]:
    """Return the colours of a small part of the plot area, near its upper edge."""
    finder.settle()
    x, y = finder.place(np.log10(rate / 1e-7) / 9, 0.03)
    clip = {"x": x - 6, "y": y, "width": 12, "height": 12}
    with Image.open(io.BytesIO(finder.notebook.page.screenshot(clip=clip))) as image:
        return set(image.convert("RGB").get_flattened_data())
