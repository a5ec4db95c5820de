"""Which rate a search by short trainings begins with."""

from __future__ import annotations

from typing import NamedTuple

from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.median_of_three import BELOW_CRITICAL


class Start(NamedTuple):
    """The rate that a search begins with, and what it is."""

    lr: float
    origin: str


def where_to_begin(sweep: SweepResult | None, suggested: float | None, own: float) -> Start:
    """Return the rate that a search begins with: suggested, below the critical one, or `own`."""
    if suggested is not None:
        return Start(suggested, "suggested by the sweep")
    if sweep is not None and sweep.critical_lr is not None:
        return Start(BELOW_CRITICAL * sweep.critical_lr, "a tenth of the critical rate")
    return Start(own, "the optimizer's own")
