"""The attributes that an object keeps elsewhere than in its dictionary."""

from __future__ import annotations

import functools
import types
from typing import Any

import torch


def attributes(obj: object) -> dict[str, Any]:
    """Return all attributes of an object, wherever it keeps them."""
    return {**getattr(obj, "__dict__", {}), **outside(obj)}


def outside(obj: object) -> dict[str, Any]:
    """Return those in slots, and those that a scripted module keeps in C++."""
    if isinstance(obj, torch.jit.ScriptModule):
        concrete: Any = getattr(obj, "_concrete_type", None)  # not public, so optional
        names = () if concrete is None else concrete.get_attributes()
        return {name: getattr(obj, name) for name in names if hasattr(obj, name)}
    cls: Any = type(obj)
    return {name: getattr(obj, name) for name in slots(cls) if hasattr(obj, name)}


def set_outside(obj: object, saved: dict[str, Any]) -> None:
    """Set back what `outside` returned."""
    now = outside(obj)
    # Not by the __setattr__ of the class, which may do more, or refuse.
    put = setattr if isinstance(obj, torch.jit.ScriptModule) else object.__setattr__
    for name in now.keys() - saved.keys():
        object.__delattr__(obj, name)
    for name, value in saved.items():
        if name not in now or now[name] is not value:
            put(obj, name, value)


@functools.lru_cache(maxsize=1024)
def slots(cls: type) -> tuple[str, ...]:
    """Return the names of the slots of a class that is written in Python."""
    return tuple(
        name
        for base in cls.__mro__
        if "__slots__" in vars(base)
        for name, member in vars(base).items()
        if isinstance(member, types.MemberDescriptorType)
    )
