"""The marker in the hands of a person and of the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.finder import Finder

SWEPT = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), make_optimizer(model), num_it=30, start_lr=1e-6, end_lr=1e-1
)
widget.start()
widget.wait()
heard = []
widget.observe(lambda change: heard.append(change["new"]), "selected_lr")
display(widget)
"""


@pytest.fixture(scope="module")
def swept(either_for_module) -> Finder:
    """The widget after its sweep, in a page that all tests here share."""
    notebook = either_for_module(SWEPT, "import time\nwhile True: time.sleep(0.01)")
    notebook.run(0)
    return Finder(notebook, 0)


@pytest.fixture
def finder(swept) -> Iterator[Finder]:
    """The widget with its marker at 1e-3."""
    swept.notebook.execute("widget.selected_lr = 1e-3; heard.clear()")
    swept.rate_becomes(1e-3)
    yield swept
    # A move still on its way would overtake what the next test sets.
    swept.notebook.until("widget.selected_lr", lambda held: held == swept.rate())


def rate_in_kernel_is(finder: Finder, rate: float) -> None:
    finder.notebook.until("widget.selected_lr", lambda held: held == rate)


def agreed_rate(finder: Finder) -> float:
    """Return the rate that the marker has been moved to, once page and kernel agree on it."""
    return finder.notebook.until(
        "widget.selected_lr", lambda held: held != 1e-3 and held == finder.rate()
    )


def test_the_marker_is_dragged_by_mouse(finder):
    finder.drag_marker_by(120)
    assert agreed_rate(finder) > 1e-3


def test_observers_hear_of_a_drag(finder):
    finder.drag_marker_by(-80)
    rate = agreed_rate(finder)
    assert finder.notebook.value("heard[-1]") == rate < 1e-3


@pytest.mark.parametrize(("pixels", "end"), [(-3000, 1e-6), (3000, 1e-1)])
def test_the_marker_cannot_be_dragged_off_the_axis(finder, pixels, end):
    finder.drag_marker_by(pixels)
    finder.rate_becomes(end)
    rate_in_kernel_is(finder, end)
    expect(finder.marker).to_be_visible()


def test_a_marker_dragged_to_the_end_can_be_taken_again(finder):
    finder.drag_marker_by(3000)
    finder.rate_becomes(1e-1)
    finder.drag_marker_by(-100)
    finder.notebook.until("widget.selected_lr", lambda held: held < 1e-1)


@pytest.mark.parametrize(
    ("key", "rate"),
    [
        ("ArrowRight", 1.12201845430e-3),
        ("ArrowLeft", 8.91250938134e-4),
        ("Shift+ArrowRight", 1.77827941004e-3),
        ("PageUp", 1e-2),
        ("PageDown", 1e-4),
        ("Home", 1e-6),
        ("End", 1e-1),
    ],
)
def test_a_key_moves_the_marker(finder, key, rate):
    finder.marker.press(key)
    assert agreed_rate(finder) == pytest.approx(rate, rel=1e-9)


def test_keys_on_the_marker_leave_the_notebooks_cells_alone(finder):
    finder.marker.focus()
    active = finder.notebook.active_cell()
    for key in ("ArrowDown", "ArrowUp", "ArrowDown", "End"):
        finder.marker.press(key)
    finder.rate_becomes(1e-1)
    assert finder.notebook.active_cell() == active
    expect(finder.marker).to_be_focused()


def test_a_focused_marker_shows_it(finder):
    ring = finder.marker.locator(".lrfind-marker-ring")
    finder.marker.blur()
    unfocused = ring.evaluate("(ring) => getComputedStyle(ring).stroke")
    finder.marker.press("ArrowRight")
    assert ring.evaluate("(ring) => getComputedStyle(ring).stroke") != unfocused


def test_a_rate_set_from_python_moves_the_marker(finder):
    finder.notebook.execute("widget.selected_lr = 3.2e-4")
    finder.rate_becomes(3.2e-4)
    said = re.compile(
        r"^3\.2e-4, loss \d\.\d+(, (below |above )?where the loss (falls|may fall))?$"
    )
    expect(finder.marker).to_have_attribute("aria-valuetext", said)
    expect(finder.field).to_have_value("3.2e-4")


@pytest.mark.parametrize("typed", ["3e-4", "0.0003", "3E-4"])
def test_a_rate_can_be_typed(finder, typed):
    finder.field.fill(typed)
    finder.field.press("Enter")
    rate_in_kernel_is(finder, 3e-4)
    finder.rate_becomes(3e-4)


def test_what_is_no_rate_is_refused_in_words(finder):
    finder.field.fill("about a third")
    finder.field.press("Enter")
    expect(finder.root.get_by_role("alert")).to_contain_text("is not a number")
    assert finder.notebook.value("widget.selected_lr") == 1e-3


def test_the_marker_moves_while_a_cell_runs(finder):
    finder.notebook.begin(1)
    finder.marker.press("PageDown")
    finder.rate_becomes(1e-4)
    finder.notebook.interrupt()
    rate_in_kernel_is(finder, 1e-4)


def test_one_message_at_a_time_tells_the_kernel_of_a_drag(finder):
    finder.notebook.watch_messages()
    finder.drag_marker_by(120)
    agreed_rate(finder)
    sent = finder.notebook.messages(direction="send", type="comm_msg", method="update")
    assert {tuple(message["traits"]) for message in sent} == {("value",)}
    # Eight moves of the mouse and its release cannot need more.
    assert 1 <= len(sent) <= 9
