"""What a saved notebook keeps, for readers with and without a kernel."""

from __future__ import annotations

import base64
import re

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from tests.browser.finder import Finder
from tests.browser.kept import kept, kept_when

SWEPT = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(model, make_loader(), make_optimizer(model), num_it=40, seed=0)
display(widget)
"""


def after_its_sweep(opener) -> Finder:
    notebook = opener(SWEPT)
    notebook.run(0)
    notebook.until("widget.result is not None")
    return Finder(notebook, 0)


@pytest.fixture(scope="module")
def swept(lab_for_module) -> Finder:
    """A widget whose kernel goes on, for the tests that choose and save."""
    return after_its_sweep(lab_for_module)


@pytest.fixture
def leaving(lab) -> Finder:
    """A widget whose kernel will go."""
    return after_its_sweep(lab)


def test_the_output_keeps_a_picture_and_a_line_that_follow_the_choice(swept):
    first = kept_when(swept.notebook, "selected_lr=")
    assert base64.b64decode(first["image/png"]).startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in first
    swept.field.fill("2e-5")
    swept.field.press("Enter")
    later = kept_when(swept.notebook, "selected_lr=2e-5")
    assert later["image/png"] != first["image/png"]


def test_the_widget_lives_on_when_its_picture_is_updated(swept):
    swept.marker.focus()
    swept.marker.press("Home")
    kept_when(swept.notebook, "selected_lr=1e-7")
    # The same element still has the focus: nothing was drawn anew under the person's hand.
    expect(swept.marker).to_be_focused()


def test_many_choices_make_few_pictures(swept):
    swept.marker.press("End")
    kept_when(swept.notebook, "selected_lr=10")
    swept.notebook.watch_messages()
    for _ in range(12):
        swept.marker.press("ArrowLeft")
    swept.marker.press("Home")
    kept_when(swept.notebook, "selected_lr=1e-7")
    updates = swept.notebook.messages(direction="recv", type="update_display_data")
    assert 1 <= len(updates) <= 3


def test_an_export_to_html_holds_the_picture(swept):
    data = kept_when(swept.notebook, "selected_lr=")
    page, _ = HTMLExporter().from_notebook_node(nbformat.read(swept.notebook.path, 4))
    assert f"data:image/png;base64,{''.join(data['image/png']).strip()[:200]}" in page


def test_a_notebook_opened_without_its_kernel_shows_the_picture(leaving):
    notebook = leaving.notebook
    kept_when(notebook, "selected_lr=")
    expect_the_picture_without_a_kernel(leaving)


GATED = (
    SWEPT.replace("make_loader(), make_opt", "gate, make_opt")
    .replace("model = make_model()", "model, gate = make_model(), Gate(make_loader())")
    .replace("workbench import", "workbench import Gate,")
)


@pytest.fixture
def in_mid_sweep(lab) -> Finder:
    """A widget in a file that was saved in the middle of its sweep."""
    notebook = lab(GATED)
    notebook.run(0)
    notebook.execute("gate.let(10)")
    finder = Finder(notebook, 0)
    finder.wait_for_dots(5)
    assert "image/png" not in kept(notebook)
    return finder


def test_a_sweep_saved_in_its_middle_and_ended_in_another_page_keeps_its_picture(in_mid_sweep):
    notebook = in_mid_sweep.notebook
    notebook.reload()
    in_mid_sweep.wait_for_dots(5)
    notebook.execute("gate.open()")
    kept_when(notebook, "finished")
    notebook.restart_kernel()
    notebook.save()
    expect_the_picture_without_a_kernel(in_mid_sweep)


def test_a_sweep_that_ended_while_no_page_was_open_keeps_its_picture(in_mid_sweep):
    notebook = in_mid_sweep.notebook
    notebook.execute("import threading; threading.Timer(3, gate.open).start()")
    notebook.page.goto("about:blank")
    notebook.page.wait_for_timeout(6000)
    notebook.open()
    kept_when(notebook, "finished")
    expect_the_picture_without_a_kernel(in_mid_sweep)


def expect_the_picture_without_a_kernel(finder: Finder) -> None:
    notebook = finder.notebook
    notebook.page.goto("about:blank")
    notebook.application.shut_down_kernel_of(notebook.path.name)
    notebook.open()
    picture = finder.root.locator(".lrfind-kept-picture")
    image = picture.get_by_role("img", name="Chart of the loss against the learning rate. ")
    expect(image).to_be_visible()
    expect(image).not_to_have_attribute("alt", re.compile("LRFinderWidget"))
    expect(picture).to_contain_text("selected_lr=")
    expect(picture).to_contain_text("run the cell again")
    expect(finder.root.get_by_text("Error displaying widget")).to_have_count(0)


#: What has ipywidgets' sign of a broken link before it.
BROKEN_LINKS = """(root) => [...root.querySelectorAll('.jupyter-widgets-disconnected')]
  .filter((each) => getComputedStyle(each, '::before').content !== 'none')
  .map((each) => each.className)"""


def test_after_a_restart_of_the_kernel_the_page_says_what_is_left(leaving):
    notebook = leaving.notebook
    kept_when(notebook, "selected_lr=")
    before = leaving.root.locator(".lrfind-chart").bounding_box()
    notebook.restart_kernel()
    expect(leaving.root.locator(".lrbar-why")).to_contain_text("run its cell again")
    expect(leaving.root.get_by_text("Error displaying widget")).to_have_count(0)
    # The chart stands where it stood, without ipywidgets' broken links beside it.
    assert leaving.root.locator(".lrfind-chart").bounding_box() == before
    assert leaving.root.evaluate(BROKEN_LINKS) == []
    notebook.run(0)
    notebook.until("widget.result is not None")
    leaving.wait_for_dots(3)
