"""The curve's messages and its state, also among threads."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.combined import combined_curve
from lrfind_widget.curves.fitted_line import fitted_line
from lrfind_widget.view.columns import ComparisonCurves, Curve
from tests.widget.messages import buffers_of, custom, floats, put, tell


class TestCurve:
    def test_append_is_one_message_with_one_buffer(self) -> None:
        curve = Curve()

        curve.append([1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5], [2.0, 2.5])

        assert custom(curve) == [{"event": "append", "offset": 0, "generation": 0}]
        [[buffer]] = buffers_of(curve, "custom")
        assert floats(buffer) == [1e-7, 1e-6, 2.0, 3.0, 2.0, 2.5, 2.0, 2.5]
        assert curve.comm.sent("update") == []

    def test_appends_count_on_from_one_another(self) -> None:
        curve = Curve()

        for step in range(5):
            curve.append([1e-7 * 2**step] * 3, [1.0] * 3, [1.0] * 3, [1.0] * 3)

        assert [message["offset"] for message in custom(curve)] == [0, 3, 6, 9, 12]

    def test_nothing_is_sent_for_no_points(self) -> None:
        curve = Curve()

        curve.append([], [], [], [])

        assert custom(curve) == []

    def test_state_always_holds_the_whole_curve(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0], [2.0])
        curve.append([1e-6], [math.inf], [math.nan], [math.nan])

        state = curve.get_state()

        assert floats(state["lr"]) == [1e-7, 1e-6]
        assert floats(state["loss"]) == [2.0, math.inf]
        assert floats(state["smoothed"])[0] == 2.0

    def test_sent_buffers_do_not_change_with_later_points(self) -> None:
        curve = Curve()
        for step in range(300):
            curve.append([1.0 + step], [2.0 + step], [3.0 + step], [3.0 + step])

        sent = [floats(buffer) for [buffer] in buffers_of(curve, "custom")]

        assert sent == [[1.0 + step, 2.0 + step, *[3.0 + step] * 2] for step in range(300)]

    def test_does_not_keep_the_arrays_it_was_given(self) -> None:
        curve, given_arrays = Curve(), np.ones((4, 2))
        curve.replace(*given_arrays)
        given_arrays[:] = 9.0

        assert curve.lr.tolist() == [1.0, 1.0]

    def test_arrays_one_has_got_do_not_change(self) -> None:
        curve = Curve()
        curve.append([1.0], [1.0], [1.0], [1.0])
        early = curve.lr

        curve.append([2.0], [2.0], [2.0], [2.0])

        assert early.tolist() == [1.0]
        with pytest.raises(ValueError, match="read-only"):
            early[0] = 5.0

    def test_replace_begins_a_generation_in_one_message(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0], [2.0])

        curve.replace([1e-3, 1e-2], [1.0, 0.5], [1.0, 0.8], [1.0, 0.8])

        [update] = curve.comm.sent("update")
        assert update["state"] == {"generation": 1}
        assert update["buffer_paths"] == [[name] for name in (*curve.COLUMNS, *curve.LINE)]
        assert custom(curve)[-1]["generation"] == 0
        curve.append([1e-1], [0.1], [0.1], [0.1])
        assert custom(curve)[-1] == {"event": "append", "offset": 2, "generation": 1}

    def test_clear_leaves_no_point(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0], [2.0])

        curve.clear()

        assert (curve.lr.size, curve.loss.size, curve.smoothed.size) == (0, 0, 0)
        assert curve.generation == 1

    def test_page_that_misses_points_gets_the_whole_curve(self) -> None:
        curve = Curve()
        curve.append([1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5], [2.0, 2.5])

        tell(curve, event="resync")

        [buffers] = buffers_of(curve, "update")
        assert [floats(buffer) for buffer in buffers][:3] == [[1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5]]

    def test_points_that_were_appended_are_told_as_a_state_once(self) -> None:
        curve = Curve()
        curve.append([1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5], [2.0, 2.5])
        curve.tell()
        curve.tell()

        [buffers] = buffers_of(curve, "update")
        assert floats(buffers[0]) == [1e-7, 1e-6]
        curve.append([1e-5], [2.0], [2.0], [2.0])
        curve.tell()
        assert floats(buffers_of(curve, "update")[-1][0]) == [1e-7, 1e-6, 1e-5]

    @pytest.mark.parametrize(
        ("generation", "length", "answers"), [(0, 2, 0), (0, 1, 1), (1, 2, 1), (None, "x", 1)]
    )
    def test_page_is_told_only_what_it_lacks(
        self, generation: Any, length: Any, answers: int
    ) -> None:
        curve = Curve()
        curve.append([1e-7, 1e-6], [2.0, 3.0], [2.0, 2.5], [2.0, 2.5])

        tell(curve, event="have", generation=generation, length=length)

        assert len(curve.comm.sent("update")) == answers

    @pytest.mark.parametrize("content", [{}, {"event": 5}, {"event": "append"}, {"event": []}])
    def test_other_messages_of_the_page_do_nothing(self, content: dict[str, Any]) -> None:
        curve = Curve()

        tell(curve, **content)

        assert curve.comm.sent("update") == []

    def test_the_page_cannot_set_the_curve(self) -> None:
        curve = Curve()
        curve.append([1e-7], [2.0], [2.0], [2.0])

        put(curve, lr=[1, 2], generation=9)

        assert curve.lr.tolist() == [1e-7]
        assert curve.generation == 0

    def test_works_when_it_is_closed(self) -> None:
        curve = Curve()
        curve.close()

        curve.append([1e-7], [2.0], [2.0], [2.0])
        curve.clear()

        assert curve.lr.size == 0

    @given(st.lists(st.integers(0, 7), max_size=30))
    def test_a_page_that_follows_the_messages_has_the_state(self, sizes: list[int]) -> None:
        curve, page = Curve(), []

        for number, size in enumerate(sizes):
            values = [float(number)] * size
            curve.append(values, values, values, values)
        for content, [buffer] in zip(custom(curve), buffers_of(curve, "custom"), strict=True):
            received = floats(buffer)
            assert content["offset"] == len(page)
            page += received[: len(received) // 4]

        assert page == floats(curve.get_state()["lr"]) == curve.lr.tolist()


class TestTheLineOfACurve:
    RATES = np.geomspace(1e-7, 1e-1, 60)
    LOSSES = np.linspace(2.0, 1.0, 60)

    def grown(self, *, grows: bool = True) -> Curve:
        curve = Curve()
        for part in (slice(0, 40), slice(40, 60)):
            rates, losses = self.RATES[part], self.LOSSES[part]
            curve.grow(rates, losses, losses, losses, grows=grows)
        return curve

    def test_comes_with_the_points_in_their_message(self) -> None:
        curve = self.grown()

        assert curve.comm.sent("update") == []
        [_, line] = buffers_of(curve, "custom")[-1]
        expected = fitted_line(self.RATES, self.LOSSES)
        assert floats(line)[:120] == [*expected.lrs, *expected.losses]

    def test_says_which_stretch_will_still_move(self) -> None:
        stands = self.grown().fit_settled.astype(bool)

        behind = np.log10(self.RATES[-1] / self.RATES)
        assert stands.tolist() == (behind >= 0.5).tolist()
        assert self.grown(grows=False).fit_settled.all()

    def test_is_all_that_is_sent_of_a_curve_that_was_told_as_a_state(self) -> None:
        curve, whole = self.grown(), combined_curve(self.RATES, self.LOSSES, self.LOSSES)
        whole = replace(whole, val_losses=self.LOSSES)
        curve.tell()
        curve.show(whole)

        [_, update] = curve.comm.sent("update")
        assert update["buffer_paths"] == [[name] for name in curve.LINE]
        assert curve.fit_settled.all()
        curve.show(whole)
        assert len(curve.comm.sent("update")) == 2

    def test_is_fitted_anew_with_each_two_hundredth_more_of_points(self) -> None:
        curve, rates = Curve(), np.geomspace(1e-7, 10, 2000)
        for start in range(0, 2000, 5):
            part = [1.0] * 5
            curve.grow(rates[start : start + 5], part, part, part)

        with_line = [len(buffers) == 2 for buffers in buffers_of(curve, "custom")]
        assert all(with_line[:40])
        assert sum(with_line[-100:]) == pytest.approx(58, abs=8)

    def test_goes_with_the_points(self) -> None:
        curve = self.grown()
        curve.clear()

        assert curve.fit_lr.size == curve.fit_loss.size == curve.fit_settled.size == 0

    def test_is_of_few_places_however_many_points_there_are(self) -> None:
        curve = Curve()
        many = np.linspace(1.0, 2.0, 10_000)
        curve.grow(np.geomspace(1e-7, 10, many.size), many, many, many)

        assert len(floats(buffers_of(curve, "custom")[0][1])) <= 3 * 200


class TestComparisonCurves:
    def test_append_all_columns_in_one_message_with_one_buffer(self) -> None:
        curves = ComparisonCurves()

        curves.append([0, 1], [1, 1], [2.0, 3.0], [math.nan, 2.5])

        assert custom(curves) == [{"event": "append", "offset": 0, "generation": 0}]
        [[buffer]] = buffers_of(curves, "custom")
        assert floats(buffer)[:6] == [0.0, 1.0, 1.0, 1.0, 2.0, 3.0]
        assert math.isnan(floats(buffer)[6])
        assert curves.length == 2

    def test_state_holds_all_lines(self) -> None:
        curves = ComparisonCurves(names=["1e-3", "1e-2"])
        for number in (0, 1):
            curves.append([number], [1], [2.0], [math.nan])

        state = curves.get_state()

        assert floats(state["number"]) == [0.0, 1.0]
        assert state["names"] == ["1e-3", "1e-2"]

    def test_page_that_misses_points_gets_all(self) -> None:
        curves = ComparisonCurves()
        curves.append([0.0], [1.0], [2.0], [3.0])

        tell(curves, event="resync")

        [buffers] = buffers_of(curves, "update")
        assert [floats(buffer) for buffer in buffers] == [[0.0], [1.0], [2.0], [3.0]]


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
                curve.append(value, value, value, value)

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
                target=lambda n=n: [curve.append([n], [n], [n], [n]) for _ in range(200)]  # type: ignore[misc]
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
                curve.replace([1.0], [1.0], [1.0], [1.0])

        thread = threading.Thread(target=replace)
        thread.start()
        for _ in range(300):
            curve.append([2.0], [2.0], [2.0], [2.0])
        done.set()
        thread.join()

        length: dict[int, int] = {}
        for message in custom(curve):
            generation = message["generation"]
            assert message["offset"] == length.get(generation, message["offset"])
            length[generation] = message["offset"] + 1
        assert curve.get_state(["generation"])["generation"] == curve.generation
