"""The numbers at the axes of a picture."""

from __future__ import annotations

from typing import Any


def plain(value: float, _place: object = None, *, low: float = 1e-3, high: float = 1e5) -> str:
    """Return the number at a tick, as the widget writes it: "0.018", "2e-5", "1500"."""
    if value == 0 or low <= abs(value) * (1 + 1e-9) < high:
        return f"{value:.5g}"
    digits, power = f"{value:.3e}".split("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"


def set_log_ticks(axis: Any, decades: float, formatter: Any = plain) -> None:
    """Give a logarithmic axis as many ticks as its decades need."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    dense = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    subs = (1.0,) if decades > 3 else (1.0, 3.0) if decades > 1.5 else dense
    is_narrow = decades < 0.5
    space = axis.get_tick_space()
    few, most = MaxNLocator(min(8, max(2, 2 * space // 3))), min(20, max(2, space))
    axis.set_major_locator(few if is_narrow else LogLocator(subs=subs, numticks=most))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(formatter)
