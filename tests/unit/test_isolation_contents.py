"""What a model keeps besides parameters: set back, and compared or said not to be."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import pytest
import torch
from torch import Tensor, nn

from lrfind_widget.isolation import fingerprint, object_graph, snapshot
from lrfind_widget.results.receipt import UNCHANGED, Receipt
from lrfind_widget.training.range_test import Sweep
from tests.unit.isolating import both
from tests.unit.toys import batches, sgd


def swept(model: nn.Module, kind: str) -> Receipt:
    sweep = Sweep(model, batches(), sgd(model), loss_fn=nn.CrossEntropyLoss(), isolation=kind)
    list(sweep)
    assert sweep.receipt is not None
    return sweep.receipt


class Touching(nn.Module):
    """A model that keeps something and changes it in each forward pass."""

    def __init__(self, kept: Any, touch: Callable[[Any], object]) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.kept = kept
        self.touch = touch

    def forward(self, x: Tensor) -> Tensor:
        self.touch(self.kept)
        return self.layer(x)


class Holder:
    pass


KEY = Holder()
TOUCHED: list[tuple[Callable[[], Any], Callable[[Any], object], Callable[[Any], object]]] = [
    (lambda: bytearray(2), lambda kept: kept.append(1), bytes),
    (lambda: array("d", [0.5]), lambda kept: kept.append(1), list),
    (WeakKeyDictionary, lambda kept: kept.update({KEY: len(kept)}), dict),
    (WeakSet, lambda kept: kept.add(KEY), set),
    (
        lambda: functools.lru_cache(torch.ones),
        lambda kept: kept(3).add_(1),
        lambda kept: kept.cache_info(),
    ),
    (
        lambda: functools.cache(torch.ones),
        lambda kept: kept(3).add_(1),
        lambda kept: kept.cache_info(),
    ),
]


@both
@pytest.mark.parametrize(("make", "touch", "seen"), TOUCHED)
def test_what_a_model_keeps_is_set_back(make: Any, touch: Any, seen: Any, kind: str) -> None:
    model = Touching(make(), touch)
    before = seen(model.kept)
    receipt = swept(model, kind)
    assert seen(model.kept) == before
    assert receipt.sentence == f"{UNCHANGED}."


@both
def test_a_cache_that_was_in_use_is_said_to_hold_more(kind: str) -> None:
    model = Touching(functools.lru_cache(torch.ones), lambda kept: kept(3).add_(1))
    kept = model.kept(2)
    receipt = swept(model, kind)
    assert "kept by functions and loaders: the cache of ones" in receipt.sentence
    assert kept.tolist() == [1, 1]


class Memoised(Touching):
    @functools.lru_cache  # noqa: B019
    def table(self, size: int) -> Tensor:
        return torch.ones(size)

    def forward(self, x: Tensor) -> Tensor:
        self.table(3).add_(1)
        return self.layer(x)


@both
def test_the_cache_of_a_method_is_cleared(kind: str) -> None:
    receipt = swept(Memoised(None, len), kind)
    assert Memoised.table.cache_info().currsize == 0
    assert receipt.identical


@both
def test_a_buffer_that_grows_in_a_step_is_set_back(kind: str) -> None:
    model = Touching(torch.arange(2.0), lambda kept: kept.resize_(len(kept) + 100))
    receipt = swept(model, kind)
    assert receipt.identical, receipt.sentence
    assert model.kept.tolist() == [0, 1]
    assert model.kept.untyped_storage().nbytes() == 8


@both
@pytest.mark.parametrize("make", [Holder, lambda: [0], lambda: torch.zeros(1)])
def test_what_is_deep_in_large_collections_is_said_not_to_be_compared(make: Any, kind: str) -> None:
    model = Touching([make() for _ in range(2500)], lambda kept: setattr(kept[-1], "seen", 1))
    if isinstance(model.kept[0], list):
        model.touch = lambda kept: kept[-1].append(1)
    assert "Not compared: what is in collections of more than 1000" in swept(model, kind).sentence


@both
@pytest.mark.parametrize("count", [9, 11])
def test_only_so_many_small_objects_are_looked_into(
    kind: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (object_graph, fingerprint):
        monkeypatch.setattr(module, "RECORDS", 10)
    records = [Holder() for _ in range(count)]
    for record in records:
        vars(record)["note"] = 1
    model = Touching([records[:5], records[5:]], lambda kept: None)
    assert sum(isinstance(obj, Holder) for obj in object_graph.visit([model])) == min(count, 10)
    sentence = swept(model, kind).sentence
    assert ("Not compared: what is in more than" in sentence) == (count > 10)


def test_numbers_of_large_collections_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Touching(list(range(5000)), lambda kept: kept.__setitem__(-1, kept[-1] + 1))
    assert swept(model, "in_place").sentence.endswith("compared identical.")
    monkeypatch.setattr(snapshot.ContentsRecord, "restore", lambda self: None)
    assert "module attributes: the model itself.kept" in swept(model, "in_place").sentence


@pytest.mark.parametrize("name", ["record", "_private"])
def test_what_stays_changed_in_a_model_is_noticed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Touching(Holder(), lambda kept: vars(kept).update({name: [vars(kept)[name][0] + 1]}))
    vars(model.kept)[name] = [0]
    monkeypatch.setattr(snapshot.ContentsRecord, "restore", lambda self: None)
    assert "module attributes: the model itself.kept" in swept(model, "in_place").sentence


def test_an_iterator_is_said_not_to_be_compared() -> None:
    model = Touching(iter(range(100)), next)
    assert "Not compared: iterators, which only move forward" in swept(model, "in_place").sentence
