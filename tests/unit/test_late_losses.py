"""The queue of losses, and a sweep on a device that computes late."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.late_losses import LossQueue
from lrfind_widget.training.range_test import Sweep
from tests.unit.late import LateCarrier, computes_late, number
from tests.unit.toys import ScriptedLoss, batches, classifier, loader, sgd


def test_on_the_cpu_a_loss_is_there_at_once():
    queue = LossQueue.on(torch.device("cpu"))

    queue.put("a", number(1.5))

    assert queue.ready() == [("a", [1.5])]


def test_numbers_arrive_as_python_floats_without_a_change():
    value = torch.tensor(1 / 3, dtype=torch.float32)
    queue = LossQueue.on(torch.device("cpu"))
    queue.put("a", value)
    ((_, (read,)),) = queue.ready()

    assert read == value.item()


def test_ready_waits_for_nothing_within_the_lag():
    carrier = LateCarrier(delay=3)
    queue = LossQueue(carrier.send, lag=5)

    taken = []
    for step in range(10):
        queue.put(step, number(step))
        taken.append([label for label, _ in queue.ready()])

    assert taken == [[], [], [], [0], [1], [2], [3], [4], [5], [6]]
    assert carrier.waited_for == []


def test_ready_waits_for_the_oldest_beyond_the_lag():
    carrier = LateCarrier(delay=100)
    queue = LossQueue(carrier.send, lag=2)

    taken = []
    for step in range(5):
        queue.put(step, number(step))
        taken.append([label for label, _ in queue.ready()])

    assert taken == [[], [], [0], [1], [2]]
    assert carrier.waited_for == [0, 1, 2]


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 5), st.integers(0, 5))
def test_losses_come_out_once_each_and_in_order(reads, delay, lag):
    queue = LossQueue(LateCarrier(delay).send, lag)
    found = []
    for step, read in enumerate(reads):
        queue.put(step, number(step), number(-step))
        if read:
            found += queue.ready()
    found += queue.flush()

    assert found == [(step, [float(step), float(-step)]) for step in range(len(reads))]
    assert queue.flush() == []


@pytest.mark.parametrize("delay", [1, 3, 50])
def test_a_late_device_gives_the_same_sweep(monkeypatch, delay):
    def points():
        model = classifier()
        return list(Sweep(model, loader(), sgd(model), num_it=40, seed=1))

    expected = points()
    computes_late(monkeypatch, delay, lag=4)

    assert points() == expected


def test_the_host_never_waits_while_losses_arrive_within_the_lag(monkeypatch):
    carrier = computes_late(monkeypatch, delay=3, lag=4)
    model = classifier()
    points = iter(Sweep(model, loader(), sgd(model), num_it=20, stop_div=False))

    for _ in range(17):
        next(points)
    assert carrier.waited_for == []

    list(points)
    assert carrier.waited_for == [17, 18, 19]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 100.0])
def test_what_ran_past_the_stop_is_not_recorded(monkeypatch, bad):
    computes_late(monkeypatch, delay=3, lag=4)
    values = ScriptedLoss([1.0] * 5 + [bad] + [1.0] * 50)
    model = classifier()
    options = {"num_it": 50, "beta": 0.0, "stop_div": "fastai"}
    sweep = Sweep(model, batches(), sgd(model), loss_fn=values, **options)

    points = list(sweep)

    assert len(points) == 6
    assert sweep.stop_reason in (StopReason.NON_FINITE, StopReason.DIVERGED)
    assert sweep.result().losses.tolist() == pytest.approx([1.0] * 5 + [bad], nan_ok=True)


def test_the_stop_rule_lags_by_no_more_than_the_bound(monkeypatch):
    carrier = computes_late(monkeypatch, delay=1000, lag=4)
    values = ScriptedLoss([1.0] * 5 + [float("nan")] + [1.0] * 100)
    model = classifier()

    list(Sweep(model, batches(), sgd(model), loss_fn=values, num_it=100))

    assert len(carrier.sent) <= 6 + 4


def test_points_before_an_error_are_not_lost_on_the_way(monkeypatch):
    computes_late(monkeypatch, delay=5, lag=8)
    model = classifier()
    sweep = Sweep(model, (batch for batch in [*batches(4), "no batch"]), sgd(model))
    points = []

    with pytest.raises(TypeError):
        points += collect(sweep, points)

    assert len(points) == len(sweep.result()) == 4


def test_the_error_that_came_first_is_raised_where_the_device_has_failed_for_good(monkeypatch):
    class Broken(LateCarrier):
        def send(self, scalars):
            transfer = super().send(scalars)
            transfer.done = lambda: False
            transfer.wait = lambda: 1 / 0
            return transfer

    monkeypatch.setattr(
        LossQueue, "on", classmethod(lambda cls, device: LossQueue(Broken(9).send, 8))
    )
    model = classifier()
    sweep = Sweep(model, (batch for batch in [*batches(4), "no batch"]), sgd(model))

    with pytest.raises(TypeError):
        list(sweep)

    assert len(sweep.result()) == 0
    assert sweep.stop_sentence.startswith("The model raised TypeError in step 5")


def collect(sweep, points):
    for point in sweep:
        points.append(point)
    return []


def test_stop_on_a_late_device_records_every_step_that_was_taken(monkeypatch):
    carrier = computes_late(monkeypatch, delay=3, lag=4)
    model = classifier()
    sweep = Sweep(model, loader(), sgd(model))
    points = []
    for point in sweep:
        points.append(point)
        if len(points) == 5:
            sweep.stop()

    assert sweep.stop_reason is StopReason.STOPPED
    assert len(points) == len(carrier.sent)


def test_validation_losses_come_the_same_way(monkeypatch):
    def points():
        model = classifier()
        options = {"val_loader": batches(2), "num_it": 10, "seed": 1}
        return list(Sweep(model, loader(), sgd(model), **options))

    expected = points()
    computes_late(monkeypatch, delay=2, lag=4)

    assert points() == expected
    assert all(point.val_loss is not None for point in expected)
