"""Loaders, data sets and samplers go on where they were, with the numbers they would have had."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    Subset,
    TensorDataset,
)

from tests.unit.isolating import both, isolated, isolated_plain
from tests.unit.models import X, Y, own_generator, train
from tests.unit.toys import Wrapping
from tests.unit.user_state import described

pytestmark = pytest.mark.usefixtures("seeded")


class Noisy(Dataset[Any]):
    """A data set that carries generators of every kind, deep inside."""

    def __init__(self) -> None:
        self.python = random.Random(1)
        self.parts = {"numpy": [np.random.default_rng(1)], "old": np.random.RandomState(1)}
        self.torch = torch.Generator().manual_seed(1)
        self.bits = np.random.PCG64(1)
        self.true = random.SystemRandom()

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        value = self.python.random() + self.parts["numpy"][0].random() + self.parts["old"].rand()
        value += float(torch.rand(1, generator=self.torch)) + self.bits.random_raw() % 7
        return X[index] + value, Y[index]


GLOBAL = np.random.default_rng(2)


def noisy_collate(samples: list[Any]) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = zip(*samples, strict=True)
    return torch.stack(x) + float(GLOBAL.random()), torch.stack(y)


def _sampler_loader() -> Any:
    sampler = RandomSampler(range(4), generator=torch.Generator().manual_seed(3))
    return DataLoader(TensorDataset(X, Y), sampler=sampler)


def _batch_sampler_loader() -> Any:
    sampler = RandomSampler(range(4), generator=torch.Generator().manual_seed(3))
    return DataLoader(TensorDataset(X, Y), batch_sampler=BatchSampler(sampler, 2, drop_last=False))


LOADERS: dict[str, Callable[[], Any]] = {
    "loader": lambda: DataLoader(
        TensorDataset(X, Y), shuffle=True, generator=torch.Generator().manual_seed(3)
    ),
    "sampler": _sampler_loader,
    "batch_sampler": _batch_sampler_loader,
    "dataset": lambda: DataLoader(Noisy()),
    "subset": lambda: DataLoader(Subset(Noisy(), [0, 1])),
    "collate": lambda: DataLoader(TensorDataset(X, Y), collate_fn=noisy_collate),
    "plain iterable": lambda: Shuffled(),
}


class Shuffled:
    """A loader that is no DataLoader."""

    def __init__(self) -> None:
        self.rng = random.Random(5)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for index in self.rng.sample(range(6), 3):
            yield X[[index]], Y[[index]]


@pytest.mark.parametrize("where", LOADERS)
@both
def test_a_loader_gives_what_it_would_have_given(where: str, kind: str) -> None:
    def first(loader: Any) -> Any:
        torch.manual_seed(9)
        return [x.tolist() for x, _ in loader]

    GLOBAL.bit_generator.state = np.random.default_rng(2).bit_generator.state
    expected = first(LOADERS[where]())
    GLOBAL.bit_generator.state = np.random.default_rng(2).bit_generator.state
    loader = LOADERS[where]()
    with isolated_plain(kind, dataloader=loader):
        first(loader)
    assert first(loader) == expected


def _drawing(rng: random.Random) -> Iterator[float]:
    while True:
        yield rng.random()


ITERATORS: list[Callable[[random.Random], Iterator[Any]]] = [
    lambda rng: iter(lambda: rng.random(), None),
    lambda rng: iter(rng.random, None),
    lambda rng: zip(_drawing(rng), range(9), strict=False),
    lambda rng: map(rng.uniform, range(9), range(9)),
    lambda rng: itertools.chain.from_iterable([_drawing(rng)]),
]


@pytest.mark.parametrize("make", ITERATORS)
@both
def test_the_random_numbers_behind_an_iterator_are_set_back(make: Any, kind: str) -> None:
    rng = random.Random(5)
    before = rng.getstate()
    iterator = make(rng)
    with isolated_plain(kind, dataloader=iterator):
        next(iterator)
        assert rng.getstate() != before
    assert rng.getstate() == before


def test_a_generator_of_the_model_belongs_to_the_user_while_a_copy_is_swept() -> None:
    case = own_generator()
    noise: Any = case.model.noise
    with isolated(case.model, case.optimizer) as isolation:
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 2)
        torch.rand(3, generator=noise)
        drawn = noise.get_state()
    assert torch.equal(noise.get_state(), drawn)


class Counting(Dataset[Any]):
    def __init__(self) -> None:
        self.served = 0
        self.handle: object = None

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        self.served += 1
        self.handle = self.handle or object()
        return X[index], Y[index]


class Epochs(RandomSampler):
    def __init__(self) -> None:
        super().__init__(range(4))
        self.epoch = 0

    def __iter__(self) -> Iterator[int]:
        self.epoch += 1
        return super().__iter__()


def test_counters_of_data_sets_and_samplers_are_set_back() -> None:
    data, sampler = Counting(), Epochs()
    loader = DataLoader(Subset(data, range(4)), sampler=sampler)
    with isolated_plain(dataloader=loader):
        assert len(list(loader)) == 4
        assert (data.served, sampler.epoch) == (4, 1)
    assert (data.served, sampler.epoch) == (0, 0)


def test_counters_of_a_loader_that_is_more_than_one_are_set_back() -> None:
    class Counted(DataLoader[Any]):
        epoch = 0

        def __iter__(self) -> Any:
            self.epoch = self.epoch + 1
            return super().__iter__()

    loader = Counted(list(range(4)))
    list(loader)
    with isolated_plain(dataloader=loader):
        list(loader)
    assert loader.epoch == 1


def test_counters_of_a_loader_of_ones_own_and_of_what_it_wraps_are_set_back() -> None:
    data, sampler = Counting(), Epochs()
    loader = Wrapping(DataLoader(data, sampler=sampler))
    with isolated_plain(dataloader=loader):
        assert len(list(loader)) == 4
    assert (loader.epoch, data.served, sampler.epoch) == (0, 0, 0)


class InPlace(Sampler[int]):
    """A sampler that shuffles what it keeps."""

    def __init__(self) -> None:
        self.order = list(range(6))
        self.buckets = [list(range(5)), list(range(5, 9))]
        self.row = np.arange(6)
        self.permutation = torch.arange(6)
        self.replaced = list(range(6))

    def __iter__(self) -> Iterator[int]:
        random.shuffle(self.order)
        random.shuffle(self.buckets[0])
        np.random.shuffle(self.row)  # noqa: NPY002
        self.permutation[:] = torch.randperm(6)
        self.replaced = random.sample(self.replaced, 6)
        return iter(self.order)


@both
def test_an_order_that_is_shuffled_in_place_is_set_back(kind: str) -> None:
    sampler = InPlace()
    loader = DataLoader(TensorDataset(X, Y), sampler=sampler)
    list(loader)
    before = described(vars(sampler))
    with isolated_plain(kind, dataloader=loader):
        list(loader)
        assert described(vars(sampler)) != before
    assert described(vars(sampler)) == before


def test_a_list_of_what_a_data_set_has_opened_stays() -> None:
    class Opening(Counting):
        def __init__(self) -> None:
            super().__init__()
            self.opened: list[object] = []

        def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
            self.opened.append(object())
            return super().__getitem__(index)

    data = Opening()
    with isolated_plain(dataloader=DataLoader(data)):
        _ = data[0]
    assert len(data.opened) == 1


def test_numbers_beside_a_stream_stay_with_it() -> None:
    class Stream:
        def __init__(self) -> None:
            self.lines = iter(range(10))
            self.position = 0

        def __iter__(self) -> Iterator[int]:
            for line in self.lines:
                self.position += 1
                yield line

    stream = Stream()
    with isolated_plain(dataloader=stream):
        assert next(iter(stream)) == 0
    assert (next(stream.lines), stream.position) == (1, 1)


def test_an_iterator_goes_on_where_the_sweep_left_it() -> None:
    class Forward:
        place = 0

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            self.place = self.place + 1
            return self.place

    numbers = Forward()
    with isolated_plain(dataloader=numbers):
        assert [next(numbers), next(numbers)] == [1, 2]
    assert numbers.place == 2


def test_what_a_data_set_has_opened_stays_open() -> None:
    data = Counting()
    with isolated_plain(dataloader=DataLoader(data)):
        _ = data[0]
    assert data.handle is not None
