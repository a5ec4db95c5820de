"""What the value of an option may be: each check returns it as a plain value, or says why not."""

from __future__ import annotations

import contextlib
import inspect
import math
import numbers
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

Check = Callable[[str, Any], Any]
"""``(name, value) -> value``; raises TypeError or ValueError with a sentence."""


def real(value: object) -> float | None:
    """Return any kind of real number as a float, infinite beyond all floats; else None."""
    found = _item(value)
    is_real = isinstance(found, (numbers.Real, Decimal)) and not isinstance(found, bool)
    if not is_real:
        return None
    try:
        return float(found)
    except OverflowError:
        return math.inf if found > 0 else -math.inf
    except ValueError:  # a signalling NaN of decimal
        return math.nan


def integer(value: object) -> int | None:
    """Return any kind of whole number as an int; None for anything else."""
    found = _item(value)
    is_whole = isinstance(found, numbers.Integral) and not isinstance(found, bool)
    return int(found) if is_whole else None


def check_rate(name: str, value: object) -> float:
    """Return a learning rate as a float; an array or tensor of no dimension may hold it."""
    rate = real(value)
    if rate is None:
        raise TypeError(
            f"{name} must be a number, got {shown(value)} ({type(value).__name__}). "
            "Pass a learning rate such as 1e-7."
        )
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{name} must be finite and greater than 0, got {rate!r}.")
    return rate


def check_beta(name: str, value: object) -> float:
    """Return the weight of the past in a running average."""
    beta = real(value)
    if beta is None:
        raise TypeError(f"{name} must be a number, got {shown(value)} ({type(value).__name__}).")
    if not 0 <= beta < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, got {shown(value)}. Try 0.98.")
    return beta


def whole(least: int, most: int | None = None) -> Check:
    """Return the check of a whole number."""

    def check(name: str, value: object) -> int:
        found = integer(value)
        if found is None:
            raise TypeError(f"{name}={shown(value)}, expected a whole number of at least {least}.")
        if found < least:
            raise ValueError(f"{name}={shown(value)}, expected at least {least}.")
        if most is not None and found > most:
            raise ValueError(f"{name}={shown(value)}, expected at most {most}.")
        return found

    return check


def number(*, above: float | None = None, least: float = 0, below: float = math.inf) -> Check:
    """Return the check of a finite number."""
    words = f"above {above:g}" if above is not None else f"of at least {least:g}"
    words += f" and below {below:g}" if math.isfinite(below) else ""

    def check(name: str, value: object) -> float:
        found = real(value)
        if found is None:
            raise TypeError(f"{name}={shown(value)}, expected a finite number {words}.")
        low = found < least or (above is not None and found <= above)
        if not math.isfinite(found) or low or found >= below:
            raise ValueError(f"{name}={shown(value)}, expected a finite number {words}.")
        return found

    return check


def choice(*names: str, optional: bool = False) -> Check:
    """Return the check of one of some words."""
    expected = " or ".join(map(repr, names)) + " or None" if optional else _listed(names)

    def check(name: str, value: object) -> Any:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"{name}={shown(value)}, expected {expected}.")
        return value

    return check


def check_flag(name: str, value: object) -> bool:
    """Return True or False; raise TypeError for anything else."""
    found = _item(value)
    if not isinstance(found, bool):
        raise TypeError(f"{name}={shown(value)}, expected True or False.")
    return found


def check_text(name: str, value: object) -> str:
    """Return a text; raise TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a str.")
    return value


def shown(value: object) -> str:
    """Return a value of any kind as it is written, short enough for a message."""
    try:
        return shortened(" ".join(repr(value).split("\n")))
    except Exception:  # its own, or that of a number too long to be written
        return f"a {type(value).__name__}"


def shortened(text: str) -> str:
    """Return a text of unknown length, short enough for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def name_of(function: object) -> str:
    """Return the name of a callable as people know it; of a partial with what it is given."""
    if isinstance(function, partial):
        given = [*map(shown, function.args)]
        given += [f"{name}={shown(value)}" for name, value in function.keywords.items()]
        return shortened(f"{name_of(function.func)}({', '.join(given)})")
    name = getattr(function, "__name__", None) or type(function).__name__
    return "a lambda" if name == "<lambda>" else str(name)


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """Return the signature of a callable; None where it tells none, as some built-in ones do."""
    with contextlib.suppress(TypeError, ValueError):
        return inspect.signature(function)
    return None


def _item(value: Any) -> Any:
    """Return what numpy's or torch's value of no dimension holds; anything else as it is."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        with contextlib.suppress(Exception):  # a tensor on meta has no data
            return value.item()
    return value


def _listed(names: Iterable[str]) -> str:
    *most, last = map(repr, names)
    return f"{', '.join(most)} or {last}" if most else last
