"""A thread that starts a sweep on another one does not keep helpers that hinder it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lrfind_widget.training import run_thread

GNU = run_thread._pause() is not None and Path("/proc/self/task").exists()

BEGIN = """
import time
from pathlib import Path
import torch
torch.set_num_threads(2)

def helpers():
    # Helpers that were let go of end on their own.
    counts = []
    for _ in range(20):
        counts.append(len(list(Path("/proc/self/task").iterdir())))
        time.sleep(0.02)
    return counts[-1]

def compute():
    return torch.ones(500_000).exp().sum().item()

alone = helpers()
found = compute()
with_helper = helpers()
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif(not GNU, reason="torch computes with another OpenMP here")
def test_the_helpers_end_and_come_back_with_the_next_operation():
    said = run("""
from lrfind_widget.training import run_thread
from lrfind_widget.training.run_thread import release_openmp_threads
release_openmp_threads()
without = helpers()
assert compute() == found
print(with_helper - alone, without - alone, helpers() - alone, torch.get_num_threads())
""")
    assert said == "1 0 1 2"


@pytest.mark.slow
@pytest.mark.skipif(not GNU, reason="torch computes with another OpenMP here")
def test_a_sweep_on_a_thread_of_its_own_is_not_hindered_by_idle_helpers():
    said = run("""
from lrfind_widget.training.run_thread import RunThread
from lrfind_widget import Sweep
model = torch.nn.Linear(2, 1)
batch = torch.ones(4, 2), torch.full((4, 1), 2.0)
sweep = Sweep(model, [batch], torch.optim.SGD(model.parameters(), lr=0.1), num_it=3)
runner = RunThread(sweep)
runner.start()
runner.wait()
assert runner.error is None
print(with_helper - alone, helpers() - alone)
""")
    assert said == "1 0"


def test_without_that_runtime_nothing_happens(monkeypatch):
    monkeypatch.setattr(run_thread, "_pause", lambda: None)
    run_thread.release_openmp_threads()
