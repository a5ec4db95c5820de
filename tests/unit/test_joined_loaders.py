"""Dicts and lists of loaders, read together or one after the other."""

from __future__ import annotations

import itertools
from collections import deque, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset

from lrfind_widget import compare_lrs, lr_find, search_lr
from lrfind_widget.isolation.joined_loader import JoinedLoader, are_several, joined
from lrfind_widget.isolation.loaders import live_workers
from lrfind_widget.training.batches import Batches
from lrfind_widget.training.held_back import hold_back
from lrfind_widget.training.range_test import Sweep
from tests.unit.isolating import both
from tests.unit.toys import Wrapping, batches, classifier, loader, seed_everything, sgd
from tests.unit.user_state import described

FEW = {"num_it": 12, "end_lr": 1.0, "stop_div": False, "progress": False}
Pair = namedtuple("Pair", "first second")


def take(loaders: Any, count: int) -> list[Any]:
    source = Batches(joined(loaders))
    return [source.next() for _ in range(count)]


def both_losses(model: nn.Module, batch: Any) -> Tensor:
    parts = batch.values() if isinstance(batch, dict) else batch
    losses = [F.cross_entropy(model(inputs), target) for inputs, target in parts]
    return torch.stack(losses).sum()


def streams(loaders: list[Any]) -> Any:
    """The batches of some loaders as a bare loop would join them, epoch after epoch."""
    while True:
        iterators = list(map(iter, loaders))
        ended = [False] * len(loaders)
        while True:
            found = []
            for place, each in enumerate(loaders):
                batch = next(iterators[place], None)
                if batch is None:
                    ended[place] = True
                    if all(ended):
                        break
                    iterators[place] = iter(each)
                    batch = next(iterators[place])
                found.append(batch)
            if all(ended):
                break
            yield found


def test_a_dict_of_loaders_gives_dicts_and_the_shorter_starts_again() -> None:
    given = {"a": Wrapping([1, 2, 3, 4, 5]), "b": DataLoader(range(2), batch_size=None)}
    read = take({**given, "a": [1, 2, 3, 4, 5]}, 7)
    assert [batch["a"] for batch in read] == [1, 2, 3, 4, 5, 1, 2]
    assert [batch["b"] for batch in read] == [0, 1, 0, 1, 0, 0, 1]


def test_an_epoch_of_loaders_of_one_length_is_zip() -> None:
    one, two = DataLoader(range(3), batch_size=None), DataLoader(range(5, 8), batch_size=None)
    assert [tuple(batch) for batch in joined([one, two])] == list(zip(one, two, strict=True))


def test_shorter_loaders_are_those_of_cycle() -> None:
    long, short = DataLoader(range(7), batch_size=None), DataLoader(range(3), batch_size=None)
    expected = [list(pair) for pair in zip(long, itertools.cycle(short), strict=False)]
    assert list(joined([long, short])) == expected


def test_batches_have_the_structure_of_the_loaders() -> None:
    one = DataLoader(range(2), batch_size=None)
    given = {"a": [one, (one, one)], "b": Pair(one, one)}
    first = take(given, 1)[0]
    assert first == {"a": [0, (0, 0)], "b": Pair(0, 0)}
    assert isinstance(first["b"], Pair)


class Stream(IterableDataset[int]):
    def __iter__(self) -> Any:
        return iter(range(3))


class Own:
    """A loader of one's own, as plain as can be."""

    def __init__(self, count: int = 4) -> None:
        self.batches = batches(count)

    def __iter__(self) -> Any:
        return iter(self.batches)


class OfTensors:
    """One that keeps what it cuts batches from, as a batch would."""

    def __init__(self, count: int = 4) -> None:
        self.inputs, self.target = (torch.cat(parts) for parts in zip(*batches(count), strict=True))

    def __iter__(self) -> Any:
        return zip(self.inputs.split(8), self.target.split(8), strict=True)


class Slotted:
    """One that cannot be looked into."""

    __slots__ = ()

    def __iter__(self) -> Any:
        return iter(batches())


@dataclass
class Counting:
    """One that tells its attributes."""

    count: int = 4

    def __iter__(self) -> Any:
        return iter(batches(self.count))


@dataclass
class Unpacked:
    """A batch that tells its attributes."""

    inputs: Tensor

    def __iter__(self) -> Any:
        yield self.inputs


@pytest.mark.parametrize(
    "given",
    [
        [loader(), loader()],
        (loader(), batches()),
        {"a": loader(), "b": batches()},
        [Stream(), Stream()],
        [iter(batches, None), iter(batches, None)],
        [Wrapping(loader()), Wrapping(loader())],
        {"a": {"b": loader()}},
        [Own(), Own()],
        [Counting(), Counting()],
        {"a": OfTensors(), "b": Slotted()},
        {"a": deque(batches()), "b": []},
        {"a": batches(), "b": {"c": [{"x": torch.zeros(2)}]}},
    ],
)
def test_these_are_loaders(given: Any) -> None:
    assert are_several(given)


class Graph:
    """A batch that can be iterated over."""

    def __init__(self) -> None:
        self.x = torch.zeros(3)

    def __iter__(self) -> Any:
        return iter([("x", self.x)])

    def to(self, _: Any) -> Any:
        return self


@pytest.mark.parametrize(
    "given",
    [
        batches(),
        [[torch.zeros(2), torch.zeros(2)]] * 3,
        [{"x": torch.zeros(2)}] * 3,
        [Graph(), Graph()],
        [Unpacked(torch.zeros(2)), Unpacked(torch.zeros(2))],
        [["some", "text"], ["more"]],
        [batches(), batches()],
        [{"support": batches(), "query": batches()}] * 3,
        range(3),
        [],
        {},
        loader(),
        Pair(torch.zeros(2), torch.zeros(2)),
    ],
)
def test_these_are_batches_as_ever(given: Any) -> None:
    assert not are_several(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([loader(), torch.zeros(8, 4)], r"dataloader\[1\] is a Tensor.*\[batch\]"),
        ({"a": loader(), "b": None}, r'dataloader\["b"\] is None'),
        ({"a": loader(), "b": {"c": 1}}, r'dataloader\["b"\] is a dict.*make each a DataLoader'),
        ({"a": loader(), "b": loader().dataset}, r'dataloader\["b"\].*DataLoader\(dataset'),
        ({"a": [loader(), 3]}, r'dataloader\["a"\]\[1\] is a int'),
        ({"a": [torch.zeros(2)]}, r"dataloader is a dict.*DataLoader\(batches, batch_size=None"),
        ({"x": OfTensors(), "y": torch.zeros(2)}, r"dataloader is a dict.*pass \[batch\]"),
        ([Slotted(), Slotted()], r"may be a loader or a batch"),
        ([OfTensors(), OfTensors()], r"may be a loader or a batch.*a dict.*batch_size=None"),
    ],
)
def test_what_is_no_loader_among_loaders_is_named(given: Any, message: str) -> None:
    model = classifier()
    with pytest.raises(TypeError, match=message):
        Sweep(model, given, sgd(model))


def test_an_empty_loader_among_others_is_named() -> None:
    model = classifier()
    with pytest.raises(ValueError, match=r'dataloader\["b"\] is empty'):
        Sweep(model, {"a": loader(), "b": []}, sgd(model))


def test_an_iterator_among_loaders_cannot_be_compared_with() -> None:
    model = classifier()
    given = {"a": loader(), "b": iter(batches())}
    with pytest.raises(TypeError, match=r'dataloader\["b"\] is a list_iterator, .* only once'):
        compare_lrs(model, given, sgd(model), [0.1], steps=2, step_fn=both_losses)


@pytest.mark.parametrize("kind", [Own, OfTensors, batches])
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_loaders_of_ones_own_are_read_as_those_of_torch(kind: Any, isolation: str) -> None:
    model = classifier(0.0)
    theirs = {"a": DataLoader(batches(5), batch_size=None), "b": DataLoader(batches(2), None)}
    found, expected = (
        lr_find(
            *(model, given, sgd(model)), step_fn=both_losses, isolation=isolation, seed=1, **FEW
        )
        for given in ({"a": kind(5), "b": kind(2)}, theirs)
    )
    assert found.losses.tolist() == expected.losses.tolist()


def test_an_iterator_that_ends_ends_the_sweep() -> None:
    model = classifier()
    given = {"a": loader(), "b": iter(batches(3))}
    result = lr_find(model, given, sgd(model), step_fn=both_losses, **FEW)
    assert len(result.losses) == 3
    assert "gave 3 batches" in result.stop_sentence


@settings(max_examples=20)
@given(
    sizes=st.lists(st.sampled_from([8, 16, 24, 40]), min_size=1, max_size=3),
    shuffle=st.booleans(),
    named=st.booleans(),
    isolation=st.sampled_from(["copy", "in_place"]),
    accumulate=st.sampled_from([1, 2]),
    seed=st.integers(0, 1000),
)
def test_losses_are_those_of_a_bare_loop(
    sizes: list[int], shuffle: bool, named: bool, isolation: str, accumulate: int, seed: int
) -> None:
    loaders = [loader(size, shuffle=shuffle) for size in sizes]
    given = dict(zip("abc", loaders, strict=False)) if named else loaders
    model, twin = classifier(), classifier()
    found = lr_find(
        *(model, given, sgd(model)),
        step_fn=both_losses,
        isolation=isolation,
        accumulate=accumulate,
        seed=seed,
        **FEW,
    )
    seed_everything(seed)
    optimizer, source, expected = sgd(twin), streams(loaders), []
    twin.train()
    for lr in found.lrs.tolist():
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        losses = []
        for _ in range(accumulate):
            loss = both_losses(twin, next(source))
            (loss / accumulate if accumulate > 1 else loss).backward()
            losses.append(loss.detach())
        optimizer.step()
        expected.append((losses[0] if accumulate == 1 else torch.stack(losses).mean()).item())
    assert found.losses.tolist() == expected
    assert found.batch_size == 8


@both
def test_generators_and_counters_of_each_are_set_back(kind: str) -> None:
    own = torch.Generator().manual_seed(3)
    given = {"a": Wrapping(loader(24)), "b": [loader(16, generator=own), loader(8)]}
    model = classifier()
    before = described(given), own.get_state().tolist()
    result = lr_find(
        *(model, given, sgd(model)),
        step_fn=lambda model, batch: both_losses(model, [batch["a"], *batch["b"]]),
        isolation=kind,
        **FEW,
    )
    assert len(result.losses) == 12
    assert (described(given), own.get_state().tolist()) == before
    assert result.receipt is not None
    assert result.receipt.identical


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@both
def test_each_has_persistent_workers_of_its_own(kind: str) -> None:
    before = live_workers()
    one = loader(24, shuffle=False, num_workers=1, persistent_workers=True)
    model = classifier(0.0)
    three = batches(3)
    shared, alone = (
        lr_find(model, given, sgd(model), step_fn=both_losses, isolation=kind, **FEW)
        for given in ({"a": one, "b": one, "c": three}, [[batch] * 3 for batch in three])
    )
    assert shared.losses.tolist() == alone.losses.tolist()
    assert one._iterator is None
    assert live_workers() == before


def test_each_is_held_back_from() -> None:
    given = {"a": loader(40), "b": batches(10)}
    training, held = hold_back(joined(given), 0.2, None)
    assert isinstance(training, JoinedLoader)
    assert [len(training.loaders["a"].dataset), len(training.loaders["b"])] == [32, 8]
    assert [len(held.loaders["a"].dataset), len(held.loaders["b"])] == [8, 2]  # type: ignore[attr-defined]


def test_a_search_trains_on_dicts_and_holds_some_back() -> None:
    model = classifier()
    found = search_lr(
        *(model, {"a": loader(80), "b": loader(40)}, sgd(model)),
        step_fn=both_losses,
        lr=0.01,
        steps=16,
        hold_back=0.2,
        seed=1,
        progress=False,
    )
    assert found.val_losses is not None
    again = compare_lrs(
        *(model, {"a": loader(80), "b": loader(40)}, sgd(model), [0.01, 0.01]),
        step_fn=both_losses,
        steps=8,
        seed=1,
        progress=False,
    )
    assert again.losses[0].tolist() == again.losses[1].tolist()


def validated(val_loader: Any, dataloader: Any, **options: Any) -> float:
    """Return the validation loss of a model that hardly trains."""
    model = classifier(0.0)
    result = lr_find(
        *(model, dataloader, sgd(model)),
        val_loader=val_loader,
        num_it=1,
        progress=False,
        seed=1,
        **options,
    )
    assert result.val_losses is not None
    return float(result.val_losses[0])


def test_several_val_loaders_are_read_one_after_the_other() -> None:
    one, two = loader(16, shuffle=False), loader(40, shuffle=False)
    whole = validated([*one, *two], batches())
    assert validated([one, two], batches()) == whole
    assert validated({"a": one, "b": two}, batches()) == whole
    assert validated([one, two], batches(), val_batches=2) == validated(one, batches())


def test_several_val_loaders_come_as_the_batches_of_training_do() -> None:
    one, two = loader(16, shuffle=False), loader(40, shuffle=False)
    pairs = list(zip([*one, *one, *one][:5], two, strict=True))
    first = loader(8, shuffle=False)
    expected = validated(pairs, [[*first, *first]], step_fn=both_losses)
    assert validated([one, two], [first, first], step_fn=both_losses) == expected
