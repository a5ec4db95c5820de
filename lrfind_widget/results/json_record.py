"""Results in files: written without loss, read without trust."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from lrfind_widget.results import stored

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a sweep of 100,000 steps is a tenth of it."""

Record = TypeVar("Record")


class JsonRecord:
    """A record, a dataclass, that is kept in JSON files."""

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; `from_json` reads it back unchanged."""
        return stored.encode(self)

    @classmethod
    def from_json(cls: type[Record], data: Any) -> Record:
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
        """Write it to a file, without loss.

        Parameters
        ----------
        path : str or path
            Ending in ``.json``.

        Raises
        ------
        ValueError
            If the ending is another.
        """
        ending_of(path, {".json": "everything"})
        text = json.dumps(self.to_json(), allow_nan=False, indent=1)
        Path(path).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls: type[Record], path: str | os.PathLike[str]) -> Record:
        """Return what was saved in a file.

        Nothing in the file is executed: it is read as JSON and every value is checked.

        Parameters
        ----------
        path : str or path
            Ending in ``.json``.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it holds something else: broken, of another kind, or too large.
        """
        ending_of(path, {".json": "everything"})
        return stored.decode(cls, read_text(path))


def read_text(path: str | os.PathLike[str]) -> str:
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


def ending_of(path: str | os.PathLike[str], kept: Mapping[str, str]) -> str:
    """Return the ending of a file's name, one of those in `kept`, which say what they keep."""
    name = os.fspath(path)
    for ending in kept:
        if name.lower().endswith(ending):
            return ending
    known = " or ".join(f"{ending} ({part})" for ending, part in kept.items())
    raise ValueError(f"A result is kept as {known}, got {name!r}. Change the file's ending.")
