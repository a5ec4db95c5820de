"""Numbers in the notation people use for learning rates and waiting times."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_LABEL = re.compile(r"(?:lr|learning[_ ]rate)\s*[=:]\s*", re.IGNORECASE)


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


def parse_lr(text: str) -> float:
    """Return the learning rate that a person typed.

    Parameters
    ----------
    text : str
        ``"3e-4"``, ``"0.0003"``, ``"3.2E-4"``, also with spaces around it or as the
        ``lr=3.2e-4`` that the Copy button yields.

    Returns
    -------
    float
        The rate, finite and greater than 0.

    Raises
    ------
    TypeError
        If `text` is not a string.
    ValueError
        If it is not such a number. The message is a sentence for the person who typed it.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected text, got {text!r} ({type(text).__name__}).")
    cleaned = text.strip().replace("\N{MINUS SIGN}", "-")
    cleaned = _LABEL.sub("", cleaned, count=1) if _LABEL.match(cleaned) else cleaned
    shown = cleaned if len(cleaned) <= 40 else cleaned[:37] + "..."
    if not cleaned:
        raise ValueError("Type a learning rate, for example 3e-4.")
    if cleaned.startswith("-") and _NUMBER.fullmatch(cleaned[1:]):
        raise ValueError(f"A learning rate must be greater than 0, got {shown}.")
    if "," in cleaned and _NUMBER.fullmatch(cleaned.replace(",", ".", 1)):
        raise ValueError(f'"{shown}" has a comma. Write the decimal point as in 3.2e-4.')
    if not _NUMBER.fullmatch(cleaned.removeprefix("+")):
        raise ValueError(f'"{shown}" is not a number. Type a rate such as 3e-4 or 0.0003.')
    value = float(cleaned)
    if math.isinf(value):
        raise ValueError(f"{shown} is too large for a learning rate.")
    if value == 0:
        digits = re.split("e", cleaned, flags=re.IGNORECASE)[0]
        if any(digit in digits for digit in "123456789"):
            raise ValueError(f"{shown} is too small for a learning rate.")
        raise ValueError(f"A learning rate must be greater than 0, got {shown}.")
    return value


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
