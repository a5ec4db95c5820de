"""Numbers in the notation people use for learning rates and waiting times."""

from __future__ import annotations

import math


def format_lr(lr: float) -> str:
    """Return a learning rate as people write it, with two significant digits.

    ``"3.2e-4"``, ``"1e-2"``; without an exponent from 0.1 up to 1000: ``"0.5"``, ``"1"``,
    ``"10"``. A zero at the end is dropped.
    """
    value = float(lr)
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    power = int(exponent)
    if -1 <= power < 3:
        text = f"{float(f'{mantissa}e{power}'):.{max(1 - power, 0)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{mantissa.removesuffix('.0')}e{power}"


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


def listed(names: list[str]) -> str:
    """Return names as "a, b and c"; "" for none."""
    *most, last = names or [""]
    return f"{', '.join(most)} and {last}" if most else last
