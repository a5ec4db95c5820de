"""The plain screen, in pages that do not load our module, and what they say where it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.conftest import Opener, Served, _opener
from tests.browser.contrasts import CONTRASTS
from tests.browser.finder import Finder
from tests.browser.plain_finder import PlainFinder
from tests.browser.test_pages import GATED, PREPARE, task

#: Everything that a page says of a module that it cannot have.
OF_THE_MODULE = (
    "^Failed to load .*lrfind-widget",
    "^Refused to execute script from '[^']*/lrfind-widget",
    '^Error: (No version of module|Script error for|Module) "?lrfind-widget',
    # JupyterLab, of the extension that it could not load, and of the one that is not in its list.
    r"^Event \(.*/static/lab/main",
    r"(?s)^TypeError: .*reading 'get'.*/static/lab/\d+\.",
    # Colab, whose manager has no other place for it, or none at all.
    "ERR_FAILED|Failed to fetch|Could not|Widgets module lrfind-widget is not supported",
    # Of the boxes with errors in its place, which JupyterLab takes out while it still fills them.
    "(?s)'removeChild'.*/jlab_core",
)

COLABS = re.compile("^https://cdn.jsdelivr.net/npm/lrfind-widget@")

SWEPT = """
widget = LRFinderWidget(model, make_loader(), optimizer, num_it=40, seed=0{more})
display(widget)
"""


def _refused(request: pytest.FixtureRequest, served: Served) -> Iterator[Opener]:
    """Open pages that are not given our front end."""
    application, context = served
    refusing: BrowserContext = context.browser.new_context(reduced_motion="reduce")
    refusing.route("**/*extensions/lrfind-widget/**", lambda route: route.abort())
    yield from _opener(request, application, refusing)
    refusing.close()


@pytest.fixture
def lab_without(request, jupyterlab):
    yield from _refused(request, jupyterlab)


@pytest.fixture(params=["jupyterlab", "nbclassic"])
def page_without(request):
    yield from _refused(request, request.getfixturevalue(request.param))


def shown_plain(notebook, cell: int = 1) -> PlainFinder:
    """Wait for the plain screen, in a page that complains of our module."""
    for pattern in OF_THE_MODULE:
        notebook.allow_complaint(pattern)
    finder = PlainFinder(notebook, cell)
    expect(finder.field).to_be_visible()
    return finder


def test_the_task_is_done_where_our_module_is_refused(page_without):
    notebook = page_without(PREPARE, GATED)
    notebook.run(0)
    notebook.run(1)
    finder = shown_plain(notebook)
    expect(finder.root.get_by_text("has not loaded lrfind-widget")).to_be_visible()
    task(notebook, finder)


WITHOUT_MANAGER = """
from google.colab import output
output.enable_custom_widget_manager = lambda: None
"""


@pytest.mark.parametrize("before", ["", WITHOUT_MANAGER], ids=["no module", "no custom manager"])
def test_the_task_is_done_in_a_colab_that_refuses_our_module(colab_page, before):
    notebook = colab_page(before + PREPARE, GATED)
    notebook.page.route(COLABS, lambda route: route.abort())
    notebook.run(0)
    notebook.run(1)
    finder = shown_plain(notebook)
    expect(finder.root.get_by_text("let it reach cdn.jsdelivr.net")).to_be_visible()
    task(notebook, finder)


def test_a_colab_that_gets_our_module_late_shows_our_screen_alone(colab_page):
    notebook = colab_page(PREPARE, SWEPT.format(more=""))
    held: list[Route] = []
    notebook.page.route(COLABS, lambda route: held.append(route))
    notebook.run(0)
    notebook.run(1)
    plain = shown_plain(notebook)
    (route,) = held
    route.fallback()
    finder = Finder(notebook, 1)
    finder.wait_for_dots(1)
    expect(finder.marker).to_be_visible()
    expect(plain.field).to_have_count(0)
    assert not notebook.value("widget._screens.is_plain")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_read_and_used_by_keys_and_by_ear(lab_without, theme):
    notebook = lab_without(PREPARE, SWEPT.format(more=', screen="plain"'), theme=theme)
    notebook.run(0)
    notebook.run(1)
    finder = shown_plain(notebook)
    notebook.until("widget.result is not None")
    words = notebook.value("widget.result.describe()")
    expect(finder.root.get_by_role("img", name=words)).to_be_visible()

    finder.field.fill("2e-3")
    finder.field.press("Enter")
    notebook.until("widget.selected_lr", lambda rate: rate == 2e-3)
    expect(finder.root.get_by_text("2.0e-3", exact=True)).to_be_visible()  # beside the slider
    finder.marker.focus()
    finder.marker.press("ArrowRight")
    rate = notebook.until("widget.selected_lr", lambda rate: 2e-3 < rate < 2.1e-3)
    finder.rate_becomes(rate)
    expect(finder.marker).to_be_focused()
    finder.field.fill("nothing")
    finder.field.press("Enter")
    expect(finder.field).not_to_have_value("nothing")

    finder.root.get_by_text("Why, and how this was run").click()
    expect(finder.root.get_by_text(words, exact=True)).to_be_visible()
    for name in ("Run again", "Apply", "Search"):
        expect(finder.button(name)).to_be_visible()
    contrasts = finder.root.evaluate(CONTRASTS)
    assert contrasts
    assert {said: ratio for said, ratio in contrasts.items() if ratio < 4.5} == {}


OLDER = """
import lrfind_widget._version
lrfind_widget._version.__version__ = "99.0.0"
"""


@pytest.mark.parametrize("page", ["jupyterlab", "nbclassic"])
def test_a_front_end_of_another_version_is_told_to_the_person(request, page):
    for opener in _opener(request, *request.getfixturevalue(page)):
        notebook = opener(OLDER + PREPARE, SWEPT.format(more=""))
        notebook.run(0)
        notebook.run(1)
        finder = shown_plain(notebook)
        expect(finder.root.get_by_text("lrfind-widget==99.0.0")).to_be_visible()


def test_a_page_that_has_our_module_keeps_our_screen(lab):
    notebook = lab(PREPARE, SWEPT.format(more=""))
    notebook.run(0)
    notebook.execute("from lrfind_widget.view import page_watch; page_watch.ANSWER_SECONDS = 0.5")
    notebook.run(1)
    notebook.until("widget._screens._watch._has_page and widget.result is not None")
    notebook.until("widget._screens._watch._later._thread is None")
    assert not notebook.value("widget._screens.is_plain")


def test_a_notebook_that_is_not_trusted_says_what_to_do(lab):
    notebook = lab(PREPARE, SWEPT.format(more=", auto_start=False"))
    notebook.run(0)
    notebook.run(1)
    notebook.save()
    notebook.page.goto("about:blank")
    notebook.application.shut_down_kernel_of(notebook.path.name)
    notebook.path.write_text(notebook.path.read_text().replace("num_it=40", "num_it=41"))
    notebook.open()
    expect(notebook.output(1)).to_contain_text("in a notebook that is trusted")


def test_a_notebook_without_a_curve_and_a_kernel_says_what_to_do(lab):
    notebook = lab(PREPARE, SWEPT.format(more=", auto_start=False"))
    notebook.run(0)
    notebook.run(1)
    notebook.save()
    notebook.page.goto("about:blank")
    notebook.application.shut_down_kernel_of(notebook.path.name)
    notebook.open()
    expect(notebook.output(1)).to_contain_text("Its kernel is gone: run the cell again")
