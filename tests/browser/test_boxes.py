"""A widget that a cell does not display itself, but that lies in a box."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.finder import Finder
from tests.browser.harness import OpenNotebook

PREPARE = """
import ipywidgets
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
def made(**options):
    model = make_model()
    return LRFinderWidget(
        model, make_loader(), make_optimizer(model),
        num_it=20, end_lr=1e-3, stop_div=False, **options,
    )
one, other = made(), made()
"""


@pytest.mark.parametrize("box", ["HBox", "VBox", "GridBox"])
def test_two_in_a_box_are_swept_when_they_are_seen(lab, box):
    notebook = lab(PREPARE, f"display(ipywidgets.{box}([one, other]))", width=1600)
    notebook.run(0)
    notebook.run(1)
    notebook.until("[len(each.runs) for each in (one, other)] == [1, 1]")
    charts = notebook.output(1).locator(".lrfind-chart")
    expect(charts).to_have_count(2)
    for n in (0, 1):
        box = charts.nth(n).bounding_box()
        assert box is not None
        assert box["width"] > 300


def test_two_in_a_row_share_its_width_unless_theirs_is_set(lab):
    notebook = lab(PREPARE, "row = ipywidgets.HBox([one, other])\ndisplay(row)", width=1100)
    notebook.run(0)
    notebook.run(1)
    row = notebook.output(1).locator(".widget-hbox:has(> .lrfind-widget)")
    widths = row.evaluate("(row) => [row, ...row.children].map((each) => each.offsetWidth)")
    assert widths[1] == pytest.approx(widths[2], abs=1)
    assert widths[1] + widths[2] > 0.98 * widths[0]
    notebook.execute("one.layout.width = '350px'")
    expect(notebook.output(1).locator(".lrfind-widget").first).to_have_css("width", "350px")


@pytest.mark.parametrize("container", ["Tab", "Accordion"])
def test_what_is_folded_away_waits_until_it_is_opened(lab, container):
    notebook = lab(
        PREPARE,
        f"display(ipywidgets.{container}([one, other], titles=['one', 'two'], selected_index=0))",
    )
    # bqplot draws its background with the room that is left, which is none in a hidden tab.
    notebook.allow_complaint(r"<rect> attribute (width|height): A negative value")
    notebook.run(0)
    notebook.run(1)
    notebook.until("len(one.runs) == 1")
    assert notebook.value("other.status.value") == "waiting"
    notebook.output(1).get_by_text("two", exact=True).click()
    notebook.until("len(other.runs) == 1")


def test_without_auto_start_one_in_a_box_waits_for_its_button(lab):
    notebook = lab(PREPARE, "idle = made(auto_start=False)\ndisplay(ipywidgets.VBox([idle, one]))")
    notebook.run(0)
    notebook.run(1)
    notebook.until("len(one.runs) == 1")
    assert notebook.value("idle.status.value") == "waiting"
    notebook.output(1).get_by_role("button", name="Run", exact=True).click()
    notebook.until("len(idle.runs) == 1")


def test_a_page_that_is_reloaded_starts_no_second_sweep(lab):
    notebook = lab(PREPARE, "display(ipywidgets.VBox([one]))")
    notebook.run(0)
    notebook.run(1)
    notebook.until("len(one.runs) == 1")
    notebook.save()
    notebook.reload()
    Finder(notebook, 1).wait_for_dots(3)
    assert notebook.value("(len(one.runs), one.status.value)") == (1, "finished")


@pytest.mark.parametrize("container", ["VBox", "Tab"])
def test_a_notebook_without_its_kernel_says_what_to_do(lab, container):
    notebook = lab(PREPARE, f"ipywidgets.{container}([one])")
    notebook.run(0)
    notebook.run(1)
    Finder(notebook, 1).wait_for_dots(3)
    leave(notebook)
    notebook.allow_complaint("widget model not found")
    notebook.open()
    expect(notebook.output(1)).to_contain_text("Its kernel is gone: run the cell again")
    expect(notebook.output(1).get_by_text("Error displaying widget")).to_be_hidden()


def test_a_notebook_that_is_not_trusted_says_what_to_do(lab):
    notebook = lab(PREPARE, "idle = made(auto_start=False)\ndisplay(ipywidgets.VBox([idle]))")
    notebook.run(0)
    notebook.run(1)
    notebook.output(1).get_by_role("button", name="Run", exact=True).wait_for()
    leave(notebook)
    notebook.path.write_text(notebook.path.read_text().replace("num_it=20", "num_it=21"))
    notebook.open()
    expect(notebook.output(1)).to_contain_text("in a notebook that is trusted")


def leave(notebook: OpenNotebook) -> None:
    """Save a notebook, go away from it and end its kernel."""
    notebook.save()
    notebook.page.goto("about:blank")
    notebook.application.shut_down_kernel_of(notebook.path.name)
