"""Every random generator that a sweep draws from, read, set and seeded together."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from lrfind_widget.isolation.random_state import global_sources, source_of
from lrfind_widget.isolation.reach import reach


class RandomSources:
    """The generators of the process, of a device, and those that loaders carry."""

    def __init__(self, device: torch.device, roots: Iterable[object]) -> None:
        self._device = device
        self._generators = reach(roots).generators
        self._sources = [*global_sources([device]), *map(source_of, self._generators)]

    def get(self) -> list[Any]:
        """Return the state of all."""
        return [source.get() for source in self._sources]

    def set(self, states: list[Any]) -> None:
        """Set the state of all to what `get` returned."""
        for source, state in zip(self._sources, states, strict=True):
            source.set(state)

    def seed(self, seed: int) -> None:
        """Seed them all, as `torch.manual_seed`, `numpy.random.seed` and `random.seed` do.

        Only the device of the model is seeded: to seed another one, not used so far,
        would outlast the sweep.
        """
        seed = int(seed)  # Python's generator takes no whole number of numpy's
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the global one is what users draw from
        torch.default_generator.manual_seed(seed)
        library: Any = getattr(torch, self._device.type, None)
        if self._device.type != "cpu" and hasattr(library, "manual_seed"):
            if self._device.type == "cuda":
                with torch.cuda.device(self._device):
                    torch.cuda.manual_seed(seed)
            else:
                library.manual_seed(seed)
        for generator in self._generators:
            _seed_one(generator, seed)


def _seed_one(generator: Any, seed: int) -> None:
    if isinstance(generator, torch.Generator):
        generator.manual_seed(seed)
    elif isinstance(generator, (random.Random, np.random.RandomState)):
        generator.seed(seed)
    else:
        bits = getattr(generator, "bit_generator", generator)
        bits.state = type(bits)(seed).state
