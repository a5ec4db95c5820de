"""What the page of Notebook 6 does otherwise than JupyterLab: its keys and its outputs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.finder import Finder
from tests.browser.kept import kept_when
from tests.browser.test_pages import PREPARE

ENDED = """
widget = LRFinderWidget(model, make_loader(), optimizer, num_it=40, seed=0)
display(widget)
"""


def ended(opener, **options) -> Finder:
    notebook = opener(PREPARE, ENDED, **options)
    notebook.run(0)
    notebook.run(1)
    notebook.until("widget.result is not None")
    finder = Finder(notebook, 1)
    finder.wait_for_dots(20)
    return finder


@pytest.fixture(scope="module")
def finder(classic_for_module) -> Finder:
    return ended(classic_for_module)


def test_the_arrows_move_the_marker_and_no_letter_reaches_the_notebook(finder):
    cells = finder.notebook.cells()
    finder.marker.focus()
    before = finder.rate()
    finder.marker.press("ArrowRight")
    after = finder.notebook.until("widget.selected_lr", lambda rate: rate > before)
    finder.rate_becomes(after)
    # Commands of the notebook: a cell below, a cell above, cut; and to run and leave a cell.
    for key in ("b", "a", "x", "Enter"):
        finder.marker.press(key)
    assert finder.notebook.cells() == cells
    expect(finder.marker).to_be_focused()


def test_a_rate_is_typed(finder):
    cells = finder.notebook.cells()
    finder.field.fill("2e-4")
    finder.field.press("Enter")
    finder.notebook.until("widget.selected_lr", lambda rate: rate == 2e-4)
    finder.rate_becomes(2e-4)
    assert finder.notebook.cells() == cells


def test_the_element_under_the_hand_is_kept_when_its_output_is_updated(finder):
    finder.marker.focus()
    finder.marker.press("Home")
    first = kept_when(finder.notebook, "selected_lr=1e-7", 1)
    expect(finder.marker).to_be_focused()
    finder.marker.press("End")
    later = kept_when(finder.notebook, "selected_lr=10", 1)
    assert later["image/png"] != first["image/png"]
    expect(finder.marker).to_be_focused()
    # One figure, not one more for each picture.
    expect(finder.notebook.page.locator(".lrfind-chart")).to_have_count(1)


def test_the_output_of_another_library_is_updated_as_ever(finder):
    finder.notebook.page.evaluate(
        "(code) => Jupyter.notebook.insert_cell_at_bottom().set_text(code)",
        "handle = display('before', display_id=True); handle.update('after')",
    )
    finder.notebook.run(2)
    expect(finder.notebook.output(2)).to_have_text("'after'")


def test_a_restarted_kernel_has_no_second_handler(finder):
    assert finder.notebook.page.evaluate(
        """() => {
  const {kernel, events} = window.Jupyter.notebook;
  const before = kernel.get_iopub_handler('update_display_data');
  events.trigger('kernel_created.Kernel', {kernel});
  return kernel.get_iopub_handler('update_display_data') === before;
}"""
    )
