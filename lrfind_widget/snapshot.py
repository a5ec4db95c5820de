"""What is saved before a sweep in place, and how all of it is set back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lrfind_widget.object_graph import OWNERS, is_record, visit
from lrfind_widget.storage import Interval, intervals


class Snapshot:
    """The whole state of some objects, held in host memory.

    Everything is set back *into the same objects*: a parameter keeps its identity, its storage
    and its address, an optimizer's state dictionary keeps its order, a gradient stays the same
    tensor.

    Parameters
    ----------
    roots : iterable of objects
        Modules, optimizers, schedulers, scalers, tensors.

    Notes
    -----
    Costs as many bytes of host memory as the tensors have (`nbytes`), pinned where a tensor lives
    on a GPU. Gradients cost nothing more: the tensors are put aside, not copied.
    """

    def __init__(self, roots: Iterable[object]) -> None:
        self._contents: list[_Contents] = []
        self._tensors: list[_TensorRecord] = []
        self._arrays: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        aside: set[int] = set()
        changing: list[Tensor] = []
        for obj in visit(roots):
            if isinstance(obj, Tensor):
                record = _TensorRecord.of(obj)
                self._tensors.append(record)
                if record.grad_aside:
                    aside.add(id(record.grad))
                changing.append(obj)
            elif isinstance(obj, np.ndarray):
                self._arrays.append((obj, obj.copy()))
            else:
                self._contents.append(_Contents(obj))
        self._saved = _SavedBytes(intervals(t for t in changing if id(t) not in aside))

    @property
    def nbytes(self) -> int:
        """Bytes of host memory the saved tensors take."""
        return self._saved.nbytes

    @property
    def tensors(self) -> list[Tensor]:
        """Every tensor that is watched over."""
        return [record.tensor for record in self._tensors]

    def put_gradients_aside(self) -> None:
        """Take the gradients off their parameters, so that training cannot write into them."""
        for record in self._tensors:
            if record.grad_aside:
                record.tensor.grad = None

    def restore(self) -> list[str]:
        """Set everything back.

        Returns
        -------
        list of str
            What could not be set back, in words; empty when all went well. One failure does not
            keep the rest from being restored.
        """
        problems: list[str] = []
        for contents in self._contents:
            _attempt(problems, f"the attributes of {contents.name}", contents.restore)
        for record in self._tensors:
            _attempt(problems, f"a tensor of shape {record.shape}", record.restore_identity)
        _attempt(problems, "the values of tensors", self._saved.restore)
        for record in self._tensors:
            _attempt(problems, f"the gradient of shape {record.shape}", record.restore_gradient)
        for array, values in self._arrays:
            _attempt(problems, "a numpy array", lambda a=array, v=values: np.copyto(a, v))
        return problems


def _attempt(problems: list[str], what: str, action: Callable[[], None]) -> None:
    try:
        action()
    except Exception as error:
        problems.append(f"{what} ({type(error).__name__}: {error})")


class _SavedBytes:
    """Copies of byte intervals: one buffer in host memory per device."""

    def __init__(self, pieces: list[Interval]) -> None:
        self._pieces: list[tuple[Interval, Tensor]] = []
        self.nbytes = 0
        by_device: dict[torch.device, list[Interval]] = {}
        for piece in pieces:
            by_device.setdefault(piece.storage.device, []).append(piece)
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

    def restore(self) -> None:
        for piece, saved in self._pieces:
            piece.bytes().copy_(saved, non_blocking=True)
        _synchronize({piece.storage.device for piece, _ in self._pieces})


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
            torch.cuda.current_stream(device).synchronize()


class _Contents:
    """The contents of one container, or the attributes of one object, by identity."""

    def __init__(self, obj: Any) -> None:
        self._obj = obj
        self._class = type(obj)
        self._is_object = isinstance(obj, OWNERS) or is_record(obj)
        self._saved: list[Any] = self._now()

    @property
    def name(self) -> str:
        return self._class.__name__

    def _now(self) -> list[Any]:
        if self._is_object:
            inside = getattr(self._obj, "__dict__", {})
            return list(inside.items())
        if isinstance(self._obj, dict):
            return list(self._obj.items())
        return list(self._obj)

    def restore(self) -> None:
        obj = self._obj
        if type(obj) is not self._class:
            obj.__class__ = self._class  # a lazy module becomes another class when it is first used
        if self._is_unchanged():
            return
        if self._is_object:
            obj = vars(obj)
        if isinstance(obj, dict):
            dict.clear(obj)
            for key, value in self._saved:
                dict.__setitem__(obj, key, value)
        elif isinstance(obj, list):
            obj[:] = self._saved
        elif isinstance(obj, deque):
            obj.clear()
            obj.extend(self._saved)
        else:
            obj.clear()
            obj.update(self._saved)

    def _is_unchanged(self) -> bool:
        now = self._now()
        if len(now) != len(self._saved):
            return False
        if self._is_object or isinstance(self._obj, dict):
            pairs = zip(now, self._saved, strict=True)
            return all(a[0] is b[0] and a[1] is b[1] for a, b in pairs)
        return all(a is b for a, b in zip(now, self._saved, strict=True))


@dataclass
class _TensorRecord:
    """What a tensor is, apart from its bytes."""

    tensor: Tensor
    cls: type
    alias: Tensor | None
    shape: tuple[int, ...]
    requires_grad: bool
    grad: Tensor | None
    grad_aside: bool
    hooks: object

    @classmethod
    def of(cls, tensor: Tensor) -> _TensorRecord:
        lazy = torch.nn.parameter.is_lazy(tensor)
        grad = tensor.grad if tensor.is_leaf else None
        return cls(
            tensor=tensor,
            cls=type(tensor),
            alias=None if lazy else tensor.detach(),
            shape=() if lazy else tuple(tensor.shape),
            requires_grad=tensor.requires_grad,
            grad=grad,
            grad_aside=grad is not None and _owns_its_storage(grad),
            hooks=getattr(tensor, "_backward_hooks", None),
        )

    def restore_identity(self) -> None:
        tensor: Any = self.tensor
        if self.alias is None:
            if type(tensor) is not self.cls:
                tensor.data = tensor.data.new_empty(0)
                tensor.__class__ = self.cls
        else:
            if type(tensor) is not self.cls:
                tensor.__class__ = self.cls
            if not _same_place(tensor, self.alias):
                tensor.data = self.alias
        if tensor.is_leaf and tensor.requires_grad != self.requires_grad:
            tensor.requires_grad_(self.requires_grad)
        if self.hooks is None and getattr(tensor, "_backward_hooks", None) is not None:
            tensor._backward_hooks = None

    def restore_gradient(self) -> None:
        if self.tensor.is_leaf and self.tensor.grad is not self.grad:
            self.tensor.grad = self.grad


def _owns_its_storage(tensor: Tensor) -> bool:
    """Whether nobody else can be relying on this gradient's place, e.g. a flat buffer."""
    if tensor.layout is not torch.strided or type(tensor) is not Tensor:
        return True
    return tensor.untyped_storage().nbytes() == tensor.numel() * tensor.element_size()


def _same_place(tensor: Tensor, alias: Tensor) -> bool:
    if tensor.layout is not torch.strided or alias.layout is not torch.strided:
        return False
    return (
        tensor.device == alias.device
        and tensor.dtype == alias.dtype
        and tensor.shape == alias.shape
        and tensor.stride() == alias.stride()
        and tensor.data_ptr() == alias.data_ptr()
    )
