"""Pages that have not our front end, or no widgets at all, and have no kernel either."""

from __future__ import annotations

import re

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Locator, Page, expect

from lrfind_widget.not_shown import NO_FRONT_END, NOT_LIVE
from tests.browser.contrasts import CONTRASTS
from tests.browser.finder import Finder
from tests.browser.kept import expect_nothing_beside, kept_when
from tests.browser.test_saved import SWEPT
from tests.browser.test_without_kernel import THEMES, by_html_manager, executed, one

__all__ = ["executed", "one"]

US = r"/lrfind-widget[@.]"

#: What a page says of a module that its CDN has not.
OF_THE_MODULE = r"lrfind-widget|ERR_FAILED|Could not create a view|Script error"


def expect_picture_and_sentence(place: Page | Locator, *, times: int = 1) -> None:
    """Expect the picture and what to do, and no errors."""
    sentences = place.get_by_text(NO_FRONT_END)
    images = place.get_by_role("img", name="Chart of the loss against the learning rate")
    for each in (sentences, images):
        expect(each.locator("visible=true")).to_have_count(times, timeout=20_000)
    errors = place.get_by_text("Click to show javascript error")
    expect(errors).not_to_have_count(0)
    expect(errors.locator("visible=true")).to_have_count(0)


@pytest.mark.parametrize("theme", THEMES)
def test_what_nbconvert_wrote_shows_pictures_where_the_cdn_lacks_us(
    executed, saved_page, tmp_path, theme
):
    path = tmp_path / "sweep.html"
    path.write_text(HTMLExporter(theme=theme).from_notebook_node(executed)[0])
    saved = saved_page(path, theme, refused=US)
    saved.allow_complaint(OF_THE_MODULE)
    expect_picture_and_sentence(saved.page, times=3)
    contrasts = saved.page.locator(".lrfind-widget").first.evaluate(CONTRASTS)
    assert contrasts
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}


def test_the_words_are_legible_in_a_dark_page_that_gives_them_no_colour(one, saved_page, tmp_path):
    by_html_manager(one, path := tmp_path / "lr.html", "dark")
    saved = saved_page(path, "dark", refused=US)
    saved.allow_complaint(OF_THE_MODULE)
    expect(saved.page.get_by_text(NO_FRONT_END)).to_be_visible()
    contrasts = saved.page.locator(".lrfind-widget").locator("..").evaluate(CONTRASTS)
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}
    assert contrasts


def test_where_our_front_end_is_there_nobody_meets_them(one, saved_page, tmp_path):
    by_html_manager(one, tmp_path / "lr.html", "light")
    finder = Finder(saved_page(tmp_path / "lr.html"), 0)
    finder.wait_for_dots(40)
    row = finder.root.locator(".lrfind-missing")
    expect(row).to_have_count(1)
    expect(row).to_be_hidden()
    expect(finder.root.get_by_role("img", name="Chart of the loss")).to_have_count(0)


def test_what_nbconvert_wrote_says_what_to_do_where_it_reaches_nobody(
    executed, saved_page, tmp_path
):
    path = tmp_path / "sweep.html"
    path.write_text(HTMLExporter().from_notebook_node(executed)[0])
    saved = saved_page(path, refused="^https?:")
    saved.allow_complaint("ERR_FAILED|is not defined")
    sentences = saved.page.get_by_text(NOT_LIVE).locator("visible=true")
    expect(sentences).to_have_count(3, timeout=20_000)


@pytest.mark.parametrize("page", ["lab", "classic"])
def test_an_application_that_shows_its_own_error_says_what_to_do(request, page):
    notebook = request.getfixturevalue(page)(SWEPT)
    notebook.run(0)
    kept_when(notebook, "selected_lr=")
    finder = Finder(notebook, 0)
    beside = finder.root.locator(".lrfind-instead")
    expect_nothing_beside(beside)

    notebook.page.goto("about:blank")
    notebook.application.shut_down_kernel_of(notebook.path.name)
    notebook.page.route("**/extensions/lrfind-widget/**", lambda route: route.abort())
    notebook.allow_complaint("lrfind-widget|widget model not found|Event|reading 'get'")
    notebook.open()
    expect(beside).to_be_visible(timeout=10_000)
    expect(beside).to_have_text(NOT_LIVE)


def test_a_page_of_colab_that_draws_nothing_says_what_to_do(colab_page):
    notebook = colab_page(SWEPT)
    notebook.page.route(re.compile(US), lambda route: route.abort())
    notebook.allow_complaint("ERR_FAILED|Failed to fetch|Could not|lrfind-widget")
    notebook.execute("from lrfind_widget.view import page_watch; page_watch.ANSWER_SECONDS = 600")
    notebook.run(0)
    expect(notebook.page.get_by_text(NOT_LIVE)).to_be_visible(timeout=20_000)
