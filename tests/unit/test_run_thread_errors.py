"""A run that fails keeps the error, and ends as one that failed."""

from __future__ import annotations

import sys
import threading

import pytest

from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.training.range_test import Sweep
from tests.unit.running import LONG, made, run, sweep
from tests.unit.toys import classifier, loader, sgd


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


def test_an_interrupt_in_the_code_of_the_user_counts_as_stopped():
    def loss_fn(output, target):
        raise KeyboardInterrupt

    runner = run(sweep(loss_fn=loss_fn))

    assert runner.error is None
    assert runner.progress.status is Status.STOPPED
