"""The Python halves of the marks, with a comm that records."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from traitlets import TraitError

from lrfind_widget import __version__
from lrfind_widget.view.columns import ComparisonCurves, Curve
from lrfind_widget.view.marks import Annotations, Axes, Bands, Marker, Runs, Spread
from tests.widget.messages import buffers_of, custom, put, updates, written

MARKS = [Annotations, Axes, Bands, ComparisonCurves, Curve, Marker, Runs, Spread]


def line(lr: Any, loss: Any, *, visible: bool = True) -> dict[str, Any]:
    return {
        "name": "wd=0.1",
        "lr": np.array(lr),
        "loss": np.array(loss),
        "visible": visible,
    }


@pytest.mark.parametrize("mark", MARKS)
class TestEveryMark:
    def test_names_our_front_end_in_our_version(self, mark: Any) -> None:
        state = mark().get_state()

        assert state["_model_module"] == state["_view_module"] == "lrfind-widget"
        assert state["_model_module_version"] == state["_view_module_version"] == f"^{__version__}"
        assert state["_model_name"] == f"{state['_view_name']}Model"

    def test_leaves_the_axes_alone_and_says_which_it_uses(self, mark: Any) -> None:
        state = mark().get_state()

        assert state["preserve_domain"] == {"x": True, "y": True}
        assert state["scales_metadata"]["x"] == {"orientation": "horizontal", "dimension": "x"}

    def test_refuses_what_a_page_may_not_set(self, mark: Any) -> None:
        made = mark()
        before = made.visible

        put(
            made,
            visible=not before,
            scales={},
            lr="x",
            annotations=1,
            bands=2,
            runs=3,
            area={},
            names=[],
            lo=-1,
        )

        assert made.visible is before
        assert made.refused_messages == 1


class TestMarker:
    @pytest.mark.parametrize("value", [3.2e-4, 1, np.float32(0.5), 1e-12, 1e3])
    def test_takes_any_positive_rate_from_python(self, value: Any) -> None:
        marker = Marker()

        marker.value = value

        assert marker.value == float(value)

    @pytest.mark.parametrize(
        "value",
        [0, -1.0, math.nan, math.inf, "3e-4", None, True, [1.0], 10**400],
        ids=lambda value: str(value)[:8],
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

    def test_a_move_of_the_page_is_told_and_one_of_python_is_not(self) -> None:
        marker, told = Marker(), []
        marker.page_handlers["value"] = told.append

        marker.value = 0.01
        put(marker, value=0.02)

        assert told == [0.02]

    @pytest.mark.parametrize(
        "value",
        [1e-8, 11.0, -1, 0, "x", None, True, [], {}, 1e400, math.nan, 10**400, -(10**400)],
        ids=lambda value: str(value)[:8],
    )
    def test_page_cannot_leave_the_axis(self, value: Any) -> None:
        marker = Marker(value=0.5)

        put(marker, value=value)

        assert marker.value == 0.5
        assert marker.refused_messages == 1
        assert updates(marker) == [{"value": 0.5}]

    def test_page_may_choose_the_ends(self) -> None:
        marker = Marker(lo=1e-5, hi=1.0)

        for end in (1e-5, 1.0):
            put(marker, value=end)
            assert marker.value == end

    def test_page_can_move_nothing_but_the_value(self) -> None:
        marker = Marker()

        put(marker, lo=1e-20, hi=1e20)

        assert (marker.lo, marker.hi) == (1e-7, 10.0)


class TestAnnotations:
    def test_refer_to_the_marker_they_set(self) -> None:
        marker = Marker()

        state = Annotations(marker=marker).get_state()

        assert state["marker"] == f"IPY_MODEL_{marker.model_id}"


class TestRuns:
    def test_travel_as_text(self) -> None:
        runs = Runs()

        runs.runs = [line([1e-3, 1e-2], [1.0, math.nan])]

        (run,) = updates(runs)[0]["runs"]
        assert written(run.pop("lr")) == [1e-3, 1e-2]
        assert written(run.pop("loss"))[0] == 1.0
        assert run == {"name": "wd=0.1", "visible": True}

    def test_whole_numbers_travel_as_doubles(self) -> None:
        runs = Runs(runs=[line([1, 2], np.float32([0.5, 0.25]))])

        state = runs.get_state()["runs"][0]

        assert (written(state["lr"]), written(state["loss"])) == ([1.0, 2.0], [0.5, 0.25])

    def test_can_be_set_again(self) -> None:
        runs = Runs()
        for visible in (True, False):
            runs.runs = [line([1.0], [1.0], visible=visible)]

        sent = [state["runs"][0]["visible"] for state in updates(runs)]

        assert sent == [True, False]


class TestSpread:
    def test_travels_as_text_infinities_included(self) -> None:
        spread = Spread()

        spread.area = {
            "lr": np.array([1e-3, 1e-2]),
            "low": np.array([1.0, 2.0]),
            "high": np.array([3.0, math.inf]),
        }

        area = updates(spread)[0]["area"]
        assert written(area["lr"]) == [1e-3, 1e-2]
        assert (written(area["low"]), written(area["high"])) == ([1.0, 2.0], [3.0, math.inf])
        # Such as nbclient would keep for ever.
        assert buffers_of(spread, "update") == [[]]


class TestAxes:
    def test_page_may_choose_the_range_of_the_losses(self) -> None:
        axes, told = Axes(), []
        axes.page_handlers["y_range"] = told.append

        put(axes, y_range="all")

        assert axes.y_range == "all"
        assert told == ["all"]

    @pytest.mark.parametrize("value", ["most", None, 1, [], {}])
    def test_page_may_choose_no_other_range(self, value: Any) -> None:
        axes = Axes()

        put(axes, y_range=value)

        assert axes.y_range == "focus"
        assert axes.refused_messages == 1
        assert updates(axes) == [{"y_range": "focus"}]

    @pytest.mark.parametrize("end", ["lo", "hi"])
    @pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf, None])
    def test_an_end_that_no_axis_can_show_is_refused(self, end: str, value: Any) -> None:
        axes = Axes()

        with pytest.raises(TraitError):
            setattr(axes, end, value)

        assert (axes.lo, axes.hi) == (1e-7, 10.0)

    def test_reset_zoom_is_a_message_to_every_page(self) -> None:
        axes = Axes()

        axes.reset_zoom()

        assert custom(axes) == [{"event": "reset"}]
