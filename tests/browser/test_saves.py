"""Files saved from the page hold what Python saves; the chart has a title and a height."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.finder import Finder

SWEPT = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), make_optimizer(model), num_it=60, seed=0, title="Digits <b>3</b> and 7"
)
widget.start()
widget.wait()
display(widget)
"""


@pytest.fixture(scope="module")
def finder(lab_for_module) -> Finder:
    """The widget after its sweep, with its settings unfolded, for all tests here."""
    notebook = lab_for_module(SWEPT)
    notebook.run(0)
    made = Finder(notebook, 0)
    made.wait_for_dots(3)
    made.root.locator("summary").filter(has_text="saving").click()
    return made


@pytest.mark.parametrize("kind", ["png", "svg", "csv", "json"])
def test_a_file_holds_what_python_saves(finder, tmp_path, kind):
    page = finder.notebook.page
    with page.expect_download() as caught:
        finder.press(kind.upper())
    name = caught.value.suggested_filename
    assert name.startswith("lr-range-test-Digits-b-3-b-and-7-20")
    assert name.endswith(f".{kind}")
    finder.says(f"Saved as {name}.")
    caught.value.save_as(tmp_path / name)
    save = "widget.save_figure" if kind in ("png", "svg") else "widget.result.save"
    finder.notebook.execute(f"{save}({str(tmp_path / f'python.{kind}')!r})")
    finder.notebook.until(f"__import__('os').path.exists({str(tmp_path / f'python.{kind}')!r})")
    assert (tmp_path / name).read_bytes() == (tmp_path / f"python.{kind}").read_bytes()


def test_one_that_cannot_be_made_says_so(finder):
    finder.notebook.execute(
        "from unittest.mock import patch; from lrfind_widget.results import figures\n"
        "broken = patch.object(figures, 'saved', side_effect=OSError('there is no font'))\n"
        "broken.start()"
    )
    finder.press("PNG")
    finder.says("No PNG was made: there is no font")
    finder.notebook.execute("broken.stop()")


def test_the_title_stands_above_the_chart_as_text(finder):
    title = finder.root.locator(".lrfind-title")
    expect(title).to_have_text("Digits <b>3</b> and 7")
    field = finder.root.get_by_label("Title")
    field.fill("Another")
    expect(title).to_have_text("Another")
    finder.notebook.until("widget.title == 'Another'")
    handle = finder.marker.locator(".lrfind-marker-handle").bounding_box()
    box = title.bounding_box()
    assert handle is not None
    assert box is not None
    assert box["y"] + box["height"] <= handle["y"]
    finder.notebook.execute("widget.title = 'Digits <b>3</b> and 7'")
    expect(title).to_have_text("Digits <b>3</b> and 7")
    expect(field).to_have_value("Another")  # which is still being typed
    field.blur()
    expect(field).to_have_value("Digits <b>3</b> and 7")


def test_the_height_can_be_set(finder):
    chart = finder.root.locator(".lrfind-chart").first
    finder.root.get_by_label("Height").fill("500")
    finder.notebook.until("widget.height == '500px'")
    expect(chart).to_have_css("height", "500px")
    finder.notebook.execute("widget.height = 380")
    expect(chart).to_have_css("height", "380px")


def test_the_next_sweep_takes_what_was_typed(finder):
    root = finder.root
    root.get_by_label("Steps", exact=True).fill("none")
    finder.says('Steps: "none" is not a number.')
    expect(finder.button("Run again")).to_have_attribute("aria-disabled", "true")
    root.get_by_label("Steps", exact=True).fill("25")
    root.get_by_label("From", exact=True).fill("1e-4")
    root.get_by_label("To", exact=True).fill("1")
    root.get_by_label("Repeats").fill("2")
    expect(finder.button("Run again")).not_to_have_attribute("aria-disabled", "true")
    finder.notebook.until("len(widget.state.typed) == 4 and widget.state.typed['repeats'] == '2'")
    finder.press("Run again")
    finder.notebook.until("len(widget.runs) == 2 and not widget.status.is_running")
    assert finder.notebook.value("bool(widget.result.lrs.min() >= 1e-4)")
    assert finder.notebook.value("widget.result.settings['num_it']") == 25
    assert finder.notebook.value("widget.result.settings['repeats']") == 2


def test_every_choice_is_applied_where_the_box_is_ticked(finder):
    box = finder.root.get_by_label("Apply every choice")
    finder.field.fill("2e-3")
    finder.field.press("Enter")
    box.check()
    finder.notebook.until("widget._trainable.lr == 2e-3")
    box.uncheck()
    finder.notebook.until("widget.state.auto_apply is False")


def test_no_label_lies_under_its_field(finder):
    labels = finder.root.locator(".lrfind-settings-bar .lrbar-setting > label")
    sizes = labels.evaluate_all(
        "all => all.map(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)"
    )
    assert len(sizes) == 10
    assert max(sizes) <= 0
