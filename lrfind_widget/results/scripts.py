"""Data in a page: written so that no text in it ends its script, read without running any."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any


def script(kind: str, data: Any, name: str = "") -> str:
    """Return an element that holds JSON of some kind, which a browser does not run."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", r"\u003c")
    named = f' id="{escape(name)}"' if name else ""
    return f'<script type="{escape(kind)}"{named}>{text}</script>'


def text_of(page: str, name: str) -> str:
    """Return the JSON of that name in a page; ValueError where there is none."""
    found = re.search(rf'<script type="[^"<>]*" id="{re.escape(name)}">([^<]*)</script>', page)
    if found is None:
        raise ValueError(
            f"There is no {name} in this page. The page of a widget holds what it had found when "
            "`save_html` was called."
        )
    return found[1]
