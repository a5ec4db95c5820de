"""What a person sees who types one line and waits."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.contrasts import CONTRASTS
from tests.browser.finder import Finder
from tests.browser.kept import kept

PREPARE = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import fingerprint, make_loader, make_model, make_optimizer
model, loader = make_model(), make_loader()
optimizer = make_optimizer(model)
before = fingerprint(model, optimizer)
"""
ONE_LINE = "widget = LRFinderWidget(model, loader, optimizer); display(widget)"
FIFTY_STEPS = "widget = LRFinderWidget(model, loader, optimizer, num_it=50); display(widget)"


def shown(opener, line: str = ONE_LINE, **options) -> Finder:
    """Run the line in a fresh notebook and wait until its sweep has ended."""
    notebook = opener(PREPARE, line, **options)
    notebook.run(0)
    notebook.run(1)
    notebook.until("widget.result is not None")
    return Finder(notebook, 1)


@pytest.fixture(scope="module")
def finished(either_for_module) -> Finder:
    """A sweep of the digits that has ended, for the tests that only look at it."""
    return shown(either_for_module)


def test_one_line_shows_a_sweep_of_the_digits(finished):
    taken = finished.notebook.value("len(widget.result.lrs)")
    expect(finished.root.get_by_role("application", name=f"{taken} points")).to_be_visible()
    finished.wait_for_dots(20)


def test_the_end_is_said_with_the_headline(lab):
    finder = shown(lab, FIFTY_STEPS)
    headline = finder.root.get_by_role("group", name="Range test").get_by_role("strong")
    expect(headline).to_have_text(re.compile("^Recommended .+, (un)?sure.$"))
    ended = finder.notebook.value("widget.result.stop_sentence")
    finder.says(f"{ended} {headline.inner_text()}")


def test_the_model_is_bit_for_bit_what_it_was(finished):
    assert finished.notebook.value("fingerprint(model, optimizer) == before")


def test_the_steepest_fall_is_marked(finished):
    expect(finished.steepest).to_have_count(1)
    assert finished.notebook.value("widget.min_grad_lr") > 0


def test_the_marker_stands_at_the_suggestion_if_that_is_sure(finished):
    own, suggested, certainty = finished.notebook.value(
        "[widget.result.own_lr, widget.suggested_lr, widget.suggestions[widget.rule].certainty]"
    )
    expected = suggested if certainty == "sure" else own
    assert finished.notebook.value("widget.selected_lr") == expected
    finished.rate_becomes(expected)


def test_apply_writes_the_rate_into_the_optimizer(lab):
    finder = shown(lab, FIFTY_STEPS)
    finder.field.fill("3e-4")
    finder.press("Apply")
    assert finder.notebook.until("optimizer.param_groups[0]['lr']", lambda lr: lr == 3e-4)


def test_run_again_sweeps_again(lab):
    finder = shown(lab, FIFTY_STEPS)
    finder.press("Run again")
    assert finder.notebook.until("len(widget.runs)", lambda count: count == 2)
    expect(finder.root.locator(".lrfind-earlier .lrfind-earlier-run")).to_have_count(1)


def test_a_second_display_shows_the_whole_curve(lab):
    notebook = lab(PREPARE, FIFTY_STEPS, "display(widget)")
    notebook.run(0)
    notebook.run(1)
    notebook.until("widget.result is not None")
    first = Finder(notebook, 1)
    first.wait_for_dots(1)
    notebook.run(2)
    second = Finder(notebook, 2)
    second.wait_for_dots(first.dots())
    assert second.dots() == first.dots()


def test_a_saved_notebook_keeps_a_picture(lab):
    finder = shown(lab, FIFTY_STEPS)
    finder.notebook.wait_for_output(1, "image/png")
    picture = kept(finder.notebook, 1)["image/png"]
    assert base64.b64decode(picture).startswith(b"\x89PNG")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_of_the_chart_are_legible(any_page, theme):
    finder = shown(any_page, FIFTY_STEPS, theme=theme)
    finder.wait_for_dots(1)
    contrasts = finder.root.evaluate(CONTRASTS)
    assert contrasts
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}


@pytest.fixture(params=[380, 420, 500, 900, 1100, 1400])
def resized(finished, request) -> Iterator[Finder]:
    """The widget with every fold open, in a window of this width."""
    finished.wait_for_dots(1)
    finished.unfold()
    page = finished.notebook.page
    before = page.viewport_size
    page.set_viewport_size({**before, "width": request.param})
    page.wait_for_function("(width) => window.innerWidth === width", arg=request.param)
    yield finished
    page.set_viewport_size(before)


def test_the_widget_fits_the_width_it_is_given(resized):
    overflow = resized.root.evaluate(
        "(root) => { const box = root.querySelector('.lrfind-widget');"
        " return box.scrollWidth - box.clientWidth; }"
    )
    assert overflow <= 0


def test_no_button_has_two_lines_and_no_word_of_the_receipt_is_broken(resized):
    assert resized.root.get_by_role("cell", name="identical").count() > 5
    assert resized.root.evaluate(BROKEN) == []


#: The text of buttons, and the words of a table, that stand in more than one line.
BROKEN = """(root) => {
  const isBroken = (text, start, end) => {
    const range = document.createRange();
    range.setStart(text, start);
    range.setEnd(text, end);
    const boxes = [...range.getClientRects()].filter(({width}) => width > 1);
    return new Set(boxes.map(({top}) => Math.round(top))).size > 1;
  };
  const found = [];
  for (const part of root.querySelectorAll('.lrfind-widget :is(button, th, td)')) {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (part.checkVisibility() && texts.nextNode()) {
      const text = texts.currentNode;
      const pieces = text.data.matchAll(part.localName === 'button' ? /.+/g : /[^\\s-]+/g);
      for (const {0: piece, index} of pieces) {
        if (isBroken(text, index, index + piece.length)) { found.push(piece); }
      }
    }
  }
  return found;
}"""
