"""Numbers in the notation people use for learning rates and waiting times."""

from __future__ import annotations

import math


def format_lr(lr: float, digits: int = 2) -> str:
    """Return a learning rate as people write it.

    Parameters
    ----------
    lr : float
        The rate.
    digits : int, default 2
        Significant digits to keep; trailing zeros are dropped.

    Returns
    -------
    str
        ``"3.2e-4"``, ``"1e-2"``; without an exponent from 0.1 up to 1000: ``"0.5"``, ``"1"``,
        ``"10"``.

    Raises
    ------
    ValueError
        If `digits` is below 1.
    """
    if digits < 1:
        raise ValueError(f"digits must be at least 1, got {digits}.")
    value = float(lr)
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -1 <= power < 3:
        text = f"{float(f'{mantissa}e{power}'):.{max(digits - 1 - power, 0)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{power}"


def format_duration(seconds: float) -> str:
    """Return a duration in the largest units that matter: "4 s", "2 min", "1 h 5 min".

    Parameters
    ----------
    seconds : float
        The duration. Under one second it is "under 1 s"; a value that is negative, NaN or
        infinite is "an unknown time".
    """
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
