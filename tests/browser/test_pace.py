"""What is said of a sweep and what is drawn of it come together."""

from __future__ import annotations

from tests.browser.finder import Finder

SLOW = """
from IPython.display import display
import time, torch
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
def loss_fn(output, target):
    time.sleep(0.005)
    return torch.nn.functional.cross_entropy(output, target)
model = make_model()
widget = LRFinderWidget(
    model, make_loader(), make_optimizer(model), num_it=300, end_lr=1e-3, stop_div=False,
    loss_fn=loss_fn, auto_start=False,
)
widget.y_range = "all"  # every loss has its place in the chart
display(widget)
"""

#: Notes in each frame how many steps the bar tells of, and how many losses are drawn.
WATCH = """(root) => {
  const bar = root.querySelector('[role="progressbar"]');
  const dots = root.querySelector('.lrfind-dots');
  window.frames_seen = [];
  const note = () => {
    const drawn = (dots.getAttribute('d') ?? '').split('M').length - 1;
    window.frames_seen.push([Number(bar.getAttribute('aria-valuenow')), drawn]);
    requestAnimationFrame(note);
  };
  note();
}"""


def test_the_sentence_is_never_behind_the_curve_nor_before_it(lab):
    notebook = lab(SLOW)
    notebook.run(0)
    finder = Finder(notebook, 0)
    finder.press("Run")
    finder.wait_for_dots(3)
    finder.root.evaluate(WATCH)
    notebook.until("not widget.status.is_running")
    finder.says("Finished")
    seen = notebook.page.evaluate("() => window.frames_seen")
    told = {done for done, _ in seen}
    assert len(told) > 8
    # A message is drawn in the next frame, and no difference lasts longer.
    apart = [done != drawn for done, drawn in seen]
    assert not any(map(all, zip(apart, apart[1:], apart[2:], strict=False)))
