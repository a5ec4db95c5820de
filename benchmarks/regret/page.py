"""The page of the documentation that the tables go into."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "suggestions.md"


def put(name: str, *parts: str, path: Path = DOCS) -> None:
    """Put text between the two marks with this name, in place of what is there.

    Raises
    ------
    ValueError
        If the page does not hold both marks once.
    """
    page, (begin, end) = path.read_text(), _marks(name)
    between = "\n\n".join((begin, *parts, end))
    pattern = f"{re.escape(begin)}.*{re.escape(end)}"
    written, count = re.subn(pattern, lambda _: between, page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{path.name} must hold the marks {begin} and {end} once.")
    path.write_text(written)


def between(name: str, path: Path = DOCS) -> str:
    """Return what stands between the two marks with this name."""
    begin, end = _marks(name)
    return path.read_text().partition(begin)[2].partition(end)[0].strip()


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
