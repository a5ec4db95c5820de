"""What fastai v1's ``Recorder.plot`` does besides drawing: a spline and two printed rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lrfind_widget.curves.trimmed import Trimmed
from lrfind_widget.rules.fastai_v1 import at_point, min_gradient, refusal, steepest
from lrfind_widget.rules.suggestion import Suggestion


def min_gradient_of(part: Trimmed) -> tuple[Suggestion, str]:
    """Return the red dot of ``plot(suggestion=True)`` and what is printed, or why there is none."""
    if refused := refusal(part):
        return refused, refused.reason
    found = at_point(part, steepest(part), "The smoothed loss falls most steeply at {lr}.")
    found = replace(found, rule=min_gradient.__name__)
    least = float(part.lrs[np.argmin(part.losses)])
    return found, (
        f"Min numerical gradient: {found.lr:.2E}\nMin loss divided by 10: {least / 10:.2E}"
    )


def through_spline(part: Trimmed, k: int, options: Mapping[str, Any]) -> Trimmed:
    """Return the losses on scipy's smoothing spline over the point's number, as fastai v1."""
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= 5:
        raise ValueError(f"k is the degree of a spline, 1 to 5, got {k!r}.")
    if part.losses.size <= k:
        return part  # too few points for a spline of this degree: they are their own
    try:
        from scipy.interpolate import UnivariateSpline  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise ImportError("plot(k=...) needs scipy: pip install scipy.") from error
    at = np.arange(part.losses.size)
    return part._replace(losses=UnivariateSpline(at, part.losses, k=k, **options)(at))
