"""Which screen is shown: ours, or the plain one where a page has not our front end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Literal

from ipywidgets import Widget

from lrfind_widget.session import Session
from lrfind_widget.view import colab
from lrfind_widget.view.chart import Box
from lrfind_widget.view.page_watch import PageWatch
from lrfind_widget.view.plain_screen import PlainScreen
from lrfind_widget.view.screen import Screen


class Screens:
    """The screens of a session, of which one is shown and kept equal to the state.

    Parameters
    ----------
    session : Session
    kind : {"auto", "plain"}
        Ours until a page turns out not to have its front end, or the plain one.
    seen : callable
        Called when ours has come in sight.
    show : callable
        Called on any thread with the rows that are to be shown from now on.

    Attributes
    ----------
    shown : Screen or PlainScreen
        The one that is shown.
    beside : Box or None
        In Colab, where the plain one is shown. A page of Colab draws nothing of a widget of which
        one part is missing, and nothing that comes later in its place; so this lies beside it.
    """

    shown: Screen | PlainScreen
    beside: Box | None = None

    def __init__(
        self,
        session: Session,
        kind: Literal["auto", "plain"],
        seen: Callable[[], object],
        show: Callable[[list[Widget]], object],
    ) -> None:
        self._session, self._show = session, show
        self._watch: PageWatch | None = None
        if kind == "plain":
            self.shown = PlainScreen(session)
            self._made: list[Screen | PlainScreen] = [self.shown]
            return
        self.shown = ours = Screen(session)
        self._made = [ours]
        self._watch = PageWatch(self._change)
        if colab.is_here():
            self.beside = Box()
        ours.run_bar.commands |= {"seen": seen, "here": self._watch.hear_ours}

    @contextlib.contextmanager
    def ours(self, root: Widget) -> Iterator[tuple[Screen, Widget]]:
        """Lend our screen as it would be shown now, and the widget around it: `root`, if it is."""
        if isinstance(self.shown, Screen):
            yield self.shown, root
            return
        screen, box = Screen(self._session), Box()
        try:
            screen.tick()
            box.children = screen.rows
            box.add_class("lrfind-widget")
            yield screen, box
        finally:
            screen.close()
            box.layout.close()
            box.close()

    @property
    def is_plain(self) -> bool:
        """Whether the plain one is shown."""
        return isinstance(self.shown, PlainScreen)

    def keep(self, picture: bytes | None, words: str) -> None:
        """Show a picture where our front end is missing; the words stand for it."""
        for screen in self._made:
            if isinstance(screen, Screen):
                screen.missing.keep(picture, words)

    def close(self) -> None:
        """Close every widget of all."""
        if self._watch is not None:
            self._watch.close()
        for screen in self._made:
            screen.close()
        if self.beside is not None:
            self.beside.layout.close()
            self.beside.close()

    def _change(self, why: str, page_heard: bool = True) -> None:
        """Show the plain screen, for a reason, or ours, which has come late."""
        if why:
            self.shown = PlainScreen(self._session, why)
            self._made.append(self.shown)
        else:
            self.shown = self._made[0]
        self.shown.tick()  # whatever has happened while it was made, or not shown
        if self.beside is not None:
            self.beside.children = self.shown.rows if self.is_plain else []
        if self.beside is None or page_heard:
            self._show(self.shown.rows)
