"""The checks of keywords that take more than a type and a range."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.curves.stop_rule import StopDiv
from lrfind_widget.rules.table import Rule
from lrfind_widget.rules.table import check_rule as known_rule
from lrfind_widget.values import check_flag, check_rate, check_text, integer, real, shown, whole

MOST_SEED = 2**32 - 1
"""numpy takes no larger one."""

Function = Callable[[Any, Any], Any]

Rates = float | Sequence[float] | slice
"""A rate, or one for each parameter group."""


def check_rule(_name: str, value: Any) -> Rule:
    """Return a rule that there is, or a function that is one."""
    return known_rule(value)


def check_stop_div(name: str, value: Any) -> StopDiv:
    """Return whether and when a sweep stops."""
    factor = real(value)
    if isinstance(value, str) and value == "fastai":
        return "fastai"
    if factor is not None and factor > 1:
        return factor if factor < math.inf else False
    with contextlib.suppress(TypeError):
        return check_flag(name, value)
    raise (TypeError if factor is None else ValueError)(
        f'{name}={shown(value)}, expected True, False, "fastai" or a number above 1.'
    )


def check_rates(name: str, value: Any) -> Rates:
    """Return one rate, or one for each parameter group."""
    if isinstance(value, slice):
        first = None if value.start is None else check_rate(f"{name}.start", value.start)
        return slice(first, check_rate(f"{name}.stop", value.stop))
    if isinstance(value, str) or getattr(value, "ndim", 1) == 0 or not hasattr(value, "__len__"):
        return check_rate(name, value)
    if isinstance(value, Mapping) or not hasattr(value, "__getitem__"):
        raise TypeError(
            f"{name} is a {type(value).__name__}, expected a number, or a list of the rates in the "
            "order of the parameter groups."
        )
    if not len(value):
        raise ValueError(f"{name} is empty, expected a rate for each parameter group, or one.")
    return tuple(check_rate(f"{name}[{n}]", lr) for n, lr in enumerate(value))


def check_range(start: float, end: float, of_group: str = "") -> None:
    """Raise ValueError for a range that does not rise."""
    if start >= end:
        raise ValueError(
            f"start_lr={start:g} must be below end_lr={end:g}{of_group}: a range test raises the "
            "rate. Lower start_lr or raise end_lr."
        )


def check_groups(name: str, value: Any) -> str | int | GroupRanges:
    """Return what the groups' rates are to be."""
    place = integer(value)
    if place is not None or isinstance(value, (str, GroupRanges)):
        return value if place is None else place
    raise TypeError(
        f'{name}={shown(value)}, expected "ratio", "same", or the name or the index of one '
        "parameter group."
    )


def check_height(name: str, value: Any) -> str:
    """Return a height in CSS; a number is pixels."""
    return value if isinstance(value, str) else f"{whole(1)(name, value)}px"


def check_title(name: str, value: Any) -> str:
    """Return a title on one line."""
    return " ".join(check_text(name, value).split())
