"""Whether the page that shows a widget has our front end."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from ipywidgets import Layout
from ipywidgets.widgets.widget_link import DirectionalLink

from lrfind_widget._version import __version__
from lrfind_widget.background import background, reported
from lrfind_widget.not_shown import plain_instead
from lrfind_widget.view import colab
from lrfind_widget.view.cells import while_cells_run
from lrfind_widget.view.debounce import Debounce
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget

ANSWER_SECONDS = 4.0
"""How long a page has time to load our front end, counted while no cell keeps the kernel."""


class _Knocker(ThreadSafeWidget, Layout):  # type: ignore[misc]
    """A core widget that nothing shows; a page sets its height as soon as it has made it."""

    _page_may_set = ("height",)


class _Link(DirectionalLink, ThreadSafeWidget):  # type: ignore[misc]
    """The link by which a page sets it."""


class PageWatch:
    """Hears which pages there are, and tells where one of them has not our front end.

    Every page that knows the core widgets gives a sign when it makes the models: by a link between
    two traits, which works in the page alone. Our front end gives another. A page that has given
    the first and not the second for a while, in which no cell kept the kernel, has not loaded ours:
    `tell` gets a sentence, on any thread, and "" where it has come after all; and whether there was
    a sign. Without one nothing is said but in Colab, whose page gives none of what it cannot draw.
    """

    def __init__(self, tell: Callable[[str, bool], object]) -> None:
        self._tell = tell
        self._lock = threading.RLock()  # held while it tells, so that the last word is the true one
        self._has_page = self._is_busy = self._has_ours = self._has_told = False
        self._later = Debounce(self._miss)
        self._leave_cells = while_cells_run(self._begin_cell, self._end_cell)
        self._knocker = _Knocker(width="0")
        self._link = _Link(source=(self._knocker, "width"), target=(self._knocker, "height"))
        self._knocker.page_handlers["height"] = self._hear_page

    def hear_ours(self, version: str) -> None:
        """Take the sign of our front end, which is of some version."""
        with self._lock:
            self._has_page = True
            if not is_taken(version):
                self._say_missing(version)
            elif not self._has_ours:
                self._has_ours = True
                self._leave_cells()
                if self._has_told:
                    self._tell("", True)

    def close(self) -> None:
        """Hear no more."""
        self._leave_cells()
        self._later.close()
        self._link.close()
        self._knocker.close()

    def _hear_page(self, height: Any) -> None:
        if height is not None:
            self._knocker.height = None  # so that the next page sets it too
            self._has_page = True
            self._wait()

    def _begin_cell(self) -> None:
        self._is_busy = True

    def _end_cell(self) -> None:
        self._is_busy = False
        self._wait()

    def _wait(self) -> None:
        if (self._has_page or colab.is_here()) and not self._has_ours and not self._has_told:
            self._later.call(ANSWER_SECONDS)

    def _miss(self) -> None:
        with background(), self._lock:
            if not self._is_busy:
                self._say_missing()

    def _say_missing(self, found: str = "") -> None:
        if not self._has_ours and not self._has_told:
            self._has_told = True
            with reported():
                why = plain_instead(__version__, found, in_colab=colab.is_here())
                self._tell(why, self._has_page)


def is_taken(version: str) -> bool:
    """Whether a front end of some version fits the kernel, as ``^`` asks for it."""
    theirs, ours = (
        [int(part) for part in re.findall(r"\d+", text)[:3]] for text in (version, __version__)
    )
    fixed = next((n for n, part in enumerate(ours) if part), len(ours)) + 1
    return theirs[:fixed] == ours[:fixed] and theirs >= ours
