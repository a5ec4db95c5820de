"""The widget in a page of Voila, where the outputs of a notebook are all there is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.contrasts import CONTRASTS
from tests.browser.finder import Finder

# What a test asks a kernel elsewhere, this notebook does and says itself.
PAGE = """
from IPython.display import display
from ipywidgets import Button, Label
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, make_loader, make_model, make_optimizer
model = make_model()
optimizer = make_optimizer(model)
gate = Gate(make_loader())
widget = LRFinderWidget(model, gate, optimizer, num_it=60, stop_div=False)
widget.y_range = "all"  # every loss has its place in the chart
let = Button(description="let 10 steps through")
let.on_click(lambda _: gate.let(10))
said = Label()
widget.observe(lambda change: setattr(said, "value", f"chosen {change.new!r}"), "selected_lr")
display(widget, let, said)
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_sweep_appears_grows_and_is_dragged_and_the_kernel_has_the_rate(voila, theme):
    notebook = voila(PAGE, theme=theme)
    finder = Finder(notebook, 0)
    let = notebook.page.get_by_role("button", name="let 10 steps through")
    let.click()
    finder.wait_for_dots(10)
    let.click()
    finder.wait_for_dots(20)

    finder.drag_marker_by(60)
    chosen = finder.rate()
    assert chosen > 1.5e-3
    expect(notebook.page.get_by_text(f"chosen {chosen!r}")).to_be_visible()

    contrasts = finder.root.evaluate(CONTRASTS)
    assert contrasts
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}

    finder.press("Stop")
    let.click()
    finder.says("Stopped")
    finder.rate_becomes(chosen)


def test_the_classic_template_gives_it_the_width_of_the_page_and_folds_their_triangles(voila):
    notebook = voila(PAGE, theme="light&template=classic")
    # The template calls what Voila does not bring with it, and has no icon.
    notebook.allow_complaint("voila_heartbeat|favicon")
    widget = notebook.page.locator(".lrfind-widget")
    box = widget.bounding_box()
    assert box is not None
    assert box["width"] > 1000
    expect(widget.locator("summary").first).to_have_css("display", "list-item")
