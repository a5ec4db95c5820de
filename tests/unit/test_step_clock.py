"""The time a step takes."""

from __future__ import annotations

from lrfind_widget.training.run_thread import StepClock


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_no_time_a_step_is_known_before_the_first() -> None:
    clock = StepClock(Clock())
    clock.go()
    assert clock.seconds_per_step(0) is None


def test_the_time_a_step_is_the_mean_of_the_steps_so_far() -> None:
    time = Clock()
    clock = StepClock(time)
    clock.go()
    time.now = 6.0
    assert clock.seconds_per_step(3) == 2.0


def test_a_pause_does_not_count() -> None:
    time = Clock()
    clock = StepClock(time)
    clock.go()
    time.now = 4.0
    clock.halt()
    time.now = 1000.0
    assert clock.seconds_per_step(2) == 2.0
    clock.go()
    time.now = 1002.0
    assert clock.seconds_per_step(3) == 2.0


def test_going_or_halting_twice_does_not_count_time_twice() -> None:
    time = Clock()
    clock = StepClock(time)
    clock.go()
    time.now = 1.0
    clock.go()
    time.now = 2.0
    clock.halt()
    clock.halt()
    assert clock.seconds_per_step(1) == 2.0
