"""What a run leaves: no output, no thread, no model kept alive."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import traceback
import weakref

import pytest
import torch

from lrfind_widget.outcomes import Status
from lrfind_widget.training.range_test import Sweep
from tests.unit.running import LONG, made, run, sweep
from tests.unit.toys import batches, classifier, loader, sgd


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
