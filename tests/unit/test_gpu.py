"""On a GPU the loop never waits for the loss. Skipped where there is none."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lrfind_widget.training.late_losses import LossQueue, ReadNow
from lrfind_widget.training.optimizer_step import OptimizerStep
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import classifier, loader

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def points(**options):
    model = classifier().cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return list(Sweep(model, loader(), optimizer, **{"num_it": 40, "seed": 1, **options}))


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_losses_that_come_over_late_are_the_same(monkeypatch, isolation):
    late = points(isolation=isolation)
    monkeypatch.setattr(LossQueue, "on", classmethod(lambda cls, device: LossQueue(ReadNow, 0)))

    assert points(isolation=isolation) == late


def test_no_step_waits_for_the_device(monkeypatch):
    step = OptimizerStep.step

    def watched(update, number, lr):
        # The first step may set up what it needs.
        torch.cuda.set_sync_debug_mode("default" if number == 0 else "error")
        try:
            return step(update, number, lr)
        finally:
            torch.cuda.set_sync_debug_mode("default")

    monkeypatch.setattr(OptimizerStep, "step", watched)

    assert len(points(loss_fn=nn.CrossEntropyLoss(), stop_div=False)) == 40
