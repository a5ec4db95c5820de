"""What the widget lives through: views that come and go, and windows of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.finder import Finder
from tests.browser.hands import Hands

PREPARE = """
import threading, time
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, make_loader, make_model, make_optimizer
model, gate = make_model(), Gate(make_loader())
widget = LRFinderWidget(
    model, gate, make_optimizer(model), num_it=40, end_lr=1e-3, stop_div=False
)
widget.y_range = "all"  # every loss has its place in the chart
"""
SHOW = "display(widget)"
FEED = """
def feed():
    for _ in range(40):
        gate.let(1)
        time.sleep(0.05)
threading.Thread(target=feed).start()
"""


def shown(opener, *cells: str, **options) -> Hands:
    """Prepare a gated sweep of forty steps, and show it by the cell after."""
    notebook = opener(PREPARE, SHOW, *cells, **options)
    notebook.run(0)
    notebook.run(1)
    return Hands(notebook, 1)


def test_two_views_show_one_sweep_and_one_choice(lab):
    first = shown(lab, SHOW)
    first.notebook.execute("gate.let(10)")
    first.wait_for_dots(10)
    first.notebook.run(2)
    second = Finder(first.notebook, 2)
    second.wait_for_dots(10)
    first.notebook.execute("gate.open()")
    for view in (first, second):
        view.wait_for_dots(40)
    second.marker.press("Home")
    for view in (first, second):
        view.rate_becomes(1e-7)


def test_a_notebook_closed_and_opened_again_has_its_widget(lab):
    finder = shown(lab)
    notebook = finder.notebook
    notebook.execute("gate.let(10)")
    finder.wait_for_dots(10)
    notebook.save()
    notebook.page.goto("about:blank")
    notebook.open()
    finder.wait_for_dots(10)
    notebook.execute("gate.open()")
    finder.wait_for_dots(40)
    assert finder.dots() == 40
    finder.marker.press("Home")
    notebook.until("widget.selected_lr == 1e-7")


def test_a_connection_that_breaks_mid_sweep_loses_no_point(lab):
    finder = shown(lab, FEED)
    notebook = finder.notebook
    notebook.run(2)
    finder.wait_for_dots(5)
    notebook.reconnect()
    finder.wait_for_dots(40)
    assert finder.dots() == 40
    finder.says("Finished")


def test_an_interrupt_leaves_a_sweep_in_the_background_alone(lab):
    finder = shown(lab, "while True: time.sleep(0.01)")
    notebook = finder.notebook
    notebook.allow_complaint("KeyboardInterrupt")
    notebook.execute("gate.let(5)")
    notebook.begin(2)
    notebook.interrupt()
    notebook.execute("gate.open()")
    notebook.until("widget.status.value == 'finished'")
    finder.wait_for_dots(40)


@pytest.mark.parametrize("container", ["Tab", "Accordion"])
def test_a_chart_that_was_hidden_is_whole_when_it_is_shown(lab, container):
    notebook = lab(
        PREPARE,
        "import ipywidgets\n"
        f"box = ipywidgets.{container}([ipywidgets.HTML('first'), widget], "
        "titles=['one', 'two'], selected_index=0)\n"
        "display(box)\n"
        "widget.start()\n"
        "gate.open()\n"
        "widget.wait()",
    )
    # bqplot draws its background with the room that is left, which is none in a hidden tab.
    notebook.allow_complaint(r"<rect> attribute (width|height): A negative value")
    notebook.run(0)
    notebook.run(1)
    finder = Hands(notebook, 1)
    expect(finder.marker).to_be_hidden()
    finder.root.get_by_text("two", exact=True).click()
    finder.wait_for_dots(40)
    box = finder.curve.bounding_box()
    assert box is not None
    assert box["width"] > 300
    finder.drag_marker_by(-60)
    notebook.until("widget.selected_lr", lambda rate: rate < 1e-3)


@pytest.fixture(scope="module")
def ended(lab_for_module) -> Hands:
    """A sweep that has ended, for the tests that only look at it in another way."""
    finder = shown(lab_for_module)
    finder.notebook.execute("gate.open()")
    finder.wait_for_dots(40)
    return finder


@pytest.fixture
def page(ended) -> Iterator[Page]:
    """Its page, which is as it was after the test."""
    page = ended.notebook.page
    size = page.viewport_size
    assert size is not None
    yield page
    page.set_viewport_size(size)
    page.emulate_media(forced_colors="none", reduced_motion="reduce")


@pytest.mark.parametrize("width", [360, 700, 2560])
def test_nothing_sticks_out_at_any_width(ended, page, width):
    page.set_viewport_size({"width": width, "height": 900})
    for fold in ("How the curve is read", "How this was run"):
        ended.root.locator("details", has_text=fold).evaluate("(fold) => { fold.open = true; }")
    ended.wait_for_layout(width)
    assert ended.root.evaluate(STICKS_OUT) == []
    assert ended.root.evaluate(OVERLAPS) == []


def test_a_page_at_200_percent_is_worked_as_any_other(ended, page):
    # What zooming does in a browser: half the pixels of CSS, each twice as fine.
    page.set_viewport_size({"width": 550, "height": 450})
    session = page.context.new_cdp_session(page)
    session.send(
        "Emulation.setDeviceMetricsOverride",
        {"width": 550, "height": 450, "deviceScaleFactor": 2, "mobile": False},
    )
    # A chart that is not in sight lays itself out when it comes there.
    ended.marker.scroll_into_view_if_needed()
    ended.wait_for_layout(550)
    ended.zoom_in(0.2, 0.2)
    window = ended.window()
    ended.marker.scroll_into_view_if_needed()
    ended.drag_marker_by(-60)
    ended.notebook.until("widget.selected_lr", lambda rate: 1e-7 < rate < 1e-3)
    assert ended.window() == window
    session.send("Emulation.clearDeviceMetricsOverride")


def test_forced_colours_keep_curve_marker_and_words_apart_from_the_ground(ended, page):
    page.emulate_media(forced_colors="active")
    colours = ended.root.evaluate(COLOURS)
    ground = colours.pop("ground")
    assert colours
    assert {part: colour for part, colour in colours.items() if colour == ground} == {}


def test_nothing_moves_by_itself_for_those_who_ask_for_less_motion(ended, page):
    assert ended.root.evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference")
    assert ended.root.evaluate(MOVING) != []


#: Elements of the widget that reach beyond it, or are wider inside than they may show.
STICKS_OUT = """(root) => {
  const widget = root.querySelector('.lrfind-widget');
  const {right} = widget.getBoundingClientRect();
  const wide = widget.scrollWidth > widget.clientWidth ? ['the widget scrolls'] : [];
  const beyond = [...widget.querySelectorAll('button, input, select, svg, p, div, span')]
    .filter((each) => each.checkVisibility() && each.getClientRects().length > 0)
    .filter((each) => !each.closest('.lrfind-unseen, .lrbar-unseen, pre, table'))
    .filter((each) => each.getBoundingClientRect().right > right + 1)
    .map((each) => each.className.baseVal ?? each.className);
  return [...wide, ...beyond];
}"""

OVERLAPS = """(root) => {
  const chart = root.querySelector('.lrfind-chart');
  const texts = [...chart.querySelectorAll('.lrfind-frame text, .lrfind-tool')]
    .filter((each) => each.checkVisibility({visibilityProperty: true}))
    .map((each) => [each.textContent, each.getBoundingClientRect()])
    .filter(([text, box]) => text && box.width > 0);
  const found = [];
  texts.forEach(([text, a], index) => {
    for (const [other, b] of texts.slice(index + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 3) { found.push(`${text} / ${other}`); }
    }
  });
  return found;
}"""

COLOURS = """(root) => {
  const of = (selector, name) => getComputedStyle(root.querySelector(selector))[name];
  return {
    ground: getComputedStyle(document.body).backgroundColor,
    line: of('.lrfind-curve .lrfind-line-fit:not(.lrfind-line-moving)', 'stroke'),
    marker: of('.lrfind-marker-line', 'stroke'),
    axis: of('.lrfind-axis', 'stroke'),
    label: of('.lrfind-frame text', 'fill'),
    sentence: of('.lrbar-sentence', 'color'),
    button: of('.lrbar-button', 'color'),
    field: of('.lrbar-field', 'color'),
  };
}"""

MOVING = """(root) => [...root.querySelectorAll('.lrfind-widget *')]
  .filter((each) => each.checkVisibility() && !each.closest('.toolbar_div'))  // bqplot's, unused
  .filter((each) => {
    const style = getComputedStyle(each);
    return style.animationName !== 'none'
      || style.transitionDuration.split(', ').some((time) => parseFloat(time) > 0);
  })
  .map((each) => each.className.baseVal ?? each.className)"""
