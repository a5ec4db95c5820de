"""What `plot` draws of sweeps of every kind, of several together, and of odd ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.outcomes import StopReason
from lrfind_widget.results import figures
from lrfind_widget.results.result import SweepResult
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
def test_the_axis_of_rates_has_several_ticks_that_do_not_overlap(ends: tuple[float, float]) -> None:
    axes = plotted(result(lrs=np.geomspace(*ends, 100)), suggestion=False)
    low, high = axes.get_xlim()
    labels = [tick.get_window_extent() for tick in axes.get_xticklabels() if tick.get_text()]
    shown = [box for at, box in zip(axes.get_xticks(), labels, strict=True) if low <= at <= high]
    assert 2 <= len(shown) <= 12
    assert all(one.x1 < next_.x0 for one, next_ in pairwise(shown))


def test_the_group_whose_rate_it_is_stands_at_the_axis() -> None:
    assert plotted(result(axis_label="learning rate of group head")).get_xlabel().endswith("head")


def test_validation_losses_are_drawn_where_there_are_any() -> None:
    some = np.where(np.arange(100) % 3, np.nan, valley(LRS))
    line = drawn_as(plotted(result(val_losses=some)), "validation")
    assert line.get_xdata().size == 34


def joined() -> SweepResult:
    kinds = [{"kind": "sweep"}, {"kind": "refine"}, {"kind": "extend"}]
    return result(parts=np.repeat([0, 1, 2], [60, 25, 15]), settings={"joined": kinds})


def test_the_parts_of_a_joined_curve_are_told_apart() -> None:
    axes = plotted(joined())
    parts = [drawn_as(axes, f"loss{of}") for of in ("", ", looked closer", ", gone further")]
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


def test_results_that_do_not_differ_are_numbered() -> None:
    axes = plotted(result(), others=[result(), result()], suggestion=False)
    assert names(axes)[2:] == ["result 1", "result 2", "result 3"]


def test_one_rule_reads_all_results() -> None:
    other = three()
    axes = plotted(result(), others=[other], suggestion="valley")
    lr = other.suggestion("valley").lr
    assert any(list(line.get_xdata()) == [lr] for line in axes.lines)


def test_the_critical_rate_is_marked_where_it_was_swept() -> None:
    assert "critical rate 0.2" in names(plotted(result(critical_lr=0.2)))
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
    axes = plotted(result(losses), y_scale=y_scale)
    if min(losses) <= 0:
        assert axes.get_yscale() == "linear"
    assert np.isfinite(axes.get_ylim()).all()


LOSSES = arrays(np.float64, st.integers(0, 25), elements=st.floats())


@settings(max_examples=25, deadline=None)
@given(LOSSES, st.sampled_from(["linear", "log"]), st.sampled_from(["focus", "all"]))
def test_every_curve_is_drawn(losses: Any, y_scale: str, y_range: str) -> None:
    figure = figures.new_figure()
    result(losses).plot(ax=figure.axes[0], y_scale=y_scale, y_range=y_range)
    figure.canvas.draw()


def test_a_full_result_is_drawn() -> None:
    plotted(full(), others=[three(), exploding()], theme="dark")
