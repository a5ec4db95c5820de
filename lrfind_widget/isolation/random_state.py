"""The random generators of the process and of the user's objects: saved, restored, seeded."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lrfind_widget.isolation.reach import reach

_LOCK = threading.RLock()


@dataclass(frozen=True)
class Source:
    """One source of random numbers: how its state is read and set, and how it is seeded."""

    key: tuple[str, object]
    name: str
    get: Callable[[], Any]
    set: Callable[[Any], object]
    seed: Callable[[int], object]


@dataclass
class _Saved:
    """The state a source had before the first of the sweeps that use it now."""

    state: Any
    sweeps: int


_SAVED: dict[tuple[str, object], _Saved] = {}


class RandomState:
    """The random state of the process, saved for a sweep and restored exactly as it was.

    The generators of torch, numpy and Python belong to the process, not to a thread: a cell that
    draws while a sweep runs takes from the sweep's stream, and the end undoes it. While the sweep
    is paused the cell has its own stream, and what it draws is kept. Several sweeps at once share
    one saved state: the last to end restores it.
    """

    def __init__(self, devices: Iterable[torch.device], generators: Iterable[object] = ()) -> None:
        self._sources = _global_sources(devices)
        self._active = False
        self._of_sweep: list[Any] | None = None
        self._at_pause: tuple[int, list[str], int] = (0, [], 0)
        self._expected: dict[tuple[str, object], Any] = {}
        self.add(generators)

    def add(self, generators: Iterable[object]) -> None:
        """Include further generators; those that are included already change nothing."""
        with _LOCK:
            known = {source.key for source in self._sources}
            for source in map(_source_of, generators):
                if source.key not in known:
                    known.add(source.key)
                    self._sources.append(source)
                    if self._active:
                        _save(source)

    def start(self) -> None:
        """Save the user's state."""
        with _LOCK:
            for source in self._sources:
                _save(source)
            self._active = True

    def suspend(self) -> None:
        """Restore the user's state for the time of a pause, and save the sweep's."""
        with _LOCK:
            if self._active:
                self._of_sweep = None
                of_sweep = [source.get() for source in self._sources]
                self.stop()
                self._at_pause = self.compare()
                self._of_sweep = of_sweep

    def resume(self) -> None:
        """Save the user's present state, and continue with the sweep's."""
        with _LOCK:
            if self._active or self._of_sweep is None:
                return
            self.start()
            for source, state in zip(self._sources, self._of_sweep, strict=True):
                if _SAVED[source.key].sweeps == 1:
                    source.set(state)
            self._of_sweep = None

    def stop(self) -> list[str]:
        """Restore the user's state; may be called more than once."""
        problems: list[str] = []
        with _LOCK:
            if not self._active:
                return problems
            self._active = False
            self._expected = {}
            for source in self._sources:
                saved = _SAVED[source.key]
                saved.sweeps -= 1
                if saved.sweeps:
                    continue
                del _SAVED[source.key]
                self._expected[source.key] = saved.state
                try:
                    source.set(saved.state)
                except Exception as error:
                    problems.append(f"{source.name} ({type(error).__name__}: {error})")
        return problems

    def compare(self) -> tuple[int, list[str], int]:
        """Compare the state now with the one restored.

        Returns how many were compared, the names of those that differ, and how many another
        sweep still uses and will restore.
        """
        if self._of_sweep is not None:  # the user has had it since, and may have drawn
            return self._at_pause
        differing = []
        compared = in_use = 0
        for source in self._sources:
            if source.key not in self._expected:
                in_use += 1
                continue
            compared += 1
            if not same_state(source.get(), self._expected[source.key]):
                differing.append(source.name)
        return compared, differing, in_use


def _save(source: Source) -> None:
    if source.key in _SAVED:
        _SAVED[source.key].sweeps += 1
    else:
        _SAVED[source.key] = _Saved(source.get(), 1)


class RandomSources:
    """The generators of the process, of a device, and those that loaders and others carry.

    Of the devices only that of the model: to seed another one would outlast the sweep.
    """

    def __init__(self, device: torch.device, roots: Iterable[object]) -> None:
        self._sources = [*_global_sources([device]), *map(_source_of, reach(roots).generators)]

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


def _global_sources(devices: Iterable[torch.device]) -> list[Source]:
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


def _source_of(generator: object) -> Source:
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
