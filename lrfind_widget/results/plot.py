"""A sweep as a matplotlib figure, with fastai v1's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.combined import CombinedCurve
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.trimmed import Trimmed, trim
from lrfind_widget.rules.fastai_v1 import refusal, steepest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]


def plot(
    curve: CombinedCurve,
    skip_start: int,
    skip_end: int,
    suggestion: bool,
    return_fig: bool | None,
    show_grid: bool,
    *,
    ax: Axes | None,
    k: int | None,
    spline: Mapping[str, Any],
) -> Figure | None:
    """Draw a curve; `SweepResult.plot` documents the arguments."""
    if spline and k is None:
        raise TypeError(f"plot() got {', '.join(sorted(spline))}: only a spline (k=) takes that.")
    part = trim(curve.lrs, curve.losses, curve.smoothed, skip_start, skip_end)
    if k is not None:
        part = part._replace(losses=_through_spline(part.losses, k, spline))
    figure, ax = figure_and_axes(ax)
    ax.plot(part.lrs, part.losses)
    ax.set_xscale("log")
    ax.set_xlabel("Learning Rate")
    ax.set_ylabel("Loss")
    ax.xaxis.set_major_formatter(lambda lr, _: format_lr(lr))
    if show_grid:
        ax.grid(True, which="both", ls="-")
    if suggestion:
        print(_mark_suggestion(ax, part))
    return figure if return_fig else None


def figure_and_axes(ax: Axes | None) -> tuple[Any, Any]:
    """Return the axes to draw on, new ones unless given, and their figure."""
    if ax is not None:
        return ax.figure, ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("plot() needs matplotlib: pip install matplotlib.") from error
    return plt.subplots()


def _mark_suggestion(ax: Any, part: Trimmed) -> str:
    """Draw fastai v1's red dot and return what it prints, or why there is none."""
    if refused := refusal(part):
        return refused.reason
    at = steepest(part)
    ax.plot(part.lrs[at], part.losses[at], marker="o", markersize=10, color="red")
    least = float(part.lrs[np.argmin(part.losses)])
    return f"Min numerical gradient: {part.lrs[at]:.2E}\nMin loss divided by 10: {least / 10:.2E}"


def _through_spline(losses: Floats, k: int, options: Mapping[str, Any]) -> Floats:
    """Return the losses on scipy's smoothing spline over the point's number, as fastai v1."""
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= 5:
        raise ValueError(f"k is the degree of a spline, 1 to 5, got {k!r}.")
    if losses.size <= k:
        return losses  # too few points for a spline of this degree: they are their own
    try:
        from scipy.interpolate import UnivariateSpline  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise ImportError("plot(k=...) needs scipy: pip install scipy.") from error
    at = np.arange(losses.size)
    smooth: Floats = UnivariateSpline(at, losses, k=k, **options)(at)
    return smooth
