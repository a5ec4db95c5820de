"""The algorithm, on a stand-in for an optimizer step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Losses, Point, Update
from lrfind_widget.training.control import Control, SweepEnded
from lrfind_widget.training.range_test import range_test
from lrfind_widget.training.record import Record


class Scripted:
    """Takes steps whose losses are given; those named are skipped; losses lag by some steps."""

    def __init__(self, losses: list[float], skipped: set[int] = frozenset(), lag: int = 0) -> None:
        self.losses, self.skipped, self.lag = iter(losses), skipped, lag
        self.calls: list[tuple[int, float]] = []
        self.waiting: list[Losses] = []

    def step(self, step: int, lr: float) -> bool:
        taken = len(self.calls) not in self.skipped
        self.calls.append((step, lr))
        self.waiting.append(Losses(step, lr, taken, next(self.losses)))
        return taken

    def arrived(self) -> Iterator[Losses]:
        while len(self.waiting) > self.lag:
            yield self.waiting.pop(0)

    def rest(self) -> Iterator[Losses]:
        while self.waiting:
            yield self.waiting.pop(0)


def run(update: Update, steps: int = 4, **options: Any) -> tuple[list[Point], Record]:
    record = Record(**options)
    return list(range_test(update, steps, Schedule(num_it=steps).lr, record, Control())), record


def test_each_step_is_taken_at_the_rate_of_the_schedule_and_recorded() -> None:
    update = Scripted([1.0, 2.0, 3.0, 4.0])
    points, record = run(update, beta=0.0)

    assert update.calls == list(enumerate(Schedule(num_it=4).lrs().tolist()))
    assert [(p.step, p.lr, p.loss) for p in points] == [
        (*call, loss) for call, loss in zip(update.calls, [1.0, 2.0, 3.0, 4.0], strict=True)
    ]
    assert record.points == points
    assert record.verdict is None


def test_a_skipped_step_is_taken_again_at_the_same_rate_and_not_recorded() -> None:
    update = Scripted([1.0] * 6, skipped={1, 2})
    points, _ = run(update)

    assert [step for step, _ in update.calls] == [0, 1, 1, 1, 2, 3]
    assert len({lr for _, lr in update.calls[1:4]}) == 1
    assert [point.step for point in points] == [0, 1, 2, 3]


def test_a_skipped_step_whose_loss_is_not_finite_ends_it() -> None:
    points, record = run(Scripted([1.0, float("nan")], skipped={1}))
    assert len(points) == 2
    assert record.verdict is StopReason.NON_FINITE


@pytest.mark.parametrize("lag", [0, 1, 2])
def test_late_losses_are_decided_on_when_they_arrive(lag: int) -> None:
    update = Scripted([1.0, 9.0, 1.0, 1.0, 1.0, 1.0], lag=lag)
    points, record = run(update, 6, beta=0.0, stop_div="fastai")

    assert [point.loss for point in points] == [1.0, 9.0]
    assert len(update.calls) == 2 + lag
    assert record.verdict is StopReason.DIVERGED


def test_losses_that_still_lag_after_the_last_step_are_recorded() -> None:
    assert len(run(Scripted([1.0] * 4, lag=3))[0]) == 4


def test_stop_ends_it_before_the_next_step() -> None:
    control, update = Control(), Scripted([1.0] * 4)
    points = range_test(update, 4, lambda _: 0.1, Record(), control)
    next(points)
    control.stop()

    with pytest.raises(SweepEnded) as caught:
        next(points)
    assert caught.value.reason is StopReason.STOPPED
    assert len(update.calls) == 1


def test_a_short_training_is_the_same_at_one_rate() -> None:
    update = Scripted([1.0] * 3)
    list(range_test(update, 3, lambda _: 0.5, Record(), Control()))
    assert update.calls == [(0, 0.5), (1, 0.5), (2, 0.5)]
