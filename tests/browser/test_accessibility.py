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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_state(lab, theme):
    notebook = lab(PREPARE, SWEEPING, FINISHED, FAILED, theme=theme)
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
    finder.root.get_by_text("Smoothing, skipped ends").click()
    finder.root.get_by_text("compared identical").click()
    finder.field.fill("about a third")
    finder.field.press("Enter")
    found["unfolded"] = violations(finder)

    notebook.run(3)
    finder = Finder(notebook, 3)
    finder.root.get_by_text("Traceback of your code", exact=True).first.click()
    found["failed"] = violations(finder)
    assert {state: trouble for state, trouble in found.items() if trouble} == {}


def violations(finder: Finder) -> list[str]:
    """Return what axe-core calls serious or critical in the widget."""
    return list(finder.root.evaluate(RUN_AXE))


#: Runs on the widget alone: the rest of the page is JupyterLab's.
RUN_AXE = """async (root) => {
  const widget = root.querySelector('.lrfind-widget');
  widget.scrollIntoView();
  const report = await axe.run(widget, {resultTypes: ['violations']});
  return report.violations
    .filter(({impact}) => impact === 'serious' || impact === 'critical')
    .flatMap(({id, help, nodes}) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
}"""
