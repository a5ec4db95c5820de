"""The Python halves of the marks, with a comm that records."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from traitlets import TraitError

from lrfind_widget import __version__
from lrfind_widget.view.marks import Bands, Curve, Frame, Marker, Runs, Spots
from tests.widget.messages import buffers_of, custom, floats, put

MARKS = [Bands, Curve, Frame, Marker, Runs, Spots]


class TestEveryMark:
    @pytest.mark.parametrize("mark", MARKS)
    def test_names_our_front_end_in_our_version(self, mark: Any) -> None:
        state = mark().get_state()

        assert state["_model_module"] == state["_view_module"] == "lrfind-widget"
        assert state["_model_module_version"] == state["_view_module_version"] == f"^{__version__}"
        assert state["_model_name"] == f"{state['_view_name']}Model"

    @pytest.mark.parametrize("mark", MARKS)
    def test_leaves_the_axes_alone_and_says_which_it_uses(self, mark: Any) -> None:
        state = mark().get_state()

        assert state["preserve_domain"] == {"x": True, "y": True}
        assert state["scales_metadata"]["x"] == {"orientation": "horizontal", "dimension": "x"}

    @pytest.mark.parametrize("mark", MARKS)
    def test_refuses_what_a_page_may_not_set(self, mark: Any) -> None:
        made = mark()
        before = made.visible

        put(made, visible=not before, scales={}, lr="x", spots=1, bands=2, runs=3, lo=-1)

        assert made.visible is before
        assert made.refused_messages == 1


class TestMarker:
    @pytest.mark.parametrize("value", [3.2e-4, 1, np.float32(0.5), 1e-12, 1e3])
    def test_takes_any_positive_rate_from_python(self, value: Any) -> None:
        marker = Marker()

        marker.value = value

        assert marker.value == float(value)

    @pytest.mark.parametrize(
        "value", [0, -1.0, math.nan, math.inf, "3e-4", None, True, [1.0], 10**400]
    )
    def test_refuses_what_is_no_rate_and_keeps_its_value(self, value: Any) -> None:
        marker = Marker(value=0.5)

        with pytest.raises(TraitError):
            marker.value = value

        assert marker.value == 0.5

    def test_page_moves_it_and_observers_hear(self) -> None:
        marker, heard = Marker(), []
        marker.observe(lambda change: heard.append(change["new"]), "value")

        put(marker, value=0.02)

        assert heard == [0.02]
        assert marker.comm.sent("update") == []

    @pytest.mark.parametrize("value", [1e-8, 11.0, -1, 0, "x", None, True, [], {}, 1e400])
    def test_page_cannot_leave_the_axis(self, value: Any) -> None:
        marker = Marker(value=0.5)

        put(marker, value=value)

        assert marker.value == 0.5
        assert marker.refused_messages == 1
        assert marker.comm.sent("update")[-1]["state"] == {"value": 0.5}

    def test_page_may_choose_the_ends(self) -> None:
        marker = Marker(lo=1e-5, hi=1.0)

        for end in (1e-5, 1.0):
            put(marker, value=end)
            assert marker.value == end

    def test_page_can_move_nothing_but_the_value(self) -> None:
        marker = Marker()

        put(marker, lo=1e-20, hi=1e20)

        assert (marker.lo, marker.hi) == (1e-7, 10.0)


class TestSpots:
    def test_a_loss_that_json_cannot_carry_becomes_none(self) -> None:
        spots = Spots(
            spots=[
                {"lr": 1.0, "loss": loss, "kind": "end"} for loss in (math.nan, math.inf, None, 2.0)
            ]
        )

        assert [spot["loss"] for spot in spots.spots] == [None, None, None, 2.0]
        json.dumps(spots.get_state()["spots"], allow_nan=False)

    @pytest.mark.parametrize(
        "spot",
        [
            {"lr": -1.0, "kind": "end"},
            {"lr": math.nan, "kind": "end"},
            {"lr": "x", "kind": "end"},
            {"lr": True, "kind": "end"},
            {"kind": "end"},
            {"lr": 1.0, "kind": "other"},
            {"lr": 1.0},
        ],
    )
    def test_a_spot_that_cannot_be_drawn_is_refused(self, spot: dict[str, Any]) -> None:
        spots = Spots()

        with pytest.raises(TraitError, match="of a spot must be"):
            spots.spots = [spot]

        assert spots.spots == []

    def test_refer_to_the_marker_they_set(self) -> None:
        marker = Marker()

        assert Spots(marker=marker).get_state()["marker"] == f"IPY_MODEL_{marker.model_id}"


class TestBands:
    def test_are_complete_for_the_page(self) -> None:
        bands = Bands(bands=[{"start": np.float64(1e-3), "stop": 1, "kind": "usable"}])

        assert bands.bands == [{"start": 1e-3, "stop": 1.0, "kind": "usable", "label": ""}]

    @pytest.mark.parametrize(
        "band",
        [
            {"start": 0, "stop": 1.0, "kind": "usable"},
            {"start": 1.0, "stop": math.inf, "kind": "usable"},
            {"start": 1.0, "stop": 2.0, "kind": "unusable"},
        ],
    )
    def test_one_that_cannot_be_drawn_is_refused(self, band: dict[str, Any]) -> None:
        with pytest.raises(TraitError, match="of a band must be"):
            Bands(bands=[band])


class TestRuns:
    def test_travel_as_binary(self) -> None:
        runs = Runs()

        runs.runs = [{"name": "wd=0.1", "lr": [1e-3, 1e-2], "smoothed": [1.0, math.nan]}]

        [[lr, smoothed]] = buffers_of(runs, "update")
        assert floats(lr) == [1e-3, 1e-2]
        assert floats(smoothed)[0] == 1.0
        assert runs.comm.sent("update")[0]["state"]["runs"] == [{"name": "wd=0.1", "visible": True}]

    def test_keep_a_copy_of_the_arrays(self) -> None:
        lr = np.array([1.0, 2.0])
        runs = Runs(runs=[{"name": "a", "lr": lr, "smoothed": lr}])
        lr[:] = 9.0

        assert runs.runs[0]["lr"].tolist() == [1.0, 2.0]

    def test_can_be_set_again(self) -> None:
        runs = Runs()
        for visible in (True, False):
            runs.runs = [{"name": "a", "lr": [1.0], "smoothed": [1.0], "visible": visible}]

        sent = runs.comm.sent("update")

        assert [message["state"]["runs"][0]["visible"] for message in sent] == [True, False]

    @pytest.mark.parametrize("lengths", [(1, 2), (0, 1)])
    def test_arrays_that_do_not_match_are_refused(self, lengths: tuple[int, int]) -> None:
        lr, smoothed = (np.ones(length) for length in lengths)

        with pytest.raises(TraitError, match="equally long"):
            Runs(runs=[{"name": "a", "lr": lr, "smoothed": smoothed}])


class TestFrame:
    def test_page_may_choose_the_framing(self) -> None:
        frame = Frame()

        put(frame, y_frame="all")

        assert frame.y_frame == "all"

    @pytest.mark.parametrize("value", ["most", None, 1, [], {}])
    def test_page_may_choose_no_other_framing(self, value: Any) -> None:
        frame = Frame()

        put(frame, y_frame=value)

        assert frame.y_frame == "focus"
        assert frame.refused_messages == 1

    def test_reset_zoom_is_a_message_to_every_page(self) -> None:
        frame = Frame()

        frame.reset_zoom()

        assert custom(frame) == [{"event": "reset"}]
