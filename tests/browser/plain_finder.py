"""The plain screen in a page, found as a screen reader would find it."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.finder import Finder
from tests.browser.harness import ClassicNotebook


class PlainFinder(Finder):
    """The finder in core widgets, where the kernel draws the curve."""

    #: Its pages have nothing that updates outputs which were read from a file.
    is_kept_after_reload = False
    _last_picture: str | None = None

    @property
    def dark_grounds(self) -> tuple[str, ...]:
        """The classic notebook has no themes, and core widgets are put on white there."""
        return () if isinstance(self.notebook, ClassicNotebook) else super().dark_grounds

    @property
    def marker(self) -> Locator:
        return self.root.get_by_role("slider")

    @property
    def field(self) -> Locator:
        return self.root.get_by_role("textbox", name="Learning rate, typed")

    @property
    def picture(self) -> Locator:
        return self.root.get_by_role("img", name="Chart of the loss against the learning rate")

    def says(self, text: str) -> None:
        """Wait until the sentences that are folded away have this text."""
        expect(self.root.locator("details").filter(has_text=text)).to_have_count(1)

    def rate(self) -> float:
        """Return the rate that the field tells."""
        return float(self.field.input_value())

    def rate_becomes(self, rate: float) -> None:
        self.notebook.page.wait_for_function(
            "([field, rate]) => Number(field.value) === rate",
            arg=[self.field.element_handle(), rate],
        )

    def wait_for_dots(self, count: int, *, while_busy: bool = False) -> None:
        """Wait until so many steps are said to be done, and for a picture that was not there."""
        assert not while_busy
        self.notebook.page.wait_for_function(
            """([root, count, before]) => {
              const done = /(?:Sweeping:|after) (\\d+) of/.exec(root.textContent)?.[1];
              return Number(done) >= count && (root.querySelector('img')?.src ?? before) !== before;
            }""",
            arg=[self.root.element_handle(), count, self._last_picture],
        )
        self._last_picture = self.picture.get_attribute("src")

    def drag_marker_by(self, pixels: float) -> None:
        """Take the slider by its handle, and wait until the kernel has answered."""
        self.marker.scroll_into_view_if_needed()
        before = self.field.input_value()
        box = self.marker.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.notebook.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + pixels, y, steps=8)
        mouse.up()
        expect(self.field).not_to_have_value(before)
