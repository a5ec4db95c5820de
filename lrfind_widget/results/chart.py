"""What a picture of a result shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import ALL_GROUPS
from lrfind_widget.results.analysis import Analysis
from lrfind_widget.results.curve_lines import CurveLines, lines_of
from lrfind_widget.results.shared_axis import Convert, shared_axis, with_note
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import label_of

XScale = Literal["log", "linear"]

OneOther = tuple[str, Analysis, Suggestion | None]
"""Another result as it is given: its name, how it is read, and what is marked of it."""

BAND = {"sure": "loss falls here", "unsure": "loss may fall here"}
"""What the band of a suggestion is called, by its certainty."""


class Other(NamedTuple):
    """Another result under the one that is drawn, perhaps with what is suggested for it."""

    name: str
    lines: CurveLines
    suggestion: Suggestion | None = None


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a picture shows."""

    analysis: Analysis
    lines: CurveLines  # as far as they are shown
    found: Sequence[Suggestion] = ()  # marked on the main line; the band is that of the first
    steepest: Suggestion | None = None  # the red dot on the average
    show_lr: Sequence[float] = ()  # vertical lines
    selected_lr: float | None = None
    others: Sequence[Other] = ()
    name: str = ""  # among the others
    label: str = ALL_GROUPS  # what the axis of the rates measures
    grid: bool = True
    x_scale: XScale | None = None  # None as the sweep raised the rates


def chart_of(
    analysis: Analysis, *, name: str = "", others: Sequence[OneOther] = (), **changes: Any
) -> Chart:
    """Return what is shown of a result where nothing else is asked for, or with some changes.

    Each of the others stands over the rate of the axis, and says so where it does not have that.
    """
    axis = shared_axis(analysis.result.axis_label, [other.result for _, other, _ in others])
    shown: dict[str, Any] = {
        "label": axis.label,
        "name": with_note(name, axis.own),
        "others": [
            _other(*each, *placed) for each, placed in zip(others, axis.others, strict=True)
        ],
        "lines": lines_of(analysis),
        "found": (analysis.suggested,),
        "steepest": analysis.min_gradient if analysis.options.show_average else None,
    }
    return Chart(analysis=analysis, **(shown | changes))


def _other(
    name: str, analysis: Analysis, found: Suggestion | None, convert: Convert, note: str
) -> Other:
    if found is not None and found.lr is not None:
        found = replace(found, lr=convert(found.lr))
    return Other(with_note(name, note), lines_of(analysis).at(convert), found)


def rate_of(found: Suggestion) -> str:
    """Return the rate of a suggestion as it stands at a dot or in a legend."""
    if found.lr is None:
        return "none"
    return f"{format_lr(found.lr)}{' (unsure)' * (found.certainty == 'unsure')}"


def named(found: Suggestion) -> str:
    """Return the name of a suggestion's rule and its rate."""
    label = label_of(found.rule) + ":" * (found.lr is None)
    return f"{label} {rate_of(found)}".strip()


def critical_name(lr: float | None) -> str:
    """Return what the mark of the critical rate is called; "" where there is none."""
    return "" if lr is None else f"critical rate {format_lr(lr)}"
