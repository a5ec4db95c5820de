"""The bytes behind tensors: which part of which storage a tensor uses.

Isolation works on bytes, not on values, so that every data type, stride, shared storage and NaN
payload is treated alike: saving and copying never go through arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parameter import is_lazy


@dataclass(frozen=True)
class Interval:
    """A contiguous run of bytes `[start, stop)` of one storage."""

    storage: torch.UntypedStorage
    start: int
    stop: int

    @property
    def nbytes(self) -> int:
        """Length in bytes."""
        return self.stop - self.start

    def bytes(self) -> Tensor:
        """Return a one-dimensional uint8 tensor that shares these bytes."""
        view = torch.empty(0, dtype=torch.uint8, device=self.storage.device)
        with torch.no_grad():
            return view.set_(self.storage, self.start, (self.nbytes,), (1,))


def inner_tensors(tensor: Tensor) -> tuple[Tensor, ...] | None:
    """Return the plain tensors a sparse or wrapping tensor consists of, None for a plain one."""
    if is_lazy(tensor):
        return ()
    flatten = getattr(type(tensor), "__tensor_flatten__", None)
    if flatten is not None and hasattr(type(tensor), "__tensor_unflatten__"):
        names, _ = flatten(tensor)
        return tuple(getattr(tensor, name) for name in names)
    layout = tensor.layout
    if layout is torch.strided:
        return None
    bare = tensor.detach()
    if layout is torch.sparse_coo:
        # The public indices() and values() refuse a tensor that is not coalesced.
        return (bare._indices(), bare._values())  # noqa: SLF001
    if layout in (torch.sparse_csr, torch.sparse_bsr):
        return (bare.crow_indices(), bare.col_indices(), bare.values())
    if layout in (torch.sparse_csc, torch.sparse_bsc):
        return (bare.ccol_indices(), bare.row_indices(), bare.values())
    return None


def interval(tensor: Tensor) -> Interval | None:
    """Return the bytes a plain tensor spans; None where it has none (meta, empty, opaque)."""
    storage = storage_of(tensor)
    if storage is None or tensor.device.type == "meta" or tensor.numel() == 0:
        return None
    size = tensor.element_size()
    start = tensor.storage_offset() * size
    last = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    return Interval(storage, int(start), int(start + (last + 1) * size))


def intervals(tensors: Iterable[Tensor]) -> list[Interval]:
    """Return the bytes of many tensors, each byte once, in order of first appearance.

    Tensors that share a storage (tied weights, views of one flat buffer) are merged where they
    overlap or touch; a small view of a large storage brings only its own bytes.
    """
    found: dict[tuple[str, int], list[Interval]] = {}
    for tensor in _plain_tensors(tensors):
        piece = interval(tensor)
        if piece is not None:
            key = storage_key(piece.storage)
            found.setdefault(key, []).append(piece)
    return [merged for pieces in found.values() for merged in _merge(pieces)]


def _plain_tensors(tensors: Iterable[Tensor]) -> Iterator[Tensor]:
    for tensor in tensors:
        inner = inner_tensors(tensor)
        if inner is None:
            yield tensor
        else:
            yield from _plain_tensors(inner)


def storages_of(tensors: Iterable[Tensor]) -> set[tuple[str, int]]:
    """Return what identifies the storages whose bytes some tensors use."""
    used = (tensor for tensor in _plain_tensors(tensors) if tensor.numel() > 0)
    found = (storage_of(tensor) for tensor in used if tensor.device.type != "meta")
    return {storage_key(storage) for storage in found if storage is not None}


def storage_of(tensor: Tensor) -> torch.UntypedStorage | None:
    """Return the storage behind a plain tensor, None where it has none."""
    if is_lazy(tensor) or tensor.layout is not torch.strided:
        return None
    try:
        return tensor.untyped_storage()
    except (RuntimeError, NotImplementedError):
        return None


def place(tensor: Tensor) -> tuple[int, int]:
    """Return where a tensor is: which storage, whatever its address now, and how far into it."""
    storage = storage_of(tensor)
    return (0, 0) if storage is None else (storage._cdata, int(tensor.storage_offset()))  # noqa: SLF001


def storage_key(storage: torch.UntypedStorage) -> tuple[str, int]:
    """Return what identifies a storage: its device and address."""
    return (str(storage.device), storage.data_ptr())


def _merge(pieces: list[Interval]) -> list[Interval]:
    merged: list[Interval] = []
    for piece in sorted(pieces, key=lambda p: p.start):
        if merged and piece.start <= merged[-1].stop:
            last = merged[-1]
            merged[-1] = Interval(last.storage, last.start, max(last.stop, piece.stop))
        else:
            merged.append(piece)
    return merged


def total_bytes(values: Iterable[Any]) -> dict[torch.device, int]:
    """Return how many bytes tensors and arrays take on each device, each byte counted once."""
    values = list(values)
    arrays = sum(value.nbytes for value in values if isinstance(value, np.ndarray))
    sizes = {torch.device("cpu"): arrays} if arrays else {}
    for piece in intervals(value for value in values if isinstance(value, Tensor)):
        device = piece.storage.device
        sizes[device] = sizes.get(device, 0) + piece.nbytes
    return sizes
