"""What a cell's output keeps of the widget, for readers without a kernel."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display
from ipywidgets import Box

from lrfind_widget.not_shown import NO_WIDGETS, NOT_LIVE
from lrfind_widget.view.cells import WIDGET_VIEW, with_parts
from lrfind_widget.view.colab import heard_of_display
from lrfind_widget.view.words import lines

KEPT_OUTPUT = "application/vnd.lrfind-widget+json"
"""Rendered by `js/src/kept_output.ts`, which keeps the live widget when an output is updated; and
by it `js/src/kept_updates.ts` finds the output of an update in a notebook that was loaded again."""

# A page that shows an error or nothing for an output reads nothing else of it, so this is
# an output of its own. It is seen where the page has drawn no widget with the class in two seconds,
# and our renderer of outputs draws none beside it; else its row takes no room either. So is
# the plain screen of Colab, in place of the sentence.
_INSTEAD = """<style>
.lrfind-instead, .{plain} {{ animation: 2s lrfind-instead; }}
@keyframes lrfind-instead {{ from, to {{ visibility: hidden; max-height: 0; }} }}
:root:has(.{drawn}) .{plain},
:root:has(.{drawn}, .{plain} > *)
  :is(.{instead}, :is(.jp-OutputArea-child, .output_area):has(.{instead})),
.jp-OutputArea:has(> * > .lrfind-kept) > :has(.{instead}) {{ display: none; }}
</style><div class="lrfind-instead {instead}">{words}</div>"""


class SavedOutput:
    """The outputs in which a widget was displayed.

    Each holds the live widget, a line of text and, once there is a curve, a picture; before that a
    line that says what to do where nothing else is shown. Who has no kernel sees the picture. An
    output beside it says what to do where a page shows an error or nothing in place of it.

    Parameters
    ----------
    model_id : str
        The widget's.
    beside : Box, optional
        What is displayed too, and seen where the page draws no widget.

    Attributes
    ----------
    drawn : str
        A CSS class that the widget alone has to have, by which that output knows that it is drawn.
    """

    def __init__(self, model_id: str, beside: Box | None = None) -> None:
        self._model_id, self.drawn = model_id, f"lrfind-{model_id}"
        self._beside, self._plain = beside, f"{self.drawn}-plain"
        if beside is not None:
            beside.add_class("lrfind-widget").add_class(self._plain)
        self._handles: list[DisplayHandle] = []
        self._kept: dict[str, Any] = {"text/plain": "LRFinderWidget"}
        self._words = ""
        self._asked_by_page: dict[str, Any] = {}
        self._lock = threading.Lock()

    def display(self) -> None:
        """Show the widget in the output of the cell that runs now."""
        with heard_of_display(WIDGET_VIEW) as self._asked_by_page:
            handle = display(  # type: ignore[no-untyped-call]
                self._bundle(), metadata=self._metadata(), raw=True, display_id=True
            )
        if handle is not None:
            with self._lock:
                self._handles.append(handle)
        self.display_instead()

    def display_instead(self) -> None:
        """Show what is read where a page draws no widget."""
        markup = _INSTEAD.format(
            drawn=self.drawn,
            instead=f"{self.drawn}-instead",
            plain=self._plain,
            words=lines([NOT_LIVE]),
        )
        display({"text/html": markup}, raw=True)  # type: ignore[no-untyped-call]
        if self._beside is not None:
            view = {"text/plain": "", WIDGET_VIEW: _view_of(self._beside.model_id)}
            display(view, raw=True)  # type: ignore[no-untyped-call]

    def keep(self, text: str, picture: bytes | None = None, words: str = "") -> None:
        """Replace what the outputs keep; the words stand for the picture."""
        with self._lock:
            self._words, self._kept = words, {"text/plain": text}
            if picture is not None:
                self._kept["image/png"] = base64.b64encode(picture).decode("ascii")
        self.repeat()

    def repeat(self) -> None:
        """Say again what is kept: a page may have been opened since, from an older file."""
        for handle in list(self._handles):
            handle.update(  # type: ignore[no-untyped-call]
                self._bundle(), metadata=self._metadata(), raw=True
            )

    def beside(self, model_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what the output of a box keeps in which the widget lies, and its metadata."""
        with self._lock:
            return self._bundle(model_id), self._metadata()

    def _metadata(self) -> dict[str, Any]:
        """Return the words that stand for the picture, where nbconvert looks for them."""
        return {"image/png": {"alt": self._words}} | self._asked_by_page

    def _bundle(self, model_id: str = "") -> dict[str, Any]:
        shown = model_id or self._model_id
        kept = dict(self._kept)
        if "image/png" not in kept:
            kept["text/plain"] += f"\n{NO_WIDGETS}"
        return {**kept, WIDGET_VIEW: _view_of(shown), KEPT_OUTPUT: {"model_id": shown}}


def _view_of(model_id: str) -> dict[str, Any]:
    return {"version_major": 2, "version_minor": 0, "model_id": model_id}


def keep_in_boxes(output_of: Callable[[Any], SavedOutput | None]) -> None:
    """Let the output of each box keep what that of the first widget in it does that has one.

    A box is displayed by itself, without those that lie in it.
    """
    formatter = getattr(get_ipython(), "display_formatter", None)
    if formatter is None or Box in formatter.mimebundle_formatter.type_printers:
        return

    def bundle(box: Box) -> Any:
        own = box._repr_mimebundle_
        if own is None:  # it is closed
            return None
        outputs = filter(None, map(output_of, with_parts(box.children)))
        output = next(outputs, None)
        if output is None:
            return own()
        output.display_instead()
        return output.beside(box.model_id)

    formatter.mimebundle_formatter.for_type(Box, bundle)
