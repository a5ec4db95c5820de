"""An automated check of the widget, by axe-core, in each of its states."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.finder import Finder

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

PREPARE = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, make_loader, make_model, make_optimizer
model, gate = make_model(), Gate(make_loader())
optimizer = make_optimizer(model)
"""
SWEEPING = """
sweeping = LRFinderWidget(model, gate, optimizer, num_it=60, auto_start=False)
display(sweeping)
"""
FINISHED = """
finished = LRFinderWidget(model, make_loader(), optimizer, num_it=60, end_lr=1)
display(finished)
finished.wait()
finished.start(wd=0.1)
finished.wait()
"""
FAILED = """
def loss_fn(output, target):
    raise ValueError("out of luck")
failed = LRFinderWidget(model, make_loader(), optimizer, loss_fn=loss_fn)
display(failed)
"""
COMPARED = "finished.compare([1e-3, 1e-2], steps=4)\nfinished.wait()"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state_with_every_fold_open(lab, theme):
    notebook = lab(PREPARE, SWEEPING, FINISHED, FAILED, COMPARED, theme=theme)
    notebook.run(0)
    notebook.run(1)
    notebook.page.evaluate(AXE.read_text())
    found = {"waiting": violations(Finder(notebook, 1))}

    finder = Finder(notebook, 1)
    finder.press("Run")
    notebook.execute("gate.let(20)")
    finder.wait_for_dots(5)
    found["sweeping"] = violations(finder)

    notebook.execute("gate.let(1000)")  # the next sweep waits while this one is within a step
    notebook.run(2)
    finder = Finder(notebook, 2)
    finder.wait_for_dots(5)
    found["finished"] = violations(finder)
    finder.field.fill("about a third")
    finder.field.press("Enter")
    found["mistyped"] = violations(finder)

    notebook.run(3)
    failed = Finder(notebook, 3)
    failed.root.get_by_text("How this was run").wait_for()
    found["failed"] = violations(failed)

    notebook.run(4)
    finder.root.locator(".lrfind-training").first.wait_for()
    found["compared"] = violations(finder)
    assert {state: trouble for state, trouble in found.items() if trouble} == {}


def violations(finder: Finder) -> list[str]:
    """Return what axe-core finds in the widget with every fold open."""
    finder.unfold()
    return list(finder.root.evaluate(RUN_AXE))


#: Runs on the widget alone: the rest of the page is JupyterLab's.
RUN_AXE = """async (root) => {
  const widget = root.querySelector('.lrfind-widget');
  widget.scrollIntoView();
  const report = await axe.run(widget, {resultTypes: ['violations']});
  return report.violations
    .flatMap(({id, help, nodes}) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
}"""


@pytest.mark.parametrize(
    ("width", "touch", "least"), [(1100, False, 24), (1100, True, 44), (500, True, 44)]
)
def test_every_target_is_large_enough(lab, width, touch, least):
    notebook = lab(PREPARE, FINISHED, COMPARED, width=width)
    for cell in range(3):
        notebook.run(cell)
    finder = Finder(notebook, 1)
    finder.wait_for_dots(5)
    finder.root.locator(".lrfind-training").first.wait_for()
    finder.marker.press("+")
    finder.button("Reset zoom").wait_for()
    finder.unfold()
    session = notebook.page.context.new_cdp_session(notebook.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": touch, "maxTouchPoints": 5})
    notebook.page.wait_for_function(
        "(touch) => matchMedia('(pointer: coarse)').matches === touch", arg=touch
    )
    assert finder.root.evaluate(SMALL_TARGETS, least) == []
    # A line takes the pointer in the width of its stroke, which is no part of its box.
    hit = finder.marker.locator(".lrfind-marker-hit")
    assert hit.evaluate("(line) => getComputedStyle(line).strokeWidth") == f"{least}px"


#: What can be pressed or focused and is narrower or lower than so many pixels.
SMALL_TARGETS = """(root, least) => {
  const all = ':is(button, input, select, summary, [role=button])';
  return [...root.querySelectorAll(`.lrfind-widget ${all}`)]
    .filter((control) => control.checkVisibility())
    .map((control) => control.closest('label') ?? control)
    .filter((target) => {
      const {width, height} = target.getBoundingClientRect();
      return Math.min(width, height) < least;
    })
    .map((target) => target.outerHTML);
}"""


def test_the_curve_is_read_in_the_box_of_the_plot_also_where_the_loss_explodes(lab):
    notebook = lab(PREPARE, EXPLODED)
    notebook.run(0)
    notebook.run(1)
    finder = Finder(notebook, 1)
    finder.wait_for_dots(5)
    plot = finder.root.locator(".lrfind-background").bounding_box()
    assert finder.root.get_by_role("application").bounding_box() == plot


EXPLODED = """
losses = iter([1.0] * 20 + [10.0 ** power for power in range(1, 41)])
exploded = LRFinderWidget(
    model, make_loader(), optimizer, num_it=40, end_lr=1, stop_div=False,
    loss_fn=lambda output, target: output.sum() * 0 + next(losses),
)
display(exploded)
exploded.wait()
"""


def test_every_drawing_has_a_name_or_is_hidden(lab):
    notebook = lab(PREPARE, FINISHED)
    notebook.run(0)
    notebook.run(1)
    finder = Finder(notebook, 1)
    finder.wait_for_dots(5)
    assert finder.root.evaluate(NAMELESS) == []


NAMELESS = """(root) => [...root.querySelectorAll('.lrfind-widget svg')]
  .filter((svg) => !svg.closest('[aria-hidden=true]') && !svg.getAttribute('aria-label'))
  .map((svg) => svg.outerHTML.slice(0, 80))"""
