"""Figures of matplotlib: new ones, on the screen or off it, and files of them."""

from __future__ import annotations

import inspect
import io
import textwrap
import threading
import warnings
from collections.abc import Callable, Collection, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrfind_widget.results.looks import LOOKS, Theme, check_figsize, check_theme, look_on, papers_of
from lrfind_widget.values import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "png", "pdf")
"""The kinds of file a picture can be saved as."""

SIZE = (8.0, 4.0)
"""Width and height of a new figure, in inches."""

_DRAWING = threading.Lock()
"""Held while drawing: matplotlib keeps fonts and caches that threads must not share."""

_CHARACTER, _LARGE_CHARACTER, _HANDLE, _LABELS, _ROW = 0.066, 0.095, 0.55, 0.9, 0.17
"""Width of a character of a legend and of a title, of what stands before and behind a name, and
of what stands beside the axes, and height of a row of a legend, in inches, about."""

_NARROW = 3.0
"""In less width than this, in inches, a legend is written small."""

_SHARE = {True: 0.6, False: 0.3}
"""Which part of the height of axes a legend may take above them, and on them."""


class Plotted:
    """What has a `plot`: its picture in a file, and as the value of a notebook's cell."""

    plot: Callable[..., Any]

    def save_figure(
        self,
        path: str | PathLike[str],
        *,
        figsize: Sequence[float] | None = None,
        theme: Theme | None = None,
        **plot: Any,
    ) -> None:
        """Save what `plot` draws as a picture; no window opens.

        Parameters
        ----------
        path : path-like
            A file that ends in ``.svg``, ``.png`` or ``.pdf``.
        figsize, theme, **plot
            The arguments of `plot`, but `ax` and `return_fig`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        FileNotFoundError, TypeError, ValueError
            If there is no such folder, the file's ending is another, or `plot` refuses an argument.
        """
        kind = kind_of(path)
        for name in ("ax", "return_fig"):
            if name in plot:
                raise TypeError(f"save_figure() draws a figure of its own: leave out {name}.")
        Path(path).write_bytes(saved(lambda: self._off_screen(figsize, theme, **plot), kind))

    def _repr_png_(self) -> bytes | None:
        """Return the plot, which a notebook shows; None where it cannot be drawn."""
        try:
            return saved(self._off_screen, "png")
        except Exception:  # the value of a cell must never be an error of its picture
            return None

    def _off_screen(
        self, figsize: Sequence[float] | None = None, theme: Theme | None = None, **plot: Any
    ) -> Figure:
        figure = new_figure(figsize, theme)
        self.plot(ax=figure.axes[0], **plot)
        return figure


def new_figure(figsize: Sequence[float] | None = None, theme: Theme | None = None) -> Figure:
    """Return a figure with axes, not through pyplot, which would show it in the cell."""
    size = _checked(figsize, theme)
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise _missing() from error
    figure = Figure(figsize=size, layout="constrained")
    figure.add_subplot()
    return _on_paper(figure, theme)


def are_axes(given: Any) -> bool:
    """Return whether something is the axes of a matplotlib figure."""
    return all(hasattr(given, name) for name in ("get_facecolor", "set_xscale", "figure"))


def figure_and_axes(
    ax: Axes | None, figsize: Sequence[float] | None = None, theme: Theme | None = None
) -> tuple[Any, Any]:
    """Return the axes to draw on, new ones of pyplot unless given, and their figure."""
    if ax is not None:
        for name, given in (("figsize", figsize), ("theme", theme)):
            if given is not None:
                raise ValueError(
                    f"plot() got both ax and {name}: ax has a figure already, whose size and "
                    f"background the drawing follows. Leave out one of them."
                )
        if not are_axes(ax):
            raise TypeError(
                f"ax={shown(ax)}, expected the axes of a matplotlib figure, such as those of "
                "figure, ax = plt.subplots()."
            )
        return ax.figure, ax
    size = _checked(figsize, theme)
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise _missing() from error
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    return _on_paper(figure, theme), axes


def saved(draw: Callable[[], Figure], kind: str = "svg") -> bytes:
    """Return a figure as the bytes of an SVG, PNG or PDF file. Any thread may call it."""
    stream = io.BytesIO()
    # The date and random ids would make two pictures of one chart differ.
    fixed: dict[str, Any] = {"metadata": {"Date": None}} if kind == "svg" else {}
    with _DRAWING:
        try:
            from matplotlib import rc_context
        except ImportError as error:
            raise _missing() from error
        with rc_context({"svg.hashsalt": "lrfind"}):
            figure = draw()
            paper = figure.get_facecolor()
            figure.savefig(stream, format=kind, dpi=100, facecolor=paper, **fixed)
    return stream.getvalue()


def warn_of(text: str) -> None:
    """Warn of something at the line outside this package that has asked for it."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("lrfind_widget."):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, stacklevel=level + 1)


def kind_of(path: str | PathLike[str]) -> str:
    """Return the kind of picture that a file's ending names; refuse what cannot be written."""
    if not isinstance(path, (str, PathLike)):
        raise TypeError(f'path={shown(path)}, expected the name of a file, such as "lr.png".')
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise ValueError(
            f"A picture is saved as .svg, .png or .pdf, got {str(path)!r}: change its ending."
        )
    folder = Path(path).parent
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {str(folder)!r}: make it, or give another.")
    return kind


def paint(axes: Any, *, grid: bool) -> None:
    """Give axes the colours that are legible on the background that they have."""
    on_axes, on_figure = map(look_on, papers_of(axes))
    axes.tick_params(which="both", color=on_figure.quiet, labelcolor=on_figure.ink)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(on_figure.ink)
        axis.get_offset_text().set_color(on_figure.ink)
    axes.spines[["top", "right"]].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(on_figure.quiet)
    axes.set_axisbelow(True)
    axes.grid(visible=False, which="both")
    if grid:
        axes.grid(visible=True, which="major", color=on_axes.grid, linewidth=0.6, linestyle="-")


def put_legend(axes: Any, title: str = "", spare: Sequence[Collection[str]] = ()) -> None:
    """Name what is drawn: above the axes where the figure makes room, else where it covers least.

    Where it would take too much of them, it leaves out the names that one can `spare`, the first
    first, and at last its title, of any length. What is drawn twice is named once.
    """
    by_name = {name: handle for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    named = [(handle, name) for name, handle in by_name.items()]
    roomy, (width, height) = _is_roomy(axes), _room(axes)
    title = title if roomy else ""
    if not named and not title:
        return
    title = "\n".join(textwrap.wrap(title, int(width / _CHARACTER)))
    is_small = not roomy or width < _NARROW
    size = "x-small" if is_small else "small"
    most = max(10, int((width - _HANDLE) / (_CHARACTER * (0.84 if is_small else 1.0))))

    def fits() -> bool:
        columns = _columns([name[:most] for _, name in named], width) if roomy else 1
        rows = -(-len(named) // columns) + len(title.splitlines())
        return rows * _ROW < _SHARE[roomy] * (height - _LABELS)

    for names in spare:
        if not fits():
            named = [(handle, name) for handle, name in named if name not in names]
    title = title if fits() else ""
    roomy = roomy and fits()
    handles, labels = [handle for handle, _ in named], [name for _, name in named]
    paper = papers_of(axes)[0]
    ink = look_on(paper).ink
    looks: dict[str, Any] = {"fontsize": size, "labelcolor": ink}
    looks |= {"facecolor": paper, "edgecolor": "none", "framealpha": 1.0 if roomy else 0.85}
    if roomy:
        labels = [name if len(name) <= most else f"{name[: most - 3]}..." for name in labels]
        looks |= {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
        looks |= {"ncols": _columns(labels, width), "title": title, "alignment": "left"}
        looks |= {"title_fontsize": size, "columnspacing": 1.4}
    if is_small:
        looks |= {"handlelength": 1.2, "handletextpad": 0.5, "labelspacing": 0.3}
    legend = axes.legend(handles, labels, **looks)
    legend.set_in_layout(roomy)  # one that lies on the curve takes no room from it
    if roomy:
        legend.set_zorder(0)  # a dot at the upper edge lies on it
    legend.get_title().set_color(ink)
    for text in (legend.get_title(), *legend.get_texts()):
        text.set_parse_math(False)  # a name may come from a file


def put_title(axes: Any, title: str) -> None:
    """Write a title above axes, and above the legend that stands there."""
    if not title:
        return
    look, legend, pad = look_on(papers_of(axes)[1]), axes.get_legend(), 6.0
    if legend is not None and legend.get_window_extent().y0 >= axes.bbox.y1:
        pixels = legend.get_window_extent().height
        pad += pixels * 72 / axes.figure.dpi
    wrapped = "\n".join(textwrap.wrap(title, int(_room(axes)[0] / _LARGE_CHARACTER)))
    written = axes.set_title(wrapped, loc="left", pad=pad, color=look.ink, fontsize="large")
    written.set_parse_math(False)


def _is_roomy(axes: Any) -> bool:
    """Whether the figure makes room for what stands above its axes."""
    return type(axes.figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"


def _room(axes: Any) -> tuple[float, float]:
    """Return the width that a legend may have above axes, and the height of both, in inches."""
    places = axes.get_subplotspec()
    rows, columns = (1, 1) if places is None else places.get_gridspec().get_geometry()
    width, height = axes.figure.bbox.size / axes.figure.dpi
    return max(1.0, float(width / columns) - _LABELS), float(height / rows)


def _columns(labels: Sequence[str], width: float) -> int:
    """Return in how many columns a legend of some names has the fewest rows that fit a width."""
    for rows in range(1, len(labels)):
        columns = -(-len(labels) // rows)
        lengths = [max(map(len, column)) for column in np.array_split(labels, columns)]
        if sum(_HANDLE + _CHARACTER * length for length in lengths) <= width:
            return columns
    return 1


def _checked(figsize: Sequence[float] | None, theme: Theme | None) -> tuple[float, float]:
    if theme is not None:
        check_theme("theme", theme)
    return SIZE if figsize is None else check_figsize(figsize)


def _on_paper(figure: Figure, theme: Theme | None) -> Figure:
    if theme is not None:
        figure.set_facecolor(LOOKS[theme].paper)
        figure.axes[0].set_facecolor(LOOKS[theme].paper)
    return figure


def _missing() -> ImportError:
    return ImportError("plot() needs matplotlib: pip install matplotlib.")
