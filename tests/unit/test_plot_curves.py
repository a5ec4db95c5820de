"""What `plot` draws of sweeps of every kind, of several together, and of odd ones."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from lrfind_widget.curves.group_ranges import GroupRanges, axis_label
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results import figures
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import RULES
from tests.unit.curves import exponential, valley
from tests.unit.results import LRS, full, result, three

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def plotted(kept: SweepResult, **options: Any) -> Any:
    """Return the axes of a plot, drawn to the last tick."""
    axes = kept.plot(return_fig=True, **options).axes[0]
    axes.figure.canvas.draw()
    return axes


def names(axes: Any) -> list[str]:
    return list(axes.get_legend_handles_labels()[1])


def drawn_as(axes: Any, name: str) -> Any:
    handles, labels = axes.get_legend_handles_labels()
    return next(h for h, label in zip(handles, labels, strict=True) if label.startswith(name))


def exploding(to: float = 5213.0) -> SweepResult:
    losses = valley(LRS, noise=0.05)
    losses[-10:] = np.geomspace(7, to, 10)
    return result(losses)


def test_an_explosion_does_not_flatten_the_curve() -> None:
    assert plotted(exploding()).get_ylim()[1] < 7
    assert plotted(exploding(), y_range="all").get_ylim()[1] > 5213


def test_several_curves_are_framed_together() -> None:
    low, high = plotted(result(), others=[exploding(1e40), result(valley(LRS) + 3)]).get_ylim()
    assert low < valley(LRS).min()
    assert 3 < high < 10


def test_repeats_have_every_point_their_median_and_the_room_between_them() -> None:
    axes = plotted(three())
    assert drawn_as(axes, "loss").get_xdata().size == 300
    assert "range of 3 sweeps" in names(axes)


def test_the_rates_of_a_linear_sweep_are_on_a_linear_axis() -> None:
    rates = np.linspace(1e-4, 0.5, 100)
    kept = result(lrs=rates, settings={"mode": "linear", "start_lr": 1e-4, "end_lr": 0.5})
    assert plotted(kept).get_xscale() == "linear"
    assert plotted(result()).get_xscale() == "log"


@pytest.mark.parametrize("ends", [(1e-7, 10.0), (1e-3, 1e-1), (1e-3, 5e-3), (1e-3, 1.1e-3)])
@pytest.mark.parametrize("width", [4.0, 8.0])
def test_the_axis_of_rates_has_several_ticks_that_do_not_overlap(
    ends: tuple[float, float], width: float
) -> None:
    kept = result(lrs=np.geomspace(*ends, 100))
    axes = plotted(kept, suggestion=False, figsize=(width, 3.0))
    low, high = axes.get_xlim()
    labels = [tick.get_window_extent() for tick in axes.get_xticklabels() if tick.get_text()]
    shown = [box for at, box in zip(axes.get_xticks(), labels, strict=True) if low <= at <= high]
    assert 2 <= len(shown) <= 12
    assert all(one.x1 < next_.x0 for one, next_ in pairwise(shown))


def test_the_group_whose_rate_it_is_stands_at_the_axis() -> None:
    assert plotted(result(axis_label="learning rate of group head")).get_xlabel().endswith("head")


RATIO = "learning rate of group body (group head at 10 times)"
HEAD = "learning rate of group head (group body fixed)"


def test_another_curve_stands_over_the_rates_of_the_group_of_the_axis() -> None:
    head = result(axis_label=HEAD, multipliers=(0.0, 1.0))
    ratio = result(axis_label=RATIO, multipliers=(1.0, 10.0))
    same = result(multipliers=(1.0,))
    axes = plotted(head, others={"ratio": ratio, "same": same}, suggestion="valley")
    assert axes.get_xlabel() == "learning rate of group head"
    np.testing.assert_allclose(drawn_as(axes, "ratio").get_xdata(), 10 * ratio.fit.lrs)
    np.testing.assert_array_equal(drawn_as(axes, "same").get_xdata(), same.fit.lrs)
    lr = ratio.suggestion("valley").lr or 0
    assert any(list(line.get_xdata()) == [10 * lr] for line in axes.lines)


def test_another_curve_with_ranges_of_its_own_stands_over_those_of_the_group() -> None:
    head = result(axis_label=HEAD, multipliers=(0.0, 1.0))
    ranges = GroupRanges((1e-7, 1e-5), (10.0, 1.0), 0)
    words = axis_label((), ["body", "head"], 0, ranges)
    other = result(axis_label=words, settings={"groups": ranges.settings()})
    axes = plotted(head, others={"ranges": other}, suggestion=False)
    assert axes.get_xlabel() == "learning rate of group head"
    assert drawn_as(axes, "ranges").get_xdata()[0] == pytest.approx(1e-5)


@pytest.mark.parametrize("own", [RATIO, "learning rate"])
def test_a_curve_of_another_group_says_whose_rate_it_is_over(own: str) -> None:
    head = result(axis_label=HEAD, multipliers=(0.0, 1.0))
    kept = result(axis_label=own, multipliers=(1.0, 10.0) if own == RATIO else (1.0,))
    axes = plotted(kept, others={"other": head}, suggestion=False)
    assert axes.get_xlabel() == "learning rate"
    whose = "group body (group head at 10 times)" if own == RATIO else "all groups"
    assert {f"this result [{whose}]", "other [group head (group body fixed)]"} <= set(names(axes))


def test_of_few_points_all_are_in_the_frame() -> None:
    kept = result([0.7, 2.0, 0.9])
    low, high = plotted(kept, suggestion=False).get_ylim()
    assert low < 0.7 < 2.0 < high


def test_the_warning_of_a_linear_axis_points_at_the_line_that_asked(tmp_path: Path) -> None:
    kept = result(valley(LRS) - 5)
    with pytest.warns(UserWarning, match="loss axis is linear") as seen:
        kept.plot(y_scale="log")
    with pytest.warns(UserWarning, match="loss axis is linear") as saved:
        kept.save_figure(tmp_path / "lr.png", y_scale="log")
    assert [each.filename for each in (*seen, *saved)] == [__file__] * 2


def test_validation_losses_are_drawn_where_there_are_any() -> None:
    some = np.where(np.arange(100) % 3, np.nan, valley(LRS))
    line = drawn_as(plotted(result(val_losses=some)), "validation")
    assert line.get_xdata().size == 34


def joined() -> SweepResult:
    kinds = [{"kind": "sweep"}, {"kind": "refine"}, {"kind": "extend"}]
    return result(parts=np.repeat([0, 1, 2], [60, 25, 15]), settings={"joined": kinds})


def test_the_parts_of_a_joined_curve_are_told_apart() -> None:
    axes = plotted(joined())
    parts = [drawn_as(axes, f"loss{of}") for of in ("", ", refined", ", extended")]
    assert [part.get_xdata().size for part in parts] == [60, 25, 15]
    assert len({part.get_marker() for part in parts}) == 3


@pytest.mark.parametrize(
    ("reason", "mark"),
    [
        ("finished", ""),
        ("diverged", "diverged"),
        ("non_finite", "diverged"),
        ("stopped", "stopped"),
    ],
)
def test_an_early_end_is_marked(reason: str, mark: str) -> None:
    ends = {"diverged", "stopped", "failed"} & set(
        names(plotted(result(stop_reason=StopReason(reason))))
    )
    assert ends == ({mark} if mark else set())


def test_several_results_are_named_by_what_differs_with_what_is_suggested() -> None:
    kept, other = result(settings={"wd": 0, "seed": 1}), result(settings={"wd": 0.1, "seed": 1})
    axes = plotted(kept, others=other)
    assert "wd 0" in names(axes)
    assert any(name.startswith("wd 0.1: ") for name in names(axes))
    assert names(plotted(kept, others=other, suggestion=False))[-1] == "wd 0.1"


def test_several_results_have_the_names_that_they_are_given() -> None:
    kept, other = result(), result()
    own = names(plotted(kept, others={"Adam": kept, "SGD": other}, suggestion=False))
    assert own == ["loss", "average", "Adam", "SGD"]
    own = names(plotted(kept, others={"SGD": other}, suggestion=False))
    assert own == ["loss", "average", "this result", "SGD"]
    own = names(plotted(kept, others=(each for each in [other]), suggestion=False))
    assert own == ["loss", "average", "result 1", "result 2"]
    assert names(plotted(kept, others={}, suggestion=False)) == ["loss", "average", "fit"]


def looks_of(axes: Any) -> list[tuple[Any, ...]]:
    """Return how each line and dot of the legend is told from the others, bands left out."""
    lines = [h for h in axes.get_legend_handles_labels()[0] if isinstance(h, Line2D)]
    return [
        (to_hex(h.get_color()), h.get_marker(), str(h._dash_pattern), h.get_linewidth())
        for h in lines
    ]


def test_no_two_lines_or_dots_of_a_legend_look_alike() -> None:
    kept = replace(result(selected_lr=2e-3, critical_lr=0.2), val_losses=valley(LRS))
    rules, others = [*RULES, _own], [result() for _ in range(8)]
    for marks in ({"suggestion": rules}, {}, {"suggestion": True}):
        shown = looks_of(plotted(kept, others=others, show_lr=1e-3, **marks))
        assert len(shown) == len(set(shown))


def test_a_marked_rate_has_a_colour_of_its_own() -> None:
    axes = plotted(result(selected_lr=2e-3), others=[result()], suggestion=["valley", "slide"])
    named = ("selected", "result 2", "valley", "slide")
    assert len({to_hex(drawn_as(axes, name).get_color()) for name in named}) == 4


def test_dots_at_one_rate_are_drawn_apart() -> None:
    axes = plotted(result(), suggestion=[_own, lambda lrs, losses: 0.0101, "valley"])
    names = ("own", "your rule", "valley")
    boxes = [drawn_as(axes, name).get_window_extent() for name in names]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_a_dot_at_the_edge_of_the_frame_is_drawn_whole() -> None:
    axes = plotted(exploding(), suggestion=lambda lrs, losses: lrs[-2])
    dot = drawn_as(axes, "your rule")
    assert dot.get_ydata()[0] == axes.get_ylim()[1]
    assert not dot.get_clip_on()
    assert dot.get_zorder() > axes.get_legend().get_zorder()


@pytest.mark.parametrize("width", [4.0, 8.0])
def test_the_axes_write_numbers_as_people_do(width: float) -> None:
    wide = {"y_range": "all", "y_scale": "log", "figsize": (width, 3.0)}
    axes = plotted(exploding(1e9), **wide)
    for axis, low, high in ((axes.xaxis, 1e-7, 10.0), (axes.yaxis, 0.1, 1e9)):
        ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
        texts = {text.get_text(): at for at, text in ticks if low <= at <= high}
        assert len(texts) > 2
        assert [float(text) for text in texts] == pytest.approx([*texts.values()])
        assert not any("+" in text or "e-0" in text for text in texts)


def test_results_that_do_not_differ_are_numbered() -> None:
    axes = plotted(result(), others=[result(), result()], suggestion=False)
    assert names(axes)[2:] == ["result 1", "result 2", "result 3"]


def test_one_rule_reads_all_results() -> None:
    other = three()
    axes = plotted(result(), others=[other], suggestion="valley")
    lr = other.suggestion("valley").lr
    assert any(list(line.get_xdata()) == [lr] for line in axes.lines)


def test_the_critical_rate_is_marked_where_it_was_swept() -> None:
    assert "critical rate 2e-1" in names(plotted(result(critical_lr=0.2)))
    beyond = plotted(result(critical_lr=2e4))
    assert not any("critical" in name for name in names(beyond))
    assert beyond.get_xlim()[1] < 100


HOSTILE: list[Any] = [None, True, [], {"a": [1]}, "x" * 5000, "$\\frac{", 1e400, -1, "_", "\n\n"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["mode", "joined", "beta", "start_lr", "end_lr", "num_it", "$_{"])
def test_settings_of_a_file_that_make_no_sense_are_drawn_over(name: str, value: Any) -> None:
    kept = result(settings={name: value}, parts=np.arange(100) % 7, axis_label="$\\frac{ _")
    plotted(kept, others=[result(settings={name: "other"})])


@pytest.mark.parametrize("kind", [[], {}, "sweep", None, 3])
def test_parts_of_a_file_that_make_no_sense_are_points_like_others(kind: Any) -> None:
    kept = replace(joined(), settings={"joined": [{"kind": kind}, kind]})
    assert drawn_as(plotted(kept), "loss").get_xdata().size == 100


def _own(lrs: Any, losses: Any) -> float:
    return 0.01


def test_a_rule_whose_name_begins_with_a_line_is_named_all_the_same() -> None:
    assert "own 1e-2" in names(plotted(result(), suggestion=_own))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"suggestion": True},
        {"suggestion": ["valley", "steep"], "show_lr": 1e-3},
        {"y_scale": "log", "y_range": "all"},
        {"skip_start": 5, "skip_end": 5},
        {"show_fit": False},
    ],
)
def test_the_shortest_curves_are_drawn(n: int, options: Any) -> None:
    kept = result(valley(exponential(max(n, 1)))[:n])
    plotted(kept, **options)
    assert kept._repr_png_() is not None


@pytest.mark.parametrize(
    "losses",
    [
        [np.nan] * 30,
        [np.inf] * 30,
        [1.0] * 15 + [np.nan] * 15,
        [-1.0] * 30,
        [0.0] * 30,
        list(np.linspace(1, -1, 30)),
        [1e308, -1e308] * 15,
        [5e-324] * 30,
    ],
)
@pytest.mark.parametrize("y_scale", ["linear", "log"])
def test_odd_losses_are_drawn(losses: list[float], y_scale: str) -> None:
    is_refused = y_scale == "log" and bool((np.array(losses) < 1e-100).any())
    with pytest.warns(match="linear in spite of") if is_refused else nullcontext():
        axes = plotted(result(losses), y_scale=y_scale)
    assert axes.get_yscale() == ("linear" if is_refused else y_scale)
    assert np.isfinite(axes.get_ylim()).all()


LOSSES = arrays(np.float64, st.integers(0, 25), elements=st.floats())


@settings(max_examples=25, deadline=None)
@given(LOSSES, st.sampled_from(["linear", "log"]), st.sampled_from(["focus", "all"]))
def test_every_curve_is_drawn(losses: Any, y_scale: str, y_range: str) -> None:
    figure = figures.new_figure()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of losses that have no logarithm
        result(losses).plot(ax=figure.axes[0], y_scale=y_scale, y_range=y_range)
    figure.canvas.draw()


def test_a_full_result_is_drawn() -> None:
    plotted(full(), others=[three(), exploding()], theme="dark")
