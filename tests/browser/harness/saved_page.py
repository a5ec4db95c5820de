"""A page from a file, in a browser that reaches no network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Route

from tests.browser.harness.open_notebook import OpenNotebook

_ROOT = Path(__file__).resolve().parents[3]
_NPM = re.compile(r"https://(?:cdn\.jsdelivr\.net/npm|unpkg\.com)/((?:@[^/]+/)?[^/@]+)@[^/]*/(.*)")


class SavedPage(OpenNotebook):
    """A page whose widgets have no kernel.

    Attributes
    ----------
    asked : list of str
        The addresses that it asked others for.
    """

    ALLOWED_COMPLAINTS = (
        # nbconvert's pages load MathJax, which has nothing to do here.
        r"[Mm]ath[Jj]ax",
    )
    BUSY = "false"

    def __init__(self, context: BrowserContext, path: Path, **media: str) -> None:
        self.page = context.new_page()
        self.path = path
        self.complaints = []
        self.asked: list[str] = []
        self._allowed = self.ALLOWED_COMPLAINTS
        self.page.emulate_media(**media)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", self._on_uncaught)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.asked.remove(path.as_uri())

    def output(self, index: int) -> Locator:
        return self.page.locator(".lrfind-widget").nth(index).locator("xpath=..")


def answer(route: Route) -> None:
    """Answer as a CDN does, from what is installed here."""
    url = route.request.url
    found = _NPM.fullmatch(url)
    path = None
    if "require.min.js" in url:
        path = next(Path(sys.prefix).glob("lib/python3*/site-packages/nbclassic/static/components"))
        path = path / "requirejs" / "require.js"
    elif found is not None:
        package, file = found.groups()
        path = (_ROOT if package == "lrfind-widget" else _ROOT / "node_modules" / package) / file
        path = path if path.suffix else path.with_suffix(".js")
    if path is not None and path.is_file():
        route.fulfill(path=path, headers={"Access-Control-Allow-Origin": "*"})
    else:
        route.abort()
