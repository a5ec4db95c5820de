"""A training that runs by itself, brought to stop between two of its updates."""

import contextlib
import threading

import pytest

from lrfind_widget.training.trainers.stepwise import Ended, Stepwise


def counting(until=1000):
    """Return a training that counts its steps, and the list that it counts in."""
    steps: list[int] = []

    def train():
        for step in range(until):
            steps.append(step)
            stepwise.hand_over()

    stepwise = Stepwise(train)
    return stepwise, steps


def test_it_goes_on_a_step_at_a_time_and_only_when_it_is_told_to():
    stepwise, steps = counting()
    assert steps == []
    for taken in range(1, 4):
        assert stepwise.advance()
        assert len(steps) == taken
    stepwise.close()


def test_its_end_is_told_and_stays():
    stepwise, _ = counting(until=1)
    assert [stepwise.advance() for _ in range(3)] == [True, False, False]


def test_what_it_raises_is_raised_where_it_is_advanced():
    def train():
        raise ZeroDivisionError("on purpose")

    stepwise = Stepwise(train)
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        stepwise.advance()
    assert not stepwise.advance()


def test_closing_ends_it_where_it_waits_past_what_catches_exceptions():
    seen = []

    def train():
        try:
            while True:
                with contextlib.suppress(Exception):  # as trainers do
                    stepwise.hand_over()
        except Ended:
            seen.append("ended")
            raise

    stepwise = Stepwise(train)
    stepwise.advance()
    before = threading.active_count()
    stepwise.close()
    assert seen == ["ended"]
    assert threading.active_count() == before - 1
    assert not stepwise.advance()


def test_closing_one_that_has_not_begun_is_harmless():
    stepwise, steps = counting()
    stepwise.close()
    assert not stepwise.advance()
    assert steps == []
