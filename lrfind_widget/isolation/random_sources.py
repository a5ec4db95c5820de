"""The generators of the process and of the user's objects: read, set, seeded."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lrfind_widget.isolation.reach import reach


@dataclass(frozen=True)
class Source:
    """One source of random numbers: how its state is read and set, and how it is seeded."""

    key: tuple[str, object]
    name: str
    get: Callable[[], Any]
    set: Callable[[Any], object]
    seed: Callable[[int], object]


class RandomSources:
    """The generators of the process, of a device, and those that loaders and others carry.

    Of the devices only that of the model: to seed another one would outlast the sweep.
    """

    def __init__(self, device: torch.device, roots: Iterable[object]) -> None:
        self._sources = [*global_sources([device]), *map(source_of, reach(roots).generators)]

    def get(self) -> list[Any]:
        """Return the state of all."""
        return [source.get() for source in self._sources]

    def set(self, states: list[Any]) -> None:
        """Set the state of all to what `get` returned."""
        for source, state in zip(self._sources, states, strict=True):
            source.set(state)

    def seed(self, seed: int) -> None:
        """Seed them all, as `torch.manual_seed`, `numpy.random.seed` and `random.seed` do."""
        for source in self._sources:
            source.seed(seed)


def global_sources(devices: Iterable[torch.device]) -> list[Source]:
    """Return the generators that the whole process shares, and those of the devices named."""
    sources = [
        Source(("python", None), "Python's random", random.getstate, random.setstate, random.seed),
        Source(
            ("numpy", None),
            "numpy.random",
            lambda: np.random.get_state(legacy=False),  # noqa: NPY002 - users draw from it
            np.random.set_state,
            np.random.seed,
        ),
        Source(
            ("torch", "cpu"),
            "torch on the CPU",
            torch.get_rng_state,
            torch.set_rng_state,
            torch.default_generator.manual_seed,
        ),
    ]
    named = {str(device): device for device in devices if device.type not in ("cpu", "meta")}
    return [*sources, *filter(None, map(_device_source, named.values()))]


def _device_source(device: torch.device) -> Source | None:
    library: Any = getattr(torch, device.type, None)
    get = getattr(library, "get_rng_state", None)
    put = getattr(library, "set_rng_state", None)
    if get is None or put is None:
        return None
    if device.type == "mps":
        return Source(("torch", "mps"), "torch on mps", get, put, torch.mps.manual_seed)

    def seed(number: int) -> None:
        with getattr(library, "device", contextlib.nullcontext)(device):
            library.manual_seed(number)

    return Source(
        ("torch", str(device)),
        f"torch on {device}",
        lambda: get(device),
        lambda state: put(state, device),
        seed,
    )


def source_of(generator: object) -> Source:
    """Return how a generator of the user's is read, set and seeded."""
    key = ("object", id(generator))
    name = f"a {type(generator).__module__.split('.')[0]} generator of yours"
    obj: Any = generator
    if isinstance(obj, torch.Generator):
        return Source(key, name, obj.get_state, obj.set_state, obj.manual_seed)
    if isinstance(obj, random.Random):
        return Source(key, name, obj.getstate, obj.setstate, obj.seed)
    if isinstance(obj, np.random.RandomState):
        return Source(key, name, lambda: obj.get_state(legacy=False), obj.set_state, obj.seed)
    bits = obj.bit_generator if isinstance(obj, np.random.Generator) else obj

    def put(state: Any) -> None:
        bits.state = state

    return Source(
        ("object", id(bits)),
        name,
        lambda: bits.state,
        put,
        lambda seed: put(type(bits)(seed).state),
    )


def same_state(a: object, b: object) -> bool:
    """Return whether two states of a generator are equal, whatever they are made of."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return torch.equal(a, b)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return bool(np.array_equal(a, b))  # type: ignore[arg-type]
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_state(a[key], b[key]) for key in a)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(same_state(x, y) for x, y in zip(a, b, strict=True))
    return a == b
