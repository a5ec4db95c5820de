"""What is saved before a sweep in place, and how all of it is restored."""

from __future__ import annotations

import contextlib
import functools
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from lrfind_widget.isolation.attributes import outside, set_outside
from lrfind_widget.isolation.checksum import checksums
from lrfind_widget.isolation.object_graph import BUFFERS, MAPPINGS, OWNERS, is_record, visit
from lrfind_widget.isolation.storage import Interval, intervals, place, storage_of


class Snapshot:
    """The whole state of some objects, saved in host memory, or `near`, on the devices it is on.

    All is restored into the same objects, down to the storage of a tensor and the order of a dict.
    No bytes are taken for gradients, which are detached and kept, and for what an `earlier` one
    has.
    """

    def __init__(
        self, roots: Iterable[object], *, near: bool = False, earlier: Snapshot | None = None
    ) -> None:
        self._contents: list[ContentsRecord] = []
        self._tensors: list[TensorRecord] = []
        self._arrays: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        self.owned: set[int] = set()
        """The identities of all that is saved."""
        for obj in visit(roots):
            self.owned.add(id(obj))
            if isinstance(obj, Tensor):
                self._tensors.append(TensorRecord(obj))
            elif isinstance(obj, np.ndarray):
                self._arrays.append((obj, obj.copy()))
            else:
                self._contents.append(ContentsRecord(obj))
        detached = {id(record.grad) for record in self._tensors if record.can_detach_gradient}
        self._saved: SavedBytes = SavedBytes(
            intervals(r.tensor for r in self._tensors if id(r.tensor) not in detached),
            near=near,
            earlier=None if earlier is None else earlier._saved,  # noqa: SLF001
        )
        self.nbytes = self._saved.nbytes + sum(array.nbytes for array, _ in self._arrays)

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
            attempt(problems, f"the attributes of {contents.name}", contents.restore)
        for record in self._tensors:
            attempt(problems, f"the place of {record.name}", record.restore_place)
        problems += self._saved.restore()
        for record in self._tensors:
            attempt(problems, f"the gradient of {record.name}", record.restore_gradient)
        for array, values in self._arrays:
            attempt(problems, "a numpy array", functools.partial(_write_array, array, values))
        return problems


def attempt(problems: list[str], what: str, action: Callable[[], None]) -> None:
    """Do something; add to the problems, in words, if it fails."""
    try:
        action()
    except Exception as error:
        problems.append(f"{what} ({type(error).__name__}: {error})")


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


def _write_array(array: Any, values: Any) -> None:
    if array.flags.writeable:
        np.copyto(array, values)


def _host_buffer(size: int, device: torch.device) -> Tensor:
    if device.type == "cuda":
        try:
            return torch.empty(size, dtype=torch.uint8, device="cpu", pin_memory=True)
        except RuntimeError:  # pinned memory is scarce; ordinary memory is slower but does
            pass
    return torch.empty(size, dtype=torch.uint8, device="cpu")


class ContentsRecord:
    """The contents of a container, or the attributes of an object, by identity."""

    def __init__(self, obj: Any) -> None:
        self._obj = obj
        self._class = type(obj)
        self._is_object = isinstance(obj, OWNERS) or is_record(obj)
        self._is_mapping = self._is_object or isinstance(obj, MAPPINGS)
        self.saved = self._now()
        self._outside = outside(obj) if self._is_object else {}

    @property
    def name(self) -> str:
        """The class of the object."""
        return self._class.__name__

    def restore(self) -> None:
        """Restore what was in it, in the same order."""
        obj = self._obj
        if type(obj) is not self._class:
            obj.__class__ = self._class  # a lazy module becomes another class at its first use
        if self._is_object:
            set_outside(obj, self._outside)
        if self.is_unchanged():
            return
        if self._is_mapping:
            _set_mapping(getattr(obj, "__dict__", {}) if self._is_object else obj, self.saved)
        elif isinstance(obj, (list, *BUFFERS)):
            obj[:] = self.saved
        elif isinstance(obj, deque):
            obj.clear()
            obj.extend(self.saved)
        else:
            obj.clear()
            obj.update(self.saved)

    def _now(self) -> Any:
        if self._is_object:
            return list(getattr(self._obj, "__dict__", {}).items())
        if isinstance(self._obj, MAPPINGS):
            return list(self._obj.items())
        return self._obj[:] if isinstance(self._obj, BUFFERS) else list(self._obj)

    def is_unchanged(self) -> bool:
        """Whether the same is in it, in the same order."""
        if not self.saved and self._is_mapping and not self._is_object:
            return not self._obj  # as most of a module's
        now = self._now()
        if isinstance(now, BUFFERS) or len(now) != len(self.saved):
            return bool(now == self.saved)
        pairs = zip(now, self.saved, strict=True)
        if self._is_mapping:
            return all(a[0] is b[0] and a[1] is b[1] for a, b in pairs)
        return all(a is b for a, b in pairs)


def _set_mapping(mapping: Any, saved: list[tuple[Any, Any]]) -> None:
    """Restore a mapping; where its order allows that, write only what differs.

    So that another thread never reads it half restored.
    """
    # A subclass may do more than store when an item is set; what is in it then is already done.
    kind: Any = next(kind for kind in (OrderedDict, *MAPPINGS) if isinstance(mapping, kind))
    before = {id(key) for key, _ in saved}
    for key in [key for key in mapping if id(key) not in before]:
        kind.__delitem__(mapping, key)
    for key, value in saved:
        if key not in mapping or mapping[key] is not value:
            kind.__setitem__(mapping, key, value)
    if any(a is not b[0] for a, b in zip(mapping, saved, strict=True)):
        kind.clear(mapping)
        for key, value in saved:
            kind.__setitem__(mapping, key, value)


class TensorRecord:
    """What a tensor is, apart from its bytes."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self._class = type(tensor)
        lazy = is_lazy(tensor)
        self._alias = None if lazy else tensor.detach()
        self.name = "a tensor not yet made" if lazy else f"a tensor of shape {[*tensor.shape]}"
        self._storage = storage_of(tensor)
        self._size = 0 if self._storage is None else self._storage.nbytes()
        self._requires_grad = tensor.requires_grad
        self._attributes = dict(vars(tensor))
        self._hooks = getattr(tensor, "_backward_hooks", None)
        self._version = None if lazy or tensor.is_inference() else tensor._version  # noqa: SLF001
        self.grad = tensor.grad if tensor.is_leaf else None
        # Where it is a part of a larger buffer, which something else may rely on, its bytes are
        # saved instead.
        self.can_detach_gradient = self.grad is not None and _is_alone(self.grad)

    def restore_place(self) -> None:
        """Restore the class, storage, flag, attributes and hooks of the tensor."""
        tensor: Any = self.tensor
        if tensor.is_leaf and tensor.requires_grad != self._requires_grad:
            tensor.requires_grad_(self._requires_grad)
        if type(tensor) is not self._class:
            if self._alias is None:
                tensor.data = tensor.data.new_empty(0)
            tensor.__class__ = self._class
        if self._storage is not None and self._storage.nbytes() != self._size:
            self._storage.resize_(self._size)
        if self._alias is not None and not _same_place(tensor, self._alias):
            tensor.data = self._alias
        if vars(tensor).keys() != self._attributes.keys() or any(
            vars(tensor)[name] is not value for name, value in self._attributes.items()
        ):
            vars(tensor).clear()
            vars(tensor).update(self._attributes)
        if self._hooks is None and getattr(tensor, "_backward_hooks", None) is not None:
            tensor._backward_hooks = None  # noqa: SLF001

    def restore_gradient(self) -> None:
        """Restore the gradient and the version counter.

        Without the latter a loss computed before the sweep could not be differentiated after it,
        although every value it needs is the same again.
        """
        if self.tensor.is_leaf and self.tensor.grad is not self.grad:
            self.tensor.grad = self.grad
        if self._version is not None and self._version != self.tensor._version:  # noqa: SLF001
            _set_version(self.tensor, self._version)


def _set_version(tensor: Tensor, version: int) -> None:
    # Not public, so optional: where torch has no such function, no value is lost.
    set_version: Any = getattr(torch._C._autograd, "_unsafe_set_version_counter", None)  # noqa: SLF001
    # Newer versions of torch take several tensors at once, older ones take one.
    for arguments in (((tensor,), (version,)), (tensor, version)):
        with contextlib.suppress(TypeError):
            set_version(*arguments)
            return


def _is_alone(tensor: Tensor) -> bool:
    if tensor.layout is not torch.strided or type(tensor) is not Tensor:
        return True
    return tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()


def _same_place(tensor: Tensor, alias: Tensor) -> bool:
    if tensor.layout is not torch.strided or alias.layout is not torch.strided:
        return False
    return (tensor.dtype, tensor.shape, tensor.stride(), place(tensor)) == (
        *(alias.dtype, alias.shape, alias.stride(), place(alias)),
    )
