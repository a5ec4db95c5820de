"""The Python halves of the marks, with a comm that records."""

from __future__ import annotations

import json
import math
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets import TraitError

from lrfind_widget import __version__
from lrfind_widget.view.curve import DATA_KEYS
from lrfind_widget.view.marks import Bands, Curve, Frame, Marker, Runs, Spots

MARKS = [Bands, Curve, Frame, Marker, Runs, Spots]


def floats(buffer: Any) -> list[float]:
    return np.frombuffer(buffer, dtype="<f8").tolist()


def custom(mark: Any) -> list[dict[str, Any]]:
    return [message["content"] for message in mark.comm.sent("custom")]


def buffers_of(mark: Any, method: str) -> list[list[Any]]:
    return [
        message["buffers"]
        for message in mark.comm.published
        if message["data"].get("method") == method
    ]


def tell(mark: Any, **content: Any) -> None:
    mark.comm.receive({"method": "custom", "content": content})


def put(mark: Any, **state: Any) -> None:
    mark.comm.receive({"method": "update", "state": state, "buffer_paths": []})


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


class TestCurve:
    def test_append_is_one_message_with_one_buffer(self) -> None:
        curve = Curve()

        curve.append([1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5])

        assert custom(curve) == [{"event": "append", "offset": 0, "generation": 0}]
        [[buffer]] = buffers_of(curve, "custom")
        assert floats(buffer) == [1e-7, 1e-6, 2.0, 3.0, 2.0, 2.5]
        assert curve.comm.sent("update") == []

    def test_appends_count_on_from_one_another(self) -> None:
        curve = Curve()

        for step in range(5):
            curve.append([1e-7 * 2**step] * 3, [1.0] * 3, [1.0] * 3)

        assert [message["offset"] for message in custom(curve)] == [0, 3, 6, 9, 12]

    def test_nothing_is_sent_for_no_points(self) -> None:
        curve = Curve()

        curve.append([], [], [])

        assert custom(curve) == []

    def test_state_always_holds_the_whole_curve(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0])
        curve.append([1e-6], [math.inf], [math.nan])

        state = curve.get_state()

        assert floats(state["lr"]) == [1e-7, 1e-6]
        assert floats(state["loss"]) == [2.0, math.inf]
        assert floats(state["smoothed"])[0] == 2.0

    def test_sent_buffers_do_not_change_with_later_points(self) -> None:
        curve = Curve()
        for step in range(300):
            curve.append([1.0 + step], [2.0 + step], [3.0 + step])

        sent = [floats(buffer) for [buffer] in buffers_of(curve, "custom")]

        assert sent == [[1.0 + step, 2.0 + step, 3.0 + step] for step in range(300)]

    def test_does_not_keep_the_arrays_it_was_given(self) -> None:
        curve, given_arrays = Curve(), np.ones((3, 2))
        curve.replace(*given_arrays)
        given_arrays[:] = 9.0

        assert curve.lr.tolist() == [1.0, 1.0]

    def test_arrays_one_has_got_do_not_change(self) -> None:
        curve = Curve()
        curve.append([1.0], [1.0], [1.0])
        early = curve.lr

        curve.append([2.0], [2.0], [2.0])

        assert early.tolist() == [1.0]
        with pytest.raises(ValueError, match="read-only"):
            early[0] = 5.0

    def test_replace_begins_a_generation_in_one_message(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0])

        curve.replace([1e-3, 1e-2], [1.0, 0.5], [1.0, 0.8])

        [update] = curve.comm.sent("update")
        assert set(update["state"]) | {"lr", "loss", "smoothed"} == set(DATA_KEYS)
        assert update["state"]["generation"] == 1
        assert custom(curve)[-1]["generation"] == 0
        curve.append([1e-1], [0.1], [0.1])
        assert custom(curve)[-1] == {"event": "append", "offset": 2, "generation": 1}

    def test_clear_leaves_no_point(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0])

        curve.clear()

        assert (curve.lr.size, curve.loss.size, curve.smoothed.size) == (0, 0, 0)
        assert curve.generation == 1

    def test_page_that_misses_points_gets_the_whole_curve(self) -> None:
        curve = Curve()
        curve.append([1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5])

        tell(curve, event="resync")

        [buffers] = buffers_of(curve, "update")
        assert [floats(buffer) for buffer in buffers] == [[1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5]]

    @pytest.mark.parametrize(
        ("generation", "length", "answers"), [(0, 2, 0), (0, 1, 1), (1, 2, 1), (None, "x", 1)]
    )
    def test_page_is_told_only_what_it_lacks(
        self, generation: Any, length: Any, answers: int
    ) -> None:
        curve = Curve()
        curve.append([1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5])

        tell(curve, event="have", generation=generation, length=length)

        assert len(curve.comm.sent("update")) == answers

    @pytest.mark.parametrize("content", [{}, {"event": 5}, {"event": "append"}, {"event": []}])
    def test_other_messages_of_the_page_do_nothing(self, content: dict[str, Any]) -> None:
        curve = Curve()

        tell(curve, **content)

        assert curve.comm.sent("update") == []

    def test_the_page_cannot_set_the_curve(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0])

        put(curve, lr=[1, 2], generation=9)

        assert curve.lr.tolist() == [1e-7]
        assert curve.generation == 0

    @pytest.mark.parametrize(
        "columns", [([1.0], [1.0], []), ([[1.0]], [[1.0]], [[1.0]]), (1.0, 1.0, 1.0)]
    )
    def test_columns_that_do_not_match_are_refused(self, columns: Any) -> None:
        curve = Curve()

        with pytest.raises(ValueError, match="one-dimensional and equally long"):
            curve.append(*columns)

        assert curve.lr.size == 0

    def test_works_when_it_is_closed(self) -> None:
        curve = Curve()
        curve.close()

        curve.append([1e-7], [2.0], [2.0])
        curve.clear()

        assert curve.lr.size == 0

    @given(st.lists(st.integers(0, 7), max_size=30))
    def test_a_page_that_follows_the_messages_has_the_state(self, sizes: list[int]) -> None:
        curve, page = Curve(), []

        for number, size in enumerate(sizes):
            values = [float(number)] * size
            curve.append(values, values, values)
        for content, [buffer] in zip(custom(curve), buffers_of(curve, "custom"), strict=True):
            received = floats(buffer)
            assert content["offset"] == len(page)
            page += received[: len(received) // 3]

        assert page == floats(curve.get_state()["lr"]) == curve.lr.tolist()


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class TestCurveAmongThreads:
    def test_every_state_is_whole_while_others_append(self, frequent_switches: None) -> None:
        curve = Curve()
        torn: list[str] = []
        done = threading.Event()

        def write(offset: int) -> None:
            for step in range(300):
                value = [offset + step + 0.5]
                curve.append(value, value, value)

        def read() -> None:
            while not done.is_set():
                state = curve.get_state()
                lr, loss, smoothed = (floats(state[name]) for name in ("lr", "loss", "smoothed"))
                if not lr == loss == smoothed:
                    torn.append(f"{len(lr)}, {len(loss)}, {len(smoothed)}")

        writers = [threading.Thread(target=write, args=(1000 * n,)) for n in range(3)]
        readers = [threading.Thread(target=read) for _ in range(2)]
        for thread in [*writers, *readers]:
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        for thread in readers:
            thread.join()

        assert torn == []
        assert sorted(curve.lr.tolist()) == sorted(
            1000 * n + step + 0.5 for n in range(3) for step in range(300)
        )

    def test_a_page_can_put_concurrent_appends_in_order(self, frequent_switches: None) -> None:
        curve = Curve()
        threads = [
            threading.Thread(
                target=lambda n=n: [curve.append([n], [n], [n]) for _ in range(200)]  # type: ignore[misc]
            )
            for n in range(1, 5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        sent = zip(custom(curve), buffers_of(curve, "custom"), strict=True)
        in_order = sorted(((content["offset"], floats(buffer)[0]) for content, [buffer] in sent))

        assert [offset for offset, _ in in_order] == list(range(800))
        assert [value for _, value in in_order] == curve.lr.tolist()

    def test_replacing_while_others_append_loses_no_order(self, frequent_switches: None) -> None:
        curve = Curve()
        done = threading.Event()

        def replace() -> None:
            while not done.is_set():
                curve.replace([1.0], [1.0], [1.0])

        thread = threading.Thread(target=replace)
        thread.start()
        for _ in range(300):
            curve.append([2.0], [2.0], [2.0])
        done.set()
        thread.join()

        length: dict[int, int] = {}
        for message in custom(curve):
            generation = message["generation"]
            assert message["offset"] == length.get(generation, message["offset"])
            length[generation] = message["offset"] + 1
        assert curve.get_state(["generation"])["generation"] == curve.generation


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
