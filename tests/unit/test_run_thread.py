"""One experiment on one thread."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import traceback
import weakref

import pytest
import torch

from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.points import Plan, Progress, Run
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from tests.unit.toys import ScriptedLoss, batches, classifier, loader, sgd

LONG = 30.0


def sweep(**options):
    model = classifier()
    return Sweep(model, loader(), sgd(model), **options)


def made(swept):
    return RunThread(swept)


def run(swept, news=lambda: None):
    runner = made(swept)
    runner.start(news)
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


def test_stop_takes_effect_within_one_step():
    gate = Gate()
    runner = made(sweep(loss_fn=gate))
    runner.start()
    for _ in range(3):
        gate.reached()
        gate.go_on.release()
    gate.reached()
    runner.stop()
    gate.go_on.release()

    assert runner.wait(LONG)
    assert runner.progress.status is Status.STOPPED
    assert len(runner.points) == 4


def test_pause_and_resume_show_in_the_status():
    gate = Gate()
    statuses = []
    paused = threading.Event()
    runner = made(sweep(loss_fn=gate, num_it=3))

    def note():
        statuses.append(runner.progress.status)
        if runner.progress.status is Status.PAUSED:
            paused.set()

    runner.start(note)
    gate.reached()
    runner.pause()
    gate.go_on.release()
    assert paused.wait(LONG)
    assert not gate.in_step.acquire(blocking=False)
    runner.resume()
    gate.go_on.release(2)

    assert runner.wait(LONG)
    assert Status.PAUSED in statuses
    assert runner.progress.status is Status.FINISHED


def test_stop_ends_a_pause():
    paused = threading.Event()
    runner = made(sweep())
    runner.pause()
    runner.start(lambda: paused.set() if runner.progress.status is Status.PAUSED else None)
    assert paused.wait(LONG)
    runner.stop()

    assert runner.wait(LONG)
    assert runner.progress.status is Status.STOPPED


def test_the_error_is_the_very_object_that_was_raised():
    error = KeyError("mine")

    def loss_fn(output, target):
        raise error

    runner = run(sweep(loss_fn=loss_fn))

    assert runner.error is error
    assert runner.progress.status is Status.FAILED
    assert runner.result.stop_reason is StopReason.FAILED
    assert runner.result.receipt.identical


def test_an_exit_in_the_code_of_the_user_ends_the_sweep_and_not_the_thread_silently():
    runner = run(sweep(loss_fn=lambda output, target: sys.exit(3)))

    assert isinstance(runner.error, SystemExit)
    assert runner.progress.status is Status.FAILED


def test_news_that_fails_ends_the_sweep_and_is_reported():
    calls = []

    def news():
        calls.append(1)
        raise OSError("the page is gone")

    runner = run(sweep(), news)

    assert str(runner.error) == "the page is gone"
    assert runner.progress.status is Status.FAILED
    assert runner.result.receipt.identical


def test_a_run_runs_once():
    runner = run(sweep(num_it=2))

    with pytest.raises(RuntimeError, match="started before"):
        runner.start()


def test_nothing_is_printed(capfd):
    run(sweep(loss_fn=lambda output, target: 1 / 0))
    run(sweep(num_it=3))

    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
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

    runner = made(Sweep(model, data, optimizer, num_it=5, loss_fn=loss_fn, isolation=isolation))
    if ending == "stopped":
        runner.stop()
    runner.start()
    runner.wait(LONG)
    watched = [weakref.ref(x) for x in (model, data, optimizer, loss_fn, model[0].weight)]

    del model, data, optimizer, runner, loss_fn
    gc.collect()

    assert [ref() for ref in watched] == [None] * 5
    assert set(threading.enumerate()) <= threads


@pytest.mark.slow
def test_a_result_keeps_no_model_alive():
    model = classifier()
    runner = run(Sweep(model, batches(), sgd(model), num_it=3))
    result, watched = runner.result, weakref.ref(model)
    del model, runner
    gc.collect()

    assert watched() is None
    assert len(result) == 3


@pytest.mark.slow
def test_a_process_that_ends_during_a_sweep_ends_quietly():
    code = """
import torch, threading
from lrfind_widget.training.run_thread import RunThread
from lrfind_widget.training.range_test import Sweep
model = torch.nn.Linear(4, 3)
batches = [(torch.zeros(2, 4), torch.zeros(2, dtype=torch.int64))]
begun = threading.Event()
sweep = Sweep(model, batches, torch.optim.SGD(model.parameters(), lr=0.1),
              num_it=10**9, stop_div=False)
runner = RunThread(sweep)
runner.start(begun.set)
begun.wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_run_that_is_never_started_gives_everything_back_when_it_is_dropped():
    model = classifier()
    model[0].weight.grad = gradient = torch.ones_like(model[0].weight)
    random = torch.get_rng_state()

    runner = made(Sweep(model, loader(), sgd(model), isolation="in_place"))
    assert model[0].weight.grad is None
    torch.rand(1)
    del runner  # at once, without a search for cycles

    assert model[0].weight.grad is gradient
    assert torch.equal(torch.get_rng_state(), random)
    run(Sweep(model, loader(), sgd(model), isolation="in_place", num_it=2))


def test_a_thread_that_cannot_start_leaves_nothing(monkeypatch):
    def refused(self):
        raise RuntimeError("can't start new thread")

    model = classifier()
    runner = made(Sweep(model, loader(), sgd(model), isolation="in_place", num_it=2))
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError, match="new thread"):
            runner.start()

    assert runner.progress.status is Status.FAILED
    assert runner.wait(LONG)
    run(Sweep(model, loader(), sgd(model), isolation="in_place", num_it=2))


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


def test_progress_says_how_far_it_is_and_what_is_made_smaller():
    runner = made(sweep(num_it=5, stop_div=False))
    assert runner.progress == Progress(isolation=runner.progress.isolation)
    runner.start()
    runner.wait(LONG)
    status, done, seconds, objective, isolation, aside = runner.progress
    assert aside == ""

    assert (status, done) == (Status.FINISHED, 5)
    assert 0 < seconds < LONG
    assert objective.startswith("cross entropy")
    assert isolation.startswith("Trained on a copy")


def test_steps_that_a_pass_which_diverged_left_out_count_as_taken():
    values = ScriptedLoss([1.0, float("nan"), 1.0, 1.0, 1.0])
    model = classifier()
    swept = Sweep(model, batches(), sgd(model), loss_fn=values, num_it=3, repeats=2)
    seen = []
    runner = made(swept)
    runner.start(lambda: seen.append(runner.progress.done))
    runner.wait(LONG)

    assert seen[:5] == [1, 2, 4, 5, 6]


def test_a_pause_is_left_out_of_the_time_of_a_step():
    paused, seen = threading.Event(), []
    runner = made(sweep(num_it=3))
    runner.pause()
    runner.start(lambda: paused.set() if runner.progress.status is Status.PAUSED else None)
    assert paused.wait(LONG)
    assert runner.progress.seconds_per_step is None
    paused.clear()
    assert not paused.wait(0.5)
    runner.resume()
    runner.wait(LONG)
    seen.append(runner.progress.seconds_per_step)

    assert seen[0] < 0.15


def test_a_run_that_was_not_started_keeps_no_caller_waiting():
    assert made(sweep()).wait() is False


def test_its_own_thread_can_ask_it_to_wait():
    waited = []
    runner = made(sweep(num_it=2))
    runner.start(lambda: waited.append(runner.wait(0)))
    assert runner.wait(LONG)

    assert waited == [False, False, True]


def test_an_interrupt_in_the_code_of_the_user_counts_as_stopped():
    def loss_fn(output, target):
        raise KeyboardInterrupt

    runner = run(sweep(loss_fn=loss_fn))

    assert runner.error is None
    assert runner.progress.status is Status.STOPPED


def test_a_failure_keeps_the_lines_and_not_the_memory():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 3)

        def forward(self, inputs):
            activations = self.layer(inputs)
            alive.extend([weakref.ref(self), weakref.ref(activations)])
            try:
                raise KeyError("the cause")
            except KeyError as cause:
                raise ValueError("mine") from cause

    alive = []
    model = Model()
    runner = run(Sweep(model, loader(), sgd(model)))
    error = runner.error

    gc.collect()
    assert [ref() for ref in alive] == [None, None]
    assert "raise ValueError" in "".join(traceback.format_exception(error))

    alive.append(weakref.ref(model))
    del model
    gc.collect()
    assert alive[-1]() is None
    assert runner.progress.status is Status.FAILED
    runner.pause(), runner.resume(), runner.stop()


def test_progress_says_what_is_done_aside_and_its_time_is_not_that_of_the_steps():
    runner = made(sweep(num_it=60, stop_div=False))
    seen = []
    runner.start(lambda: seen.append(runner.progress))
    runner.wait(LONG)
    aside = [progress for progress in seen if progress.aside]
    assert {progress.aside for progress in aside} == {"looking for the critical rate"}
    assert {progress.done for progress in aside} == {9}
    assert seen[-1].aside == ""
