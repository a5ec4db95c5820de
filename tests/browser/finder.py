"""The widget in a page, found as a screen reader would find it."""

from __future__ import annotations

import math
from decimal import Decimal

from playwright.sync_api import Locator, expect

from tests.browser.harness import WatchedPage

#: The dots of the curve are one path; each dot starts with a move.
_DOTS = (
    "(root) => (root.querySelector('.lrfind-dots')?.getAttribute('d') ?? '').split('M').length - 1"
)


class Finder:
    """The learning-rate finder in the output of one cell."""

    #: Whether a page that was loaded again keeps what is chosen in it.
    is_kept_after_reload = True

    def __init__(self, notebook: WatchedPage, cell: int) -> None:
        self.notebook = notebook
        self.root = notebook.output(cell)

    @property
    def dark_grounds(self) -> tuple[str, ...]:
        """The themes in which it lies on a dark ground."""
        return self.notebook.DARK_GROUNDS

    @property
    def marker(self) -> Locator:
        return self.root.get_by_role("slider", name="Learning rate")

    @property
    def field(self) -> Locator:
        return self.root.get_by_role("textbox", name="Learning rate")

    @property
    def progress(self) -> Locator:
        return self.root.get_by_role("progressbar")

    @property
    def steepest(self) -> Locator:
        return self.root.locator(".lrfind-spot-min_gradient")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        self.button(name).click()

    def unfold(self) -> None:
        """Open every fold."""
        self.root.evaluate(
            "(root) => root.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
        )

    def says(self, text: str) -> None:
        """Wait until one of the live regions says something with this text."""
        expect(self.root.get_by_role("status").filter(has_text=text)).to_have_count(1)

    def rate(self) -> float:
        """Return the rate that the marker tells a screen reader."""
        return float(self.marker.get_attribute("aria-valuenow") or math.nan)

    def rate_becomes(self, rate: float) -> None:
        expect(self.marker).to_have_attribute("aria-valuenow", shortest(rate))

    def dots(self) -> int:
        """Return how many raw losses are drawn."""
        return int(self.root.evaluate(_DOTS))

    def wait_for_dots(self, count: int, *, while_busy: bool = False) -> None:
        """Wait until at least so many losses are drawn, on request with a cell running."""
        self.notebook.page.wait_for_function(
            f"""([root, count, whileBusy]) => {{
              const dots = ({_DOTS})(root);
              return dots >= count && (!whileBusy || {self.notebook.BUSY});
            }}""",
            arg=[self.root.element_handle(), count, while_busy],
        )

    def drag_marker_by(self, pixels: float) -> None:
        """Take the marker by its handle and move it as a hand would."""
        handle = self.marker.locator(".lrfind-marker-handle")
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.notebook.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + pixels, y, steps=8)
        mouse.up()


def shortest(number: float) -> str:
    """Return a number as the attributes of a slider have it, small ones without an exponent."""
    text = repr(number)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text.removesuffix(".0")
    if int(exponent) < 0:
        return format(Decimal(text), "f")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"
