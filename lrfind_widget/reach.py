"""What user code can reach: modules, optimizers and tensors behind functions and objects.

A loss function, a hook or a step function may refer to the model through a closure, a default
argument, a partial, the object it is bound to, or a global name. A deep copy does not follow
functions, so it would leave such a reference pointing at the original.
"""

from __future__ import annotations

import dis
import functools
import types
import weakref
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

_LIBRARIES = {"torch", "numpy", "builtins", "functools", "typing", "collections", "lrfind_widget"}


@dataclass
class Reached:
    """The training state that some roots can reach."""

    modules: list[nn.Module] = field(default_factory=list)
    optimizers: list[Optimizer] = field(default_factory=list)
    schedulers: list[LRScheduler] = field(default_factory=list)
    scalers: list[GradScaler] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)

    def everything(self) -> list[Any]:
        """Return all of it, in one list."""
        return [
            *self.modules,
            *self.optimizers,
            *self.schedulers,
            *self.scalers,
            *self.tensors,
        ]


def reach(roots: Iterable[object], *, limit: int = 50_000) -> Reached:
    """Walk from `roots` through attributes, containers and functions, breadth first.

    Parameters
    ----------
    roots : iterable
        Functions, modules, optimizers, any objects.
    limit : int
        At most this many objects are looked at, so that a stray reference to a large program
        costs milliseconds.
    """
    found = Reached()
    seen: dict[int, object] = {}
    queue = deque(roots)
    while queue and len(seen) < limit:
        obj = queue.popleft()
        if isinstance(obj, (str, bytes, int, float, complex, type(None), type, np.ndarray)):
            continue
        if isinstance(obj, types.ModuleType) or id(obj) in seen:
            continue
        seen[id(obj)] = obj
        if isinstance(obj, nn.Module):
            found.modules.append(obj)
        elif isinstance(obj, Optimizer):
            found.optimizers.append(obj)
        elif isinstance(obj, LRScheduler):
            found.schedulers.append(obj)
        elif isinstance(obj, GradScaler):
            found.scalers.append(obj)
        elif isinstance(obj, Tensor):
            found.tensors.append(obj)
        queue.extend(_next(obj))
    return found


def _next(obj: Any) -> Iterable[object]:
    if isinstance(obj, types.FunctionType):
        return _behind_function(obj)
    if isinstance(obj, types.MethodType):
        return (obj.__self__, obj.__func__)
    if isinstance(obj, functools.partial):
        return (obj.func, *obj.args, *obj.keywords.values())
    if isinstance(obj, weakref.ref):
        return (obj(),)
    if isinstance(obj, Tensor):
        return _behind_tensor(obj)
    if isinstance(obj, dict):
        return (*list(obj.keys())[:10_000], *list(obj.values())[:10_000])
    if isinstance(obj, (list, tuple, set, frozenset, deque)):
        return list(obj)[:10_000]
    if isinstance(obj, types.CellType):
        return _cell(obj)
    if isinstance(obj, nn.Module):
        return (*vars(obj).values(), *_forward_of(obj))
    inside = list(getattr(obj, "__dict__", {}).values())
    call = getattr(type(obj), "__call__", None)
    if isinstance(call, types.FunctionType):
        inside.append(call)
    return inside


def _behind_tensor(tensor: Tensor) -> Iterable[object]:
    hooks = getattr(tensor, "_backward_hooks", None) or {}
    later = getattr(tensor, "_post_accumulate_grad_hooks", None) or {}
    return (*hooks.values(), *later.values(), *getattr(tensor, "__dict__", {}).values())


def _cell(cell: types.CellType) -> Iterable[object]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # not yet assigned
        return ()


def _behind_function(function: types.FunctionType) -> Iterable[object]:
    found: list[object] = []
    for cell in function.__closure__ or ():
        found.extend(_cell(cell))
    found.extend(function.__defaults__ or ())
    found.extend((function.__kwdefaults__ or {}).values())
    found.extend(vars(function).values())
    space = function.__globals__
    if str(space.get("__name__", "")).split(".")[0] not in _LIBRARIES:
        found.extend(space[name] for name in _globals_used(function.__code__) if name in space)
    return found


@functools.lru_cache(maxsize=1024)
def _globals_used(code: types.CodeType) -> tuple[str, ...]:
    """Return the global names a function and the functions inside it load."""
    names = [
        str(step.argval)
        for step in dis.get_instructions(code)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    ]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.extend(_globals_used(constant))
    return tuple(dict.fromkeys(names))


def _forward_of(module: nn.Module) -> Iterable[object]:
    """Return the module's own methods that its forward pass uses."""
    cls = type(module)
    if cls.__module__.split(".")[0] in _LIBRARIES:
        return ()
    methods: dict[str, object] = {}
    names = ["forward"]
    while names:
        name = names.pop()
        method = getattr(cls, name, None)
        if name in methods or not isinstance(method, types.FunctionType):
            continue
        if method.__module__.split(".")[0] in _LIBRARIES:
            continue
        methods[name] = method
        names.extend(method.__code__.co_names)
    return tuple(methods.values())
