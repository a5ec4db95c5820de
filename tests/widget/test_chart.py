"""The figures: their scales and marks, and what a screen sends to them.

What they show of each state is held by value in `tests/unit/test_view_state.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lrfind_widget.outcomes import StopReason
from lrfind_widget.view.chart import Chart, ComparisonChart
from lrfind_widget.view.view_state import view_state
from tests.played import RATES, valley
from tests.waiting import eventually
from tests.widget.messages import custom, put, updates
from tests.widget.playing import Play
from tests.widget.shown import chart as chart_of


@pytest.fixture
def swept(play: Any) -> Play:
    """A session after a sweep."""
    made: Play = play()
    return made.sweep()


@pytest.fixture
def chart(swept: Play) -> Chart:
    return swept.screen.chart


def kinds(chart: Chart, direction: str) -> set[str]:
    """Return the kinds of scale under the marks of a chart."""
    return {mark.scales[direction]._model_name for mark in chart.figure.marks}


class TestRange:
    def test_an_exponential_sweep_has_a_logarithmic_axis_under_every_mark(
        self, chart: Chart
    ) -> None:
        assert kinds(chart, "x") == {"LogScaleModel"}

    def test_a_linear_sweep_has_a_linear_axis_under_every_mark(self, play: Any) -> None:
        played = play()
        make = played.trainable.sweep

        def linear(**changes: Any) -> Any:
            run = make(**changes)
            run.plan = run.plan._replace(mode="linear")
            return run

        played.trainable.sweep = linear
        played.sweep(start_lr=1e-4, end_lr=1.0)

        chart = played.screen.chart
        assert kinds(chart, "x") == {"LinearScaleModel"}
        assert (chart.curve.scales["x"].min, chart.curve.scales["x"].max) == (1e-4, 1.0)

    def test_another_range_is_under_every_mark(self, swept: Play) -> None:
        swept.session.start(start_lr=1e-5, end_lr=0.1)

        chart = swept.screen.chart
        ends = {(mark.scales["x"].min, mark.scales["x"].max) for mark in chart.figure.marks}
        assert ends == {(1e-5, 0.1)}
        assert (chart.axes.lo, chart.axes.hi) == (1e-5, 0.1)
        assert (chart.marker.lo, chart.marker.hi) == (1e-5, 0.1)

    def test_an_end_of_the_axis_that_stays_is_not_sent_again(self, chart: Chart) -> None:
        scale = chart.curve.scales["x"]
        scale.comm.published.clear()

        chart.set_range(RATES[0], 0.5, "exp")

        assert updates(scale) == [{"max": 0.5}]

    def test_the_same_kind_of_axis_is_not_sent_again(self, chart: Chart) -> None:
        for mark in chart.figure.marks:
            mark.comm.published.clear()

        chart.set_scales("exp", "linear")

        assert [mark.comm.published for mark in chart.figure.marks] == [[]] * 7

    def test_zoom_of_every_page_is_reset_when_a_sweep_begins(self, swept: Play) -> None:
        axes = swept.screen.chart.axes
        axes.comm.published.clear()

        swept.session.start()

        assert custom(axes) == [{"event": "reset"}]

    def test_zoom_is_kept_when_nothing_but_the_reading_changes(self, swept: Play) -> None:
        axes = swept.screen.chart.axes
        axes.comm.published.clear()

        swept.session.analyse(beta=0.5, skip_start=3, rule="valley")
        swept.session.select(0.02)

        assert custom(axes) == []


class TestView:
    def test_a_logarithmic_loss_axis_is_under_every_mark(self, swept: Play) -> None:
        swept.session.analyse(y_scale="log")

        assert kinds(swept.screen.chart, "y") == {"LogScaleModel"}
        assert kinds(swept.screen.chart, "x") == {"LogScaleModel"}

    def test_the_loss_axis_becomes_linear_again(self, swept: Play) -> None:
        swept.session.analyse(y_scale="log")
        swept.session.analyse(y_scale="linear")

        assert kinds(swept.screen.chart, "y") == {"LinearScaleModel"}

    def test_a_widget_can_begin_with_a_logarithmic_loss_axis(self, make: Any) -> None:
        assert kinds(chart_of(make(y_scale="log")), "y") == {"LogScaleModel"}

    def test_the_range_of_the_losses_is_set(self, swept: Play) -> None:
        swept.session.analyse(y_range="all")

        assert swept.screen.chart.axes.y_range == "all"


class TestCurve:
    def test_grows_by_what_is_new(self, play: Any) -> None:
        played = play()
        played.session.start()
        curve = played.screen.chart.curve
        for count in (1, 3, 6):
            played.run.step(*[1.0] * (count - curve.length))
            assert eventually(lambda count=count: curve.length == count)

        assert [message["offset"] for message in custom(curve)] == [0, 1, 3]
        assert curve.lr.tolist() == RATES[:6].tolist()

    def test_of_the_sweep_before_goes_when_the_next_begins(self, swept: Play) -> None:
        swept.session.start()

        chart = swept.screen.chart
        assert chart.curve.length == 0
        assert chart.annotations.annotations == []
        assert chart.bands.bands == []
        assert [len(run["lr"]) for run in chart.runs.runs] == [len(RATES)]

    def test_is_told_once_as_a_state_where_the_end_comes_after_its_last_points(
        self, play: Any
    ) -> None:
        played = play()
        played.session.start()
        curve = played.screen.chart.curve
        played.run.step(*map(valley, RATES))
        assert eventually(lambda: curve.length == len(RATES))
        played.run.end(StopReason.FINISHED)
        played.session.wait(20)

        (sent,) = curve.comm.sent("update")
        assert sent["buffer_paths"] == [[name] for name in (*curve.COLUMNS, *curve.LINE)]
        assert sent["state"] == {"generation": 0}
        assert curve.fit_settled.all()

    def test_is_sent_again_under_another_smoothing(self, swept: Play) -> None:
        curve = swept.screen.chart.curve
        generation = curve.generation

        swept.session.analyse(beta=0.5)

        assert curve.generation == generation + 1
        np.testing.assert_array_equal(curve.smoothed, swept.session.state.analysis.curve.smoothed)

    def test_is_not_sent_again_for_a_setting_that_leaves_it(self, swept: Play) -> None:
        curve = swept.screen.chart.curve
        generation = curve.generation

        swept.session.analyse(rule="valley", skip_start=3, y_scale="log", y_range="all")
        swept.session.select(0.02)

        assert curve.generation == generation

    def test_a_repeat_that_is_complete_becomes_a_line_of_its_own(self, play: Any) -> None:
        played = play(repeats=2, steps=5)
        played.session.start()
        chart = played.screen.chart
        played.run.step(*[1.0] * 7)

        assert eventually(lambda: chart.curve.length == 2)
        assert [(run["name"], len(run["lr"])) for run in chart.runs.runs] == [("Repeat 1", 5)]


class TestMarker:
    def test_stays_where_it_is_when_a_sweep_begins(self, swept: Play) -> None:
        swept.session.select(0.3)

        swept.session.start(start_lr=1e-6, end_lr=1e-2)

        assert swept.screen.chart.marker.value == 0.3

    def test_of_the_page_is_not_answered(self, swept: Play) -> None:
        marker = swept.screen.chart.marker
        marker.comm.published.clear()

        put(marker, value=0.02)

        assert swept.session.state.selected_lr == 0.02
        assert updates(marker) == []


class TestFigure:
    def test_is_drawn_from_the_lowest_mark_to_the_highest(self, chart: Chart) -> None:
        names = [mark._view_name for mark in chart.figure.marks]

        assert names == ["Axes", "Bands", "Spread", "Runs", "Curve", "Marker", "Annotations"]

    def test_has_the_same_marks_for_good(self, swept: Play) -> None:
        before = list(swept.screen.chart.figure.marks)
        swept.session.analyse(y_scale="log", beta=0.5)
        swept.sweep(start_lr=1e-5)

        assert swept.screen.chart.figure.marks == before

    def test_refers_to_its_own_marks(self, chart: Chart) -> None:
        assert chart.annotations.marker is chart.marker
        assert chart.annotations.curve is chart.curve
        assert (chart.axes.curve, chart.axes.runs) == (chart.curve, chart.runs)
        assert chart.axes.spread is chart.spread

    def test_cannot_be_changed_by_a_page(self, chart: Chart) -> None:
        marks, low = list(chart.figure.marks), chart.curve.scales["x"].min
        put(chart.figure, title="hacked", marks=[])
        put(chart.curve.scales["x"], min=5.0, max=-1.0)

        assert chart.figure.title == ""
        assert chart.figure.marks == marks
        assert chart.curve.scales["x"].min == low

    def test_has_the_height_it_is_given(self, play: Any) -> None:
        session = play().session
        session.analyse(height="31em")
        chart = Chart(view_state(session.state))

        assert chart.figure.layout.height == "31em"


@pytest.fixture
def compared(play: Any) -> Play:
    """A session after a comparison of two rates."""
    played: Play = play()
    played.session.compare([1e-3, 1e-2], steps=4)
    played.run.step(*[2.0] * 4, *[1.0] * 4)
    played.run.end(StopReason.FINISHED)
    played.session.wait(20)
    return played


class TestComparisonChart:
    def test_comes_below_the_choice_under_its_verdict(self, compared: Play) -> None:
        screen = compared.screen
        assert screen.rows[3:6] == [screen.choice_bar, screen.below, screen.settings_bar]
        assert screen.below.children == (screen.comparison_bar, screen.comparison_chart.figure)

    def test_says_what_runs_until_there_is_a_verdict(self, play: Any) -> None:
        played = play()
        played.session.compare([1e-3], steps=4)
        assert "from the same state" in played.screen.comparison_bar.sentence

    def test_is_another_ones_with_the_next_comparison(self, compared: Play) -> None:
        rows = compared.screen.rows
        compared.session.compare([1e-4], steps=9)
        chart = compared.screen.comparison_chart
        assert chart.curves.length == 0
        assert chart.curves.names == ["1e-4"]
        assert chart.curves.scales["x"].max == chart.axes.hi == 9.0
        assert compared.screen.rows == rows

    def test_has_a_line_for_each_rate_and_counts_steps_from_1(self, compared: Play) -> None:
        curves = compared.screen.comparison_chart.curves
        assert curves.number.tolist() == [0.0] * 4 + [1.0] * 4
        assert curves.step.tolist() == [1.0, 2.0, 3.0, 4.0] * 2
        assert np.isnan(curves.val_loss).all()

    def test_cannot_be_changed_by_a_page(self, compared: Play) -> None:
        chart = compared.screen.comparison_chart
        put(chart.figure, title="hacked")
        put(chart.curves, names=["x"], label="x")
        put(chart.axes, hi=3.0)
        assert chart.figure.title == ""
        assert chart.curves.names == ["1e-3", "1e-2"]
        assert chart.axes.hi == 4.0


@pytest.mark.parametrize("kind", [Chart, ComparisonChart])
def test_a_chart_lists_every_widget_it_made(
    recording_comms: list[Any], play: Any, kind: Any
) -> None:
    given = (view_state(play().session.state),) if kind is Chart else ()
    before = len(recording_comms)

    made = kind(*given)

    assert {widget.comm for widget in made.widgets} == {*recording_comms[before:]}
