"""What code refers to: the names of functions and generators, the methods that a step calls."""

from __future__ import annotations

import contextlib
import dis
import functools
import types
from collections.abc import Iterable
from typing import Any

_LIBRARIES = {"torch", "numpy", "builtins", "functools", "typing", "collections", "lrfind_widget"}
CACHE: type = type(functools.cache(len))
"""What `functools.lru_cache` makes of a function."""
_CALLED = (
    *("forward", "__call__", "__getitem__", "__iter__", "__next__"),
    *("training_step", "validation_step", "on_after_batch_transfer"),  # of a LightningModule
)
"""Methods of an object that a training step calls."""


def is_of_library(module: object) -> bool:
    """Whether a module of this name belongs to a library, where nothing is looked for."""
    return str(module).partition(".")[0] in _LIBRARIES


def inside_function(function: types.FunctionType) -> Iterable[object]:
    """Return what a function refers to: by closure, default, attribute or global name."""
    found: list[object] = []
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # not yet assigned
            found.append(cell.cell_contents)
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    space = function.__globals__
    return (*found, *defaults, *vars(function).values(), *_globals_of(function.__code__, space))


def inside_generator(generator: types.GeneratorType[Any, Any, Any]) -> Iterable[object]:
    """Return what a generator refers to that has not ended."""
    frame = generator.gi_frame
    if frame is None:  # it has ended
        return ()
    return (*frame.f_locals.values(), *_globals_of(frame.f_code, frame.f_globals))


def _globals_of(code: types.CodeType, space: dict[str, object]) -> Iterable[object]:
    if is_of_library(space.get("__name__", "")):
        return ()
    return [space[name] for name in globals_used(code) if name in space]


@functools.lru_cache(maxsize=1024)
def globals_used(
    code: types.CodeType, how: tuple[str, ...] = ("LOAD_GLOBAL", "LOAD_NAME")
) -> tuple[str, ...]:
    """Return the global names that a function and the functions inside it load, or store."""
    names = [str(step.argval) for step in dis.get_instructions(code) if step.opname in how]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names.extend(globals_used(constant, how))
    return tuple(dict.fromkeys(names))


def methods_called(obj: object) -> tuple[object, ...]:
    """Return the methods a training step may run, of a class that is not a library's."""
    cls = type(obj)
    if is_of_library(cls.__module__):
        return ()
    found: dict[str, object] = {}
    names = list(_CALLED)
    while names:
        name = names.pop()
        method = getattr(cls, name, None)
        if isinstance(method, CACHE):
            found[name] = method
        if name in found or not isinstance(method, types.FunctionType):
            continue
        if not is_of_library(method.__module__):
            found[name] = method
            names.extend(method.__code__.co_names)
    return tuple(found.values())
