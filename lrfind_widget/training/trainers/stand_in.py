"""Stand-ins for a trainer's objects: what they change stays theirs, what they train is a copy."""

from __future__ import annotations

import copy
import functools
import types
from collections import deque
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

_CONTAINERS = (dict, list, set, tuple, deque)
_DEPTH = 4
_MOST = 1000
"""A container with more elements than this is data, and shared."""


def shallow(obj: Any, **changes: Any) -> Any:
    """Return another object with the same attributes, but for some."""
    new = object.__new__(type(obj))
    vars(new).update(vars(obj) | changes)
    return new


def stand_in(obj: Any, memo: dict[int, Any]) -> Any:
    """Return a shallow copy of an object that has the copies of what is trained.

    `memo` has them by the identity of the originals, as for a deep copy, and gets those of further
    modules, such as a frozen reference. What is reached by attributes, containers, partials and
    methods is repointed some levels deep; containers are copied in any case, so that what is
    noted down in them stays in the copy.
    """
    new = memo[id(obj)] = object.__new__(type(obj))
    for name, value in vars(obj).items():
        vars(new)[name] = _repointed(value, memo, _DEPTH)
    return new


def _repointed(value: Any, memo: dict[int, Any], depth: int) -> Any:
    """Return a value with copies in place of originals; itself where it leads to none."""
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, nn.Module):
        # With an empty memo the originals are trained.
        return copy.deepcopy(value, memo) if _has_modules(memo) else value
    if depth == 0 or isinstance(value, (Tensor, Optimizer, type)):
        return value
    if type(value) is types.MethodType:
        owner = _repointed(value.__self__, memo, depth - 1)
        return value if owner is value.__self__ else types.MethodType(value.__func__, owner)
    if type(value) is functools.partial:
        parts = (value.func, value.args, value.keywords)
        new = [_repointed(part, memo, depth - 1) for part in parts]
        is_same = new[0] is value.func and _are(new[1], value.args)
        is_same = is_same and _are(new[2].values(), value.keywords.values())
        return value if is_same else functools.partial(new[0], *new[1], **new[2])
    if isinstance(value, _CONTAINERS):
        return _container(value, memo, depth - 1)
    return _object(value, memo, depth - 1)


def _container(value: Any, memo: dict[int, Any], depth: int) -> Any:
    if len(value) > _MOST:
        return value
    if isinstance(value, dict):
        new: Any = copy.copy(value)
        new.update({key: _repointed(part, memo, depth) for key, part in value.items()})
        return new
    parts = [_repointed(part, memo, depth) for part in value]
    if isinstance(value, tuple):
        if _are(parts, value):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    new = copy.copy(value)
    new.clear()
    add = new.add if isinstance(value, set) else new.append
    for part in parts:
        add(part)
    return new


def _object(value: Any, memo: dict[int, Any], depth: int) -> Any:
    """Return a shallow copy of an object that leads to what was copied; else the object."""
    attributes = getattr(value, "__dict__", None)
    if type(attributes) is not dict or type(value).__module__ == "builtins":
        return value
    new = {
        name: part
        for name, old in attributes.items()
        if not isinstance(old, _CONTAINERS) and (part := _repointed(old, memo, depth)) is not old
    }
    if not new:
        return value
    memo[id(value)] = made = shallow(value, **new)
    return made


def _are(new: Any, old: Any) -> bool:
    return all(a is b for a, b in zip(new, old, strict=True))


def _has_modules(memo: dict[int, Any]) -> bool:
    return any(isinstance(value, nn.Module) for value in memo.values())
