"""What the Python halves of our bqplot marks have in common."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import bqplot
import traitlets

from lrfind_widget._version import __version__
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget

MODULE = "lrfind-widget"
"""The npm module that holds the front ends."""


class ChartMark(ThreadSafeWidget, bqplot.Mark):  # type: ignore[misc]
    """Base of our marks: a bqplot mark whose front end is in `js/src/`.

    bqplot's figure finds the axes of a mark through `scales_metadata`. The marks never
    widen an axis: the chart sets both ends itself.
    """

    _model_module = traitlets.Unicode(MODULE).tag(sync=True)
    _view_module = traitlets.Unicode(MODULE).tag(sync=True)
    _model_module_version = traitlets.Unicode(f"^{__version__}").tag(sync=True)
    _view_module_version = traitlets.Unicode(f"^{__version__}").tag(sync=True)

    scales_metadata = traitlets.Dict(
        {
            "x": {"orientation": "horizontal", "dimension": "x"},
            "y": {"orientation": "vertical", "dimension": "y"},
        }
    ).tag(sync=True)
    preserve_domain = traitlets.Dict({"x": True, "y": True}).tag(sync=True)


def finite_rate(value: Any, what: str) -> float:
    """Return a positive, finite rate as a float; raise TraitError naming `what` otherwise."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise traitlets.TraitError(f"{what} must be a positive number, got {value!r}.")
    rate = float(value)
    if not (math.isfinite(rate) and rate > 0):
        raise traitlets.TraitError(f"{what} must be positive and finite, got {rate!r}.")
    return rate


def one_of(value: Any, allowed: tuple[str, ...], what: str) -> str:
    """Return `value` if it is one of `allowed`; raise TraitError naming `what` otherwise."""
    if value not in allowed:
        raise traitlets.TraitError(f"{what} must be one of {', '.join(allowed)}, got {value!r}.")
    return str(value)
