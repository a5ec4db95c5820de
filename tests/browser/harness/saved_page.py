"""A page from a file, in a browser that reaches no network."""

from __future__ import annotations

import re
from pathlib import Path

import nbclassic
from playwright.sync_api import BrowserContext, Locator, Route

from tests.browser.harness.watched_page import WatchedPage

_ROOT = Path(__file__).resolve().parents[3]
_NPM = re.compile(r"https://(?:cdn\.jsdelivr\.net/npm|unpkg\.com)/((?:@[^/]+/)?[^/@]+)@[^/]*/(.*)")


class SavedPage(WatchedPage):
    """A page whose widgets have no kernel.

    Parameters
    ----------
    context : BrowserContext
    path : Path
    refused : str
        A pattern of the addresses that nothing is got from; by default only what is not installed.

    Attributes
    ----------
    asked : list of str
        The addresses that it asked others for.
    """

    ALLOWED_COMPLAINTS = (
        # nbconvert's pages load MathJax, which has nothing to do here.
        r"[Mm]ath[Jj]ax",
        # html-manager looks for a module beside the page before it asks the CDN.
        r"file:.*/lrfind-widget\.js",
    )

    def __init__(self, context: BrowserContext, path: Path, refused: str = "^$") -> None:
        super().__init__(context.new_page(), path)
        self.asked: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.route(re.compile("^https?:"), _answer)
        self.page.route(re.compile(refused), lambda route: route.abort())
        self.page.goto(path.as_uri())
        self.asked.remove(path.as_uri())

    def output(self, index: int) -> Locator:
        return self.page.locator(":has(> .lrfind-widget)").nth(index)


def _answer(route: Route) -> None:
    """Answer as a CDN does, from what is installed here."""
    found = _NPM.fullmatch(route.request.url)
    path = None
    if "require.min.js" in route.request.url:
        path = Path(nbclassic.__file__).parent / "static/components/requirejs/require.js"
    elif found is not None:
        package, file = found.groups()
        path = (_ROOT if package == "lrfind-widget" else _ROOT / "node_modules" / package) / file
    if path is not None and path.is_file():
        route.fulfill(path=path, headers={"Access-Control-Allow-Origin": "*"})
    else:
        route.abort()
