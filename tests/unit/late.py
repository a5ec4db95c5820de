"""A device that computes late: stands in for a GPU in tests."""

from __future__ import annotations

import torch

from lrfind_widget.training import update
from lrfind_widget.training.late_losses import LossQueue


class LateCarrier:
    """Numbers arrive `delay` sends after their own, or when somebody waits for them."""

    def __init__(self, delay):
        self.delay = delay
        self.sent = []
        self.waited_for = []

    def send(self, scalars):
        number = len(self.sent)
        # Copied at once, as a device copies what a tensor holds at this place in its queue.
        self.sent.append([scalar.detach().clone() for scalar in scalars])
        return LateTransfer(self, number)


class LateTransfer:
    def __init__(self, carrier, number):
        self.carrier = carrier
        self.number = number

    def done(self):
        return len(self.carrier.sent) - self.number > self.carrier.delay

    def wait(self):
        if not self.done():
            self.carrier.waited_for.append(self.number)
        return [float(scalar) for scalar in self.carrier.sent[self.number]]


def computes_late(monkeypatch, delay, lag):
    """Let sweeps run on a device whose losses arrive late."""
    carrier = LateCarrier(delay)
    monkeypatch.setattr(
        update.LossQueue,
        "on",
        classmethod(lambda cls, device: LossQueue(carrier.send, lag)),
    )
    return carrier


def number(value):
    return torch.tensor(float(value))
