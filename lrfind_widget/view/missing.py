"""What stands for our screen in a page that knows the core widgets and has not our front end."""

from __future__ import annotations

import contextlib
from typing import Any

from ipywidgets import Widget

from lrfind_widget.not_shown import NO_FRONT_END
from lrfind_widget.view.words import Words, image, lines

# Seen at once where a page shows errors in place of our parts, and instead of them; one that shows
# nothing there has two seconds to load. Our style sheet hides it where our parts are. The ground is
# the picture's: a page may be dark and say nothing of the colour of words.
_STYLE = """<style>
.lrfind-missing { animation: 2s lrfind-missing; font-family: sans-serif; background: #fff; }
.lrfind-missing, .lrfind-missing * { color: #212121; }
.lrfind-missing:has(~ * .jupyter-widgets-error-widget) { animation: none; }
.lrfind-missing ~ :has(.jupyter-widgets-error-widget) { display: none; }
@keyframes lrfind-missing { from, to { visibility: hidden; max-height: 0; } }
</style>"""


class Missing(Words):
    """A picture of the curve, as soon as there is one, and a sentence that says what to do."""

    def __init__(self) -> None:
        super().__init__(value=_markup(""), _dom_classes=("lrfind-missing",))

    def keep(self, picture: bytes | None, words: str) -> None:
        """Show a picture; the words stand for it."""
        self.value = _markup("" if picture is None else image(picture, words))

    def _send(self, msg: Any, buffers: Any = None) -> None:
        with contextlib.suppress(Exception):  # a page that is gone is reported by what is live
            Widget._send(self, msg, buffers)  # noqa: SLF001


def _markup(picture: str) -> str:
    return _STYLE + picture + lines([NO_FRONT_END])
