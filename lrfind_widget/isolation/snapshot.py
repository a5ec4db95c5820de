"""What is saved before a sweep in place, and how all of it is restored."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lrfind_widget.isolation.object_graph import visit
from lrfind_widget.isolation.records import ContentsRecord, TensorRecord
from lrfind_widget.isolation.storage import Interval, intervals


class Snapshot:
    """The whole state of some objects, saved in host memory.

    Everything is restored *into the same objects*: a parameter keeps its identity, its storage
    and its address, an optimizer's state dictionary keeps its order, a gradient stays the same
    tensor.

    Costs as many bytes of host memory as the tensors have, pinned where a tensor lives on a GPU.
    Gradients cost nothing more: the tensors are detached and kept, not copied.
    """

    def __init__(self, roots: Iterable[object]) -> None:
        self._contents: list[ContentsRecord] = []
        self._tensors: list[TensorRecord] = []
        self._arrays: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        for obj in visit(roots):
            if isinstance(obj, Tensor):
                self._tensors.append(TensorRecord(obj))
            elif isinstance(obj, np.ndarray):
                self._arrays.append((obj, obj.copy()))
            else:
                self._contents.append(ContentsRecord(obj))
        detached = {id(record.grad) for record in self._tensors if record.can_detach_gradient}
        self._saved = SavedBytes(
            intervals(r.tensor for r in self._tensors if id(r.tensor) not in detached)
        )

    @property
    def nbytes(self) -> int:
        """Bytes of host memory the saved tensors take."""
        return self._saved.nbytes

    def detach_gradients(self) -> None:
        """Detach the gradients from their parameters, so that training cannot write into them."""
        for record in self._tensors:
            if record.can_detach_gradient:
                record.tensor.grad = None

    def restore(self) -> list[str]:
        """Restore everything.

        One failure does not keep the rest from being restored. May be called again.
        """
        problems: list[str] = []
        for contents in self._contents:
            _attempt(problems, f"the attributes of {contents.name}", contents.restore)
        for record in self._tensors:
            _attempt(problems, f"the place of {record.name}", record.restore_place)
        problems += self._saved.restore()
        for record in self._tensors:
            _attempt(problems, f"the gradient of {record.name}", record.restore_gradient)
        for array, values in self._arrays:
            _attempt(problems, "a numpy array", functools.partial(np.copyto, array, values))
        return problems


def _attempt(problems: list[str], what: str, action: Callable[[], None]) -> None:
    try:
        action()
    except Exception as error:
        problems.append(f"{what} ({type(error).__name__}: {error})")


class SavedBytes:
    """Copies of byte intervals: one buffer in host memory per device."""

    def __init__(self, pieces: list[Interval]) -> None:
        self._pieces: list[tuple[Interval, Tensor]] = []
        self.nbytes = 0
        by_device: dict[torch.device, list[Interval]] = {}
        for piece in pieces:
            by_device.setdefault(piece.storage.device, []).append(piece)
        _synchronize(by_device)
        for device, group in by_device.items():
            size = sum(piece.nbytes for piece in group)
            buffer = _host_buffer(size, device)
            start = 0
            for piece in group:
                saved = buffer[start : start + piece.nbytes]
                saved.copy_(piece.bytes(), non_blocking=True)
                self._pieces.append((piece, saved))
                start += piece.nbytes
            self.nbytes += size
        _synchronize(by_device)

    def restore(self) -> list[str]:
        """Write all bytes back; return what failed, in words."""
        problems: list[str] = []
        devices = {piece.storage.device for piece, _ in self._pieces}
        # The sweep may have used another stream: let it finish before writing over its results.
        _attempt(problems, "waiting for the device", lambda: _synchronize(devices))
        for piece, saved in self._pieces:
            what = f"{piece.nbytes} bytes on {piece.storage.device}"
            _attempt(problems, what, functools.partial(_write, piece, saved))
        _attempt(problems, "waiting for the device", lambda: _synchronize(devices))
        return problems


def _write(piece: Interval, saved: Tensor) -> None:
    piece.bytes().copy_(saved, non_blocking=True)


def _host_buffer(size: int, device: torch.device) -> Tensor:
    if device.type == "cuda":
        try:
            return torch.empty(size, dtype=torch.uint8, pin_memory=True)
        except RuntimeError:  # pinned memory is scarce; ordinary memory is slower but does
            pass
    return torch.empty(size, dtype=torch.uint8)


def _synchronize(devices: Iterable[torch.device]) -> None:
    for device in devices:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
