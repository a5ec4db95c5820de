"""The end of a script's run: the rate is written where that was asked for, and all said in a line.

Everything is restored by then.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Sequence

from torch.optim import Optimizer

from lrfind_widget import messages
from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.training.param_groups import GroupRates, group_names, set_lr


def conclude(
    said: Sequence[str],
    optimizer: Optimizer,
    lr: float | None,
    groups: str | int | GroupRanges,
    *,
    apply: bool,
    why_not: str,
    doubts: str,
    shown: bool,
) -> None:
    """Write a rate into the optimizer's groups, and say it after what else was `said`.

    Nothing is written where `why_not` says why. Where no line is shown, a warning says that, or
    what there is to doubt of the rate that was written.
    """
    if apply:
        outcome, warned = _written(optimizer, lr, groups, why_not, doubts)
    else:
        rates = [] if lr is None else GroupRates(optimizer, groups).at(lr)
        outcome, warned = messages.by_group(group_names(optimizer), rates), ""
    if not say(*said, outcome, shown=shown) and warned:
        warnings.warn(warned, stacklevel=4)  # there are `keywords` between


def say(*said: str, shown: bool) -> bool:
    """Say something in one line on standard error, where there is one; return whether it is."""
    if not shown or sys.stderr is None:  # it is closed under pythonw, for example
        return False
    with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
        print(" ".join(filter(None, said)), file=sys.stderr)
    return True


def _written(
    optimizer: Optimizer,
    lr: float | None,
    groups: str | int | GroupRanges,
    why_not: str,
    doubts: str,
) -> tuple[str, str]:
    """Write a rate; return what is said of it, and what there is to warn of."""
    if lr is None or why_not:
        refusal = messages.not_applied(why_not or messages.NO_RATE)
        return refusal, refusal
    try:
        written = set_lr(optimizer, lr, groups)
    except RuntimeError as error:  # another sweep trains it in place
        refusal = messages.not_applied(error)
        return refusal, refusal
    warned = [f"The rate that was applied is not sure. {doubts}"] if doubts else []
    return messages.applied(lr, written), " ".join([*warned, written.note]).strip()
