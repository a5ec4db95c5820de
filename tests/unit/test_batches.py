"""Endless batches from anything that can be iterated."""

from __future__ import annotations

import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset

from lrfind_widget.training.batches import Batches, OutOfDataError
from tests.unit.toys import data


def take(batches, count):
    return [batches.next() for _ in range(count)]


def test_a_list_starts_again_when_it_ends():
    batches = Batches([1, 2, 3])

    assert take(batches, 8) == [1, 2, 3, 1, 2, 3, 1, 2]
    assert batches.given == 8


def test_an_iterable_without_a_length_works():
    class Stream(IterableDataset):
        def __iter__(self):
            yield from range(2)

    assert take(Batches(Stream()), 5) == [0, 1, 0, 1, 0]


def test_an_object_with_getitem_only_works():
    class Old:
        def __getitem__(self, index):
            return [10, 20][index]

    assert take(Batches(Old()), 3) == [10, 20, 10]


def test_a_generator_that_ends_says_how_much_it_gave():
    batches = Batches(x for x in range(3))
    assert take(batches, 3) == [0, 1, 2]

    with pytest.raises(OutOfDataError, match=r"gave 3 batches.*Pass a list or a DataLoader"):
        batches.next()


@pytest.mark.parametrize("loader", [(), iter([]), DataLoader(data(4), 8, drop_last=True)])
def test_a_loader_that_gives_nothing_is_an_error(loader):
    with pytest.raises(ValueError, match="gave no batch"):
        Batches(loader).next()


def test_the_loader_is_not_read_ahead():
    read = []
    batches = Batches(read.append(x) or x for x in range(9))

    take(batches, 2)

    assert read == [0, 1]


def test_generators_that_were_started_here_are_closed():
    closed = []

    class Source:
        def __iter__(self):
            try:
                yield from range(5)
            finally:
                closed.append(True)

    batches = Batches(Source())
    batches.next()
    batches.close()

    assert closed == [True]


def test_a_generator_of_the_user_is_left_open():
    mine = (x for x in range(9))
    batches = Batches(mine)
    batches.next()
    batches.close()

    assert next(mine) == 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_worker_processes_end_when_it_is_closed():
    import multiprocessing

    before = set(multiprocessing.active_children())
    batches = Batches(DataLoader(data(), 8, num_workers=1))
    batches.next()
    assert set(multiprocessing.active_children()) - before

    batches.close()

    assert not set(multiprocessing.active_children()) - before


def test_persistent_workers_serve_every_pass():
    batches = Batches(DataLoader(data(16), 8, num_workers=1, persistent_workers=True))

    assert [tuple(batch[0].shape) for batch in take(batches, 5)] == [(8, 4)] * 5
    batches.close()


def test_an_error_of_the_loader_comes_out_as_it_is():
    error = OSError("disk gone")

    def broken():
        yield 1
        raise error

    batches = Batches(broken())
    batches.next()
    with pytest.raises(OSError, match="disk gone") as caught:
        batches.next()

    assert caught.value is error


def test_nothing_is_drawn_from_the_random_state_before_the_first_batch():
    state = torch.get_rng_state()

    Batches(DataLoader(data(), 8, shuffle=True))

    assert torch.equal(torch.get_rng_state(), state)
