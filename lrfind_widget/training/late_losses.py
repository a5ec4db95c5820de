"""Losses that are read later than they are computed, in the order of their steps.

To read a loss is to wait for the device, and a GPU's queue of work would run empty at each step.
So it is copied to the host while the next steps are under way, and read when it has arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor

LAG = 8
"""Steps that may be under way on a GPU before the host waits for the oldest. Enough to hide the
host's own work, and few enough that Stop is felt at once."""

Label = TypeVar("Label")


class Transfer(Protocol):
    """Numbers that are being brought to the host."""

    def done(self) -> bool:
        """Whether they have arrived. Never waits."""

    def wait(self) -> list[float]:
        """Return them, once they have arrived."""


class CudaCopy:
    """A copy into pinned host memory on the current stream, with an event to mark the place."""

    def __init__(self, scalars: Sequence[Tensor]) -> None:
        # One small kernel and one copy, in double precision so that no bit is lost.
        packed = torch.stack([scalar.detach().to(torch.float64) for scalar in scalars])
        self._host = torch.empty(packed.shape, dtype=torch.float64, device="cpu", pin_memory=True)
        self._host.copy_(packed, non_blocking=True)
        self._event: Any = torch.cuda.Event()  # type: ignore[no-untyped-call]
        self._event.record()

    def done(self) -> bool:
        """Whether the device has come to the event."""
        return bool(self._event.query())

    def wait(self) -> list[float]:
        """Return the numbers, once it has."""
        self._event.synchronize()
        return [float(value) for value in self._host.tolist()]


class ReadNow:
    """Numbers that are read at once. For the CPU, where each is there when computed."""

    def __init__(self, scalars: Sequence[Tensor]) -> None:
        self._values = [scalar.item() for scalar in scalars]

    def done(self) -> bool:
        """Return True."""
        return True

    def wait(self) -> list[float]:
        """Return the numbers."""
        return self._values


class LossQueue(Generic[Label]):
    """First in, first out: losses are taken from it in the order they were put in.

    `send` starts to bring 0-d tensors to the host. `ready` waits for the oldest where more than
    `lag` are under way; with 0 it waits for all.
    """

    def __init__(self, send: Callable[[Sequence[Tensor]], Transfer], lag: int) -> None:
        self.lag = lag
        self._send = send
        self._under_way: deque[tuple[Label, Transfer]] = deque()

    @classmethod
    def on(cls, device: torch.device) -> LossQueue[Label]:
        """Return what suits a device."""
        return cls(CudaCopy, LAG) if device.type == "cuda" else cls(ReadNow, 0)

    def put(self, label: Label, *scalars: Tensor) -> None:
        """Put in the numbers of a step, as 0-d tensors on the device."""
        self._under_way.append((label, self._send(scalars)))

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
