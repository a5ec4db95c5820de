"""Which losses an axis shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.results.framing import Framed, frame, frame_from_one_start

FALL = np.concatenate([np.full(50, 0.7), np.linspace(0.7, 0.1, 40)])
EXPLOSION = np.geomspace(1, 5213, 10)
WHOLE = np.concatenate([FALL, EXPLOSION])


def framed(line: np.ndarray) -> Framed:
    return Framed([line], line)


def test_focus_shows_the_way_down_and_not_the_explosion() -> None:
    low, high = frame([Framed([WHOLE], FALL, EXPLOSION)], focus=True, log=False) or (0, 0)
    assert -0.1 < low < 0.1 < 0.7 < high < 1


def test_all_shows_the_explosion() -> None:
    low, high = frame([Framed([WHOLE], FALL, EXPLOSION)], focus=False, log=False) or (0, 0)
    assert low < 0.1
    assert high > 5213


def test_an_explosion_before_the_least_loss_does_not_flatten_the_curve() -> None:
    back = np.concatenate([WHOLE, np.linspace(5213, 0.09, 5)])
    assert (frame([framed(back)], focus=True, log=False) or (0, 9e9))[1] < 3


def test_a_hump_on_the_way_down_is_shown() -> None:
    hump = np.concatenate([np.full(30, 0.7), [1.2, 1.5, 1.2], np.linspace(0.7, 0.1, 30)])
    assert (frame([framed(hump)], focus=True, log=False) or (0, 0))[1] > 1.5


def test_several_curves_are_framed_together_each_without_its_explosion() -> None:
    low, high = frame([framed(FALL), framed(WHOLE + 1)], focus=True, log=False) or (0, 0)
    assert low < 0.1
    assert 1.7 < high < 2.5


def test_one_that_is_huge_does_not_blow_up_the_frame() -> None:
    wild = np.append(FALL, 1e40)
    assert (frame([framed(FALL), Framed([wild], FALL)], focus=True, log=False) or (0, 9e9))[1] < 2


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("focus", [False, True])
def test_equal_losses_have_room_about_them(focus: bool, log: bool) -> None:
    low, high = frame([framed(np.full(9, 0.69))], focus=focus, log=log) or (0, 0)
    assert 0.5 < low < 0.66 < 0.72 < high < 0.9


def test_without_a_finite_loss_there_is_no_frame() -> None:
    assert frame([framed(np.array([np.nan, np.inf]))], focus=True, log=False) is None
    assert frame([], focus=True, log=False) is None
    assert frame_from_one_start([np.array([np.nan])]) is None


def test_trainings_from_one_start_show_what_rises_as_far_as_the_best_falls() -> None:
    low, high = frame_from_one_start([np.array([1, 0.5, 0.2]), np.array([1, 1.5, 99])]) or (0, 0)
    assert low < 0.2
    assert 1.5 < high < 5 < 99


def test_where_a_loss_is_not_positive_they_rise_by_differences() -> None:
    low, high = frame_from_one_start([np.array([1, -1]), np.array([1, 2.9, 3.1])]) or (0, 0)
    assert low < -1
    assert 2.9 < high < 3.4


LOSSES = arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e100, 1e100) | st.just(np.nan))


@given(st.lists(LOSSES, max_size=3), st.booleans())
def test_a_frame_has_two_finite_ends(curves: list[np.ndarray], focus: bool) -> None:
    ends = frame([framed(curve) for curve in curves], focus=focus, log=False)
    if ends is not None:
        assert np.isfinite(ends).all()
        assert ends[0] < ends[1]


@given(st.lists(LOSSES, max_size=3), st.booleans())
def test_a_logarithmic_frame_is_above_0(curves: list[np.ndarray], focus: bool) -> None:
    positive = [np.abs(curve) + 1e-100 for curve in curves]
    ends = frame([framed(curve) for curve in positive], focus=focus, log=True)
    assert ends is None or 0 < ends[0] < ends[1]
