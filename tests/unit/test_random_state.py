"""Random numbers after a sweep are those that would have come without it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, Subset, TensorDataset

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.random_state import RandomState, same_state
from tests.unit.models import X, Y, own_generator, plain, train
from tests.unit.user_state import random_states

both = pytest.mark.parametrize("kind", ["copy", "in_place"])


@pytest.fixture(autouse=True)
def seeded() -> None:
    _seed()


def _seed() -> None:
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)


def _draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))  # noqa: NPY002


def _isolated(kind: str = "copy", **more: Any) -> Isolation:
    case = plain()
    return Isolation(case.model, case.optimizer, kind=kind, **more)


# --- the generators of the process ---------------------------------------------------------------


@both
def test_the_generators_of_the_process_are_given_back(kind: str) -> None:
    isolation = _isolated(kind)
    before = random_states()
    with isolation:
        _draw()
        torch.manual_seed(5)
        random.seed(5)
    assert random_states() == before


def test_another_kind_of_global_numpy_generator_is_given_back() -> None:
    original = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(3))
    try:
        state = RandomState([])
        expected = np.random.get_state(legacy=False)  # noqa: NPY002
        state.start()
        _draw()
        state.stop()
        assert same_state(np.random.get_state(legacy=False), expected)  # noqa: NPY002
    finally:
        np.random.set_bit_generator(original)


def _trained(sweep_between: bool, kind: str = "copy") -> list[float]:
    torch.manual_seed(1)
    case = plain()
    loader = DataLoader(TensorDataset(X, Y), batch_size=2, shuffle=True)
    losses = []
    for epoch in range(3):
        if epoch == 1 and sweep_between:
            isolation = Isolation(case.model, case.optimizer, kind=kind, dataloader=loader)
            with isolation:
                for _ in loader:
                    train(isolation.model, isolation.optimizer, case.loss, 1)
        for x, y in loader:
            case.optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(case.model(x), y)
            loss.backward()
            case.optimizer.step()
            losses.append(loss.item())
    return losses


@both
def test_training_with_a_sweep_in_between_is_training_without(kind: str) -> None:
    assert _trained(True, kind) == _trained(False)


# --- pausing -------------------------------------------------------------------------------------


def test_a_pause_gives_the_user_their_own_stream() -> None:
    expected = [_draw() for _ in range(2)]
    _seed()
    state = RandomState([])
    state.start()
    _draw()
    state.suspend()
    during = _draw()
    state.resume()
    _draw()
    state.stop()
    assert [during, _draw()] == expected


def test_a_pause_does_not_change_the_numbers_of_the_sweep() -> None:
    state = RandomState([])
    state.start()
    expected = [_draw() for _ in range(3)]
    state.stop()
    state.start()
    found = [_draw()]
    state.suspend()
    _draw()
    state.resume()
    found += [_draw(), _draw()]
    state.stop()
    assert found == expected


def test_a_sweep_that_ends_in_a_pause_leaves_what_the_user_drew() -> None:
    isolation = _isolated()
    with isolation:
        _draw()
        isolation.suspend()
        _draw()
        expected = random_states()
    assert random_states() == expected
    assert isolation.receipt is not None
    assert isolation.receipt.identical


def test_pausing_twice_is_pausing_once() -> None:
    state = RandomState([])
    state.start()
    _draw()
    state.suspend()
    expected = random_states()
    state.suspend()
    assert random_states() == expected
    state.resume()
    state.resume()
    state.stop()
    assert random_states() == expected


# --- several sweeps at once ----------------------------------------------------------------------


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_of_several_sweeps_the_last_gives_the_state_back(first_to_end: int) -> None:
    before = random_states()
    states = [RandomState([]), RandomState([])]
    states[0].start()
    _draw()
    states[1].start()
    _draw()
    states[first_to_end].stop()
    assert states[first_to_end].compare() == (0, [], 3)
    _draw()
    states[1 - first_to_end].stop()
    assert states[1 - first_to_end].compare() == (3, [], 0)
    assert random_states() == before


def test_a_pause_of_one_of_two_sweeps_keeps_the_users_state() -> None:
    before = random_states()
    one, other = RandomState([]), RandomState([])
    one.start()
    other.start()
    _draw()
    one.suspend()
    _draw()
    other.stop()
    assert random_states() == before
    one.resume()
    _draw()
    one.stop()
    assert random_states() == before


def test_a_sweep_that_goes_on_does_not_disturb_another() -> None:
    one, other = RandomState([]), RandomState([])
    one.start()
    one.suspend()
    other.start()
    _draw()
    expected = random_states()
    one.resume()
    assert random_states() == expected
    one.stop()
    other.stop()


def test_sweeps_on_several_threads_lose_no_state() -> None:
    before = random_states()
    together = threading.Barrier(4)

    def sweep() -> None:
        together.wait()
        for _ in range(50):
            state = RandomState([])
            state.start()
            torch.rand(1)
            state.stop()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert random_states() == before


def test_the_receipt_says_that_another_sweep_still_has_the_state() -> None:
    outer, inner = _isolated(), _isolated()
    with outer:
        with inner:
            _draw()
        assert inner.receipt is not None
        item = next(i for i in inner.receipt.items if i.category == "random state")
        assert item.compared == 0
        assert "still in use by another sweep" in item.how
    assert outer.receipt is not None
    assert outer.receipt.identical


# --- generators that objects carry ---------------------------------------------------------------


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
    with _isolated(kind, dataloader=loader):
        first(loader)
    assert first(loader) == expected


def test_a_generator_of_the_model_belongs_to_the_user_while_a_copy_is_swept() -> None:
    case = own_generator()
    noise: Any = case.model.noise
    with Isolation(case.model, case.optimizer) as isolation:
        train(isolation.model, isolation.optimizer, case.loss, 2)
        torch.rand(3, generator=noise)
        drawn = noise.get_state()
    assert torch.equal(noise.get_state(), drawn)


# --- loaders -------------------------------------------------------------------------------------


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
    with _isolated(dataloader=loader):
        assert len(list(loader)) == 4
        assert (data.served, sampler.epoch) == (4, 1)
    assert (data.served, sampler.epoch) == (0, 0)


class Wrapping:
    """A loader of the user's own around another, that shuffles by its epoch."""

    def __init__(self, loader: Any) -> None:
        self.inner = loader
        self.epoch = 0

    def __iter__(self) -> Iterator[Any]:
        self.epoch += 1
        yield from self.inner


def test_counters_of_a_loader_that_is_more_than_one_are_set_back() -> None:
    class Counted(DataLoader[Any]):
        epoch = 0

        def __iter__(self) -> Any:
            self.epoch = self.epoch + 1
            return super().__iter__()

    loader = Counted(list(range(4)))
    list(loader)
    with _isolated(dataloader=loader):
        list(loader)
    assert loader.epoch == 1


def test_counters_of_a_loader_of_ones_own_and_of_what_it_wraps_are_set_back() -> None:
    data, sampler = Counting(), Epochs()
    loader = Wrapping(DataLoader(data, sampler=sampler))
    with _isolated(dataloader=loader):
        assert len(list(loader)) == 4
    assert (loader.epoch, data.served, sampler.epoch) == (0, 0, 0)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_workers_of_a_wrapped_loader_go_on_where_they_were() -> None:
    inner = DataLoader(list(range(6)), num_workers=1, persistent_workers=True)
    epoch = iter(inner)
    assert int(next(epoch)) == 0
    with _isolated(dataloader=Wrapping(inner)):
        assert len(list(inner)) == 6
    assert [int(item) for item in epoch] == [1, 2, 3, 4, 5]


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
    with _isolated(dataloader=stream):
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
    with _isolated(dataloader=numbers):
        assert [next(numbers), next(numbers)] == [1, 2]
    assert numbers.place == 2


def test_what_a_data_set_has_opened_stays_open() -> None:
    data = Counting()
    with _isolated(dataloader=DataLoader(data)):
        _ = data[0]
    assert data.handle is not None


def test_persistent_workers_of_the_user_go_on_where_they_were() -> None:
    loader = DataLoader(TensorDataset(X, Y), num_workers=1, persistent_workers=True)
    mine = iter(loader)
    first = next(mine)[1].item()
    isolation = _isolated(dataloader=loader)
    with isolation:
        assert [y.item() for _, y in loader] == Y.tolist()
        theirs: Any = loader._iterator
        assert theirs is not mine
        workers = list(theirs._workers)
    assert loader._iterator is mine
    assert [first, *(y.item() for _, y in mine)] == Y.tolist()
    assert not any(worker.is_alive() for worker in workers)
    assert isolation.receipt is not None
    assert isolation.receipt.identical
    mine._shutdown_workers()  # type: ignore[attr-defined]


def test_workers_that_only_the_sweep_started_end_with_it() -> None:
    loader = DataLoader(TensorDataset(X, Y), num_workers=1, persistent_workers=True)
    with _isolated(dataloader=loader):
        next(iter(loader))
        theirs: Any = loader._iterator
        workers = list(theirs._workers)
    assert loader._iterator is None
    assert not any(worker.is_alive() for worker in workers)
