"""Reading points off the chart, and zooming into it, by mouse, key and touch."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import Hands

SWEPT = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), make_optimizer(model), num_it=50, start_lr=1e-6, end_lr=1e-1,
    stop_div=False,
)
widget.start()
widget.wait()
display(widget)
"""


@pytest.fixture(scope="module")
def swept(lab_for_module) -> Hands:
    """The widget after its sweep, in a page that all tests here share."""
    notebook = lab_for_module(SWEPT)
    notebook.run(0)
    finder = Hands(notebook, 0)
    finder.wait_for_dots(3)
    return finder


@pytest.fixture
def finder(swept) -> Hands:
    """The widget with its marker at 1e-3, all rates in view and nothing in focus."""
    swept.notebook.execute(
        "widget.selected_lr = 1e-3; widget._screens.shown.chart.axes.reset_zoom()"
    )
    swept.notebook.page.keyboard.press("Escape")
    swept.notebook.page.mouse.move(2, 2)
    swept.button("Run again").scroll_into_view_if_needed()
    swept.rate_becomes(1e-3)
    expect(swept.reset_button).to_be_hidden()
    return swept


def test_hovering_reads_out_the_point_below(finder):
    finder.hover(0.5)
    index = finder.read_step() - 1
    lr, loss, smoothed = finder.notebook.value(
        f"[float(c[{index}]) for c in (widget.result.lrs, widget.result.losses, "
        "widget.result.smoothed)]"
    )
    card = finder.card_values()
    assert float(card["learning rate"]) == pytest.approx(lr, rel=5e-2)  # in two digits
    assert float(card["raw loss"]) == pytest.approx(loss, rel=5e-3)
    assert float(card["average"]) == pytest.approx(smoothed, rel=5e-3)
    assert re.match(r"[+\N{MINUS SIGN}]\d", card["slope per decade"])
    # The middle of a logarithmic axis is the geometric mean of its ends.
    assert lr == pytest.approx(math.sqrt(1e-6 * 1e-1), rel=0.3)


def test_the_readout_goes_with_the_pointer(finder):
    finder.hover(0.5)
    expect(finder.card).to_be_visible()
    finder.notebook.page.mouse.move(2, 2)
    expect(finder.card).to_be_hidden()


def test_the_arrow_keys_read_out_point_after_point(finder):
    finder.curve.focus()
    for key, step in (("Home", 1), ("ArrowRight", 2), ("End", 50), ("ArrowLeft", 49)):
        finder.curve.press(key)
        finder.reads_step(step)
    # What is read is also said.
    finder.says("Step 49 of 50: learning rate")
    finder.curve.press("Escape")
    expect(finder.card).to_be_hidden()


def test_the_wheel_with_ctrl_zooms_about_the_pointer_and_a_double_click_resets(finder):
    rate = finder.hover(0.3)
    before = finder.window()
    finder.turn_wheel(-240)
    expect(finder.reset_button).to_be_visible()
    low, high = finder.window()
    assert before[0] < low < rate < high < before[1]
    finder.notebook.page.mouse.dblclick(*finder.place(0.3, 0.7))
    expect(finder.reset_button).to_be_hidden()
    assert finder.window() == before


def test_a_button_resets_the_zoom(finder):
    finder.zoom_in(0.5)
    finder.reset_button.click()
    assert finder.window() == (1e-6, 1e-1)


@pytest.mark.parametrize(("key", "narrower"), [("+", True), ("-", False), ("0", False)])
def test_keys_zoom(finder, key, narrower):
    finder.zoom_in(0.5)
    low, high = finder.window()
    finder.curve.focus()
    finder.curve.press(key)
    after = finder.window()
    assert (after[1] / after[0] < high / low) is narrower


def test_a_drag_of_the_background_pans(finder):
    finder.zoom_in(0.5)
    low, high = finder.window()
    finder.drag((0.5, 0.7), (0.4, 0.7))
    after = finder.window()
    assert after[0] > low
    assert math.log(after[1] / after[0]) == pytest.approx(math.log(high / low), rel=0.02)
    assert finder.notebook.value("widget.selected_lr") == 1e-3


def test_the_marker_is_dragged_in_a_zoomed_chart_and_the_chart_stays(finder):
    finder.zoom_in(0.55)
    window = finder.window()
    finder.drag_marker_by(60)
    finder.notebook.until("widget.selected_lr", lambda rate: rate > 1e-3)
    assert finder.window() == window


def test_a_marker_outside_of_the_view_is_at_its_edge_and_can_be_taken(finder):
    finder.notebook.execute("widget.selected_lr = 5e-6")
    finder.rate_becomes(5e-6)
    finder.zoom_in(0.9)
    low, high = finder.window()
    assert low > 5e-6
    expect(finder.marker).to_have_class(re.compile("lrfind-outside"))
    expect(finder.marker).to_be_visible()
    finder.drag_marker_by(100)
    finder.notebook.until("widget.selected_lr", lambda rate: low < rate < high)


def test_a_marker_outside_of_the_view_is_moved_by_keys(finder):
    finder.notebook.execute("widget.selected_lr = 5e-6")
    finder.zoom_in(0.9)
    finder.marker.press("PageUp")
    finder.notebook.until("widget.selected_lr", lambda rate: rate == pytest.approx(5e-5))


def test_scrolling_the_page_over_the_chart_changes_nothing(finder):
    finder.zoom_in(0.5)
    window = finder.window()
    before = finder.place(0, 0)
    for pixels in (-60, 60, 60):
        finder.turn_wheel(pixels, with_ctrl=False)
    finder.notebook.page.wait_for_function(
        "([root, y]) => root.querySelector('.lrfind-background').getBoundingClientRect().y < y",
        arg=[finder.root.element_handle(), before[1]],
    )
    assert finder.window() == window


def test_the_wheel_zooms_without_ctrl_where_the_person_wants_it(finder):
    finder.root.get_by_text("How the curve is read").click()
    chosen = finder.root.get_by_label("Wheel zooms")
    chosen.select_option("Always")
    finder.notebook.until("widget.wheel_zoom == 'always'")
    finder.hover(0.5)
    finder.turn_wheel(-240, with_ctrl=False)
    expect(finder.reset_button).to_be_visible()
    finder.notebook.execute("widget.wheel_zoom = 'ctrl'")
    expect(chosen).to_have_value("ctrl")
    window = finder.window()
    finder.turn_wheel(-240, with_ctrl=False)
    assert finder.window() == window
    finder.root.get_by_text("How the curve is read").click()


def test_the_wheel_does_the_same_on_the_second_chart(lab):
    notebook = lab(SWEPT, "widget.compare([1e-3, 1e-2], steps=6)\nwidget.wait()")
    notebook.run(0)
    notebook.run(1)
    finder = Hands(notebook, 0)
    chart = finder.root.get_by_role("img", name="Loss against step")
    chart.scroll_into_view_if_needed()
    chart.hover()
    finder.turn_wheel(-60, with_ctrl=False)
    finder.settle()
    expect(finder.reset_button).to_be_hidden()
    finder.turn_wheel(-240)
    expect(finder.reset_button).to_be_visible()


def test_two_fingers_zoom_and_one_pans(finder):
    touch = finder.touch()
    touch.spread((0.45, 0.55), (0.2, 0.8))
    expect(finder.reset_button).to_be_visible()
    low, high = finder.window()
    assert (low, high) != (1e-6, 1e-1)
    touch.swipe((0.6, 0.7), (0.4, 0.7))
    assert finder.window()[0] > low
    assert finder.notebook.value("widget.selected_lr") == 1e-3


def test_a_finger_drags_the_marker(finder):
    window = finder.window()
    finder.touch().drag_marker_by(80)
    finder.notebook.until("widget.selected_lr", lambda rate: rate > 1e-3)
    assert finder.window() == window


def test_all_losses_are_one_click_away(finder):
    finder.notebook.execute("widget.y_range = 'focus'")
    finder.press("Show all losses")
    finder.notebook.until("widget.y_range == 'all'")
    finder.press("Show the fall")
    finder.notebook.until("widget.y_range == 'focus'")
