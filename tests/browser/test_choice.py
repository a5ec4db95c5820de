"""Choosing a rate precisely, and doing something with it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.finder import Finder

SWEPT = """
from IPython.display import display
import torch
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model
model = make_model()
first, *others = model.parameters()
optimizer = torch.optim.SGD([{"params": [first], "lr": 1e-3}, {"params": others, "lr": 1e-2}])
widget = LRFinderWidget(model, make_loader(), optimizer, num_it=60, seed=0)
widget.start()
widget.wait()
display(widget)
"""


@pytest.fixture(scope="module")
def swept(lab_for_module) -> Finder:
    """The widget after its sweep, in a page that all tests here share."""
    notebook = lab_for_module(SWEPT)
    notebook.run(0)
    finder = Finder(notebook, 0)
    finder.wait_for_dots(3)
    return finder


@pytest.fixture
def finder(swept) -> Finder:
    """The widget with a rate chosen by hand, and an optimizer as at first."""
    for group, lr in enumerate((1e-3, 1e-2)):
        swept.notebook.execute(f"optimizer.param_groups[{group}]['lr'] = {lr}")
    swept.notebook.execute("widget.selected_lr = 2e-5")
    swept.rate_becomes(2e-5)
    return swept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("about a third", "is not a number"),
        ("-1e-3", "greater than 0"),
        ("1e9", "10"),
    ],
)
def test_what_is_no_rate_is_refused_in_words_and_can_be_taken_back(finder, typed, said):
    finder.field.fill(typed)
    finder.field.press("Enter")
    expect(finder.root.get_by_role("alert")).to_contain_text(said)
    expect(finder.field).to_have_attribute("aria-invalid", "true")
    finder.field.press("Escape")
    expect(finder.root.get_by_role("alert")).to_have_count(0)
    expect(finder.field).to_have_value("2e-5")
    assert finder.notebook.value("widget.selected_lr") == 2e-5


def test_a_chip_chooses_its_rate(finder):
    finder.root.get_by_role("button", name="valley").click()
    rate = finder.notebook.value("widget.suggestions['valley'].lr")
    finder.notebook.until("widget.selected_lr", lambda chosen: chosen == rate)
    expect(finder.root.get_by_role("button", name="valley")).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.parametrize("how", ["click", "key"])
def test_the_red_dot_chooses_its_rate(finder, how):
    if how == "click":
        finder.steepest.click()
    else:
        finder.steepest.press("Enter")
    steepest = finder.notebook.value("widget.min_grad_lr")
    finder.notebook.until("widget.selected_lr", lambda chosen: chosen == steepest)


def test_one_press_goes_back_to_the_suggestion(finder):
    finder.root.get_by_role("group", name="Rates to choose").get_by_role("button").first.click()
    finder.notebook.until("widget.selected_lr == widget.suggested_lr")
    finder.rate_becomes(finder.notebook.value("widget.suggested_lr"))
    # From now on the choice follows the suggestion again.
    assert not finder.notebook.value("widget.state.chosen_by_hand")


def test_apply_keeps_the_ratios_and_says_what_changed(finder):
    finder.press("Apply")
    rates = "[group['lr'] for group in optimizer.param_groups]"
    low, high = finder.notebook.until(rates, lambda found: found != [1e-3, 1e-2])
    assert high / low == pytest.approx(10)
    assert 2e-5 in (pytest.approx(low), pytest.approx(high))
    finder.says("Applied to 2 parameter groups")


def test_what_was_applied_is_no_longer_said_when_the_marker_moves(finder):
    finder.press("Apply")
    finder.says("Applied to 2 parameter groups")
    finder.marker.press("ArrowRight")
    expect(finder.root.get_by_text("Applied to 2")).to_have_count(0)


def test_apply_takes_what_was_just_typed(finder):
    finder.field.fill("3e-3")
    finder.press("Apply")
    rates = "[group['lr'] for group in optimizer.param_groups]"
    finder.notebook.until(rates, lambda found: pytest.approx(3e-3) in found)
    assert finder.notebook.value("widget.selected_lr") == 3e-3


def test_copy_puts_a_keyword_on_the_clipboard(finder):
    finder.field.fill("3.2E-4")
    finder.press("Copy")
    finder.says("Copied lr=3.2e-4")
    assert finder.notebook.page.evaluate("() => navigator.clipboard.readText()") == "lr=3.2e-4"


def test_a_burst_of_a_thousand_moves_leaves_one_message_in_flight(finder):
    finder.notebook.page.evaluate(WATCH_FLIGHT)
    end = finder.marker.evaluate(BURST)
    rate = finder.notebook.until(
        "widget.selected_lr", lambda chosen: chosen == finder.rate() and chosen != 2e-5
    )
    assert finder.rate() == rate
    flight = finder.notebook.page.evaluate("() => window.flight")
    assert flight["most"] == 1
    assert 1 <= flight["sent"] <= 1000
    assert end["moves"] == 1000
    assert end["last"] == pytest.approx(rate, rel=0.02)


#: Counts the updates of the page that the kernel has not yet dealt with.
WATCH_FLIGHT = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const open = new Set();
  window.flight = {most: 0, sent: 0};
  kernel.anyMessage.connect((_, {msg, direction}) => {
    const isUpdate = msg.header.msg_type === 'comm_msg' && msg.content.data.method === 'update';
    if (direction === 'send' && isUpdate) {
      open.add(msg.header.msg_id);
      window.flight.sent += 1;
      window.flight.most = Math.max(window.flight.most, open.size);
    } else if (msg.header.msg_type === 'status' && msg.content.execution_state === 'idle') {
      open.delete(msg.parent_header.msg_id);
    }
  });
}"""

#: Drags the marker with a thousand pointer moves within a second.
BURST = """async (marker) => {
  const handle = marker.querySelector('.lrfind-marker-handle').getBoundingClientRect();
  const x = handle.x + handle.width / 2, y = handle.y + handle.height / 2;
  const send = (type, at) => marker.dispatchEvent(new PointerEvent(type, {
    clientX: at, clientY: y, button: 0, buttons: 1, pointerId: 1, bubbles: true, cancelable: true,
  }));
  marker.setPointerCapture = () => {};  // there is no real pointer to capture
  send('pointerdown', x);
  let moves = 0;
  for (let burst = 0; burst < 50; burst += 1) {
    for (let move = 0; move < 20; move += 1) {
      moves += 1;
      send('pointermove', x + 150 * Math.sin(moves / 40) + moves / 20);
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  const last = Number(marker.getAttribute('aria-valuenow'));
  send('pointerup', x);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return {moves, last: Number(marker.getAttribute('aria-valuenow'))};
}"""
