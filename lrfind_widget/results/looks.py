"""The colours of a picture, legible on the paper that it is drawn on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from lrfind_widget.values import choice, shown

Theme = Literal["light", "dark"]
"""Which paper a new figure has; without one it is that of matplotlib's style."""

check_theme = choice(*get_args(Theme))

LINES = ("#9a5fb8", "#2a8f62", "#c26a00", "#96694c", "#12869b", "#c2446e", "#8a7a1f")
"""Colours that tell lines apart, those of the widget: legible on light and on dark paper."""

RUNS = (*LINES[4:], *LINES[:2], LINES[3])
"""Colours of further results and of rules, the first three those of the widget's earlier runs. None
means anything else, as that of the validation loss does."""

DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
"""What tells further lines apart, and all of them without colours."""


@dataclass(frozen=True)
class Look:
    """The colours on one kind of paper."""

    paper: str
    ink: str
    quiet: str
    grid: str
    marker: str
    steepest: str
    usable: str
    tint: float  # how opaque the usable band is
    validation: str = "#c26a00"


LOOKS: dict[Theme, Look] = {
    "light": Look(
        "#ffffff", "#000000", "#6b6b6b", "#e0e0e0", "#1976d2", "#c62828", "#2e7d32", 0.13
    ),
    "dark": Look("#111111", "#eeeeee", "#a6a6a6", "#3a3a3a", "#64b5f6", "#ff6e6e", "#66bb6a", 0.22),
}


MARKERS = "oDs^vPX"
"""Shapes of the dots of several rules; seven, so that each comes with each of the six colours."""


def line_look(place: int, colours: Sequence[str] = LINES) -> dict[str, Any]:
    """Return the colour and the dashes of one of several lines."""
    return {
        "color": colours[place % len(colours)],
        "linestyle": DASHES[place // len(colours) % len(DASHES)],
    }


def dot_look(place: int) -> dict[str, Any]:
    """Return the colour and the shape of one of several dots; no two of 42 are alike."""
    return {"color": RUNS[place % len(RUNS)], "marker": MARKERS[place % len(MARKERS)]}


def paper_of(*layers: Any) -> tuple[float, float, float]:
    """Return the colour that is seen of layers of colour on white, of which the first is on top."""
    from matplotlib.colors import to_rgba

    seen = np.ones(3)
    for layer in reversed(layers):
        *rgb, alpha = to_rgba(layer)
        seen = alpha * np.array(rgb) + (1 - alpha) * seen
    return float(seen[0]), float(seen[1]), float(seen[2])


def papers_of(axes: Any) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return what is seen behind what is drawn on axes, and behind what stands around them."""
    figure = axes.figure
    around = figure.get_facecolor(), getattr(figure, "figure", figure).get_facecolor()
    return paper_of(axes.get_facecolor(), *around), paper_of(*around)


def look_on(paper: Any) -> Look:
    """Return the colours that are legible on paper of a colour."""
    return max(LOOKS.values(), key=lambda look: contrast(look.ink, paper))


def contrast(one: Any, other: Any) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Any) -> float:
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def check_figsize(figsize: Sequence[float]) -> tuple[float, float]:
    """Return the width and the height of a figure in inches."""
    try:
        width, height = map(float, figsize)
    except (TypeError, ValueError):
        width = height = 0.0
    if not (0 < width < 1000 and 0 < height < 1000):
        raise ValueError(
            f"figsize={shown(figsize)}, expected a width and a height in inches, such as (8, 4)."
        )
    return width, height
