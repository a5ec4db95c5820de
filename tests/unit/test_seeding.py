"""All random generators of a sweep together."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from lrfind_widget.isolation.random_sources import RandomSources

CPU = torch.device("cpu")


class Carrier:
    """Carries generators as a sampler or data set does."""

    def __init__(self):
        self.torch = torch.Generator()
        self.numpy = np.random.default_rng()
        self.old = np.random.RandomState()
        self.python = random.Random()

    def draw(self):
        return [
            torch.rand(1, generator=self.torch).item(),
            self.numpy.random(),
            self.old.rand(),
            self.python.random(),
        ]


def draw_global():
    return [torch.rand(1).item(), np.random.rand(), random.random()]  # noqa: NPY002


@pytest.fixture(autouse=True)
def own_random_state():
    sources = RandomSources(CPU, [])
    state = sources.get()
    yield
    sources.set(state)


def test_a_state_that_was_read_can_be_set_again():
    carrier = Carrier()
    sources = RandomSources(CPU, [carrier])
    state = sources.get()
    drawn = carrier.draw() + draw_global()

    sources.set(state)

    assert carrier.draw() + draw_global() == drawn


def test_a_seed_settles_every_generator():
    numbers = []
    for _ in range(2):
        carrier = Carrier()
        RandomSources(CPU, [carrier]).seed(5)
        numbers.append(carrier.draw() + draw_global())

    assert numbers[0] == numbers[1]


def test_the_global_ones_are_seeded_as_people_seed_them():
    RandomSources(CPU, []).seed(5)
    ours = draw_global()

    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)

    assert draw_global() == ours
