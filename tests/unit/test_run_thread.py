"""One sweep on one thread."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref

import pytest
import torch

from lrfind_widget.points import Status, StopReason
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from tests.unit.toys import batches, classifier, loader, sgd

LONG = 30.0


def sweep(**options):
    model = classifier()
    return Sweep(model, loader(), sgd(model), **options)


def run(swept, **options):
    runner = RunThread(swept, **options)
    runner.start()
    assert runner.wait(LONG)
    return runner


class Gate:
    """A loss that lets the test decide when each step is taken."""

    def __init__(self):
        self.in_step = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def __call__(self, output, target):
        self.in_step.release()
        assert self.go_on.acquire(timeout=LONG)
        return torch.nn.functional.cross_entropy(output, target)

    def reached(self):
        assert self.in_step.acquire(timeout=LONG)


def test_the_points_arrive_in_order_and_once():
    expected = list(sweep(num_it=20, seed=1))

    runner = run(sweep(num_it=20, seed=1))

    assert runner.drain() == expected
    assert runner.drain() == []
    assert runner.status is Status.FINISHED
    assert runner.result.losses.tolist() == [point.loss for point in expected]


def test_start_returns_before_the_sweep_has_ended():
    gate = Gate()
    runner = RunThread(sweep(loss_fn=gate, num_it=2))
    assert runner.status is Status.WAITING

    runner.start()
    gate.reached()
    assert runner.status is Status.SWEEPING
    assert not runner.wait(0)
    assert runner.result is None

    gate.go_on.release(2)
    assert runner.wait(LONG)


def test_the_result_is_there_at_the_last_wake():
    seen = []
    runner = RunThread(sweep(num_it=3), lambda: seen.append((runner.status, runner.result)))
    runner.start()
    runner.wait(LONG)

    assert seen[-1] == (Status.FINISHED, runner.result)
    assert runner.result is not None


def test_stop_takes_effect_within_one_step():
    gate = Gate()
    runner = RunThread(sweep(loss_fn=gate))
    runner.start()
    for _ in range(3):
        gate.reached()
        gate.go_on.release()
    gate.reached()
    runner.stop()
    gate.go_on.release()

    assert runner.wait(LONG)
    assert runner.status is Status.STOPPED
    assert len(runner.drain()) == 4


def test_pause_and_resume_show_in_the_status():
    gate = Gate()
    statuses = []
    paused = threading.Event()
    runner = RunThread(sweep(loss_fn=gate, num_it=3), lambda: note())

    def note():
        statuses.append(runner.status)
        if runner.status is Status.PAUSED:
            paused.set()

    runner.start()
    gate.reached()
    runner.pause()
    gate.go_on.release()
    assert paused.wait(LONG)
    assert not gate.in_step.acquire(blocking=False)
    runner.resume()
    gate.go_on.release(2)

    assert runner.wait(LONG)
    assert Status.PAUSED in statuses
    assert runner.status is Status.FINISHED


def test_stop_ends_a_pause():
    paused = threading.Event()
    runner = RunThread(sweep(), lambda: paused.set() if runner.status is Status.PAUSED else None)
    runner.pause()
    runner.start()
    assert paused.wait(LONG)
    runner.stop()

    assert runner.wait(LONG)
    assert runner.status is Status.STOPPED


def test_the_error_is_the_very_object_that_was_raised():
    error = KeyError("mine")

    def loss_fn(output, target):
        raise error

    runner = run(sweep(loss_fn=loss_fn))

    assert runner.error is error
    assert runner.status is Status.FAILED
    assert runner.result.stop_reason is StopReason.FAILED
    assert runner.result.receipt.identical


def test_an_exit_in_the_code_of_the_user_ends_the_sweep_and_not_the_thread_silently():
    runner = run(sweep(loss_fn=lambda output, target: sys.exit(3)))

    assert isinstance(runner.error, SystemExit)
    assert runner.status is Status.FAILED


def test_a_wake_that_fails_ends_the_sweep_and_is_reported():
    calls = []

    def wake():
        calls.append(1)
        raise OSError("the page is gone")

    runner = run(sweep(), wake=wake)

    assert str(runner.error) == "the page is gone"
    assert runner.status is Status.FAILED
    assert runner.result.receipt.identical


def test_a_runner_runs_once():
    runner = run(sweep(num_it=2))

    with pytest.raises(RuntimeError, match="started before"):
        runner.start()


def test_nothing_is_printed(capfd):
    run(sweep(loss_fn=lambda output, target: 1 / 0))
    run(sweep(num_it=3))

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("ending", ["finished", "stopped", "failed"])
def test_no_thread_and_no_reference_survives(isolation, ending):
    threads = set(threading.enumerate())
    model, data = classifier(), loader()
    optimizer = sgd(model)

    def loss_fn(output, target):
        if ending == "failed":
            raise ValueError("no")
        return torch.nn.functional.cross_entropy(output, target)

    runner = RunThread(
        Sweep(model, data, optimizer, num_it=5, loss_fn=loss_fn, isolation=isolation)
    )
    if ending == "stopped":
        runner.stop()
    runner.start()
    runner.wait(LONG)
    watched = [weakref.ref(x) for x in (model, data, optimizer, loss_fn, model[0].weight)]

    del model, data, optimizer, runner, loss_fn
    gc.collect()

    assert [ref() for ref in watched] == [None] * 5
    assert set(threading.enumerate()) <= threads


def test_a_result_keeps_no_model_alive():
    model = classifier()
    runner = run(Sweep(model, batches(), sgd(model), num_it=3))
    result, watched = runner.result, weakref.ref(model)
    del model, runner
    gc.collect()

    assert watched() is None
    assert len(result) == 3


def test_a_process_that_ends_during_a_sweep_ends_quietly():
    code = """
import torch, threading
from lrfind_widget.training.run_thread import RunThread
from lrfind_widget.training.range_test import Sweep
model = torch.nn.Linear(4, 3)
batches = [(torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64))]
begun = threading.Event()
runner = RunThread(Sweep(model, batches, torch.optim.SGD(model.parameters(), lr=0.1),
                      num_it=10**9, stop_div=False), begun.set)
runner.start()
begun.wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_sweep_that_is_prepared_and_dropped_leaves_nothing():
    model = classifier()
    model[0].weight.grad = gradient = torch.ones_like(model[0].weight)
    random = torch.get_rng_state()

    swept = Sweep(model, loader(), sgd(model), isolation="in_place")
    swept.prepare()
    assert model[0].weight.grad is None
    torch.rand(1)
    del swept
    gc.collect()

    assert model[0].weight.grad is gradient
    assert torch.equal(torch.get_rng_state(), random)
    run(Sweep(model, loader(), sgd(model), isolation="in_place", num_it=2))


def test_a_thread_that_cannot_start_leaves_nothing(monkeypatch):
    def refused(self):
        raise RuntimeError("can't start new thread")

    model = classifier()
    runner = RunThread(Sweep(model, loader(), sgd(model), isolation="in_place", num_it=2))
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError, match="new thread"):
            runner.start()

    assert runner.status is Status.FAILED
    assert runner.wait(LONG)
    run(Sweep(model, loader(), sgd(model), isolation="in_place", num_it=2))
