"""A part of the data that is held back."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, RandomSampler, SequentialSampler

from lrfind_widget.isolation.joined_loader import JoinedLoader
from lrfind_widget.points import HELD_BACK
from lrfind_widget.training.held_back import can_hold_back, hold_back
from tests.unit.toys import batches, data, loader


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Any:
        return iter(data(40))


STREAM = DataLoader(Stream())


def collate(examples: list[Any]) -> Any:
    return torch.utils.data.default_collate(examples)


def examples_of(loader: Any) -> set[tuple[float, ...]]:
    return {tuple(row) for inputs, _ in loader for row in inputs.tolist()}


def test_a_loader_is_split_into_two_that_share_no_example() -> None:
    given = loader(40)
    training, held = hold_back(given, 0.2, None)
    seen, unseen = examples_of(training), examples_of(held)
    assert (len(seen), len(unseen)) == (32, 8)
    assert not seen & unseen
    assert seen | unseen == examples_of(given)


def test_the_two_load_as_the_one_did() -> None:
    generator = torch.Generator()
    given = DataLoader(
        data(40),
        batch_size=16,
        shuffle=True,
        drop_last=True,
        collate_fn=collate,
        num_workers=1,
        prefetch_factor=3,
        persistent_workers=True,
        generator=generator,
    )
    training, held = hold_back(given, 0.25, None)
    assert isinstance(training, DataLoader)
    assert isinstance(held, DataLoader)
    for made in (training, held):
        assert (made.batch_size, made.num_workers, made.prefetch_factor) == (16, 1, 3)
        assert made.collate_fn is collate
        assert made.persistent_workers
    assert isinstance(training.sampler, RandomSampler)
    assert isinstance(held.sampler, SequentialSampler)
    assert training.generator is generator
    assert (training.drop_last, held.drop_last) == (True, False)
    assert len(list(held)) == 1


def test_one_that_was_not_shuffled_is_not() -> None:
    training, _ = hold_back(loader(40, shuffle=False), 0.2, None)
    assert isinstance(training, DataLoader)
    assert isinstance(training.sampler, SequentialSampler)


def test_the_same_seed_holds_back_the_same_and_another_does_not() -> None:
    one, same, other = (examples_of(hold_back(loader(40), 0.2, seed)[1]) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_the_random_state_is_left_alone() -> None:
    given = loader(40), batches(10)
    before = torch.get_rng_state()
    for each in given:
        hold_back(each, 0.2, None)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("kind", [list, tuple])
def test_of_a_list_whole_batches_are_held_back(kind: Any) -> None:
    given = kind(batches(10))
    training, held = (list(part) for part in hold_back(given, 0.3, None))
    assert (len(training), len(held)) == (7, 3)
    assert {id(batch) for batch in [*training, *held]} == set(map(id, given))


@pytest.mark.parametrize(
    "given", [loader(40), batches(10), JoinedLoader([loader(40), batches(10)])]
)
def test_what_can_be_split_is_known_before(given: Any) -> None:
    assert can_hold_back(given)
    hold_back(given, 0.3, None)


@pytest.mark.parametrize("given", [loader(2), batches(1), JoinedLoader([loader(40), batches(1)])])
def test_too_little_to_hold_a_part_back_is_known_before(given: Any) -> None:
    assert not can_hold_back(given)
    with pytest.raises(ValueError, match="leaves nothing"):
        hold_back(given, HELD_BACK, None)


@pytest.mark.parametrize("given", [STREAM, iter([]), JoinedLoader([loader(40), STREAM])])
def test_what_cannot_be_split_is_known_before(given: Any) -> None:
    assert not can_hold_back(given)
    with pytest.raises(TypeError, match="Pass a val_loader"):
        hold_back(given, 0.3, None)
