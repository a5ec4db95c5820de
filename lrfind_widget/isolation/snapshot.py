"""What is saved before a sweep in place, and how all of it is restored."""

from __future__ import annotations

import contextlib
import functools
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from lrfind_widget.isolation.attributes import outside, set_outside
from lrfind_widget.isolation.object_graph import BUFFERS, MAPPINGS, OWNERS, is_record, visit
from lrfind_widget.isolation.saved_bytes import SavedBytes, attempt
from lrfind_widget.isolation.storage import intervals, place, storage_of


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


def _write_array(array: Any, values: Any) -> None:
    if array.flags.writeable:
        np.copyto(array, values)


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
