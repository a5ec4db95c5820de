"""Changing one's mind after the run: smoothing, skips, scale, rule, runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.finder import Finder

SWEPT = """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
widget = LRFinderWidget(model, make_loader(), make_optimizer(model), num_it=60, seed=0)
widget.start()
widget.wait()
display(widget)
"""


@pytest.fixture(scope="module")
def swept(lab_for_module) -> Finder:
    """The widget after its sweep, with its settings unfolded, for all tests here."""
    notebook = lab_for_module(SWEPT)
    notebook.run(0)
    finder = Finder(notebook, 0)
    finder.wait_for_dots(3)
    finder.root.get_by_text("How the curve is read").click()
    return finder


@pytest.fixture
def finder(swept) -> Finder:
    """The widget with its settings as they are at first, and nothing chosen by hand."""
    for label, value in (("Smoothing", "0.98"), ("Not searched at the start", "10")):
        swept.root.get_by_label(label).fill(value)
    swept.root.get_by_label("Loss axis").select_option("linear")
    swept.root.get_by_label("Rule").select_option("balanced")
    swept.notebook.until("(widget.beta, widget.rule) == (0.98, 'balanced')")
    swept.notebook.execute("widget.back_to_suggestion()")  # which an unsure one needs
    swept.notebook.until("widget.selected_lr == widget.suggested_lr")
    return swept


def red_dot(finder: Finder) -> str:
    return str(finder.steepest.get_attribute("aria-label"))


def line(finder: Finder) -> Locator:
    return finder.root.locator(".lrfind-curve .lrfind-line-average:not(.lrfind-line-skipped)")


def shape(path: Locator) -> str:
    return str(path.get_attribute("d"))


def test_smoothing_moves_the_curve_the_red_dot_and_no_more_steps(finder):
    before, dot = shape(line(finder)), red_dot(finder)
    finder.root.get_by_label("Smoothing").fill("0.5")
    expect(line(finder)).not_to_have_attribute("d", before)
    expect(finder.steepest).not_to_have_attribute("aria-label", dot)
    steepest = finder.notebook.value("widget.result.suggestion('min_gradient', beta=0.5).lr")
    finder.notebook.until("widget.min_grad_lr", lambda lr: lr == steepest)
    assert finder.notebook.value("len(widget.runs)") == 1


def test_a_skipped_start_moves_the_red_dot_and_its_shade(finder):
    dot = red_dot(finder)
    shade = finder.root.locator(".lrfind-band-skipped .lrfind-band-area").first
    width = shade.get_attribute("width")
    finder.root.get_by_label("Not searched at the start").fill("25")
    expect(finder.steepest).not_to_have_attribute("aria-label", dot)
    expect(shade).not_to_have_attribute("width", width)


def test_a_logarithmic_loss_axis_is_drawn_at_once(finder):
    before = shape(line(finder))
    finder.root.get_by_label("Loss axis").select_option("log")
    expect(line(finder)).not_to_have_attribute("d", before)
    finder.notebook.until("widget.y_scale == 'log'")


def test_another_rule_moves_the_suggestion_and_the_marker_that_nobody_holds(finder):
    finder.root.get_by_label("Rule").select_option("valley")
    valley = finder.notebook.value("widget.suggestions['valley'].lr")
    finder.rate_becomes(valley)
    assert finder.notebook.value("widget.suggested_lr") == valley
    expect(finder.root.locator(".lrfind-spot-suggestion")).to_have_attribute(
        "aria-label", re.compile(rf"^Choose valley( \(unsure\))? {finder.field.input_value()}$")
    )


@pytest.mark.parametrize("width", [1100, 800, 560, 500])
def test_no_rule_that_is_chosen_has_its_name_cut(finder, width):
    page, rule = finder.notebook.page, finder.root.get_by_label("Rule")
    page.set_viewport_size({"width": width, "height": 900})
    rule.select_option("median_of_three")
    missing = rule.evaluate(
        """select => {
            const whole = select.cloneNode(true);
            whole.style.cssText = 'position: absolute; width: max-content; max-width: none';
            select.parentElement.append(whole);
            const missing = whole.offsetWidth - select.offsetWidth;
            whole.remove();
            return missing;
        }"""
    )
    assert missing <= 0


def test_what_was_chosen_by_hand_stays(finder):
    finder.field.fill("2e-5")
    finder.field.press("Enter")
    finder.notebook.until("widget.selected_lr == 2e-5")
    before = shape(line(finder))
    finder.root.get_by_label("Smoothing").fill("0.5")
    expect(line(finder)).not_to_have_attribute("d", before)
    finder.root.get_by_label("Rule").select_option("valley")
    valley = finder.notebook.value("widget.suggestions['valley'].lr")
    finder.notebook.until("widget.suggested_lr", lambda lr: lr == valley)
    assert finder.notebook.value("widget.selected_lr") == 2e-5
    finder.rate_becomes(2e-5)


def test_a_setting_that_is_none_is_not_taken(finder):
    field = finder.root.get_by_label("Not searched at the start")
    field.fill("-3")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.blur()
    expect(field).to_have_value("10")
    assert finder.notebook.value("widget.skip_start") == 10


def test_a_setting_of_python_is_shown_and_one_of_the_page_is_heard(finder):
    finder.notebook.execute(
        "heard = []; widget.observe(lambda c: heard.append((c.name, c.new)), ['beta', 'y_range'])"
    )
    finder.notebook.execute("widget.beta = 0.995; widget.y_scale = 'log'")
    expect(finder.root.get_by_text("0.995", exact=True)).to_be_visible()
    expect(finder.root.get_by_label("Loss axis")).to_have_value("log")
    finder.root.get_by_label("Show", exact=True).select_option("all")
    finder.notebook.until("heard == [('beta', 0.995), ('y_range', 'all')]")
    expect(finder.button("Show the fall")).to_be_visible()
    finder.press("Show the fall")
    expect(finder.root.get_by_label("Show", exact=True)).to_have_value("focus")


def test_the_smoothing_ends_on_the_last_of_many_values(finder):
    slider = finder.root.get_by_label("Smoothing")
    for hundredths in range(97, 77, -1):
        slider.fill(str(hundredths / 100))
    finder.notebook.until("widget.beta == 0.78")
    expect(slider).to_have_value("0.78")
