"""Results in files: written without loss, read without trust."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lrfind_widget.results import scripts, stored

if TYPE_CHECKING:
    from typing_extensions import Self

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a sweep of 100,000 steps is a tenth of it."""


class JsonRecord:
    """A record, a dataclass, that is kept in files."""

    _kept: ClassVar[Mapping[str, str]] = {".json": "everything"}

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; `from_json` reads it back unchanged."""
        return stored.encode(self)

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Return what `to_json` described.

        Parameters
        ----------
        data : dict or str
            What `to_json` returned, or its text.

        Raises
        ------
        ValueError
            If `data` describes something else. The message says what is wrong.
        """
        return stored.decode(cls, data)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file.

        Parameters
        ----------
        path : str or path
            Ending in ``.json`` (everything, without loss) or, of a sweep, in ``.csv`` (the points
            only).

        Raises
        ------
        ValueError
            If the ending is another.
        """
        text = self.to_text(_ending_of(path, self._kept))
        Path(path).write_text(text, encoding="utf-8", newline="")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what was saved in a file.

        Nothing in the file is executed: what it holds is read as JSON or CSV, and every value is
        checked.

        Parameters
        ----------
        path : str or path
            Ending in ``.json``, in ``.html`` for a page that the widget's `save_html` wrote or, of
            a sweep, in ``.csv``. A CSV file needs the columns ``lr`` and ``loss``.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not a result: broken, of another kind, or too large.
        """
        ending = _ending_of(path, {**cls._kept, ".html": "a widget's page"})
        text = _text_of(path)
        if ending == ".html":
            return cls.from_json(scripts.text_of(text, stored.format_of(cls)))
        return cls._from_text(text, ending)

    def to_text(self, _ending: str = ".json") -> str:
        """Return what `save` writes to a file with an ending."""
        return json.dumps(self.to_json(), allow_nan=False, indent=1) + "\n"

    @classmethod
    def _from_text(cls, text: str, _ending: str) -> Self:
        """Return what the text of a file with an ending says."""
        return cls.from_json(text)


def _text_of(path: str | os.PathLike[str]) -> str:
    """Return the text of a file that is not too large, or say what is wrong with it."""
    size = Path(path).stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(
            f"{os.fspath(path)} has {size / 2**20:.0f} MiB; a saved result has at most "
            f"{LARGEST_FILE / 2**20:.0f}. Is it the right file?"
        )
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{os.fspath(path)} is not a text file in UTF-8.") from error


def _ending_of(path: str | os.PathLike[str], kept: Mapping[str, str]) -> str:
    """Return the ending of a file's name, one of those in `kept`, which say what they keep."""
    name = os.fspath(path)
    for ending in kept:
        if name.lower().endswith(ending):
            return ending
    known = " or ".join(f"{ending} ({part})" for ending, part in kept.items())
    raise ValueError(f"A result is kept as {known}, got {name!r}. Change the file's ending.")
