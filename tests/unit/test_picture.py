"""The chart as a picture, and what a notebook shows of a result."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results import figures, picture
from lrfind_widget.results.analysis import AnalysisOptions, analyse
from lrfind_widget.results.chart import chart_of
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.results.looks import contrast
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.suggestion import Suggestion
from tests.unit.results import LRS, full, result, three

pytestmark = pytest.mark.slow

PNG = b"\x89PNG"


def drawn(kept: SweepResult, selected_lr: float | None = None, **options: Any) -> Any:
    axes = figures.new_figure().axes[0]
    analysis = analyse(kept, AnalysisOptions(**options))
    picture.draw(axes, chart_of(analysis, selected_lr=selected_lr))
    return axes


def names(axes: Any) -> list[str]:
    return list(axes.get_legend_handles_labels()[1])


@pytest.mark.parametrize(("kind", "begin"), [("svg", b"<?xml"), ("png", PNG), ("pdf", b"%PDF")])
def test_a_picture_is_a_file_of_its_kind(kind: str, begin: bytes) -> None:
    assert figures.saved(lambda: drawn(result(), 1e-3).figure, kind).startswith(begin)


def test_the_picture_of_one_chart_is_always_the_same() -> None:
    assert len({figures.saved(lambda: drawn(three()).figure) for _ in range(2)}) == 1


def test_the_dot_and_the_choice_are_drawn_and_named() -> None:
    axes = drawn(result(), 3e-3)
    kinds = [name.partition(" ")[0] for name in names(axes)]
    assert kinds == ["loss", "average", "fit", "loss", "steepest", "recommended", "selected"]
    assert names(axes)[-1] == "selected 3e-3"


@pytest.mark.parametrize("title", ["ResNet $x_1$ <b>", "many words " * 30])
def test_a_title_stands_above_the_legend_as_text(title: str) -> None:
    axes = drawn(result(), title=title)
    axes.figure.draw_without_rendering()
    assert axes.get_title(loc="left").replace("\n", " ") == title.strip()
    assert not axes._left_title.get_parse_math()
    above, below = axes._left_title.get_window_extent(), axes.get_legend().get_window_extent()
    assert below.y1 <= above.y0
    assert above.x1 <= axes.figure.bbox.x1
    assert above.y1 <= axes.figure.bbox.y1


def test_plot_takes_a_title(tmp_path: Path) -> None:
    axes = figures.new_figure().axes[0]
    result().plot(ax=axes, title="ResNet-18")
    assert axes.get_title(loc="left") == "ResNet-18"
    result().save_figure(tmp_path / "lr.svg", title="ResNet-18")
    assert "ResNet-18" in (tmp_path / "lr.svg").read_text()


def test_a_choice_that_is_the_suggestion_is_named_once() -> None:
    kept = result()
    lr = kept.suggestion().lr
    labels = names(drawn(kept, lr))
    assert labels[-1] == f"selected {format_lr(lr)} (recommended)"
    assert not any(label.startswith("recommended") for label in labels)


def test_a_suggestion_in_doubt_is_hollow_and_says_so() -> None:
    doubted = Suggestion(3e-3, "Why.", band=(1e-3, 1e-2), caveats=("A doubt.",))
    axes = drawn(result(), rule=lambda lrs, losses: doubted)
    handles, labels = axes.get_legend_handles_labels()
    dot = handles[labels.index("your rule 3e-3 (unsure)")]
    assert contrast(dot.get_markerfacecolor(), axes.get_facecolor()) == 1


def test_validation_loss_and_critical_rate_are_drawn_and_named() -> None:
    kept = result()
    axes = drawn(replace(kept, val_losses=kept.losses + 1, critical_lr=0.2))
    labels = axes.get_legend_handles_labels()[1]
    assert "validation" in labels
    assert "critical rate 2e-1" in labels


@pytest.mark.parametrize("line", ["fit", "average"])
def test_a_line_that_is_switched_off_is_not_drawn(line: str) -> None:
    labels = names(drawn(result(), **{f"show_{line}": False}))
    assert line not in labels


def test_the_axis_shows_what_matters_or_all() -> None:
    focus, every = drawn(result()), drawn(result(), y_range="all")
    assert focus.get_ylim()[1] < 5 < every.get_ylim()[1]


@pytest.mark.parametrize("y_scale", ["linear", "log"])
@pytest.mark.parametrize("y_range", ["focus", "all"])
@pytest.mark.parametrize("loss", [0.69, 1.0, 1e30, 1e-30])
def test_losses_that_differ_by_rounding_have_room_about_them(
    loss: float, y_range: Any, y_scale: Any
) -> None:
    rounded = loss * (1 + 2.0**-52 * (np.arange(100) % 3))
    low, high = drawn(result(rounded), y_range=y_range, y_scale=y_scale).get_ylim()
    assert 0.5 * loss < low < 0.95 * loss < 1.05 * loss < high < 1.5 * loss


@pytest.mark.parametrize("y_range", ["focus", "all"])
def test_the_axis_of_losses_may_be_logarithmic(y_range: Any) -> None:
    axes = drawn(result(np.linspace(2, 0.01, 100)), y_scale="log", y_range=y_range)
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] > 0
    below_zero = drawn(result(np.linspace(2, -1, 100)), y_scale="log", y_range=y_range)
    assert below_zero.get_yscale() == "linear"


@pytest.mark.parametrize("kept", [result(), full(), three(), result(selected_lr=3e-3)])
def test_a_notebook_shows_the_picture_of_a_result(kept: SweepResult) -> None:
    of_others = plt.get_fignums()
    shown = kept._repr_png_()
    assert shown is not None
    assert shown.startswith(PNG)
    assert plt.get_fignums() == of_others


@pytest.mark.parametrize("losses", [[], [np.nan], [1.0], [np.inf, np.nan], [1e308, -1e308]])
def test_a_result_that_is_odd_is_shown_without_an_error(losses: list[float]) -> None:
    kept = result(np.array(losses), lrs=LRS[: len(losses)])
    assert kept._repr_png_() is None or kept._repr_png_().startswith(PNG)
    assert repr(kept)


def test_without_matplotlib_a_result_is_shown_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert result()._repr_png_() is None
    assert compared()._repr_png_() is None


def test_ipython_makes_text_and_picture_of_a_result() -> None:
    from IPython.core.formatters import DisplayFormatter

    for kept in (result(), compared()):
        data, _ = DisplayFormatter().format(kept)
        assert data["text/plain"] == repr(kept)
        assert data["image/png"].startswith(PNG)


def compared(**changes: Any) -> Comparison:
    given = {
        "lrs": (1e-3, 1e-2),
        "losses": [[1.0, 0.5, np.nan], [1.0, 0.9, 0.8]],
        "val_losses": [[np.nan, np.nan, np.nan], [np.nan, 0.9, 0.9]],
        "taken": (3, 3),
        "diverged": (True, False),
        "stop_reason": StopReason.FINISHED,
        "stop_sentence": "Finished.",
    }
    return Comparison(**(given | changes))


def test_a_comparison_is_drawn_with_a_line_for_each_rate() -> None:
    axes = compared().plot(ax=plt.figure().add_subplot(), return_fig=True).axes[0]
    labels = axes.get_legend_handles_labels()[1]
    assert labels == ["1e-3 (diverged after 3)", "1e-2"]
    assert len(axes.lines) == 4  # with the validation losses
    plt.close("all")


def test_the_losses_of_trainings_are_at_an_axis_with_plain_numbers() -> None:
    axes = compared().plot(figsize=(4, 3), return_fig=True).axes[0]
    axes.figure.canvas.draw()
    low, high = axes.get_ylim()
    ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    texts = [text.get_text() for at, text in ticks if low <= at <= high]
    assert len(texts) > 2
    assert all(low <= float(text) <= high for text in texts)
    plt.close("all")


def test_a_rate_that_diverged_does_not_hide_the_others() -> None:
    wild = compared(losses=[[1.0, 1e30, np.inf], [1.0, 0.9, 0.8]])
    axes = plt.figure().add_subplot()
    assert wild.plot(ax=axes) is None
    assert axes.get_ylim()[1] < 2
    plt.close("all")
