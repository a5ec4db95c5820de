"""What user code can reach: modules, optimizers and tensors behind functions and objects.

A function may refer to the model through a closure, a default argument, a partial, the object it
is bound to, or a global name, which a deep copy does not follow. So are generators found.
"""

from __future__ import annotations

import functools
import gc
import logging
import random
import types
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrfind_widget.isolation.attributes import attributes, slots
from lrfind_widget.isolation.code_references import (
    CACHE,
    inside_function,
    inside_generator,
    is_of_library,
    methods_called,
)
from lrfind_widget.isolation.object_graph import (
    BUFFERS,
    CONTAINERS,
    MAPPINGS,
    inside_tensor,
    tensors_inside,
)

_OURS = f"{__name__.partition('.')[0]}."
"""What begins like this is of this package, such as the hooks that watch an optimizer's steps."""
GENERATORS = (
    torch.Generator,
    random.Random,
    np.random.Generator,
    np.random.RandomState,
    np.random.BitGenerator,
)
"""What draws random numbers, and has a state."""
_LEAVES = (
    *(str, bytes, int, float, complex, type(None), type, types.ModuleType),
    *(weakref.ProxyType, weakref.CallableProxyType),
    random.SystemRandom,  # it has no state
    *(logging.Logger, logging.Handler),  # what is logged stays logged
)
_LISTS = (list, tuple, set, frozenset, weakref.WeakSet, deque)
ELEMENTS = 1000
"""How many elements of one container are looked at."""
_PARTS = 30
"""How many objects a module, or a parameter with its state in an optimizer, at most consists of."""
_MANY = 100
"""A container with more elements than this is data: it is looked at last."""


@dataclass
class Reached:
    """The training state that some roots can reach."""

    modules: list[nn.Module] = field(default_factory=list)
    optimizers: list[Optimizer] = field(default_factory=list)
    schedulers: list[LRScheduler] = field(default_factory=list)
    scalers: list[GradScaler] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    generators: list[object] = field(default_factory=list)
    arrays: list[np.ndarray[Any, Any]] = field(default_factory=list)
    iterators: list[object] = field(default_factory=list)
    holders: list[Any] = field(default_factory=list)
    """Functions, containers and objects with attributes, those of libraries left out."""
    classes: set[type] = field(default_factory=set)
    """Classes of these, and those that functions name, but for libraries'."""
    complete: bool = True
    """Whether all was looked at but for elements of large collections."""
    cut: list[Any] = field(default_factory=list)
    """Containers with more elements than are looked at."""

    @property
    def values(self) -> list[Any]:
        """Tensors and arrays."""
        return [*self.tensors, *self.arrays]


def reach(roots: Iterable[object], *, limit: int = 20_000) -> Reached:
    """Walk from `roots` through attributes, containers, functions, breadth first, large ones last.

    Besides the parts of modules and parameters at most `limit` objects are looked at, so that a
    reference into a large program costs milliseconds.
    """
    found = Reached()
    kinds: tuple[tuple[Any, list[Any]], ...] = (
        (nn.Module, found.modules),
        (Optimizer, found.optimizers),
        (LRScheduler, found.schedulers),
        (GradScaler, found.scalers),
        (Tensor, found.tensors),
        (GENERATORS, found.generators),
        (np.ndarray, found.arrays),
        (Iterator, found.iterators),
    )
    seen: dict[int, object] = {}
    queue, later = deque(roots), deque[object]()
    while queue or later:
        obj = (queue or later).popleft()
        cls = obj if isinstance(obj, type) else type(obj)
        if not is_of_library(cls.__module__):
            found.classes.add(cls)
        if issubclass(type(obj), _LEAVES) or id(obj) in seen:
            continue
        if len(seen) == limit:
            found.complete = False
            break
        seen[id(obj)] = obj
        for kind, group in kinds:
            if isinstance(obj, kind):
                group.append(obj)
                limit += _PARTS if isinstance(obj, (nn.Module, nn.Parameter)) else 0
                break
        else:
            if _is_holder(obj):
                found.holders.append(obj)
        size = _size(obj)
        (later if size > _MANY else queue).extend(_next(obj))
        if size > ELEMENTS:
            found.cut.append(obj)
    return found


def left_out(container: Any) -> Iterator[object]:
    """Yield the elements of a large container that are not looked at, but for plain ones."""
    values: Any = container.values() if isinstance(container, MAPPINGS) else container
    rest = islice(values, ELEMENTS, None)
    return (value for value in rest if not issubclass(type(value), _LEAVES))


def _size(obj: Any) -> int:
    """Return how many elements a container has, whatever its own `__len__` says."""
    kind: Any = next((kind for kind in (*MAPPINGS, *_LISTS) if isinstance(obj, kind)), None)
    return 0 if kind is None else int(kind.__len__(obj))


def attached_schedulers(optimizers: Sequence[Optimizer]) -> list[LRScheduler]:
    """Return the learning-rate schedulers of some optimizers.

    They are searched for among the objects that refer to the optimizer, and only where that shows
    that there has been one: the search takes some milliseconds in a large program.
    """
    marked = [
        optimizer
        for optimizer in optimizers
        if "step" in vars(optimizer) or any("initial_lr" in g for g in optimizer.param_groups)
    ]
    if not marked:
        return []
    found: dict[int, LRScheduler] = {}
    referrers = gc.get_referrers(*marked)
    # Up to Python 3.10 an object is referred to by way of its dictionary of attributes.
    spaces = [r for r in referrers if type(r) is dict and "optimizer" in r and "_last_lr" in r]
    if spaces:
        referrers += gc.get_referrers(*spaces)
    for referrer in referrers:
        if issubclass(type(referrer), LRScheduler):
            found[id(referrer)] = referrer
    return list(found.values())


def other_state(model: nn.Module, optimizer: Optimizer, reached: Reached) -> list[Any]:
    """Return the training state besides model and optimizer that user code can reach.

    The discriminator of a GAN and its optimizer, a loss with parameters, a trainable constant.
    """
    modules = {id(module) for module in model.modules()}
    held = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    tensors = {id(parameter) for parameter in (*model.parameters(), *held)}
    found: list[Any] = []
    for module in reached.modules:
        if id(module) not in modules:
            modules.update(id(inner) for inner in module.modules())
            tensors.update(id(parameter) for parameter in module.parameters())
            found.append(module)
    found += [other for other in reached.optimizers if other is not optimizer]
    found += [*reached.schedulers, *reached.scalers]
    trained = [t for t in reached.tensors if t.is_leaf and t.requires_grad]
    if any(id(tensor) not in tensors for tensor in trained):  # the rest of these takes longer
        tensors.update(id(tensor) for tensor in tensors_inside([model, optimizer]))
    found += [tensor for tensor in trained if id(tensor) not in tensors]
    return found


def _is_holder(obj: Any) -> bool:
    """Whether user code may keep something in an object."""
    if isinstance(obj, (*CONTAINERS, CACHE)):
        return True
    module = obj.__module__ if isinstance(obj, types.FunctionType) else type(obj).__module__
    if is_of_library(module):
        return False
    cls: Any = type(obj)
    return type(getattr(obj, "__dict__", None)) is dict or bool(slots(cls))


def _next(obj: Any) -> Iterable[object]:
    if isinstance(obj, types.FunctionType):
        return inside_function(obj)
    if isinstance(obj, (types.MethodType, types.BuiltinMethodType)):
        return (obj.__self__, getattr(obj, "__func__", None))
    if isinstance(obj, types.GeneratorType):
        return inside_generator(obj)
    if isinstance(obj, Iterator) and type(obj).__module__ in ("builtins", "itertools"):
        return gc.get_referents(obj)
    if isinstance(obj, functools.partial):
        return (obj.func, *obj.args, *obj.keywords.values())
    if isinstance(obj, weakref.ref):
        return (obj(),)
    if isinstance(obj, Tensor):
        return inside_tensor(obj)
    if isinstance(obj, CACHE):
        return _inside_cache(obj)
    if isinstance(obj, MAPPINGS):
        return (*islice(obj.keys(), ELEMENTS), *islice(obj.values(), ELEMENTS))
    if isinstance(obj, _LISTS):
        return tuple(islice(obj, ELEMENTS))
    if isinstance(obj, np.ndarray):
        return (obj.base,)  # a tensor, where it is a view of one
    if isinstance(obj, (*GENERATORS, *BUFFERS)) or type(obj).__module__.startswith(_OURS):
        return ()
    return (*_attributes(obj), *methods_called(obj))


def _attributes(obj: object) -> tuple[object, ...]:
    try:
        return tuple(attributes(obj).values())
    except Exception:  # an object may do anything when it is asked for its attributes
        return ()


def _inside_cache(cache: Any) -> Iterable[object]:
    for inside in gc.get_referents(cache):
        if type(inside) is dict:  # its own, or that of its attributes
            yield from islice(inside.values(), ELEMENTS)
        else:
            yield inside
