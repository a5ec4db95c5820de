"""Sweeps on a thread, and a loss that lets a test decide when a step is taken."""

from __future__ import annotations

import threading

import torch

from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from tests.unit.toys import classifier, loader, sgd

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
