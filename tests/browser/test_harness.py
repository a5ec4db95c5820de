"""The harness itself, on widgets that are not ours."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

SLIDER = """
import ipywidgets
slider = ipywidgets.IntSlider(value=3, description="count")
slider
"""


def test_a_widget_is_drawn_and_its_kernel_answers(either):
    notebook = either(SLIDER)
    notebook.run(0)
    expect(notebook.page.get_by_role("slider")).to_be_visible()
    assert notebook.value("slider.value") == 3


def test_a_key_in_the_page_reaches_the_kernel(lab):
    notebook = lab(SLIDER)
    notebook.run(0)
    notebook.page.get_by_role("slider").press("ArrowRight")
    assert notebook.until("slider.value", lambda value: value == 4) == 4


def test_the_kernel_moves_a_widget_in_the_page(lab):
    notebook = lab(SLIDER)
    notebook.run(0)
    notebook.execute("slider.value = 50")
    expect(notebook.page.get_by_role("slider")).to_have_attribute("aria-valuenow", "50.0")


def test_messages_are_counted(lab):
    notebook = lab(SLIDER)
    notebook.run(0)
    notebook.watch_messages()
    notebook.execute("slider.value = 7")
    updates = notebook.messages(direction="recv", type="comm_msg", method="update")
    assert [message["traits"] for message in updates] == [["value"]]
    assert updates[0]["bytes"] > 0


def test_the_kernel_outlives_a_reload(lab):
    notebook = lab(SLIDER)
    notebook.run(0)
    notebook.reload()
    assert notebook.value("slider.value") == 3


def test_an_exception_in_a_cell_is_an_error(lab):
    notebook = lab("1 / 0")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run(0)


def test_an_error_in_the_console_is_a_complaint(lab):
    notebook = lab("pass")
    assert notebook.unexpected_complaints() == []
    notebook.page.evaluate("() => { console.error('mark fell off'); }")
    assert "mark fell off" in notebook.unexpected_complaints()[0]
    notebook.allow_complaint("mark fell off")
    assert notebook.unexpected_complaints() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_the_one_asked_for(either, theme):
    notebook = either("pass", theme=theme)
    expect(notebook.page.locator("body")).to_have_attribute(
        "data-jp-theme-light", "true" if theme == "light" else "false"
    )
