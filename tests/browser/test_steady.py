"""Nothing jumps: what one looks at and presses stays in its place from one state to the next."""

from __future__ import annotations

import pytest

from tests.browser.hands import Hands

PREPARE = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, make_loader, make_model, make_optimizer
model, gate = make_model(), Gate(make_loader())
widget = LRFinderWidget(
    model, gate, make_optimizer(model), num_it=60, end_lr=1, stop_div=False, auto_start=False
)
display(widget)
"""

#: Where the plot and the buttons are that every state has, by what they are for, from the
#: upper left corner of the widget; and how high that is.
PLACES = """(root) => {
  const widget = root.querySelector('.lrfind-widget');
  const corner = widget.getBoundingClientRect();
  const at = (part) => {
    const {x, y} = part.getBoundingClientRect();
    return [Math.round(x - corner.x), Math.round(y - corner.y)];
  };
  const places = {plot: at(widget.querySelector('.lrfind-background'))};
  const buttons = ':is(.lrfind-run-bar, .lrbar-choose) [data-id], .lrfind-legend button';
  for (const button of widget.querySelectorAll(buttons)) {
    places[button.dataset.id ?? button.textContent] = at(button);
  }
  return [places, Math.round(corner.height)];
}"""


@pytest.mark.parametrize("width", [1100, 560])
def test_no_state_moves_the_chart_or_a_button(lab, width):
    notebook = lab(PREPARE, width=width)
    notebook.run(0)
    finder = Hands(notebook, 0)
    finder.marker.wait_for()
    finder.button("fit").wait_for()
    seen = {}

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
    notebook.execute("gate.open()")
    finder.says("Finished")
    finder.button("Back to recommended").wait_for()
    look("finished")
    finder.press("Apply")
    finder.says("Applied")
    look("applied")
    places = {state: where for state, (where, _) in seen.items()}
    assert places == dict.fromkeys(places, places["idle"])
    heights = {state: height for state, (_, height) in seen.items()}
    assert heights["idle"] == heights["running"] == heights["paused"]
    assert heights["finished"] == heights["applied"]
