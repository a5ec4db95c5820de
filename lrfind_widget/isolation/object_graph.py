"""The mutable objects a model, an optimizer or a scaler consists of.

`visit` finds what a training step may change: modules, optimizers, containers, tensors, arrays,
and small records of plain data. All else (loggers, data sets, functions, ...) is left alone.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrfind_widget.isolation.attributes import attributes, outside

OWNERS = (nn.Module, Optimizer, LRScheduler, torch.amp.GradScaler)
"""Objects that are training state through and through."""

HOOKS_OF_TENSORS = ("_backward_hooks", "_post_accumulate_grad_hooks")
MAPPINGS = (dict, WeakKeyDictionary, WeakValueDictionary)
BUFFERS = (bytearray, array)
CONTAINERS = (*MAPPINGS, list, set, WeakSet, deque, *BUFFERS)
PLAIN = (
    *(int, float, complex, str, bytes, bool, type(None), np.generic),
    *(torch.dtype, torch.device, torch.Size),
)
MANY = 2000
"""A container with more elements than this, none of them a module or the like, is data."""
RECORDS = 5000
"""How many records are looked into; the others count as data, whatever holds them."""


def _children(obj: object) -> Iterable[object]:
    """Return the values directly inside an object, for the kinds of object that are visited."""
    if isinstance(obj, Tensor):
        return inside_tensor(obj)
    if isinstance(obj, BUFFERS):
        return ()
    if isinstance(obj, (*CONTAINERS, tuple, frozenset)):
        inside = (*obj.keys(), *obj.values()) if isinstance(obj, MAPPINGS) else tuple(obj)
        # Of data what costs memory is counted and saved; the records in it are too many.
        return filter(_is_value, inside) if is_data(obj) else inside
    return _inside_owner(obj) if isinstance(obj, OWNERS) else ()


def visit(roots: Iterable[object]) -> Iterator[object]:
    """Yield every mutable object reachable from `roots`, each once."""
    seen: dict[int, object] = {}
    records = 0
    stack = list(roots)[::-1]
    while stack:
        obj = stack.pop()
        if isinstance(obj, PLAIN) or id(obj) in seen:
            continue
        seen[id(obj)] = obj  # kept, so that an id is never reused meanwhile
        if isinstance(obj, (Tensor, np.ndarray, *CONTAINERS, *OWNERS)):
            yield obj
            stack.extend(_children(obj))
        elif isinstance(obj, (tuple, frozenset)):
            stack.extend(_children(obj))
        elif records < RECORDS and is_record(obj):
            records += 1
            yield obj
            stack.extend(attributes(obj).values())


def tensors_inside(roots: Iterable[object]) -> list[Tensor]:
    """Return every tensor reachable from the roots, gradients included."""
    return [obj for obj in visit(roots) if isinstance(obj, Tensor)]


def values_inside(roots: Iterable[object]) -> list[Any]:
    """Return every tensor and array reachable from the roots."""
    return list(filter(_is_value, visit(roots)))


def is_data(container: Any) -> bool:
    """Whether a container is a collection of data, whose elements no training step changes."""
    if len(container) <= MANY or isinstance(container, BUFFERS):
        return False
    if isinstance(container, MAPPINGS):
        known = (*OWNERS, Tensor)
        pairs = container.items()
        return not any(isinstance(k, known) or isinstance(v, OWNERS) for k, v in pairs)
    return not any(isinstance(value, OWNERS) for value in container)


def _is_value(obj: object) -> bool:
    return isinstance(obj, (Tensor, np.ndarray))


def is_record(obj: object) -> bool:
    """Return whether an object is nothing but named plain data, safe to set back.

    An object that also holds a file, a thread or a connection is not: setting back its counters
    alone would break it.
    """
    if isinstance(obj, (type, *OWNERS, *CONTAINERS, Tensor)) or callable(obj):
        return False
    inside = attributes(obj)
    if not inside or len(inside) > 100:
        return False
    return type(obj).__module__.split(".")[0] not in _FOREIGN and all(
        is_plain(value) for value in inside.values()
    )


_FOREIGN = {"threading", "_thread", "logging", "io", "_io", "multiprocessing", "asyncio", "queue"}


def is_plain(value: object, depth: int = 3, *, arrays: bool = True) -> bool:
    """Whether a value is a number, text or the like, or some of them in containers."""
    if isinstance(value, (Tensor, np.ndarray, *BUFFERS)):
        return arrays
    if isinstance(value, PLAIN):
        return True
    if depth == 0:
        return False
    if isinstance(value, dict):
        inside: Iterable[object] = value.values()
        return len(value) <= 100 and all(is_plain(v, depth - 1, arrays=arrays) for v in inside)
    if isinstance(value, (list, tuple, set, deque)):
        return len(value) <= 1000 and all(is_plain(v, depth - 1, arrays=arrays) for v in value)
    return False


def _inside_owner(obj: Any) -> tuple[object, ...]:
    if isinstance(obj, torch.jit.ScriptModule):
        own = (*obj.parameters(recurse=False), *obj.buffers(recurse=False))
        return (*own, *outside(obj).values(), *obj.children())
    return tuple(attributes(obj).values())


def inside_tensor(tensor: Tensor) -> tuple[object, ...]:
    """Return the gradient, the attributes and the hooks of a tensor."""
    inside: list[object] = []
    if tensor.is_leaf and tensor.grad is not None:
        inside.append(tensor.grad)
    inside.extend(vars(tensor).values())
    hooks = (getattr(tensor, name, None) for name in HOOKS_OF_TENSORS)
    return (*inside, *(found for found in hooks if found is not None))
