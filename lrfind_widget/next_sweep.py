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

    ValueError says what cannot work, in the words of the page.
    """
    if found := wrong(keywords, typed):
        raise ValueError(said_of(found))
    options = SweepOptions(**{**keywords, **_given(typed)})
    checked = {name: getattr(options, name) for name in _given(typed)}
    return {name: value for name, value in checked.items() if value != keywords[name]}


def wrong(keywords: Mapping[str, Any], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what cannot work of what was typed, a sentence for each field that has it."""
    given = _given(typed)
    found = {name: said for name, value in given.items() if (said := _refused(name, value))}
    ends = {name: {**keywords, **given}[name] for name in ("start_lr", "end_lr")}
    low, high = ends.values()
    if not (found.keys() & ends) and is_single(low) and is_single(high) and low >= high:
        said = (
            f"{FIELDS['start_lr'].label} {text_of(low)} is not below {FIELDS['end_lr'].label} "
            f"{text_of(high)}: a range test raises the rate."
        )
        found |= {name: said for name in ends if name in given}
    return found


def said_of(found: Mapping[str, str]) -> str:
    """Return what is `wrong` in one text, that of two fields once."""
    return " ".join(dict.fromkeys(found.values()))


def _given(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that fields hold; an empty one holds None, where that can be given."""
    values = {name: _value(text) for name, text in typed.items()}
    return {n: v for n, v in values.items() if v is not None or FIELDS[n].default is None}


def _refused(name: str, value: Any) -> str:
    """Return why a field cannot hold a value; "" where it can."""
    option = FIELDS[name]
    if isinstance(value, str):
        return f'{option.label}: "{value}" is not a number.'
    try:
        if value is not None and option.check is not None:
            option.check(option.label, value)
    except (TypeError, ValueError) as error:
        return str(error).replace(f"{option.label}=", f"{option.label}: ")
    return ""


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
