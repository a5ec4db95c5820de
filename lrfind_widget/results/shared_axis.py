"""One axis of rates for several results, of which each has recorded that of a group of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from lrfind_widget.curves.group_ranges import (
    ALL_GROUPS,
    GroupRanges,
    groups_named,
    groups_of,
    rates_of,
)
from lrfind_widget.results.recorded_curve import RecordedCurve

Convert = Callable[[float], float]
"""From a recorded rate to that of the group of an axis."""


class SharedAxis(NamedTuple):
    """What an axis measures, and how results stand at it.

    `own` and the texts of the `others` say whose rate each has, where that is not one for all.
    """

    label: str
    own: str
    others: Sequence[tuple[Convert, str]]


def shared_axis(label: str, others: Sequence[RecordedCurve]) -> SharedAxis:
    """Return the axis of a result of this `axis_label`, and of others under it."""
    if all(other.axis_label == label for other in others):
        return SharedAxis(label, "", [(recorded, "")] * len(others))
    group = "".join(groups_named(label)[:1])
    converted = [_to_group(group, label, other) for other in others]
    known = [each for each in converted if each is not None]
    if len(known) == len(others):
        return SharedAxis(f"{ALL_GROUPS} of group {group}", "", [(each, "") for each in known])
    each = [(recorded, _whose(other.axis_label)) for other in others]
    return SharedAxis(ALL_GROUPS, _whose(label), each)


def with_note(name: str, note: str) -> str:
    """Return the name of a curve with whose rate it is drawn over, where that has to be said."""
    return f"{name} [{note}]".strip() if note else name


def _to_group(group: str, label: str, other: RecordedCurve) -> Convert | None:
    """Return what makes the rate of a group of another result's; None where it has no such."""
    if other.axis_label == label:
        return recorded
    if not group:
        return None
    if other.axis_label == ALL_GROUPS:  # after CSV nothing is known of the groups
        return recorded if other.multipliers else None
    first, *behind = groups_named(other.axis_label) or [""]
    if group == first:
        return recorded
    if group not in behind:
        return None
    ranges, place = groups_of(other.settings), behind.index(group)
    if isinstance(ranges, GroupRanges):
        reference = ranges.reference
    else:  # the first whose rate moves
        reference = next((n for n, share in enumerate(other.multipliers) if share), 0)
    place += place >= reference

    def convert(lr: float) -> float:
        rates = rates_of(other.settings, other.multipliers, lr)
        return (rates[place] if place < len(rates) else None) or math.nan

    usable = all(math.isfinite(lr) and lr > 0 for lr in map(convert, map(float, other.lrs)))
    return convert if usable else None


def _whose(label: str) -> str:
    """Return whose rate an axis has, in short."""
    return label.removeprefix(f"{ALL_GROUPS} of ") if label != ALL_GROUPS else "all groups"


def recorded(lr: float) -> float:
    """Return a rate that is that of the axis as it was recorded."""
    return lr
