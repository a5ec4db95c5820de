"""Steps done and the time they took."""

from __future__ import annotations

from lrfind_widget.view.progress import Progress


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_no_time_a_step_is_known_before_the_first() -> None:
    progress = Progress(Clock())
    progress.go()
    assert progress.seconds_per_step is None


def test_the_time_a_step_is_the_mean_of_the_steps_so_far() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.go()
    clock.now = 6.0
    progress.advance(3)
    assert progress.seconds_per_step == 2.0


def test_a_pause_does_not_count() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.go()
    clock.now = 4.0
    progress.advance(2)
    progress.halt()
    clock.now = 1000.0
    progress.go()
    clock.now = 1002.0
    progress.advance(1)
    assert progress.seconds_per_step == 2.0


def test_going_twice_does_not_count_time_twice() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.go()
    clock.now = 1.0
    progress.go()
    clock.now = 2.0
    progress.advance(1)
    assert progress.seconds_per_step == 2.0
