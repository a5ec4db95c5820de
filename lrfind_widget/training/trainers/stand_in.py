"""Stand-ins for a trainer's objects: what they change stays theirs, what they train is a copy."""

from __future__ import annotations

import contextlib
import copy
import functools
import types
from collections import deque
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lrfind_widget.isolation.code_references import globals_used

_CONTAINERS = (dict, list, set, tuple, deque)
CALLED = (types.FunctionType, types.MethodType, functools.partial)
"""Functions, which may use what is copied."""
_DEPTH = 12
"""Functions that are called by functions; an object or a container costs as much as three."""
_OBJECT = 3
_MOST = 1000
"""A container with more elements than this is data, and shared."""


def shallow(obj: Any, **changes: Any) -> Any:
    """Return another object with the same attributes, but for some."""
    base = types.SimpleNamespace if isinstance(obj, types.SimpleNamespace) else object
    new = base.__new__(type(obj))
    vars(new).update(vars(obj) | changes)
    return new


def stand_in(obj: Any, memo: dict[int, Any]) -> Any:
    """Return a shallow copy of an object that has the copies of what is trained.

    `memo` has them by the identity of the originals, as for a deep copy, and gets those of further
    modules, such as a frozen reference. What is reached by attributes, containers and functions is
    repointed some levels deep; containers are copied in any case, so that what is noted down in
    them stays in the copy.
    """
    new = memo[id(obj)] = object.__new__(type(obj))
    for name, value in vars(obj).items():
        vars(new)[name] = repointed(value, memo)
    return new


def repoint_functions(module: nn.Module, memo: dict[int, Any]) -> None:
    """Let functions that were put into a copied module, and its hooks, use the copies.

    A deep copy takes a function as it is, with the originals in its closure.
    """
    memo.update((id(each), each) for each in module.modules())  # which are copies already
    for each in module.modules():
        values = vars(each)
        for holder in [values, *(value for value in values.values() if isinstance(value, dict))]:
            for name, value in holder.items():
                if isinstance(value, CALLED) and (made := repointed(value, memo)) is not value:
                    with contextlib.suppress(Exception):  # of a container that is read only
                        holder[name] = made


def repointed(value: Any, memo: dict[int, Any], depth: int = _DEPTH) -> Any:
    """Return a value with copies in place of originals; itself where it leads to none."""
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, nn.Module):
        if not any(isinstance(made, nn.Module) for made in memo.values()):
            return value  # nothing is copied: the originals are trained
        made = copy.deepcopy(value, memo)
        repoint_functions(made, memo)
        return made
    if depth <= 0 or isinstance(value, (Tensor, Optimizer, type)):
        return value
    if isinstance(value, _CONTAINERS):
        return _container(value, memo, depth - _OBJECT)
    if isinstance(value, CALLED):
        return _function(value, memo, depth - 1)
    return _object(value, memo, depth - _OBJECT)


def _container(value: Any, memo: dict[int, Any], depth: int) -> Any:
    """Return a container of copies; the container where it is data, or cannot be written."""
    if len(value) > _MOST:
        return value
    old = value.values() if isinstance(value, dict) else value
    parts = [repointed(part, memo, depth) for part in old]
    if isinstance(value, tuple) and _are(parts, value):
        return value
    with contextlib.suppress(Exception):  # one that is read only raises what it will
        return _refilled(value, parts)
    return value


def _refilled(value: Any, parts: list[Any]) -> Any:
    if isinstance(value, tuple):
        try:
            return tuple.__new__(type(value), parts)
        except TypeError:  # a structure of C, such as what torch.max returns
            return type(value)(parts)
    new = copy.copy(value)
    if isinstance(value, dict):
        for key, part in zip(value, parts, strict=True):
            new[key] = part
        return new
    new.clear()
    add = new.add if isinstance(value, set) else new.append
    for part in parts:
        add(part)
    return new


def _function(value: Any, memo: dict[int, Any], depth: int) -> Any:
    """Return a function with copies in what it uses, a method of a copy, a partial of copies."""
    if isinstance(value, types.MethodType):
        old: list[Any] = [value.__func__, value.__self__]
    elif isinstance(value, functools.partial):
        old = [value.func, *value.args, *value.keywords.values()]
    else:
        space, filled = value.__globals__, list(filter(_is_filled, value.__closure__ or ()))
        names = [n for n in globals_used(value.__code__) if _may_train(space.get(n), space)]
        old = [*(cell.cell_contents for cell in filled), *vars(value).values()]
        old += [space[name] for name in names]
    new = [repointed(part, memo, depth) if _may_lead(part) else part for part in old]
    if _are(new, old):
        return value
    if isinstance(value, types.MethodType):
        return types.MethodType(*new)
    if isinstance(value, functools.partial):
        func, *rest = new
        count = len(value.args)
        words = dict(zip(value.keywords, rest[count:], strict=True))
        return functools.partial(func, *rest[:count], **words)
    parts = iter(new)
    closure = tuple(
        types.CellType(next(parts)) if _is_filled(cell) else cell
        for cell in value.__closure__ or ()
    )
    attributes = [(name, next(parts)) for name in vars(value)]
    # A space of its own, of which the names are those of now.
    space = {**space, **dict(zip(names, parts, strict=True))} if names else space
    made = types.FunctionType(value.__code__, space, value.__name__, value.__defaults__, closure)
    made.__kwdefaults__ = value.__kwdefaults__
    vars(made).update(attributes)
    return made


def _may_train(value: Any, space: dict[str, Any]) -> bool:
    """Whether what a function knows by a global name is trained, or a function beside it."""
    if isinstance(value, types.FunctionType):
        return value.__globals__ is space
    return isinstance(value, (nn.Module, Optimizer, Tensor, torch.amp.GradScaler))


def _object(value: Any, memo: dict[int, Any], depth: int) -> Any:
    """Return a shallow copy of an object that leads to what was copied; else the object."""
    attributes = getattr(value, "__dict__", None)
    if type(attributes) is not dict or type(value).__module__ == "builtins":
        return value
    new = {
        name: part
        for name, old in attributes.items()
        if _may_lead(old) and (part := repointed(old, memo, depth)) is not old
    }
    if new:
        with contextlib.suppress(TypeError):  # of a class that cannot be made empty
            memo[id(value)] = shallow(value, **new)
    return memo.get(id(value), value)


def _may_lead(value: Any) -> bool:
    """Whether a part is looked into: containers are copied, which an object must not be for."""
    return not isinstance(value, _CONTAINERS)


def _are(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return all(a is b for a, b in zip(new, old, strict=True))


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where nothing was assigned
    except ValueError:
        return False
    return True
