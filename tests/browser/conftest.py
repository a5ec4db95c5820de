"""Servers and pages for the browser tests."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, sync_playwright

from scripts.browser import find_browser
from tests.browser.harness import (
    Application,
    ClassicNotebook,
    Colab,
    ColabPage,
    JupyterLab,
    Nbclassic,
    NotebookSeven,
    OpenNotebook,
    SavedPage,
    Voila,
    VoilaPage,
    VSCode,
    VSCodePage,
    WatchedPage,
)

_ROOT = Path(__file__).resolve().parents[2]
_ARTIFACTS = Path(__file__).resolve().parent / "artifacts"
_INSTALLED = Path(sys.prefix) / "share/jupyter"
#: What is built, and where Jupyter looks for it.
_FRONT_ENDS = {
    _ROOT / "lrfind_widget/labextension/package.json": "labextensions/lrfind-widget/package.json",
    _ROOT / "dist/index.js": "nbextensions/lrfind-widget/index.js",
}

APPLICATIONS = {"jupyterlab": "JupyterLab", "notebook_seven": "Notebook 7"}

#: Those, and the ones in which one scripted task stands for all.
PAGES = {**APPLICATIONS, "nbclassic": "nbclassic", "vs_code": "VS Code", "colab": "Colab"}

#: The page of an application, where it is not that of JupyterLab.
OPENED_AS = {Nbclassic: ClassicNotebook, Voila: VoilaPage, VSCode: VSCodePage, Colab: ColabPage}

OPENED = "notebooks_opened_for_tests"

Opener = Callable[..., OpenNotebook]
Served = tuple[Application, BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Keep what a failed test's pages and server can tell."""
    report = yield
    if report.failed:
        opened = [
            notebook
            for node in item.listchain()
            for some in getattr(node, OPENED, ())
            for notebook in some
        ]
        for number, notebook in enumerate(opened):
            _keep_evidence(item, report, number, notebook)
    return report


@pytest.fixture(scope="session", autouse=True)
def orderly_end() -> Iterator[None]:
    """Let a run that is told to end close its servers, as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def front_end() -> None:
    """Refuse to test anything but the front end that this checkout's sources make."""
    for built, place in _FRONT_ENDS.items():
        installed = _INSTALLED / place
        for path in (built, installed):
            if not path.exists():
                pytest.fail(f"The front end is not at {path}: run `make setup`.", pytrace=False)
        # The first of them names files by their content.
        if built.read_bytes() != installed.read_bytes():
            pytest.fail(f"{installed} is not what was built: run `make setup`.", pytrace=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        pytest.fail("No Chromium was found: run `make chromium`.", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def jupyterlab(
    front_end: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    yield from _served(JupyterLab(tmp_path_factory.mktemp("jupyterlab")), browser)


@pytest.fixture(scope="session")
def notebook_seven(
    front_end: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    yield from _served(NotebookSeven(tmp_path_factory.mktemp("notebook_seven")), browser)


@pytest.fixture(scope="session")
def nbclassic(
    front_end: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    yield from _served(Nbclassic(tmp_path_factory.mktemp("nbclassic")), browser)


@pytest.fixture(scope="session")
def voila_server(
    front_end: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    yield from _served(Voila(tmp_path_factory.mktemp("voila")), browser)


@pytest.fixture(scope="session")
def vs_code(
    front_end: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    yield from _served(VSCode(tmp_path_factory.mktemp("vs_code")), browser)


@pytest.fixture(scope="session")
def colab(
    front_end: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    yield from _served(Colab(tmp_path_factory.mktemp("colab")), browser)


@pytest.fixture
def lab(request: pytest.FixtureRequest, jupyterlab: Served) -> Iterator[Opener]:
    """Open a notebook of the given cells in JupyterLab, for one test."""
    yield from _opener(request, *jupyterlab)


@pytest.fixture(scope="module")
def lab_for_module(request: pytest.FixtureRequest, jupyterlab: Served) -> Iterator[Opener]:
    """Open a notebook in JupyterLab that the tests of a module share."""
    yield from _opener(request, *jupyterlab)


@pytest.fixture
def classic(request: pytest.FixtureRequest, nbclassic: Served) -> Iterator[Opener]:
    """Open a notebook of the given cells in nbclassic, for one test."""
    yield from _opener(request, *nbclassic)


@pytest.fixture(scope="module")
def classic_for_module(request: pytest.FixtureRequest, nbclassic: Served) -> Iterator[Opener]:
    """Open a notebook in nbclassic that the tests of a module share."""
    yield from _opener(request, *nbclassic)


@pytest.fixture
def voila(request: pytest.FixtureRequest, voila_server: Served) -> Iterator[Opener]:
    """Open a notebook of the given cells as Voila shows it, for one test."""
    yield from _opener(request, *voila_server)


@pytest.fixture
def colab_page(request: pytest.FixtureRequest, colab: Served) -> Iterator[Opener]:
    """Open a notebook as Colab shows it, for one test."""
    yield from _opener(request, *colab)


@pytest.fixture
def saved_page(
    request: pytest.FixtureRequest, front_end: None, browser: Browser
) -> Iterator[Callable[..., SavedPage]]:
    """Open a file in a browser that has no network, with a preference for light or dark."""
    opened: list[SavedPage] = []
    setattr(request.node, OPENED, [*getattr(request.node, OPENED, ()), opened])

    def open_file(
        path: Path, theme: str = "light", *, refused: str = "^$", **given: bool
    ) -> SavedPage:
        size = {"width": 1100, "height": 900}
        context = browser.new_context(
            color_scheme=theme, reduced_motion="reduce", viewport=size, **given
        )
        opened.append(SavedPage(context, path, refused))
        return opened[-1]

    yield open_file
    for each in opened:
        each.page.context.close()
    _expect_no_complaints(opened)


@pytest.fixture(params=PAGES, ids=PAGES.get)
def any_page(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open a notebook for one test, in one page after the other."""
    yield from _opener(request, *request.getfixturevalue(request.param))


@pytest.fixture(params=APPLICATIONS, ids=APPLICATIONS.get)
def either(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open a notebook for one test, in one application after the other."""
    yield from _opener(request, *request.getfixturevalue(request.param))


@pytest.fixture(scope="module", params=APPLICATIONS, ids=APPLICATIONS.get)
def either_for_module(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open a notebook that the tests of a module share, in one application after the other."""
    yield from _opener(request, *request.getfixturevalue(request.param))


def _served(application: Application, browser: Browser) -> Iterator[Served]:
    """Run one application; its pages share a context, so that its scripts load once."""
    try:
        application.start()
        context = browser.new_context(reduced_motion="reduce")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield application, context
    finally:
        application.stop()


def _opener(
    request: pytest.FixtureRequest, application: Application, context: BrowserContext
) -> Iterator[Opener]:
    opened: list[OpenNotebook] = []
    # Two fixtures of one test, or of one module, may both open some.
    setattr(request.node, OPENED, [*getattr(request.node, OPENED, ()), opened])

    def open_notebook(
        *cells: str, theme: str = "light", width: int = 1100, height: int = 900
    ) -> OpenNotebook:
        application.set_theme(theme)
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        kind = OPENED_AS.get(type(application), OpenNotebook)
        notebook = kind(application, page, cells)
        opened.append(notebook)
        notebook.open()
        return notebook

    yield open_notebook
    for notebook in opened:
        notebook.page.close()
        application.shut_down_kernel_of(notebook.path.name)
    _expect_no_complaints(opened)


def _expect_no_complaints(opened: Iterable[WatchedPage]) -> None:
    complaints = [text for page in opened for text in page.unexpected_complaints()]
    assert not complaints, "The page complained:\n" + "\n".join(complaints)


def _keep_evidence(
    item: pytest.Item, report: pytest.TestReport, number: int, page: WatchedPage
) -> None:
    if isinstance(page, OpenNotebook):
        log = page.application.log()
        report.sections.append((f"end of {page.application.name}'s log", log))
    if page.complaints:
        report.sections.append(("console of the page", "\n".join(page.complaints)))
    if page.page.is_closed():
        return
    _ARTIFACTS.mkdir(exist_ok=True)
    name = re.sub(r"[^\w.-]+", "_", item.nodeid.rpartition("/")[2])
    path = _ARTIFACTS / f"{name}-{number}.png"
    try:
        page.page.screenshot(path=path)
    except Error as error:  # a page that hangs fails its own test, not the run
        report.sections.append(("no screenshot", error.message))
    else:
        report.sections.append(("screenshot", str(path)))
