"""Pages that stand for front ends which no test can run: see `tests/browser/front_ends`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Locator, Page, Route

from tests.browser.harness.application import Application
from tests.browser.harness.open_notebook import OpenNotebook
from tests.vs_code_rule import mapped_modules

_ROOT = Path(__file__).resolve().parents[3]
_FRONT_ENDS = _ROOT / "tests/browser/front_ends"
#: What `make pages` builds.
BUILT = _FRONT_ENDS / "build"
_INSTALLED = Path(sys.prefix) / "share/jupyter"


class Bare(Application):
    """A Jupyter server without an application, whose pages the tests bring."""

    module = "jupyter_server"
    _theme = "light"

    def start(self) -> None:
        if not BUILT.exists():
            raise RuntimeError("The pages of VS Code and Colab are not built: run `make pages`.")
        super().start()

    @property
    def options(self) -> tuple[str, ...]:  # type: ignore[override]
        places = [str(BUILT), str(self._folder / "static"), *map(str, self.served())]
        return (f"--ServerApp.extra_static_paths={places}",)

    def served(self) -> Iterable[Path]:
        """Return the folders beside its own whose files the page may ask the server for."""
        return ()

    def address(self, notebook: str) -> str:
        return f"{super().address('')}&path={notebook}&theme={self._theme}"

    def set_theme(self, theme: str) -> None:
        self._theme = theme

    def elsewhere(self, url: str) -> Path | None:
        """Return what is at an address of another server, None for nothing."""
        return None


class VSCode(Bare):
    """VS Code, which looks for the modules of widgets among the local files of the kernel."""

    name = "VS Code"
    page_path = "/static/vscode.html"

    def start(self) -> None:
        modules: dict[str, str] = {}
        for extension in (_INSTALLED / "nbextensions").glob("**/extension.js"):
            modules |= mapped_modules(extension.read_text())
        static = self._folder / "static"
        static.mkdir()
        (static / "local.json").write_text(json.dumps(modules))
        super().start()

    def served(self) -> Iterable[Path]:
        return (_INSTALLED,)


class Colab(Bare):
    """Colab, which loads the modules of widgets from a CDN of npm packages."""

    name = "Colab"
    page_path = "/static/colab.html"

    def elsewhere(self, url: str) -> Path | None:
        package = json.loads((_ROOT / "package.json").read_text())
        ours = f"/npm/{package['name']}@{package['version']}/{package['main']}"
        return _ROOT / package["main"] if url == f"https://cdn.jsdelivr.net{ours}" else None

    def _environment(self) -> dict[str, str]:
        environment = super()._environment()
        startup = self._folder / "ipython/profile_default/startup/colab.py"
        startup.parent.mkdir(parents=True, exist_ok=True)
        startup.write_text("import google.colab\n")  # as its kernel has it
        path = f"{environment['PYTHONPATH']}:{_FRONT_ENDS / 'colab'}"
        return environment | {"PYTHONPATH": path}


class BarePage(OpenNotebook):
    """One notebook in a page without an application."""

    READY = "() => window.notebook?.kernel.status === 'idle'"
    BUSY = "window.notebook.kernel.status === 'busy'"
    EVALUATE = "([code, expression]) => window.notebook.evaluate(code, expression)"
    RUN_CELL = """async ([index, wait]) => {
      const done = window.notebook.run(index);
      if (wait) { await done; }
    }"""
    SAVE = "() => window.notebook.save()"
    OUTPUTS = "(index) => window.notebook.outputs(index)"
    PAINT = "(theme) => window.paint(theme)"
    CELL = ".cell"
    OUTPUT = ".output"
    STDERR = ".stderr"
    UPDATES_SAVED_OUTPUTS = False
    ALLOWED_COMPLAINTS = (
        # The server cannot list a kernel that is just being started; the page asks again.
        r"status of 500 .*/api/kernels\?",
    )

    application: Bare

    def __init__(self, application: Bare, page: Page, cells: Iterable[str]) -> None:
        super().__init__(application, page, cells)
        page.route(lambda url: not url.startswith(application.url), self._answer)

    def _answer(self, route: Route) -> None:
        found = self.application.elsewhere(route.request.url)
        if found is None:
            route.abort()
        else:
            route.fulfill(path=found, headers={"Access-Control-Allow-Origin": "*"})


class ColabPage(BarePage):
    """One notebook in Colab's stead, where one of two outputs has the screen."""

    def output(self, index: int) -> Locator:
        return self.cell(index)


class VSCodePage(BarePage):
    """One notebook in VS Code's stead, which knows only widgets that it saw being made."""

    DARK_GROUNDS = ()  # widgets are put on white
    FINDS_WIDGETS_AGAIN = False
