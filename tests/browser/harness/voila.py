"""A notebook as Voila shows it: its outputs, run anew for each page, and no cells."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

from playwright.sync_api import Locator

from tests.browser.harness.application import Application
from tests.browser.harness.open_notebook import OpenNotebook


class Voila(Application):
    """A server of Voila."""

    name = "Voila"
    page_path = "/voila/render/"
    _theme = "light"

    def address(self, notebook: str) -> str:
        return f"{self.url}{self.page_path}{notebook}?theme={self._theme}"

    def set_theme(self, theme: str) -> None:
        self._theme = theme

    def shut_down_kernel_of(self, notebook: str) -> None:
        """Leave it to Voila, which ends a kernel with its page."""

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "voila", str(self.notebooks)),
            *("--no-browser", f"--port={self._port}", "--Voila.ip=127.0.0.1"),
            "--VoilaConfiguration.allow_theme_override=YES",
        ]

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.url, timeout=30).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True


class VoilaPage(OpenNotebook):
    """One page of Voila. It lets nobody run code, so that a notebook says itself what it knows."""

    ALLOWED_COMPLAINTS = (
        # Its pages load MathJax and fonts from elsewhere.
        r"ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION",
        # Extensions of other packages, which need more of JupyterLab than it brings.
        r"@jupyterlab/docregistry",
    )
    READY = "() => document.querySelector('.lrfind-widget .lrfind-marker') !== null"

    def output(self, index: int) -> Locator:
        return self.page.locator(".jp-Cell").nth(index)
