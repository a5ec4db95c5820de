"""The chart: what it shows of a curve, and what it sends for that."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.view.chart import Chart
from tests.widget.messages import put

LRS = 1e-7 * 10.0 ** (np.arange(80) / 10)
LOSSES = 0.2 + 2 / (1 + (LRS / 1e-3) ** 2)

STEEPEST = Suggestion(lr=float(LRS[40]), reason="It falls fastest here.", rule="min_gradient")
SUGGESTED = Suggestion(lr=5e-4, reason="Balanced.", rule="balanced", band=(1e-4, 1e-2))
NONE = Suggestion(lr=None, reason="Too few points.", rule="min_gradient")


@pytest.fixture
def chart() -> Chart:
    made = Chart()
    made.begin(1e-7, 10.0, "exp", "learning rate")
    made.curve.append(LRS, LOSSES, LOSSES)
    return made


class TestBegin:
    def test_clears_what_was_found_before(self, chart: Chart) -> None:
        chart.show_findings(STEEPEST, SUGGESTED, 10, 5)
        chart.show_end("diverged")

        chart.begin(1e-6, 1.0, "exp", "learning rate")

        assert chart.curve.lr.size == 0
        assert chart.spots.spots == []
        assert chart.bands.bands == []

    def test_sets_both_ends_everywhere(self, chart: Chart) -> None:
        chart.begin(1e-6, 1.0, "exp", "learning rate of group 0")

        scale = chart.curve.scales["x"]
        assert (scale.min, scale.max) == (1e-6, 1.0)
        assert (chart.marker.lo, chart.marker.hi) == (1e-6, 1.0)
        assert (chart.frame.lo, chart.frame.hi) == (1e-6, 1.0)
        assert chart.frame.x_label == "learning rate of group 0"

    def test_leaves_the_marker_where_it_is(self, chart: Chart) -> None:
        chart.marker.value = 0.3

        chart.begin(1e-6, 1e-2, "exp", "learning rate")

        assert chart.marker.value == 0.3


class TestRange:
    def test_an_exponential_sweep_has_a_logarithmic_axis(self, chart: Chart) -> None:
        assert chart.curve.scales["x"]._model_name == "LogScaleModel"

    def test_a_linear_sweep_has_a_linear_axis_under_every_mark(self, chart: Chart) -> None:
        chart.set_range(1e-4, 1.0, "linear")

        names = {mark.scales["x"]._model_name for mark in chart.figure.marks}
        assert names == {"LinearScaleModel"}

    def test_the_same_kind_of_axis_is_not_sent_again(self, chart: Chart) -> None:
        chart.curve.comm.published.clear()

        chart.set_range(1e-6, 1.0)

        assert chart.curve.comm.published == []

    def test_zoom_of_every_page_is_reset(self, chart: Chart) -> None:
        chart.frame.comm.published.clear()

        chart.set_range(1e-6, 1.0)

        assert {"event": "reset"} in [
            message["content"] for message in chart.frame.comm.sent("custom")
        ]

    @pytest.mark.parametrize(
        ("start", "end", "mode", "words"),
        [
            (1.0, 1e-7, "exp", "in this order"),
            (0.0, 1.0, "exp", "positive"),
            (1e-7, math.inf, "exp", "finite"),
            (math.nan, 1.0, "exp", "positive"),
            (1e-7, 1.0, "cosine", "mode must be"),
        ],
    )
    def test_what_no_axis_can_show_is_refused(
        self, chart: Chart, start: float, end: float, mode: str, words: str
    ) -> None:
        with pytest.raises(ValueError, match=words):
            chart.set_range(start, end, mode)

        assert chart.frame.hi == 10.0


class TestView:
    def test_a_logarithmic_loss_axis_is_under_every_mark(self, chart: Chart) -> None:
        chart.set_view("y_scale", "log")

        assert chart.y_log
        names = {mark.scales["y"]._model_name for mark in chart.figure.marks}
        assert names == {"LogScaleModel"}

    def test_the_loss_axis_becomes_linear_again(self, chart: Chart) -> None:
        chart.y_log = True
        chart.y_log = False

        assert chart.curve.scales["y"]._model_name == "LinearScaleModel"

    def test_the_frame_is_set(self, chart: Chart) -> None:
        chart.set_view("frame", "all")

        assert chart.frame.y_frame == "all"

    @pytest.mark.parametrize(("name", "value"), [("y_scale", "cube"), ("frame", "x"), ("z", "log")])
    def test_another_view_is_refused(self, chart: Chart, name: str, value: str) -> None:
        with pytest.raises(ValueError, match="expected y_scale"):
            chart.set_view(name, value)


class TestFindings:
    def test_the_steepest_fall_is_a_spot_on_the_line(self, chart: Chart) -> None:
        chart.show_findings(STEEPEST, SUGGESTED, 10, 5)

        spot = chart.spots.spots[0]
        assert spot["kind"] == "min_gradient"
        assert spot["lr"] == STEEPEST.lr
        assert spot["loss"] == pytest.approx(LOSSES[40])
        assert spot["label"] == "steepest fall 1e-3"
        assert spot["title"] == STEEPEST.reason

    def test_a_suggestion_between_two_points_lies_on_the_line(self, chart: Chart) -> None:
        chart.show_findings(STEEPEST, SUGGESTED, 10, 5)

        spot = chart.spots.spots[1]
        assert spot["kind"] == "suggestion"
        assert LOSSES[37] < spot["loss"] < LOSSES[36]

    def test_the_usable_range_is_a_band(self, chart: Chart) -> None:
        chart.show_findings(STEEPEST, SUGGESTED, 0, 0)

        assert chart.bands.bands == [
            {"start": 1e-4, "stop": 1e-2, "kind": "usable", "label": "usable"}
        ]

    def test_skipped_ends_are_bands_over_their_points(self, chart: Chart) -> None:
        chart.show_findings(STEEPEST, NONE, 10, 5)

        bands = [(band["start"], band["stop"]) for band in chart.bands.bands]
        assert bands == [(LRS[0], LRS[10]), (LRS[-6], LRS[-1])]
        assert (chart.curve.skip_start, chart.curve.skip_end) == (10, 5)

    def test_one_dot_is_shown_where_both_agree(self, chart: Chart) -> None:
        chart.show_findings(STEEPEST, Suggestion(STEEPEST.lr, "", "min_gradient"), 10, 5)

        assert [spot["kind"] for spot in chart.spots.spots] == ["min_gradient"]

    def test_nothing_is_marked_where_nothing_was_found(self, chart: Chart) -> None:
        chart.show_findings(NONE, NONE, 0, 0)

        assert chart.spots.spots == []
        assert chart.bands.bands == []

    def test_more_skipped_than_there_are_points_is_no_error(self, chart: Chart) -> None:
        chart.show_findings(NONE, NONE, 1000, 1000)

        assert {(band["start"], band["stop"]) for band in chart.bands.bands} == {(LRS[0], LRS[-1])}

    def test_findings_without_a_curve_are_no_error(self) -> None:
        chart = Chart()

        chart.show_findings(STEEPEST, SUGGESTED, 10, 5)

        assert chart.spots.spots[0]["loss"] is None

    def test_a_curve_without_a_finite_loss_is_no_error(self, chart: Chart) -> None:
        chart.curve.replace([1e-3], [math.nan], [math.nan])

        chart.show_findings(STEEPEST, SUGGESTED, 10, 5)
        chart.show_end("not finite")

        assert [spot["loss"] for spot in chart.spots.spots] == [None, None, None]


class TestEnd:
    def test_the_last_point_is_marked_beside_the_findings(self, chart: Chart) -> None:
        chart.show_end("diverged", "The loss rose above 4 times its best.")
        chart.show_findings(STEEPEST, NONE, 10, 5)

        assert [spot["kind"] for spot in chart.spots.spots] == ["min_gradient", "end"]
        assert chart.spots.spots[1]["lr"] == LRS[-1]

    def test_an_empty_curve_has_no_end(self) -> None:
        chart = Chart()

        chart.show_end("stopped")

        assert chart.spots.spots == []


class TestFigure:
    def test_is_drawn_from_the_lowest_mark_to_the_highest(self, chart: Chart) -> None:
        names = [mark._view_name for mark in chart.figure.marks]

        assert names == ["Frame", "Bands", "Spread", "Runs", "Curve", "Marker", "Spots"]

    def test_cannot_be_changed_by_a_page(self, chart: Chart) -> None:
        put(chart.figure, title="hacked", marks=[])
        put(chart.curve.scales["x"], min=5.0, max=-1.0)

        assert chart.figure.title == ""
        assert len(chart.figure.marks) == 7
        assert chart.curve.scales["x"].min == 1e-7

    def test_closes_every_widget_it_made(self, recording_comms: list[Any]) -> None:
        made_before = len(recording_comms)
        chart = Chart()
        own = recording_comms[made_before:]

        chart.close()

        assert len(own) >= 12
        assert all(
            any(message["msg_type"] == "comm_close" for message in comm.published) for comm in own
        )
