"""One task in every page: run, watch, drag, stop, apply, save, open again."""

from __future__ import annotations

import base64

from playwright.sync_api import expect

from tests.browser.contrasts import CONTRASTS, GROUND
from tests.browser.finder import Finder
from tests.browser.harness import OpenNotebook
from tests.browser.kept import expect_nothing_beside, kept_when

PREPARE = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import Gate, fingerprint, make_loader, make_model, make_optimizer
model = make_model()
optimizer = make_optimizer(model)
gate = Gate(make_loader())
before = fingerprint(model, optimizer)
"""
GATED = """
widget = LRFinderWidget(model, gate, optimizer, num_it=60, stop_div=False)
widget.y_range = "all"  # every loss has its place in the chart
display(widget)
"""


def faint_words(finder: Finder, theme: str) -> dict[str, float]:
    """Return the texts that nearly merge with what is behind them, once a theme is painted."""
    wait = finder.notebook.page.wait_for_timeout
    for _ in range(100):
        ground = finder.root.evaluate(GROUND)
        if (ground < 0.2) == (theme in finder.dark_grounds):
            break
        wait(100)
    else:
        raise AssertionError(f"Never {theme}: the luminance of the ground is {ground:.2f}")
    for _ in range(30):
        contrasts = finder.root.evaluate(CONTRASTS)
        assert len(contrasts) > 20, contrasts
        faint = {words: ratio for words, ratio in contrasts.items() if ratio < 4.5}
        if not faint:
            break
        wait(100)
    return faint


def test_a_sweep_is_run_watched_stopped_applied_saved_and_found_again(any_page):
    notebook = any_page(PREPARE, GATED)
    notebook.run(0)
    notebook.run(1)
    task(notebook, Finder(notebook, 1))


def task(notebook: OpenNotebook, finder: Finder) -> None:
    """Do the task with a screen that has just been shown, before its first step."""
    notebook.execute("gate.let(5)")
    finder.wait_for_dots(5)
    notebook.execute("gate.let(20)")
    finder.wait_for_dots(25)
    expect_nothing_beside(notebook.page.locator(".lrfind-instead"))

    finder.drag_marker_by(60)
    chosen = finder.rate()
    assert chosen > 1.5e-3
    notebook.until("widget.selected_lr", lambda rate: rate == chosen)

    finder.press("Stop")
    notebook.execute("gate.open()")
    notebook.until("widget.status.value", lambda status: status == "stopped")
    finder.says(notebook.value("widget.result.stop_sentence"))
    assert notebook.value("fingerprint(model, optimizer) == before")
    assert notebook.value("widget.selected_lr") == chosen

    finder.press("Apply")
    notebook.until("optimizer.param_groups[0]['lr']", lambda rate: rate == chosen)

    for theme in ("dark", "light"):
        notebook.paint(theme)
        assert faint_words(finder, theme) == {}

    data = kept_when(notebook, notebook.value("str(widget)"), 1)
    assert base64.b64decode("".join(data["image/png"])).startswith(b"\x89PNG")

    steps = notebook.value("len(widget.result.lrs)")
    notebook.reload()
    if not notebook.FINDS_WIDGETS_AGAIN:
        picture = notebook.output(1).get_by_role("img")
        expect(picture).to_have_attribute("src", f"data:image/png;base64,{data['image/png']}")
        return
    again = type(finder)(notebook, 1)
    again.rate_becomes(chosen)
    again.wait_for_dots(steps)
    again.drag_marker_by(-60)
    notebook.until("widget.selected_lr", lambda rate: rate == again.rate() < chosen)
    if notebook.UPDATES_SAVED_OUTPUTS and finder.is_kept_after_reload:
        kept_when(notebook, notebook.value("str(widget)"), 1)
