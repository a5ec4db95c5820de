"""What the file of a notebook keeps of a widget."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from lrfind_widget.view.output import KEPT_OUTPUT
from tests.browser.harness import OpenNotebook


def kept(notebook: OpenNotebook, cell: int = 0) -> dict[str, Any]:
    """Save the notebook; return what the widget's output holds in the file."""
    saved = [each.get("data", {}) for each in notebook.save()["cells"][cell]["outputs"]]
    (data,) = [each for each in saved if KEPT_OUTPUT in each]
    return dict(data)


def expect_nothing_beside(beside: Locator) -> None:
    """Expect one sentence for pages without widgets, which stays hidden after its two seconds."""
    expect(beside).to_have_count(1)
    beside.evaluate("(it) => Promise.all(it.getAnimations().map(({finished}) => finished))")
    expect(beside).to_be_hidden()
    row = "(it) => it.closest('.jp-OutputArea-child, .output_area')?.getBoundingClientRect().height"
    assert not beside.evaluate(row)


def kept_when(notebook: OpenNotebook, text: str, cell: int = 0) -> dict[str, Any]:
    """Save until the line of text in the output says something."""
    for _ in range(100):
        data = kept(notebook, cell)
        if text in "".join(data["text/plain"]) and "image/png" in data:
            return data
        notebook.page.wait_for_timeout(100)
    raise AssertionError(f"{text!r} was never kept; last: {data.get('text/plain')!r}")
