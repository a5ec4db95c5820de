"""Which losses an axis shows: those that matter, not the explosion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lrfind_widget.curves.smoothing import Floats

FAR = 1e100
"""Where a loss is drawn that lies beyond; matplotlib's own arithmetic ends soon after."""

_ROUNDING = 1e-6
"""Losses that differ by a smaller share of their size differ by rounding."""

_HUMP = 2.0
"""How far above its beginning, in parts of its fall, a line may rise before its least loss."""


class Framed(NamedTuple):
    """Losses that an axis is to show, of one result."""

    lines: Sequence[Floats]
    raw: Floats = np.empty(0)  # the points on the way down
    beyond: Floats = np.empty(0)  # the others, which only an axis for all losses has to hold


def frame(curves: Sequence[Framed], *, focus: bool, log: bool) -> tuple[float, float] | None:
    """Return the ends of the loss axis; None where no loss is finite.

    With `focus` these are, over all curves, the way down to the least loss and a little above it,
    else every loss. Flat ones have room about them. With `log`, all are above 0 and room is a
    ratio.
    """
    curves = [
        Framed([_usable(line, log=log) for line in lines], *(_usable(x, log=log) for x in points))
        for lines, *points in curves
    ]
    every = np.concatenate([np.empty(0), *(x for c in curves for x in (*c.lines, *c[1:]))])
    if not every.size:
        return None
    low, high = float(every.min()), float(every.max())
    below = above = _room(0.05, low, high, log=log)
    if focus and not _is_flat(low, high, log=log):
        ends = [
            _focus(curve) for curve in curves if any(x.size for x in (*curve.lines, *curve[1:]))
        ]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        below = _room(0.15, low, high, log=log)
        above = 2 * below
    low, high = low - below, high + above
    return (float(np.exp(low)), float(np.exp(high))) if log else (low, high)


def frame_from_one_start(lines: Sequence[Floats]) -> tuple[float, float] | None:
    """Return the ends of the loss axis for trainings from one state; None without a finite loss.

    What rises above their start by more than the best of them falls is left out: by a larger
    ratio where all are positive, as the axis is logarithmic then.
    """
    finite = np.concatenate([np.empty(0), *(line[np.isfinite(line)] for line in lines)])
    if not finite.size:
        return None
    low = float(finite.min())
    start = next((float(line[0]) for line in lines if line.size and np.isfinite(line[0])), low)
    risen = start * (start / low) if low > 0 else start + (start - low)
    kept = finite[finite <= risen] if low < start else finite
    return frame([Framed([kept])], focus=False, log=low > 0)


def drawable(losses: Any) -> Any:
    """Return losses that matplotlib can draw, NaN where one is not finite."""
    return np.where(np.isfinite(losses), np.clip(losses, -FAR, FAR), np.nan)


def _focus(curve: Framed) -> tuple[float, float]:
    """Return the least loss, but for strays, and the highest before it."""
    lines = [line for line in curve.lines if line.size] or [np.append(curve.raw, curve.beyond)]
    low = min(float(line.min()) for line in lines)
    if curve.raw.size:
        low = min(low, float(np.percentile(curve.raw, 2)))
    return low, max(_way_down(line) for line in lines)


def _way_down(line: Floats) -> float:
    """Return the highest loss before the least, without an explosion that lies between."""
    least = int(line.argmin())
    top = float(line[: max(1, line.size // 3)].max())
    highest = top + _HUMP * (top - float(line[least]))
    return min(float(line[: least + 1].max()), highest)


def _room(share: float, low: float, high: float, *, log: bool) -> float:
    """Return a share of a span; where all of it is one loss, a tenth of that."""
    if _is_flat(low, high, log=log):
        return 0.1 * _size(low, high, log=log) or 1.0
    return share * (high - low)


def _is_flat(low: float, high: float, *, log: bool) -> bool:
    return high - low <= _ROUNDING * _size(low, high, log=log)


def _size(low: float, high: float, *, log: bool) -> float:
    return 1.0 if log else max(abs(low), abs(high))


def _usable(losses: Floats, *, log: bool) -> Floats:
    finite = losses[np.isfinite(losses)]
    return np.log(finite) if log else finite
