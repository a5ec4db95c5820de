"""The chart in a person's hands: what pointer, wheel, keys and fingers do, and what they find."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import CDPSession, Locator, expect

from tests.browser.finder import Finder

#: A place in the plot area: parts of its width and height, from the upper left corner.
Place = tuple[float, float]

_SHOWN = re.compile(r"shown from (\S+) to (\S+)\.")
#: What lies over what, of the labels that are shown, the dots, the ticks of rates that were tried
#: and the marker with its label; and whether the mark of the critical rate lies over a tick.
_OVERLAPS = """(root) => {
  const chart = root.querySelector('.lrfind-chart');
  const shown = [...chart.querySelectorAll('.lrfind-labels text')].filter(
    (text) => text.getAttribute('display') !== 'none'
      && getComputedStyle(text).visibility !== 'hidden',
  );
  const marker = ['.lrfind-marker-line', '.lrfind-marker-label'];
  const others = ['.lrfind-tried', '.lrfind-spot-shape', ...marker];
  const things = [...shown, ...chart.querySelectorAll(others.join())].map((each) => {
    const {left, right, top, bottom} = each.getBoundingClientRect();
    const mark = each.closest('.lrfind-spot-critical') ? 'critical' : each.getAttribute('class');
    const name = shown.includes(each) ? each.textContent : mark;
    // The box of a text is that of its font, of which the letters leave the edges free.
    const air = each.tagName === 'text' ? 2 : 0;
    return {name, left, right, top: top + air, bottom: bottom - air, text: each.tagName === 'text'};
  });
  const plot = chart.querySelector('.lrfind-background').getBoundingClientRect();
  const found = [];
  things.forEach((a, at) => {
    for (const b of things.slice(at + 1)) {
      const across = a.left < b.right && b.left < a.right;
      const both = across && a.top < b.bottom && b.top < a.bottom;
      const marks = `${a.name} ${b.name}`;
      const ticked = marks.includes('critical') && marks.includes('lrfind-tried');
      if (both && (a.text || b.text || ticked)) found.push([a.name, b.name]);
    }
  });
  for (const {name, left, right, top} of things.slice(0, shown.length)) {
    const outside = left < plot.left || right > plot.right + 1 || top < plot.top - 2;
    if (outside) found.push([name, 'plot']);
  }
  return found;
}"""
#: Whether the chart fills the room that a window of some width leaves it.
_LAID_OUT = """([root, width]) => {
  const chart = root.querySelector('.lrfind-chart').getBoundingClientRect();
  const plot = root.querySelector('.lrfind-background').getBoundingClientRect();
  return chart.width < width && plot.right < chart.right && plot.width > chart.width - 80
    && window.innerWidth === width;
}"""
_NEXT_PAINT = "() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"


class Hands(Finder):
    """A finder that also points at the chart, zooms into it and reads points off it."""

    @property
    def curve(self) -> Locator:
        return self.root.get_by_role("application")

    @property
    def card(self) -> Locator:
        return self.root.locator(".lrfind-card")

    @property
    def reset_button(self) -> Locator:
        return self.button("Reset zoom")

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where on the page a place of the plot area is."""
        box = self.root.locator(".lrfind-background").bounding_box()
        assert box is not None
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def settle(self) -> None:
        """Wait until the page has painted what it knows."""
        self.notebook.page.evaluate(_NEXT_PAINT)

    def resize(self, width: int, height: int = 900) -> None:
        """Give the window a size; wait until the chart has its place in it."""
        self.notebook.page.set_viewport_size({"width": width, "height": height})
        self.wait_for_layout(width)

    def wait_for_layout(self, width: int) -> None:
        """Wait until the chart fills the room that a window of some width leaves it."""
        self.notebook.page.wait_for_function(_LAID_OUT, arg=[self.root.element_handle(), width])
        self.settle()

    def overlaps(self) -> list[list[str]]:
        """Return which labels of the chart lie over another, a dot or the marker, or leave it."""
        self.settle()
        return list(self.root.evaluate(_OVERLAPS))

    def window(self) -> tuple[float, float]:
        """Return the rates in view, as a screen reader is told them."""
        self.settle()
        found = _SHOWN.search(self.curve.get_attribute("aria-label") or "")
        assert found is not None
        return float(found[1]), float(found[2])

    # Reading

    def hover(self, x: float, y: float = 0.7) -> float:
        """Point at a place of the chart; return the rate that is read out there."""
        mouse = self.notebook.page.mouse
        mouse.move(*self.place(x, y))
        expect(self.card).to_be_visible()
        self.notebook.page.evaluate(_NEXT_PAINT)
        return float(self.card_values()["learning rate"])

    def card_values(self) -> dict[str, str]:
        """Return what the card beside a point says, by its labels."""
        labels = self.card.locator(".lrfind-card-label").all_inner_texts()
        values = self.card.locator(".lrfind-card-value").all_inner_texts()
        return dict(zip(labels, values, strict=True))

    def read_step(self) -> int:
        return int(self.card_values()["step"].split()[0])

    def reads_step(self, step: int) -> None:
        expect(self.card.locator(".lrfind-card-value").last).to_have_text(
            re.compile(rf"^{step} of ")
        )

    # Zooming

    def turn_wheel(self, pixels: float, *, with_ctrl: bool = True) -> None:
        page = self.notebook.page
        if with_ctrl:
            page.keyboard.down("Control")
        page.mouse.wheel(0, pixels)
        if with_ctrl:
            page.keyboard.up("Control")

    def zoom_in(self, x: float, y: float = 0.7) -> None:
        """Zoom in around a place, by the wheel with Ctrl."""
        self.hover(x, y)
        for _ in range(4):
            self.turn_wheel(-240)
        expect(self.reset_button).to_be_visible()

    def drag(self, start: Place, end: Place) -> None:
        """Drag from one place of the chart to another."""
        mouse = self.notebook.page.mouse
        mouse.move(*self.place(*start))
        mouse.down()
        mouse.move(*self.place(*end), steps=5)
        mouse.up()

    def touch(self) -> Fingers:
        return Fingers(self)


class Fingers:
    """Fingers on the screen."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        page = hands.notebook.page
        self._session: CDPSession = page.context.new_cdp_session(page)

    def swipe(self, start: Place, end: Place) -> None:
        """Move one finger from a place of the chart to another."""
        self._move([self._hands.place(*start)], [self._hands.place(*end)])

    def spread(self, start: tuple[float, float], end: tuple[float, float], y: float = 0.7) -> None:
        """Move two fingers apart, sideways."""
        place = self._hands.place
        self._move([place(x, y) for x in start], [place(x, y) for x in end])

    def drag_marker_by(self, pixels: float) -> None:
        box = self._hands.marker.locator(".lrfind-marker-handle").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self._move([(x, y)], [(x + pixels, y)])

    def _move(
        self, start: Sequence[tuple[float, float]], end: Sequence[tuple[float, float]]
    ) -> None:
        steps = 6
        self._dispatch("touchStart", start)
        for step in range(1, steps + 1):
            part = step / steps
            self._dispatch(
                "touchMove",
                [
                    (x + part * (to_x - x), y + part * (to_y - y))
                    for (x, y), (to_x, to_y) in zip(start, end, strict=True)
                ],
            )
        self._dispatch("touchEnd", [])

    def _dispatch(self, kind: str, points: Sequence[tuple[float, float]]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
