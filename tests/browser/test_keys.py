"""Keys stay where they are pressed: none of the widget's controls leaves one to the notebook."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.finder import Finder

PREPARE = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
"""
SWEPT = """
swept = LRFinderWidget(
    model, make_loader(), make_optimizer(model), num_it=60, end_lr=1, height=300
)
for wd in (0.0, 0.1):
    swept.start(wd=wd)
    swept.wait()
swept.compare([1e-3, 1e-2], steps=4)
swept.wait()
display(swept)
"""
FAILED = """
def loss_fn(output, target):
    raise ValueError("out of luck")
failed = LRFinderWidget(model, make_loader(), make_optimizer(model), loss_fn=loss_fn)
display(failed)
"""

#: What they do to a notebook in command mode: delete, insert, cut, copy, paste, change, merge, run.
COMMANDS = ("d", "d", "b", "a", "x", "c", "v", "m", "y", "z", "l", "Shift+m", "Shift+Enter")
ARROWS = ("ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft")

#: What a shortcut of the notebook would change.
NOTEBOOK = """() => {
  const {content} = window.jupyterapp.shell.currentWidget;
  const cells = content.widgets.map(({model}) => [model.type, model.sharedModel.getSource()]);
  return {cells, active: content.activeCellIndex, mode: content.mode};
}"""

#: Notes a press and holds it back, so that each control is pressed in the same state.
HOLD_PRESSES = """(root) => {
  window.pressed = [];
  root.addEventListener('click', (event) => {
    window.pressed.push(event.target);
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}"""

FOCUSED = """(root) => {
  const {activeElement: at} = document;
  if (!root.contains(at)) { return null; }
  const name = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent;
  const kind = at.getAttribute('role') ?? (at.type || at.localName);
  return {name: name.trim().slice(0, 40), kind};
}"""
VALUE = "() => document.activeElement.value ?? document.activeElement.ariaValueNow"
PRESSED = "() => window.pressed.splice(0).includes(document.activeElement)"


@pytest.fixture(scope="module")
def page_of_all(either_for_module) -> dict[str, Finder]:
    """A widget with every control that there is after two sweeps, and one that has failed."""
    notebook = either_for_module(PREPARE, SWEPT, FAILED, "nothing = 0")
    for cell in range(3):
        notebook.run(cell)
    finders = {"swept": Finder(notebook, 1), "failed": Finder(notebook, 2)}
    finders["failed"].root.get_by_text("How this was run").wait_for()
    for finder in finders.values():
        finder.unfold()
        finder.root.evaluate(HOLD_PRESSES)
    finders["swept"].root.locator(".lrfind-training").first.wait_for()
    finders["swept"].marker.press("+")
    finders["swept"].button("Reset zoom").wait_for()
    return finders


def controls(finder: Finder) -> Iterator[dict[str, Any]]:
    """Walk through a widget by Tab: yield what has the focus, from its first control on."""
    page = finder.notebook.page
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.deselectAll()")
    finder.root.locator(".lrfind-run-bar button:not(.lrbar-absent)").first.focus()
    for _ in range(100):
        control = finder.root.evaluate(FOCUSED)
        if control is None:
            return
        yield control
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not leave the widget: it is at {control}.")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize("widget", ["swept", "failed"])
def test_no_key_on_a_control_reaches_the_notebook(page_of_all, widget):
    finder = page_of_all[widget]
    page = finder.notebook.page
    found: list[str] = []
    for control in controls(finder):
        before = page.evaluate(NOTEBOOK)
        found.append(control["kind"])
        keys = ARROWS if control["kind"] in ("text", "number") else (*COMMANDS, *ARROWS)
        press(page, *keys, "Escape")  # which closes a list that Enter has opened
        assert page.evaluate(NOTEBOOK) == before, control
        assert finder.root.evaluate(FOCUSED) is not None, control
    expected = {
        "swept": {"button", "slider", "text", "range", "number", "select-one", "checkbox"}
        | {"application", "summary"},
        "failed": {"button", "summary", "region"},
    }
    assert set(found) >= expected[widget]


def changes(page, key, before):
    """Press a key and say whether the focused control has another value within a second."""
    press(page, key)
    until = time.monotonic() + 1
    while page.evaluate(VALUE) == before:
        if time.monotonic() > until:
            return False
        page.wait_for_timeout(20)
    return True


def test_each_control_does_what_its_keys_are_for(page_of_all):
    finder = page_of_all["swept"]
    page = finder.notebook.page
    idle = []
    for control in controls(finder):
        kind, before = control["kind"], page.evaluate(VALUE)
        if control["name"].startswith("Choose"):
            # A move still on its way would overtake what is set here.
            finder.notebook.until("swept.selected_lr", lambda held: held == finder.rate())
            finder.notebook.execute("swept.selected_lr = 1e-5")
            finder.rate_becomes(1e-5)
            press(page, "Enter")
            expect(finder.marker).not_to_have_attribute("aria-valuenow", "0.00001")
            done = True
        elif kind in ("button", "summary"):
            press(page, "Enter")
            done = page.evaluate(PRESSED)
        elif kind == "checkbox":
            press(page, "Space")
            done = page.evaluate(PRESSED)
        elif kind in ("slider", "range", "number", "select-one"):
            done = any(changes(page, key, before) for key in ("ArrowUp", "ArrowDown"))
        else:
            continue
        if not done:
            idle.append(control)
    assert idle == []
