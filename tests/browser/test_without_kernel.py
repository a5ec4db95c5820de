"""Pages that show the widget and have no kernel: our own, html-manager's, and nbconvert's."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from ipywidgets.embed import dependency_state, embed_minimal_html
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from lrfind_widget import LRFinderWidget
from lrfind_widget.not_shown import NO_SCRIPT
from lrfind_widget.view import columns, marks
from lrfind_widget.view.bars import Bar, RateBar
from lrfind_widget.view.thread_safe_widget import OwnModule
from tests.browser.contrasts import CONTRASTS
from tests.browser.finder import Finder
from tests.browser.harness import SavedPage
from tests.browser.workbench import make_loader, make_model, make_optimizer

ROOT = Path(__file__).resolve().parents[2]
THEMES = ["light", "dark"]

Opener = Callable[..., SavedPage]


def swept(**given: Any) -> LRFinderWidget:
    model = make_model()
    widget = LRFinderWidget(
        model, make_loader(), make_optimizer(model), seed=0, y_range="all", **given
    )
    widget.start()
    widget.wait(60)
    return widget


@pytest.fixture(scope="module")
def one() -> LRFinderWidget:
    """A widget after a sweep."""
    return swept(num_it=40)


@pytest.fixture(scope="module")
def several() -> LRFinderWidget:
    """A widget after two sweeps, of which the first was repeated, and a comparison."""
    widget = swept(num_it=40, repeats=2)
    widget.start(num_it=30)
    widget.wait(60)
    widget.compare([1e-3, 1e-2], steps=8)
    widget.wait(60)
    return widget


def by_save_html(widget: LRFinderWidget, path: Path, _theme: str) -> None:
    widget.save_html(path)


def by_html_manager(widget: LRFinderWidget, path: Path, theme: str) -> None:
    """Write what Sphinx' extensions write too: a state without its defaults, and html-manager."""
    embed_minimal_html(path, views=[widget], state=dependency_state(widget))
    # The digest is that of one release of require.js, and another is installed here.
    page = re.sub(r'integrity="[^"]*"', "", path.read_text())
    dark = "<style>body { background: #131416; }</style>"
    path.write_text(page + dark * (theme == "dark"))


def expect_what_needs_no_kernel(finder: Finder, *, dots: int) -> None:
    """Expect all of a sweep to be there, legible, with a marker that moves, and nothing idle."""
    finder.wait_for_dots(dots)
    root = finder.root
    for label in ("loss", "learning rate"):
        expect(root.locator(".lrfind-chart").first.get_by_text(label, exact=True)).to_be_visible()
    expect(root.locator(".lrbar-headline")).to_contain_text("ecommend")
    contrasts = root.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}

    before = finder.rate()
    finder.drag_marker_by(60)
    assert finder.rate() > 1.5 * before
    assert float(finder.field.input_value()) == finder.rate()

    expect(root.get_by_text("No kernel behind this page")).to_have_count(1)
    offered = root.locator(".lrfind-bar button:not(.lrbar-chip):visible").all_inner_texts()
    assert offered == ["Copy"]
    expect(root.get_by_text("How the curve is read")).to_be_hidden()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("write", [by_save_html, by_html_manager])
def test_a_sweep_is_legible_and_its_marker_moves(one, saved_page, tmp_path, write, theme):
    write(one, tmp_path / "lr.html", theme)
    page = saved_page(tmp_path / "lr.html", theme)
    expect_what_needs_no_kernel(Finder(page, 0), dots=40)
    if write is by_save_html:
        assert page.asked == []


@pytest.mark.parametrize("write", [by_save_html, by_html_manager])
def test_runs_and_comparisons_are_whole_and_runs_can_be_hidden(
    several, saved_page, tmp_path, write
):
    write(several, tmp_path / "lr.html", "light")
    finder = Finder(saved_page(tmp_path / "lr.html"), 0)
    expect_what_needs_no_kernel(finder, dots=30)
    expect(finder.root.locator(".lrfind-comparison-bar")).to_contain_text("did best")
    for rate in ("1e-3", "1e-2"):
        expect(finder.root.locator(".lrfind-chart").nth(1).get_by_text(rate)).to_be_visible()

    first = finder.root.locator(".lrfind-legend").get_by_role("button", name="Run 1")
    earlier = finder.root.locator(".lrfind-earlier path")
    expect(earlier).not_to_have_attribute("d", "")
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(earlier).to_have_attribute("d", "")
    latest = finder.root.locator(".lrfind-legend").get_by_role("button", name="Run 2")
    latest.click()
    expect(finder.root.locator(".lrfind-dots")).to_be_hidden()
    latest.click()
    expect(finder.root.locator(".lrfind-dots")).to_be_visible()
    finder.wait_for_dots(30)


def test_a_page_of_ours_follows_its_reader_from_light_to_dark(one, saved_page, tmp_path):
    one.save_html(tmp_path / "lr.html")
    page = saved_page(tmp_path / "lr.html")
    Finder(page, 0).wait_for_dots(40)
    page.page.emulate_media(color_scheme="dark")
    page.page.wait_for_function(
        "() => document.querySelector('.lrfind-widget').classList.contains('lrfind-dark')"
    )


def test_a_page_of_ours_shows_its_picture_without_javascript(one, saved_page, tmp_path):
    one.save_html(tmp_path / "lr.html")
    page = saved_page(tmp_path / "lr.html", java_script_enabled=False).page
    picture = page.get_by_role("img", name="Chart of the loss against the learning rate")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.naturalWidth") > 300


def test_a_page_of_ours_that_cannot_start_keeps_its_picture(one, saved_page, tmp_path):
    one.save_html(path := tmp_path / "lr.html")
    path.write_text(path.read_text().replace(f'"model_id":"{one.model_id}"', '"model_id":"none"'))
    saved = saved_page(path)
    saved.allow_complaint("widget model not found")
    expect(saved.page.get_by_role("img", name="Chart of the loss")).to_be_visible()
    expect(saved.page.get_by_text(NO_SCRIPT)).to_be_visible()


@pytest.mark.parametrize("part", ["FigureModel", "RunBarModel"])
def test_a_page_of_ours_of_which_a_part_cannot_be_made_keeps_its_picture(
    one, saved_page, tmp_path, part
):
    one.save_html(path := tmp_path / "lr.html")
    path.write_text(path.read_text().replace(f'model_name":"{part}"', 'model_name":"None"'))
    saved = saved_page(path)
    saved.allow_complaint("in this page|Could not create|Failed to create")
    expect(saved.page.locator(".jupyter-widgets-error-widget")).not_to_have_count(0)
    expect(saved.page.get_by_role("img", name="Chart of the loss")).to_be_visible()
    expect(saved.page.get_by_text("Click to show javascript error").first).to_be_hidden()


CELLS = (
    """
from IPython.display import display
from lrfind_widget import LRFinderWidget
from tests.browser.workbench import make_loader, make_model, make_optimizer
model = make_model()
one = LRFinderWidget(model, make_loader(), make_optimizer(model), num_it=40, y_range="all")
display(one)
""",
    """
two = {"num_it": 40, "repeats": 2, "y_range": "all"}
several = LRFinderWidget(model, make_loader(), make_optimizer(model), **two)
display(several)
""",
    "several.compare([1e-3, 1e-2], steps=8)\nseveral.wait();",
    """
from ipywidgets import VBox
VBox([LRFinderWidget(model, make_loader(), make_optimizer(model), num_it=40, y_range="all")])
""",
)


@functools.cache
def executed_once() -> Any:
    """Return a notebook that nbconvert has executed, which takes longer than any test of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.ipynb"
        cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        convert = [sys.executable, "-m", "nbconvert", "--execute", "--inplace", "--to", "notebook"]
        run = subprocess.run(
            [*convert, path],
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return nbformat.read(path, 4)


@pytest.fixture(scope="module")
def executed() -> Any:
    """A notebook that nbconvert has executed, with the state of its widgets."""
    return executed_once()


@pytest.mark.parametrize("theme", THEMES)
def test_nbconvert_shows_what_it_has_executed(executed, saved_page, tmp_path, theme):
    path = tmp_path / "sweep.html"
    path.write_text(HTMLExporter(theme=theme).from_notebook_node(executed)[0])
    page = saved_page(path)
    for alone_or_in_a_box in (0, 2):
        expect_what_needs_no_kernel(Finder(page, alone_or_in_a_box), dots=40)
    finder = Finder(page, 1)
    expect_what_needs_no_kernel(finder, dots=40)
    expect(finder.root.locator(".lrfind-spread-area")).not_to_have_attribute("d", "")
    expect(finder.root.locator(".lrfind-comparison-bar")).to_contain_text("did best")
    for rate in ("1e-3", "1e-2"):
        expect(finder.root.locator(".lrfind-chart").nth(1).get_by_text(rate)).to_be_visible()


#: What each model of ours is when the kernel has said nothing of it. Columns become lists.
DEFAULTS = """() => {
  const { defined } = window.requirejs.s.contexts._;
  const ours = Object.values(defined).find((module) => module?.CurveModel);
  const plain = (key, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
  const models = Object.entries(ours).filter(([name]) => name.endsWith('Model'));
  return Object.fromEntries(models.map(([name, {prototype}]) =>
    [name, JSON.parse(JSON.stringify(prototype.defaults(), plain))]));
}"""


def test_defaults_in_javascript_are_those_in_python(one, saved_page, tmp_path):
    by_html_manager(one, tmp_path / "lr.html", "light")
    page = saved_page(tmp_path / "lr.html")
    Finder(page, 0).wait_for_dots(40)
    in_page = page.page.evaluate(DEFAULTS)
    made = {kind().get_state()["_model_name"]: kind().get_state() for kind in kinds(OwnModule)}
    assert set(made) == set(in_page)
    assert len(made) >= 16
    for name, state in made.items():
        expected = {key: plain(value) for key, value in state.items()}
        assert {key: in_page[name].get(key) for key in expected} == expected, name


def kinds(base: type) -> set[type]:
    """Return the classes under a class of which a page has models."""
    found = {each for kind in base.__subclasses__() for each in kinds(kind)}
    abstract = {marks.ChartMark, columns.ColumnsMark, Bar, RateBar}
    return found | ({base} - abstract - {OwnModule})


def plain(value: Any) -> Any:
    """Return a default as JSON has it; what each instance makes for itself is none."""
    if isinstance(value, memoryview):
        return np.frombuffer(value).tolist()
    if isinstance(value, tuple):
        return list(value)
    is_reference = isinstance(value, str) and value.startswith("IPY_MODEL_")
    return None if is_reference else value
