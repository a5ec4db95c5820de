"""What a widget writes to files: its chart as a picture, and itself as a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrfind_widget.choices import CLOSED
from lrfind_widget.not_shown import NO_PROGRAM, NO_SCRIPT
from lrfind_widget.results import figures, stored
from lrfind_widget.results.json_record import JsonRecord
from lrfind_widget.results.looks import Theme
from lrfind_widget.results.scripts import script
from lrfind_widget.state import SessionState
from lrfind_widget.view.files import NO_CURVE, file_of, picture_of
from lrfind_widget.view.screen import Screen
from lrfind_widget.view.screens import Screens
from lrfind_widget.view.view_state import in_words
from lrfind_widget.view.words import image, lines

PROGRAM = Path(__file__).resolve().parents[1] / "page" / "page.js"
"""What makes the widgets in a page of ours; `js/bundle.mjs` packs it."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>{title}</title>
</head>
<body>
<main>{instead}</main>
{data}
<script>
{program}
</script>
</body>
</html>
"""


class Saves:
    """Writes what is shown to files."""

    _screens: Screens
    _closed: bool

    if TYPE_CHECKING:

        @property
        def state(self) -> SessionState:
            """What is known now."""

    def save_figure(
        self,
        path: str | PathLike[str],
        *,
        figsize: Sequence[float] | None = None,
        theme: Theme | None = None,
    ) -> None:
        """Save the chart with the present choice as a picture.

        Parameters
        ----------
        path : path-like
            A file that ends in ``.svg``, ``.png`` or ``.pdf``.
        figsize, theme
            As for `SweepResult.plot`.

        Raises
        ------
        FileNotFoundError, TypeError, ValueError
            If there is no such folder, the file's ending is another, or an argument is wrong.
        RuntimeError
            If there is no curve yet.
        """
        kind = figures.kind_of(path)
        file = file_of(self.state, kind, figsize=figsize, theme=theme)
        Path(path).write_bytes(file.content)

    def save_html(self, path: str | PathLike[str]) -> None:
        """Save the widget as one page of a megabyte, which shows it without kernel or network.

        The marker can be moved there, and the curve read. `SweepResult.load` and `from_result`
        read the result from the page. Of what still runs it has what is there by now.

        Parameters
        ----------
        path : path-like
            A file that ends in ``.html``.

        Raises
        ------
        OSError
            If the file cannot be written.
        RuntimeError
            If there is no curve yet, the widget was closed, or the front end is not built.
        ValueError
            If the file's ending is another.
        """
        if Path(path).suffix.lower() != ".html":
            raise ValueError(f"A page is kept as .html, got {str(path)!r}. Change its ending.")
        if self._closed:
            raise RuntimeError(CLOSED)
        with self._screens.ours(self) as (screen, root):
            if not screen.has_points:
                raise RuntimeError(NO_CURVE)
            page = _page_of(root, screen, self.state, repr(self))
        Path(path).write_text(page, encoding="utf-8")


def _page_of(root: Any, screen: Screen, state: SessionState, text: str) -> str:
    """Return the page that shows a widget, and holds what its session has found.

    Its program puts the widget in place of the picture.
    """
    try:
        program = PROGRAM.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RuntimeError(NO_PROGRAM) from error
    version = {"version_major": 2, "version_minor": 0}
    shown = {
        "state": {**version, "state": screen.models(root)},
        "view": {**version, "model_id": root.model_id},
    }
    chosen = None if state.result is None else state.result.with_choice(state.selected_lr)
    found = [record for record in (chosen, state.comparison) if record is not None]
    png = picture_of(state, "png")
    return _PAGE.format(
        title=escape(" · ".join(filter(None, [state.options.title, "Learning-rate range test"]))),
        instead=("" if png is None else image(png, in_words(state))) + lines([text, NO_SCRIPT]),
        data="\n".join(
            [
                *(script(f"application/vnd.jupyter.widget-{k}+json", shown[k]) for k in shown),
                *(script("application/json", record.to_json(), _name(record)) for record in found),
            ]
        ),
        program=program,
    )


def _name(record: JsonRecord) -> str:
    return stored.format_of(type(record))
