"""Figures: their files, their paper, and what they leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import colors

from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.looks import LINES, LOOKS, contrast, look_on, papers_of
from lrfind_widget.results.search import SearchResult
from lrfind_widget.rules.table import RULES
from tests.unit.results import result, three

pytestmark = pytest.mark.slow

BEGINS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}

TEXT, LINE = 4.5, 3.0
"""The least contrast of a text and of a line (WCAG 2.2, 1.4.3 and 1.4.11)."""


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def trained(kind: type[Comparison] = Comparison, **more: Any) -> Comparison:
    return kind(
        lrs=(1e-3, 1e-2),
        losses=np.array([[1.0, 0.5, np.nan], [1.0, 0.9, 0.8]]),
        val_losses=np.array([[np.nan, np.nan, np.nan], [np.nan, 0.9, 0.9]]),
        taken=(3, 3),
        diverged=(True, False),
        stop_reason=StopReason.FINISHED,
        stop_sentence="Finished.",
        **more,
    )


ALL = [result(), three(), trained(), trained(SearchResult, dropped=(False, False))]


@pytest.mark.parametrize("kept", ALL)
@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_a_figure_is_saved_as_its_ending_says(kept: Any, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"lr.{kind.upper()}"
    kept.save_figure(path, theme="dark", figsize=(4, 3))
    assert path.read_bytes().startswith(BEGINS[kind])
    assert plt.get_fignums() == []


@pytest.mark.parametrize("kept", ALL)
@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("lr.docx", {}, "A picture is saved as .svg, .png or .pdf"),
        ("lr.png", {"figsize": (0, 1)}, "figsize="),
        ("lr.png", {"ax": None}, "leave out ax"),
        ("lr.png", {"return_fig": True}, "leave out return_fig"),
        ("lr.png", {"colour": 3}, "colour"),
        ("no such folder/lr.png", {}, "There is no folder"),
        (3, {}, "path=3, expected the name of a file"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_no_file_made(
    kept: Any, name: Any, given: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises((TypeError, ValueError, FileNotFoundError), match=said):
        kept.save_figure(tmp_path / name if isinstance(name, str) else name, **given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["suggestion", "others", "y_scale", "skip_start"])
def test_a_word_of_a_curve_is_answered_by_the_plot_of_trainings(name: str) -> None:
    with pytest.raises(TypeError, match=f"does not know the keyword '{name}': it draws"):
        trained().plot(**{name: 1})


def test_a_saved_figure_takes_the_words_of_plot(tmp_path: Path) -> None:
    result().save_figure(tmp_path / "lr.svg", suggestion=["valley", "slide"], show_lr=1e-3)
    assert "valley" in (tmp_path / "lr.svg").read_text()


def test_the_value_of_a_cell_is_the_picture_that_is_saved(tmp_path: Path) -> None:
    kept = result()
    kept.save_figure(tmp_path / "lr.png")
    assert kept._repr_png_() == (tmp_path / "lr.png").read_bytes()


@pytest.mark.parametrize("paper", [look.paper for look in LOOKS.values()])
def test_every_colour_of_a_look_is_legible_on_its_paper(paper: str) -> None:
    look = look_on(paper)
    assert look.paper == paper
    assert contrast(look.ink, paper) > 2 * TEXT
    drawn = (look.quiet, look.marker, look.steepest, look.usable, look.validation, *LINES)
    assert min(contrast(colour, paper) for colour in drawn) >= LINE


@pytest.mark.parametrize("paper", ["white", "#f5f5f5", "#e5e5e5", "black", "#1e1e1e", "#303048"])
def test_what_is_written_is_legible_on_any_paper(paper: str) -> None:
    assert contrast(look_on(paper).ink, paper) >= TEXT


@pytest.mark.parametrize("size", [(8.0, 4.0), (3.5, 2.5), (2.0, 2.0)])
@pytest.mark.parametrize("panels", [1, 2])
def test_a_legend_leaves_room_for_the_curve(size: tuple[float, float], panels: int) -> None:
    figure, (axes, *_) = plt.subplots(panels, figsize=size, layout="constrained", squeeze=False)
    result().plot(ax=axes[0], suggestion=[*RULES], title="A title")
    figure.canvas.draw()
    assert axes[0].bbox.height > 0.2 * figure.bbox.height / panels


def test_a_legend_in_small_axes_of_a_plain_figure_covers_little() -> None:
    figure, axes = plt.subplots(2, 2)
    kept = result(critical_lr=0.2, stop_reason=StopReason.DIVERGED)
    kept.plot(ax=axes[0, 0])
    figure.canvas.draw()
    legend, around = axes[0, 0].get_legend().get_window_extent(), axes[0, 0].bbox
    assert legend.width * legend.height < 0.25 * around.width * around.height


def test_what_is_drawn_twice_is_named_once() -> None:
    axes = plt.subplots()[1]
    for _ in range(2):
        result().plot(ax=axes)
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(named) == len(set(named)) > 3


def test_a_small_figure_names_what_matters_above_the_curve() -> None:
    legend = result().plot(figsize=(3.0, 2.0), return_fig=True).axes[0].get_legend()
    kinds = [text.get_text().partition(" ")[0] for text in legend.get_texts()]
    assert kinds == ["steepest", "recommended"]
    assert legend.get_window_extent().y0 >= legend.axes.bbox.y1


def texts(axes: Any) -> list[Any]:
    legend = axes.get_legend()
    return [
        axes.xaxis.label,
        axes.yaxis.label,
        *axes.get_xticklabels(),
        *axes.get_yticklabels(),
        *legend.get_texts(),
        legend.get_title(),
    ]


def is_legible(axes: Any) -> bool:
    """Whether texts stand out from the figure, and lines with their names from the axes."""
    axes.figure.canvas.draw()
    inside, around = papers_of(axes)
    of_legend = {
        id(text) for text in (*axes.get_legend().get_texts(), axes.get_legend().get_title())
    }
    assert axes.get_legend().get_frame().get_facecolor()[:3] == pytest.approx(inside)
    return all(
        contrast(text.get_color(), inside if id(text) in of_legend else around) >= TEXT
        for text in texts(axes)
    ) and all(
        contrast(colors.to_rgb(line.get_color()), inside) >= LINE for line in axes.get_lines()
    )


@pytest.mark.parametrize("kept", ALL)
@pytest.mark.parametrize("theme", ["light", "dark", None])
def test_all_is_legible_on_the_paper_that_is_asked_for(kept: Any, theme: Any) -> None:
    axes = kept.plot(theme=theme, return_fig=True).axes[0]
    if theme is not None:
        assert colors.to_hex(axes.get_facecolor()) == LOOKS[theme].paper  # type: ignore[index]
    assert is_legible(axes)


@pytest.mark.parametrize("kept", ALL)
@pytest.mark.parametrize("style", ["dark_background", "ggplot", "Solarize_Light2", "grayscale"])
def test_all_is_legible_in_a_style_of_matplotlib(kept: Any, style: str) -> None:
    with plt.style.context(style):
        assert is_legible(kept.plot(return_fig=True).axes[0])


@pytest.mark.parametrize("around", ["white", "#202030"])
@pytest.mark.parametrize("inside", ["white", "#303048", "none"])
def test_all_is_legible_on_given_axes(around: str, inside: str) -> None:
    axes = plt.figure(facecolor=around).add_subplot()
    axes.set_facecolor(inside)
    result().plot(ax=axes)
    assert is_legible(axes)


def test_a_dark_style_is_kept_in_a_file(tmp_path: Path) -> None:
    with plt.style.context("dark_background"):
        result().save_figure(tmp_path / "lr.png")
    corner = plt.imread(tmp_path / "lr.png")[0, 0, :3]
    assert contrast(tuple(corner), "black") == 1


@pytest.mark.parametrize("kept", ALL)
@pytest.mark.parametrize("size", [(8, 4), (4, 3), (12, 5)])
def test_a_legend_of_its_own_figure_covers_nothing_and_is_all_there(kept: Any, size: Any) -> None:
    figure = kept.plot(figsize=size, return_fig=True)
    figure.canvas.draw()
    legend = figure.axes[0].get_legend().get_window_extent()
    assert legend.y0 >= figure.axes[0].get_window_extent().y1 - 1
    assert legend.x1 <= figure.bbox.x1
    assert legend.y1 <= figure.bbox.y1 + 1


def test_neither_picture_nor_file_touches_pyplot(tmp_path: Path) -> None:
    mine = plt.figure()
    settings = dict(plt.rcParams)
    result().save_figure(tmp_path / "lr.png", theme="dark")
    assert result()._repr_png_()
    assert plt.gcf() is mine
    assert plt.get_fignums() == [mine.number]
    assert dict(plt.rcParams) == settings


def test_a_plot_is_the_current_figure_of_pyplot() -> None:
    assert result().plot(return_fig=True) is plt.gcf()
