"""The end of a script's run: the rate is written where that was asked for, and all said in a line.

Everything is restored by then.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from lrfind_widget import messages
from lrfind_widget.curves.group_ranges import GroupRanges, groups_of
from lrfind_widget.options import FindOptions, SearchOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.result import SweepResult
from lrfind_widget.results.search import SearchResult
from lrfind_widget.training.param_groups import GroupRates, group_names
from lrfind_widget.training.training import Training


def conclude(
    said: Sequence[str],
    training: Training,
    lr: float | None,
    result: SweepResult | SearchResult,
    options: FindOptions | SearchOptions,
    why_not: str = "",
) -> None:
    """Write a rate where training reads it, and say it after what else was `said`.

    Nothing is written where `why_not` says why, or after an interrupt.
    """
    groups = groups_of(result.settings)
    if options.apply:
        if not why_not and result.stop_reason is StopReason.STOPPED:
            why_not = messages.INTERRUPTED
        outcome = _written(training, lr, groups, why_not)
    else:
        rates = [] if lr is None else GroupRates(training.optimizer, groups).at(lr)
        outcome = messages.by_group(group_names(training.optimizer), rates)
    say(*said, outcome, shown=options.progress)


def say(*said: str, shown: bool) -> None:
    """Say something in one line on standard error, where there is one."""
    if not shown or sys.stderr is None:  # it is closed under pythonw, for example
        return
    with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
        print(" ".join(filter(None, said)), file=sys.stderr)


def _written(
    training: Training, lr: float | None, groups: str | int | GroupRanges, why_not: str
) -> str:
    """Write a rate; return what is said of it."""
    if lr is None or why_not:
        return messages.not_applied(why_not or messages.NO_RATE)
    try:
        return messages.applied(lr, training.apply(lr, groups))
    except RuntimeError as error:  # another sweep trains it in place
        return messages.not_applied(error)
