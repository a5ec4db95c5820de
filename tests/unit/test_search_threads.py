"""A search on a thread: paused, beside a sweep, and read from another thread."""

from __future__ import annotations

import threading

import numpy as np
import torch

from lrfind_widget.outcomes import Status
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from tests.unit.searching import searching
from tests.unit.toys import classifier, loader, sgd


def test_what_is_drawn_during_a_pause_makes_no_difference() -> None:
    expected = list(searching())
    run = RunThread(searching())
    paused = threading.Event()
    run.pause()
    run.start(lambda: paused.set() if run.progress.status is Status.PAUSED else None)
    assert paused.wait(30)
    torch.rand(5)
    np.random.rand()  # noqa: NPY002 - the global generator is the point
    run.resume()
    assert run.wait(30)
    assert list(run.points) == expected
    assert run.result.receipt.identical


def test_a_search_beside_a_sweep_finds_what_it_finds_alone() -> None:
    expected = list(searching(seed=3))
    model = classifier()
    sweep = Sweep(model, loader(), sgd(model), num_it=40, seed=5, stop_div=False)
    alone = list(sweep)
    runs = [RunThread(searching(seed=3)), RunThread(sweep)]
    for run in runs:
        run.start()
    assert all(run.wait(60) for run in runs)
    assert [list(run.points) for run in runs] == [expected, alone]


def test_the_plan_and_what_is_done_are_those_of_one_moment() -> None:
    """For whoever reads them from another thread."""
    run = RunThread(searching(1e-4))
    seen: list[tuple[int, int]] = []
    run.start(lambda: seen.append((run.progress.done, run.plan.steps)))
    assert run.wait(60)
    assert all(done <= steps for done, steps in seen)
    assert seen[-1][0] == seen[-1][1]
