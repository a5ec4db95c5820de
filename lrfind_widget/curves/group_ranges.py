"""A range of rates for each parameter group, all of which a sweep runs through together."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrfind_widget.curves.formatting import format_lr, written_as
from lrfind_widget.curves.schedule import Mode, Schedule
from lrfind_widget.values import integer, real

ALL_GROUPS = "learning rate"
"""What an axis measures where all groups have one rate."""


@dataclass(frozen=True)
class GroupRanges:
    """The ranges of all groups; at each moment all stand at the same fraction of theirs.

    The rate of group `reference` is recorded and says where the others stand, beyond its range too:
    each goes on in its scale, a linear one below its start in proportion: no rate is negative.
    """

    start_lrs: tuple[float, ...]
    end_lrs: tuple[float, ...]
    reference: int
    mode: Mode = "exp"

    def at(self, lr: float) -> tuple[float, ...]:
        """Return the rate of each group where the reference's is `lr`."""
        start, end = self.start_lrs[self.reference], self.end_lrs[self.reference]
        is_linear, steady = self.mode == "linear", self.multipliers
        if steady or lr == 0 or (is_linear and lr < start):
            return tuple(lr * share for share in steady or self._first)
        if is_linear:
            fraction = (lr - start) / (end - start)
        else:
            fraction = math.log(lr / start) / math.log(end / start)
        return tuple(
            lr if own == (start, end) else _rate(*own, fraction, self.mode)
            for own in zip(self.start_lrs, self.end_lrs, strict=True)
        )

    @property
    def multipliers(self) -> tuple[float, ...]:
        """The rate of each group divided by the reference's; () where it changes on the way."""
        first, last = self._first, (lr / self.end_lrs[self.reference] for lr in self.end_lrs)
        steady = all(math.isclose(*pair, rel_tol=1e-9) for pair in zip(first, last, strict=True))
        return first if steady else ()

    @property
    def _first(self) -> tuple[float, ...]:
        return tuple(lr / self.start_lrs[self.reference] for lr in self.start_lrs)

    def settings(self) -> dict[str, Any]:
        """Return it as JSON values, which `groups_of` reads."""
        return {
            "start_lrs": list(self.start_lrs),
            "end_lrs": list(self.end_lrs),
            "reference": self.reference,
            "mode": self.mode,
        }

    def __len__(self) -> int:
        return len(self.start_lrs)

    def __str__(self) -> str:
        with written_as(self.mode):
            starts, ends = (
                ", ".join(map(format_lr, lrs)) for lrs in (self.start_lrs, self.end_lrs)
            )
        return f"[{starts}] to [{ends}]"


def typed(lr: float, groups: object) -> str:
    """Return an end of a range as it is typed: a list where groups have ranges of their own."""
    if isinstance(groups, GroupRanges):
        return f"[{', '.join(map(format_lr, groups.at(lr)))}]"
    return format_lr(lr)


def groups_of(settings: Mapping[str, Any]) -> str | int | GroupRanges:
    """Return how settings say that the groups go together; by their ratios where they do not.

    They may come from a file, so what makes no sense counts as not said.
    """
    groups = settings.get("groups")
    if isinstance(groups, Mapping):
        return _ranges(groups) or "ratio"
    place = integer(groups)
    return groups if isinstance(groups, str) else "ratio" if place is None else place


def rates_of(
    settings: Mapping[str, Any], multipliers: Sequence[float], lr: float
) -> tuple[float | None, ...]:
    """Return the rate of each group where the recorded one is `lr`; None of one that keeps its own.

    Where groups have no ranges of their own, each has its multiple of the recorded rate.
    """
    groups = groups_of(settings)
    if isinstance(groups, GroupRanges):
        return groups.at(lr)
    return tuple(lr * multiplier if multiplier else None for multiplier in multipliers)


def axis_label(
    multipliers: Sequence[float], names: Sequence[str], reference: int, ranges: GroupRanges | None
) -> str:
    """Return what the axis of a sweep measures: whose rate, and how the other groups stand."""
    if multipliers and len(set(multipliers)) == 1:
        return ALL_GROUPS
    if multipliers:
        each = [f"at {format_lr(share)} times" if share else "fixed" for share in multipliers]
    elif ranges is not None:
        ends = zip(ranges.start_lrs, ranges.end_lrs, strict=True)
        each = [f"from {format_lr(start)} to {format_lr(end)}" for start, end in ends]
    others = [
        f"group {name} {words}"
        for place, (name, words) in enumerate(zip(names, each, strict=True))
        if place != reference
    ]
    if len(others) > 3:
        others = [*others[:2], f"{len(others) - 2} more"]
    return f"{ALL_GROUPS} of group {names[reference]} ({', '.join(others)})"


def groups_named(label: str) -> list[str]:
    """Return the groups that an `axis_label` names, the one first whose rate it is."""
    first, _, others = label.removeprefix(f"{ALL_GROUPS} of group ").partition(" (")
    named = re.findall(r"group (.*?) (?:at \S+ times|fixed|from \S+ to \S+)[,)]", others)
    return [] if first == label else [first, *named]


def _ranges(given: Mapping[str, Any]) -> GroupRanges | None:
    starts, ends = (_reals(given.get(name)) for name in ("start_lrs", "end_lrs"))
    reference = integer(given.get("reference"))
    if reference is None or not 0 <= reference < len(starts) == len(ends):
        return None
    rise = all(0 < low < high < math.inf for low, high in zip(starts, ends, strict=True))
    mode: Mode = "linear" if given.get("mode") == "linear" else "exp"
    return GroupRanges(starts, ends, reference, mode) if rise else None


def _reals(values: Any) -> tuple[float, ...]:
    """Return numbers from a file, NaN for what is none; () where it is no list."""
    found = [real(value) for value in values] if isinstance(values, (list, tuple)) else []
    return tuple(math.nan if value is None else value for value in found)


def _rate(start: float, end: float, fraction: float, mode: Mode) -> float:
    try:
        return Schedule(start, end, mode=mode).at(fraction)
    except OverflowError:
        return sys.float_info.max
