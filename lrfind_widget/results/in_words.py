"""A finished curve in words, for who cannot see it, for logs and for the page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from lrfind_widget.curves.features import FEWEST_POINTS, noise_of
from lrfind_widget.curves.fitted_line import FittedLine, fitted_line
from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.recorded_curve import RecordedCurve

_SHARE = 0.1
"""What part of the whole range of losses a move must have to be told."""

_NOISES = 3.0
"""And how many times the noise of a single loss: what a smoothed one wanders by, and more."""

_LONG = 1 / 8
"""What part of the axis a flat stretch must have to be told."""

_MOST_MOVES = 6
"""Falls and rises that are told; with more of them, the smaller ones are left out."""

_ROUNDING = 1e-12


def in_words(result: RecordedCurve) -> str:
    """Return what the lines of a result do, from the lowest rate to the highest."""
    curve, is_linear = result.curve(), result.settings.get("mode") == "linear"
    with written_as(result.settings.get("mode")):
        if not np.isfinite(curve.losses).any():
            return f"There is no curve{_broken(result, ': the loss was ')}."
        sweeps = 1 if result.repeats is None else np.unique(result.repeats).size
        name = "The loss" if sweeps == 1 else f"The loss, as the median of {sweeps} sweeps,"
        said = f"{name} {_told(curve.fit, curve.losses, is_linear)}{_end(result)}."
        losses = curve.val_losses
        if losses is not None and np.isfinite(losses).any():
            line = fitted_line(curve.lrs, losses, result.ends[1] if is_linear else None)
            said += f" The validation loss {_told(line, losses, is_linear)}."
        return said


def _told(line: FittedLine, raw: Floats, is_linear: bool) -> str:
    """Return the moves of a line in words, in their order."""
    finite = np.isfinite(line.losses)
    lrs, losses = line.lrs[finite], line.losses[finite]
    if not lrs.size:
        return "is finite at no rate where most sweeps went"
    if raw.size < FEWEST_POINTS:
        unit = float(np.ptp(losses)) / 50
        if lrs.size == 1:
            return f"is {_loss(losses[0], unit)} at {format_lr(lrs[0])}, the only rate"
        ends = [f"{_loss(losses[n], unit)} at {format_lr(lrs[n])}" for n in (0, -1)]
        return f"goes from {ends[0]} to {ends[1]}, in {raw.size} points"
    noise = noise_of(raw[np.isfinite(raw)])
    begin = _explosion(lrs, losses, noise)
    places = lrs if is_linear else np.log10(lrs)
    said = list(_moves(places[:begin], losses[:begin], lrs, noise, np.ptp(places)))
    if begin < lrs.size:
        if said[-1].startswith("rises"):  # which is the beginning of the explosion
            said.pop()
        said.append(f"explodes at {format_lr(lrs[begin])}")
    elif finite.size > lrs.size and not finite[-1]:
        said.append(f"diverges in half of the sweeps beyond {format_lr(lrs[-1])}")
    return ", ".join(said)


def _explosion(lrs: Floats, losses: Floats, noise: float) -> int:
    """Return where a loss that fell is higher than it began by half its fall; else the size."""
    least = int(losses.argmin())
    top = float(losses[: least + 1].max())
    fall = top - float(losses[least])
    if fall <= max(_NOISES * noise, _ROUNDING * np.abs(losses).max()):
        return int(lrs.size)
    far = least + np.flatnonzero(losses[least:] > top + fall / 2)
    return int(far[0]) if far.size else int(lrs.size)


def _moves(
    places: Floats,
    losses: Floats,
    lrs: Floats,
    noise: float,
    width: float,
) -> Iterator[str]:
    span = float(np.ptp(losses))
    least = max(_SHARE * span, _NOISES * noise, _ROUNDING * float(np.abs(losses).max()))
    unit = max(span / 50, noise / 10)
    turns = _turns(losses, least)
    while len(turns) > _MOST_MOVES + 1:
        least *= 1.5
        turns = _turns(losses, least)
    if len(turns) < 2:
        level = _loss(float(np.median(losses)), unit)
        yield f"is flat at {level} from {format_lr(lrs[0])} to {format_lr(lrs[losses.size - 1])}"
        return
    at = 0  # up to where the curve is told
    for n, (start, end) in enumerate(pairwise(turns)):
        move = losses[end] - losses[start]
        near = _SHARE * abs(move)
        leaves = start + int(
            np.flatnonzero(np.abs(losses[start : end + 1] - losses[start]) <= near)[-1]
        )
        if places[leaves] - places[at] >= _LONG * width:
            level = _loss(float(np.median(losses[at : leaves + 1])), unit)
            how = "is flat at" if n == 0 else "stays near"
            yield f"{how} {level} up to {format_lr(lrs[leaves])}"
        elif n == 0:
            yield f"begins at {_loss(losses[0], unit)} at {format_lr(lrs[0])}"
        arrives = start + int(np.argmax(np.abs(losses[start : end + 1] - losses[end]) <= near))
        following = turns[n + 2] if n + 2 < len(turns) else losses.size - 1
        back = np.flatnonzero(np.abs(losses[end : following + 1] - losses[end]) > near)
        stays = end + int(back[0]) - 1 if back.size else following
        at = arrives if places[stays] - places[arrives] >= _LONG * width else end
        verb = "falls" if move < 0 else "rises"
        yield f"{verb} to {_loss(losses[at], unit)} at {format_lr(lrs[at])}"
    last = losses.size - 1
    if places[last] - places[at] >= _LONG * width:
        level = _loss(float(np.median(losses[at:])), unit)
        yield f"stays near {level} up to {format_lr(lrs[last])}"


def _turns(losses: Floats, least: float) -> list[int]:
    """Return the ends of all falls and rises of more than `least`; nothing for none."""
    turns: list[int] = []
    low = high = 0
    direction = 0
    for n, loss in enumerate(losses):
        low = n if loss < losses[low] else low
        high = n if loss > losses[high] else high
        if direction >= 0 and losses[high] - loss > least:
            turns.append(high)
            low, direction = n, -1
        elif direction <= 0 and loss - losses[low] > least:
            turns.append(low)
            high, direction = n, 1
    return [*turns, low if direction < 0 else high] if turns else []


def _end(result: RecordedCurve) -> str:
    """Return how the curve ends, where that is not the end of its range."""
    last = format_lr(float(result.lrs.max()))
    diverged = result.stop_reason.is_of_loss
    if diverged and result.repeats is not None:
        return ""  # the last rate is that of the luckiest
    ends = {
        StopReason.DIVERGED: f"; the sweep ended at {last}, where the loss diverged",
        StopReason.NON_FINITE: _broken(result, ", and is "),
        StopReason.STOPPED: f"; the sweep was stopped at {last}",
        StopReason.FAILED: f"; the sweep failed after {last}",
    }
    early = f"; the sweep ended early, at {last}" if result.ends_early else ""
    return ends.get(result.stop_reason) or early


def _broken(result: RecordedCurve, before: str) -> str:
    """Return at which rate the loss first was no number, "" where it was always one."""
    broken = np.flatnonzero(~np.isfinite(result.losses))
    if not broken.size:
        return ""
    first = broken[result.lrs[broken].argmin()]
    what = "NaN" if math.isnan(result.losses[first]) else "infinite"
    return f"{before}{what} at {format_lr(float(result.lrs[first]))}"


def _loss(loss: float, unit: float) -> str:
    """Return a loss with as many digits as tell it from another that is a few units away."""
    if abs(loss) <= unit / 2:
        return "0"
    size = math.floor(math.log10(abs(loss)))
    digits = 3 if unit <= 0 else size - math.floor(math.log10(unit)) + 1
    digits = min(max(digits - 1, 2, min(size + 1, 6)), 15)
    return f"{loss:.{digits}g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
