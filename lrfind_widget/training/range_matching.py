"""The ranges given for parameter groups, matched with the groups of an optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from torch.optim import Optimizer

from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.option_checks import Rates, check_range
from lrfind_widget.options import SweepOptions
from lrfind_widget.training.param_groups import GroupRates, group_names
from lrfind_widget.values import shown

Swept = TypeVar("Swept", bound=SweepOptions)


def matched(optimizer: Optimizer, options: Swept) -> Swept:
    """Return options whose ranges for the groups are matched with those of an optimizer.

    Their range is then that of the reference group, and their `groups` says how the others follow.
    """
    if not options.has_group_ranges:
        return options
    if options.groups != "ratio":
        raise ValueError(
            f"groups={shown(options.groups)} was given beside a range for each group. Leave it "
            "out, or give start_lr and end_lr as one number each."
        )
    names, reference = group_names(optimizer), GroupRates(optimizer).reference
    start, end = (
        _of_groups(name, getattr(options, name), names) for name in ("start_lr", "end_lr")
    )
    starts, ends = _beside(start, end, reference), _beside(end, start, reference)
    for name, low, high in zip(names, starts, ends, strict=True):
        check_range(low, high, f" in group {name!r}")
    ranges = GroupRanges(starts, ends, reference, options.mode)
    return options.changed(start_lr=starts[reference], end_lr=ends[reference], groups=ranges)


def _of_groups(name: str, lrs: Rates, names: Sequence[str]) -> float | tuple[float, ...]:
    """Return one rate, or one for each group."""
    count = len(names)
    if isinstance(lrs, slice):  # as fastai v1's `lr_range` reads one
        if lrs.start is None:
            return (*[lrs.stop / 10] * (count - 1), lrs.stop)
        ratio = (lrs.stop / lrs.start) ** (1 / max(1, count - 1))
        return (*(lrs.start * ratio**place for place in range(count - 1)), lrs.stop)
    if isinstance(lrs, float):
        return lrs
    if len(lrs) != count:
        given = f"{len(lrs)} rate{'s' * (len(lrs) != 1)}"
        raise ValueError(
            f"{name} has {given}, and the optimizer {count} parameter group{'s' * (count != 1)}: "
            f"{', '.join(map(repr, names))}. Give one rate for each, or one number."
        )
    return tuple(lrs)


def _beside(
    lrs: float | tuple[float, ...], others: float | tuple[float, ...], reference: int
) -> tuple[float, ...]:
    """Return a rate for each group: one number is the reference's, in the ratios of the others."""
    if isinstance(lrs, tuple):
        return lrs
    ratios = others if isinstance(others, tuple) else (others,)
    return tuple(lrs * (ratio / ratios[reference]) for ratio in ratios)
