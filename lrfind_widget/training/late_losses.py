"""Losses on their way from the device to Python, in the order of their steps.

To read a loss is to wait until the device has computed it. On a GPU that would stop the
queue of work that keeps it busy, once in every step. So there a loss is copied to the host
while the next steps are already under way, and read when it has arrived. The sweep's rule
for stopping then knows of a loss up to `LossQueue.lag` steps late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor

LAG = 8
"""Steps that may be under way on a GPU before the host waits for the oldest. Enough to hide the
host's own work, and few enough that Stop is felt at once."""

Label = TypeVar("Label")


class Transfer(Protocol):
    """Numbers on their way to the host."""

    def done(self) -> bool:
        """Whether they have arrived. Never waits."""

    def wait(self) -> list[float]:
        """Return them, once they have arrived."""


class Carrier(Protocol):
    """A way to bring numbers to the host."""

    def send(self, scalars: Sequence[Tensor]) -> Transfer:
        """Start to bring 0-d tensors to the host, without waiting."""


class CudaCarrier:
    """Copies into pinned host memory on the current stream, and marks the place with an event."""

    class _Copy:
        def __init__(self, host: Tensor, event: Any) -> None:
            self._host = host
            self._event = event

        def done(self) -> bool:
            return bool(self._event.query())

        def wait(self) -> list[float]:
            self._event.synchronize()
            return [float(value) for value in self._host.tolist()]

    def send(self, scalars: Sequence[Tensor]) -> Transfer:
        """Start the copy."""
        # One small kernel and one copy, in double precision so that no bit is lost.
        packed = torch.stack([scalar.detach().to(torch.float64) for scalar in scalars])
        host = torch.empty(packed.shape, dtype=torch.float64, pin_memory=True)
        host.copy_(packed, non_blocking=True)
        event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record()
        return self._Copy(host, event)


class LossList(Generic[Label]):
    """Losses that are read as they are put in. For the CPU, where each is there when computed."""

    def __init__(self) -> None:
        self._arrived: list[tuple[Label, list[float]]] = []

    def put(self, label: Label, *scalars: Tensor) -> None:
        """Put in the numbers of a step, as 0-d tensors on the device."""
        self._arrived.append((label, [scalar.item() for scalar in scalars]))

    def ready(self) -> list[tuple[Label, list[float]]]:
        """Take out what has arrived."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def flush(self) -> list[tuple[Label, list[float]]]:
        """Wait for all, and take them out."""
        return self.ready()


class LossQueue(LossList[Label]):
    """First in, first out: losses are taken from it in the order they were put in.

    `ready` waits for the oldest where more than `lag` are under way; with 0 it waits for all.
    """

    def __init__(self, carrier: Carrier, lag: int) -> None:
        super().__init__()
        self.lag = lag
        self._carrier = carrier
        self._under_way: deque[tuple[Label, Transfer]] = deque()

    @classmethod
    def on(cls, device: torch.device) -> LossList[Label]:
        """Return what suits a device."""
        if device.type == "cuda":
            return cls(CudaCarrier(), LAG)
        return LossList()

    def put(self, label: Label, *scalars: Tensor) -> None:
        """Put in the numbers of a step, as 0-d tensors on the device."""
        self._under_way.append((label, self._carrier.send(scalars)))

    def ready(self) -> list[tuple[Label, list[float]]]:
        """Take out what has arrived; wait only where more than `lag` are under way."""
        arrived = []
        while self._under_way and (len(self._under_way) > self.lag or self._under_way[0][1].done()):
            label, transfer = self._under_way.popleft()
            arrived.append((label, transfer.wait()))
        return arrived

    def flush(self) -> list[tuple[Label, list[float]]]:
        """Wait for all, and take them out."""
        arrived = [(label, transfer.wait()) for label, transfer in self._under_way]
        self._under_way.clear()
        return arrived
