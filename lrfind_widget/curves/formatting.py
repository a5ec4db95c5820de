"""Numbers in the notation people use for learning rates and waiting times."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Context

_TWO_DIGITS = Context(prec=2, rounding=ROUND_HALF_UP)  # as a page rounds


_IS_PLAIN = ContextVar("_IS_PLAIN", default=False)


@contextlib.contextmanager
def written_as(mode: object) -> Iterator[None]:
    """Have `format_lr` write rates as suits how they rise: plainly where ``mode="linear"``.

    A block or a function that says something of a sweep is put under this, and all sentences in
    it write rates alike. In force in this thread alone, as `decimal.localcontext` is.
    """
    before = _IS_PLAIN.set(mode == "linear")
    try:
        yield
    finally:
        _IS_PLAIN.reset(before)


def format_lr(lr: float) -> str:
    """Return a learning rate as people write it, with two significant digits.

    ``"3.2e-4"``, ``"1e-1"``; without an exponent from 1 up to 1000: ``"1"``, ``"10"``; never with
    one of a linear sweep (`written_as`): ``"0.018"``. `formatRate` writes the same on the page.
    """
    value = float(lr)
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    rounded = _TWO_DIGITS.create_decimal(value).normalize()
    power = rounded.adjusted()
    if _IS_PLAIN.get() or 0 <= power < 3:
        return f"{rounded:f}"
    return f"{rounded.scaleb(-power):f}e{power}"


def format_duration(seconds: float) -> str:
    """Return a duration in the largest units that matter: "4 s", "2 min", "1 h 5 min"."""
    if not math.isfinite(seconds) or seconds < 0:
        return "an unknown time"
    if seconds < 1:
        return "under 1 s"
    if seconds < 99.5:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def format_steps(count: int) -> str:
    """Return a number of steps: "1 step", "100 steps"."""
    return "1 step" if count == 1 else f"{count} steps"


def listed(names: list[str]) -> str:
    """Return names as "a, b and c"; "" for none."""
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last
