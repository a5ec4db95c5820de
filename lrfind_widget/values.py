"""What the value of an option may be: each check returns it as a plain value, or says why not."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable
from typing import Any

Check = Callable[[str, Any], Any]
"""``(name, value) -> value``; raises TypeError or ValueError with a sentence."""


def check_rate(name: str, value: object) -> float:
    """Return a learning rate as a float; an array or tensor of no dimension may hold it."""
    number = _scalar(value)
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        raise TypeError(
            f"{name} must be a number, got {value!r} ({type(value).__name__}). "
            "Pass a learning rate such as 1e-7."
        )
    rate = _as_float(number)
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{name} must be finite and greater than 0, got {rate!r}.")
    return rate


def whole(least: int, most: int | None = None) -> Check:
    """Return the check of a whole number."""

    def check(name: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise TypeError(f"{name}={value!r}, expected a whole number of at least {least}.")
        number = int(value)
        if number < least:
            raise ValueError(f"{name}={value!r}, expected at least {least}.")
        if most is not None and number > most:
            raise ValueError(f"{name}={number}, expected at most {most}.")
        return number

    return check


def number(*, above: float | None = None, least: float = 0) -> Check:
    """Return the check of a finite number."""
    words = f"above {above:g}" if above is not None else f"of at least {least:g}"

    def check(name: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise TypeError(f"{name}={value!r}, expected a finite number {words}.")
        found = _as_float(value)
        if not math.isfinite(found) or found < least or (above is not None and found <= above):
            raise ValueError(f"{name}={value!r}, expected a finite number {words}.")
        return found

    return check


def choice(*names: str, optional: bool = False) -> Check:
    """Return the check of one of some words."""
    expected = " or ".join(map(repr, names)) + " or None" if optional else _listed(names)

    def check(name: str, value: object) -> Any:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"{name}={value!r}, expected {expected}.")
        return value

    return check


def check_flag(name: str, value: object) -> bool:
    """Return True or False; raise TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}={value!r}, expected True or False.")
    return value


def check_text(name: str, value: object) -> str:
    """Return a text; raise TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a str.")
    return value


def _scalar(value: Any) -> Any:
    """Return the number in an array or tensor of no dimension; anything else as it is."""
    if isinstance(value, numbers.Real) or getattr(value, "ndim", None) != 0:
        return value
    return value.item() if hasattr(value, "item") else value


def _as_float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number or fraction beyond every float
        return math.inf


def _listed(names: Iterable[str]) -> str:
    *most, last = map(repr, names)
    return f"{', '.join(most)} or {last}" if most else last
