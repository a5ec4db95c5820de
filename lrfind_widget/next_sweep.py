"""What the fields of a page say of the next sweep: texts, checked as the keywords they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import SweepOptions

FIELDS = {name: option for name, option in options_of(SweepOptions).items() if option.label}
"""The keywords of a sweep that a page asks for."""

LONGEST = 40
"""Characters of a text that a page may send."""


def changes(keywords: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the keywords that what was typed changes.

    TypeError or ValueError says in words what cannot work, as where they are given in Python.
    """
    given = {name: _value(text) for name, text in typed.items()}
    optional = [name for name, option in FIELDS.items() if option.default is None]
    given = {name: v for name, v in given.items() if v is not None or name in optional}
    options = SweepOptions(**{**keywords, **given})
    checked = {name: getattr(options, name) for name in given}
    return {name: value for name, value in checked.items() if value != keywords[name]}


def is_single(value: Any) -> bool:
    """Whether a field can hold a value: a number or nothing, and not one for each group."""
    return value is None or isinstance(value, (int, float))


def text_of(value: Any) -> str:
    """Return a value as a field shows it, every digit of it."""
    if not isinstance(value, float):
        return str(value) if isinstance(value, int) else ""
    short = format_lr(value)
    return short if float(short) == value else repr(value)


def _value(text: str) -> Any:
    """Return the number that a text says, or None for nothing; else the text, which is refused."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    try:
        number = float(plain)
    except ValueError:
        return plain or None
    return int(number) if number.is_integer() else number
