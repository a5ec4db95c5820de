"""One experiment on one thread."""

from __future__ import annotations

import threading

import pytest
import torch

from lrfind_widget.outcomes import Status
from lrfind_widget.points import Plan, Run
from lrfind_widget.training.range_test import Sweep
from tests.unit.running import LONG, Gate, made, run, sweep
from tests.unit.toys import classifier, loader, sgd


def test_the_points_arrive_in_order_and_once():
    expected = list(sweep(num_it=20, seed=1))

    runner = run(sweep(num_it=20, seed=1))

    assert runner.points == expected
    assert runner.progress.status is Status.FINISHED
    assert runner.result.losses.tolist() == [point.loss for point in expected]


def test_start_returns_before_the_sweep_has_ended():
    gate = Gate()
    runner = made(sweep(loss_fn=gate, num_it=2))
    assert runner.progress.status is Status.WAITING

    runner.start()
    gate.reached()
    assert runner.progress.status is Status.SWEEPING
    assert not runner.wait(0)
    assert runner.result is None

    gate.go_on.release(2)
    assert runner.wait(LONG)


def test_the_result_is_there_at_the_last_news():
    seen = []
    runner = made(sweep(num_it=3))
    runner.start(lambda: seen.append((runner.progress.status, runner.result)))
    runner.wait(LONG)

    assert seen[-1] == (Status.FINISHED, runner.result)
    assert runner.result is not None


def test_a_run_runs_once():
    runner = run(sweep(num_it=2))

    with pytest.raises(RuntimeError, match="started before"):
        runner.start()


def test_it_is_a_run():
    runner: Run = made(sweep(num_it=4, repeats=2, stop_div=False))
    members = [name for name in dir(Run) if not name.startswith("_")]

    assert all(hasattr(runner, name) for name in members)
    assert runner.plan == Plan("sweep", (1e-7, 10.0), 4, 2, "exp", "learning rate")
    assert runner.plan.steps == 8


def test_two_readers_of_the_points_each_go_on_from_their_own_place():
    gate = Gate()
    runner = made(sweep(loss_fn=gate, num_it=6, stop_div=False))
    runner.start()
    early, late = [], []
    for _ in range(6):
        gate.reached()
        early += runner.points[len(early) :]
        gate.go_on.release()
    assert runner.wait(LONG)
    early += runner.points[len(early) :]
    late += runner.points[len(late) :]

    assert early == late == runner.points
    assert [point.step for point in late] == list(range(6))


def test_nothing_is_running_before_its_thread_is_started(monkeypatch):
    seen = []
    start = threading.Thread.start
    runner = made(sweep(num_it=2))

    def watched(thread):
        seen.append(runner.progress.status)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", watched)
    runner.start()

    assert seen == [Status.WAITING]
    assert runner.progress.status is not Status.WAITING
    assert runner.wait(LONG)


def test_the_model_is_copied_when_the_run_is_made():
    expected = run(sweep(num_it=5, seed=1)).points
    model = classifier()
    runner = made(Sweep(model, loader(), sgd(model), num_it=5, seed=1))
    assert "Trained on a copy" in runner.progress.isolation
    torch.nn.init.zeros_(model[0].weight)
    runner.start()
    runner.wait(LONG)

    assert runner.points == expected


def test_a_run_that_was_not_started_keeps_no_caller_waiting():
    assert made(sweep()).wait() is False


def test_its_own_thread_can_ask_it_to_wait():
    waited = []
    runner = made(sweep(num_it=2))
    runner.start(lambda: waited.append(runner.wait(0)))
    assert runner.wait(LONG)

    assert waited == [False, False, True]
