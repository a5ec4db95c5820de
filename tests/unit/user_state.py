"""Everything a user has, by bits and by identity, recorded without the help of the package."""

from __future__ import annotations

import random
from collections import deque

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def bits(tensor: Tensor) -> object:
    """Return the raw bits of a tensor of any type and layout."""
    if is_lazy(tensor):
        return "not made yet"
    tensor = tensor.detach()
    if tensor.layout is torch.sparse_coo:
        return (bits(tensor._indices()), bits(tensor._values()), tensor.is_coalesced())
    flat = tensor.resolve_conj().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def described(value: object, depth: int = 8) -> object:
    """Return something that is equal later only if the value is what it is now."""
    if isinstance(value, Tensor):
        if is_lazy(value):
            return ("tensor", id(value), type(value).__name__)
        place = value.data_ptr() if value.layout is torch.strided else 0
        stride = value.stride() if value.layout is torch.strided else ()
        grad = value.grad if value.is_leaf else None
        return (
            *("tensor", id(value), type(value).__name__, place),
            *(value.dtype, tuple(value.shape), stride, value.requires_grad, bits(value)),
            None if grad is None else described(grad),
            sorted(vars(value)),
            len(getattr(value, "_backward_hooks", None) or ()),
        )
    if isinstance(value, dict):
        pairs = [(described(k), described(v, depth - 1)) for k, v in value.items()]
        return (type(value).__name__, id(value), pairs)
    if isinstance(value, (list, tuple, deque)):
        return (type(value).__name__, [described(v, depth - 1) for v in value])
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, np.ndarray):
        return (id(value), value.tobytes())
    if isinstance(value, torch.Generator):
        return bits(value.get_state())
    if isinstance(value, (int, float, complex, str, bytes, type(None))):
        return repr(value)
    return (type(value).__name__, id(value))


def elsewhere(module: nn.Module) -> list[tuple[str, object]]:
    """Return what a module keeps in slots, or in C++."""
    kind = getattr(module, "_concrete_type", None)
    names = [] if kind is None else list(kind.get_attributes())
    names += [name for cls in type(module).__mro__ for name in vars(cls).get("__slots__", ())]
    return [(name, getattr(module, name)) for name in names if hasattr(module, name)]


def random_states() -> object:
    """Return the state of the generators that the process shares."""
    return (
        bits(torch.get_rng_state()),
        repr(np.random.get_state(legacy=False)),  # noqa: NPY002
        random.getstate(),
    )


def state_of(*objects: object) -> object:
    """Return the whole state of modules, optimizers, schedulers, scalers and the process."""
    found: list[object] = [random_states()]
    for obj in objects:
        if isinstance(obj, nn.Module):
            for name, module in obj.named_modules(remove_duplicate=False):
                found.append((name, id(module), type(module).__name__, described(vars(module))))
                found.append(described(elsewhere(module)))
        elif isinstance(obj, Tensor):
            found.append(described(obj))
        else:
            found.append((id(obj), type(obj).__name__, described(vars(obj))))
    return found
