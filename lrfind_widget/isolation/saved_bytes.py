"""The bytes of tensors, saved and written back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from lrfind_widget.isolation.checksum import checksums
from lrfind_widget.isolation.storage import Interval


class SavedBytes:
    """Copies of byte intervals: one buffer per device, in host memory or `near`, on the device.

    Where an interval still has the bytes that an `earlier` one has saved, these are taken.
    """

    def __init__(
        self, pieces: list[Interval], *, near: bool = False, earlier: SavedBytes | None = None
    ) -> None:
        self._near = near
        self._pieces: list[tuple[Interval, Tensor]] = []
        self._sums: dict[Place, int] = {}  # of what is on a device, once asked for
        self.nbytes = 0
        by_device: dict[torch.device, list[Interval]] = {}
        known = {} if earlier is None else earlier.by_place()
        self._synchronize({piece.storage.device for piece in pieces})
        for piece in pieces:
            saved = known.get(_place(piece))
            if earlier is not None and saved is not None and earlier.still_holds(piece, saved):
                self._pieces.append((piece, saved))
            else:
                by_device.setdefault(piece.storage.device, []).append(piece)
        for device, group in by_device.items():
            size = sum(piece.nbytes for piece in group)
            if near:
                buffer = torch.empty(size, dtype=torch.uint8, device=device)
            else:
                buffer = _host_buffer(size, device)
            start = 0
            for piece in group:
                saved = buffer[start : start + piece.nbytes]
                saved.copy_(piece.bytes(), non_blocking=True)
                self._pieces.append((piece, saved))
                start += piece.nbytes
            self.nbytes += size
        self._synchronize(by_device)

    def by_place(self) -> dict[Place, Tensor]:
        """Return the bytes that were saved of each interval."""
        return {_place(piece): saved for piece, saved in self._pieces}

    def still_holds(self, piece: Interval, saved: Tensor) -> bool:
        """Whether an interval has the bytes now that were saved of it here."""
        bits, place = piece.bytes(), _place(piece)
        if bits.device.type == "cpu":
            return torch.equal(bits, saved)
        if place not in self._sums:  # by checksums, which the device computes
            (self._sums[place],) = checksums([saved.to(bits.device)])
        return checksums([bits]) == [self._sums[place]]

    def restore(self) -> list[str]:
        """Write all bytes back; return what failed, in words."""
        problems: list[str] = []
        devices = {piece.storage.device for piece, _ in self._pieces}
        # The sweep may have used another stream: let it finish before writing over its results.
        attempt(problems, "waiting for the device", lambda: self._synchronize(devices))
        for piece, saved in self._pieces:
            what = f"{piece.nbytes} bytes on {piece.storage.device}"
            attempt(problems, what, functools.partial(_write, piece, saved))
        attempt(problems, "waiting for the device", lambda: self._synchronize(devices))
        return problems

    def _synchronize(self, devices: Iterable[torch.device]) -> None:
        for device in devices:
            if device.type == "cuda" and not self._near:
                torch.cuda.synchronize(device)


Place = tuple[int, int, int]
"""The number of a storage, and from where to where in it."""


def _place(piece: Interval) -> Place:
    return piece.storage.data_ptr(), piece.start, piece.stop


def _write(piece: Interval, saved: Tensor) -> None:
    bits = piece.bytes()
    # What is as it was may be read only, as the pages of a file are.
    if bits.device.type != "cpu" or not torch.equal(bits, saved):
        bits.copy_(saved, non_blocking=True)


def _host_buffer(size: int, device: torch.device) -> Tensor:
    if device.type == "cuda":
        try:
            return torch.empty(size, dtype=torch.uint8, device="cpu", pin_memory=True)
        except RuntimeError:  # pinned memory is scarce; ordinary memory is slower but does
            pass
    return torch.empty(size, dtype=torch.uint8, device="cpu")


def attempt(problems: list[str], what: str, action: Callable[[], None]) -> None:
    """Do something; add to the problems, in words, if it fails."""
    try:
        action()
    except Exception as error:
        problems.append(f"{what} ({type(error).__name__}: {error})")
