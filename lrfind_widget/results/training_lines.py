"""Short trainings as matplotlib draws them, a line for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lrfind_widget.curves.smoothing import Floats
from lrfind_widget.results.figures import paint, put_legend
from lrfind_widget.results.framing import drawable, frame_from_one_start
from lrfind_widget.results.looks import line_look
from lrfind_widget.results.ticks import set_log_ticks


def refuse_unknown(given: Iterable[str]) -> None:
    """Raise TypeError for a keyword that the plot of short trainings does not take."""
    for name in given:
        raise TypeError(
            f"plot of short trainings does not know the keyword {name!r}: it draws their losses, a "
            "line for each rate. Rules are marked in the curve of a range test; that of a search "
            "is drawn by search.sweep.plot(). Known are ax, figsize, theme, show_grid, return_fig."
        )


def draw_trainings(
    axes: Any,
    names: Sequence[str],
    lines: Sequence[Floats],
    val_losses: Floats | None,
    *,
    grid: bool,
) -> None:
    """Draw smoothed losses over the steps, with their names; dots are validation losses."""
    validated = [] if val_losses is None else list(val_losses)
    for n, (name, losses) in enumerate(zip(names, lines, strict=True)):
        axes.plot(np.arange(1, losses.size + 1), drawable(losses), label=name, **line_look(n))
    for n, losses in enumerate(validated):
        colour = line_look(n)["color"]
        axes.plot(np.arange(1, losses.size + 1), drawable(losses), ".", color=colour)
    ends = frame_from_one_start([*lines, *validated])
    if ends is not None:
        axes.set_yscale("log" if ends[0] > 0 else "linear")
        axes.set_ylim(*ends)
        if ends[0] > 0:
            set_log_ticks(axes.yaxis, float(np.log10(ends[1] / ends[0])))
    axes.locator_params(axis="x", integer=True)
    axes.margins(x=0.02)
    axes.set_xlabel("step")
    axes.set_ylabel("loss", rotation=0, ha="right")
    paint(axes, grid=grid)
    dots = "; dots: validation loss" if validated else ""
    put_legend(axes, f"smoothed loss at each learning rate{dots}")
