"""Nothing jumps: what one looks at and presses stays in its place from one state to the next."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.hands import Hands

PREPARE = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, make_loader, make_model, make_optimizer
model, gate = make_model(), Gate(make_loader())
faults = []
def loss_fn(output, target):
    if faults:
        raise ValueError(faults.pop())
    return torch.nn.functional.cross_entropy(output, target)
import torch
widget = LRFinderWidget(
    model, gate, make_optimizer(model), num_it=60, end_lr=1, stop_div=False, auto_start=False,
    loss_fn=loss_fn,
)
display(widget)
"""

#: Where the plot and the buttons are that can be pressed, from the upper left corner of the
#: widget; how high that is, and what stands above the chart.
PLACES = """(root) => {
  const widget = root.querySelector('.lrfind-widget');
  const corner = widget.getBoundingClientRect();
  const at = (part) => {
    const {x, y, width, height} = part.getBoundingClientRect();
    return [x - corner.x, y - corner.y, width, height].map(Math.round);
  };
  const seen = [...widget.querySelectorAll('button')]
    .filter((each) => each.checkVisibility({visibilityProperty: true}));
  return {
    plot: at(widget.querySelector('.lrfind-background')).slice(0, 2),
    height: Math.round(corner.height),
    above: at(widget.querySelector('.lrfind-run-bar'))[3],
    buttons: Object.fromEntries(
      seen.map((each) => [each.dataset.id ?? each.textContent, at(each)])
    ),
  };
}"""


@pytest.fixture(params=[1100, 560, 500])
def finder(lab, request) -> Hands:
    """A widget that waits for its first sweep, in a window of this width."""
    notebook = lab(PREPARE, width=request.param)
    notebook.run(0)
    finder = Hands(notebook, 0)
    finder.marker.wait_for()
    finder.button("fit").wait_for()
    return finder


def test_no_state_moves_the_chart_or_a_button_or_changes_the_height(finder):
    notebook, seen = finder.notebook, {}

    def look(state: str) -> None:
        finder.settle()
        seen[state] = finder.root.evaluate(PLACES)

    look("idle")
    finder.press("Run")
    notebook.execute("gate.let(20)")
    finder.wait_for_dots(15)
    look("running")
    finder.press("Pause")
    notebook.execute("gate.let(1)")
    finder.says("Paused")
    look("paused")
    finder.press("Resume")
    finder.press("Stop")
    notebook.execute("gate.let(1)")
    finder.says("Stopped")
    look("stopped")
    finder.press("Run again")
    notebook.execute("gate.open()")
    finder.says("Finished")
    finder.root.get_by_text("Why this rate").wait_for()
    look("finished")
    notebook.execute("widget.selected_lr *= 2")
    finder.press("Apply")
    finder.says("Applied")
    look("applied")
    notebook.execute("faults.append('labels must be 0 or 1, got 7')")
    finder.press("Run again")
    finder.says("The sweep failed")
    look("failed")
    for what in ("plot", "height"):
        found = {state: places[what] for state, places in seen.items()}
        assert found == dict.fromkeys(found, found["idle"]), what
    assert max(places["above"] for places in seen.values()) <= 120
    assert set(names_in(seen["running"])) & RUNNING == {"hold", "stop"}
    assert set(names_in(seen["finished"])) & IDLE == {"start", "refine", "extend", "apply"}
    # The curve of a sweep that was stopped has rates of its own, and nothing to refine.
    stopped = seen.pop("stopped")
    assert not_moved(seen.values()) == []
    for name in ("fit", "average", "copy", "apply", "search", "start"):
        assert stopped["buttons"][name][:2] == seen["finished"]["buttons"][name][:2], name
    # Whatever a press starts or ends, no other button comes to lie under the pointer.
    for one in RUNNING & set(names_in(seen["running"])):
        for state in ("idle", "finished", "failed"):
            assert under(seen["running"]["buttons"][one], seen[state]) == [], (one, state)


def test_the_end_of_a_search_and_what_is_said_of_it_later_move_nothing(finder):
    notebook, seen = finder.notebook, {}
    notebook.execute("gate.let(60)")
    finder.press("Run")
    finder.says("Finished")

    def look(state: str) -> None:
        finder.settle()
        seen[state] = finder.root.evaluate(TRAININGS)

    finder.press("Search")
    finder.root.get_by_text("Each rate is trained").wait_for()
    look("begun")
    notebook.execute("gate.open()")
    notebook.until("not widget.status.is_running and widget.comparison is not None")
    finder.root.get_by_role("button", name="Use ").first.wait_for()
    look("searched")
    notebook.execute("widget.start(wd=0.1)")
    finder.root.get_by_text("Compared after run 1; run 2 is shown above.").wait_for()
    look("another run")
    notebook.until("not widget.status.is_running")
    finder.root.get_by_text("Why this rate").wait_for()
    look("ended")
    assert seen == dict.fromkeys(seen, seen["begun"])


@pytest.mark.parametrize("width", [1100, 560, 500])
def test_the_legend_of_five_runs_one_refined_is_whole_and_under_nothing(lab, width):
    notebook = lab(PREPARE, width=width)
    notebook.run(0)
    finder = Hands(notebook, 0)
    finder.button("fit").wait_for()
    before = finder.root.evaluate(PLACES)["buttons"]
    notebook.execute("gate.open()\nfor _ in range(5):\n    widget.start()\n    widget.wait()")
    items = finder.root.get_by_role("group", name="Lines").get_by_role("button")
    expect(items).to_have_count(7)
    finder.button("Show all losses").wait_for()
    finder.settle()
    places = finder.root.evaluate(PLACES)["buttons"]
    assert {name: places[name] for name in before} == before | {"start": places["start"]}
    names = items.all_text_contents()
    assert names[-1] == "Run 5"
    for name in names:
        assert under(places[name], {"buttons": places}) == [name]
    assert finder.root.evaluate(CUT) == []
    notebook.execute("widget.refine()\nwidget.wait()")
    expect(items).to_have_count(8)
    finder.settle()
    assert finder.root.evaluate(CUT) == []
    for item in items.all():
        box = item.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


#: Where the chart of short trainings is, and how high the widget.
TRAININGS = """(root) => {
  const top = root.querySelector('.lrfind-widget').getBoundingClientRect();
  const [, plot] = root.querySelectorAll('.lrfind-background');
  return [plot.getBoundingClientRect().y - top.y, top.height].map(Math.round);
}"""

#: The names in the legend that reach beyond it.
CUT = """(root) => {
  const legend = root.querySelector('.lrfind-legend').getBoundingClientRect();
  return [...root.querySelectorAll('.lrfind-legend-item')]
    .filter((item) => item.getBoundingClientRect().right > legend.right + 0.5)
    .map((item) => item.textContent);
}"""

RUNNING = {"hold", "stop", "start", "refine", "extend"}
IDLE = {*RUNNING, "apply"}


def names_in(places: dict[str, Any]) -> list[str]:
    return list(places["buttons"])


def not_moved(states: Any) -> list[str]:
    """Return the buttons that stand in different places in different states."""
    places: dict[str, set[tuple[int, int]]] = {}
    for state in states:
        for name, (x, y, *_) in state["buttons"].items():
            places.setdefault(name, set()).add((x, y))
    return [name for name, found in places.items() if len(found) > 1]


def under(place: list[int], state: dict[str, Any]) -> list[str]:
    """Return the buttons of a state that reach into a place."""
    x, y, width, height = place
    return [
        name
        for name, (left, top, wide, high) in state["buttons"].items()
        if left < x + width and x < left + wide and top < y + height and y < top + high
    ]


def test_a_long_error_has_a_row_of_its_own_and_moves_nothing_above_it(finder):
    before = finder.root.evaluate(PLACES)
    finder.notebook.execute("faults.append('Targets are odd. ' * 20)\ngate.open()")
    finder.press("Run")
    finder.says("The sweep failed in step 1")
    error = finder.root.locator(".lrbar-error")
    expect(error).to_contain_text("Targets are odd. " * 19)
    after = finder.root.evaluate(PLACES)
    assert after["plot"] == before["plot"]
    assert {name: after["buttons"][name][:2] for name in ("copy", "apply")} == {
        name: before["buttons"][name][:2] for name in ("copy", "apply")
    }
    assert after["above"] == before["above"]


def test_a_second_click_presses_nothing_else(finder):
    notebook = finder.notebook
    finder.button("Run").dblclick()
    notebook.execute("gate.let(20)")
    finder.wait_for_dots(15)
    assert notebook.value("str(widget.status)") == "sweeping"
    box = finder.button("Stop").bounding_box()
    assert box is not None
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    notebook.page.mouse.click(*place)
    notebook.execute("gate.let(1)")
    finder.says("Stopped")
    notebook.page.mouse.click(*place)
    expect(finder.button("Run again")).to_be_visible()
    again = finder.button("Run again").bounding_box()
    assert again is not None
    place = (again["x"] + again["width"] / 2, again["y"] + again["height"] / 2)
    notebook.page.mouse.click(*place)
    expect(finder.button("Pause")).to_be_visible()
    notebook.page.mouse.click(*place)
    notebook.execute("gate.let(5)")
    finder.wait_for_dots(5)
    assert notebook.value("(str(widget.status), len(widget.runs))") == ("sweeping", 1)


@pytest.mark.parametrize("by", ["key", "pointer"])
def test_the_focus_goes_from_a_button_to_the_one_that_follows(lab, by):
    notebook = lab(PREPARE)
    notebook.run(0)
    finder = Hands(notebook, 0)

    def press(name: str) -> None:
        if by == "key":
            finder.button(name).press("Enter")
        else:
            finder.press(name)

    finder.button("Run").wait_for()
    press("Run")
    expect(finder.button("Pause")).to_be_focused()
    press("Pause")
    notebook.execute("gate.let(1)")
    expect(finder.button("Resume")).to_be_focused()
    press("Stop")
    expect(finder.button("Run again")).to_be_focused()
    finder.says("Stopped")
