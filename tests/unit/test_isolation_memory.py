"""Several isolations at once, what they take and what they let go of."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from torch import nn

from lrfind_widget.isolation import snapshot
from lrfind_widget.isolation.object_graph import visit
from tests.unit.isolating import both, isolated
from tests.unit.models import plain, train
from tests.unit.user_state import state_of

pytestmark = pytest.mark.usefixtures("seeded")


@both
def test_a_model_that_is_swept_in_place_is_refused(kind: str) -> None:
    case = plain()
    with isolated(case.model, case.optimizer, kind="in_place"):
        second = isolated(case.model[0], case.optimizer, kind=kind)
        with pytest.raises(RuntimeError, match="is being swept in place by another sweep"):
            second.__enter__()
    with isolated(case.model, case.optimizer, kind=kind):
        pass


def test_two_copies_of_one_model_can_be_swept_at_once() -> None:
    case = plain()
    before = state_of(case.model, case.optimizer)
    one, other = (isolated(case.model, case.optimizer) for _ in range(2))
    with one as first, other as second:
        train(second.objects.model, second.objects.optimizer, case.loss, 2)
        train(first.objects.model, first.objects.optimizer, case.loss, 2)
    assert state_of(case.model, case.optimizer) == before


def _bytes_of(model: nn.Module, optimizer: Any) -> int:
    tensors = [*model.parameters(), *model.buffers()]
    tensors += [t for s in optimizer.state.values() for t in s.values()]
    return sum(t.untyped_storage().nbytes() for t in tensors)


def test_a_snapshot_takes_the_bytes_of_parameters_buffers_and_optimizer_state() -> None:
    case = plain()
    with isolated(case.model, case.optimizer, kind="in_place") as isolation:
        assert isolation._snapshot is not None
        assert isolation._snapshot.nbytes == _bytes_of(case.model, case.optimizer)


def test_a_copy_takes_the_bytes_of_parameters_buffers_and_optimizer_state() -> None:
    case = plain()
    with isolated(case.model, case.optimizer) as isolation:
        copied = isolation.objects.model, isolation.objects.optimizer
        assert abs(_bytes_of(*copied) - _bytes_of(case.model, case.optimizer)) < 64
        assert all(p.grad is None for p in isolation.objects.model.parameters())


@both
def test_nothing_holds_the_model_afterwards(kind: str) -> None:
    case = plain()
    isolation = isolated(case.model, case.optimizer, kind=kind)
    with isolation:
        trained = weakref.ref(isolation.objects.model)
        train(isolation.objects.model, isolation.objects.optimizer, case.loss, 1)
    original = weakref.ref(case.model)
    receipt = isolation.receipt
    del isolation, case
    gc.collect()
    assert original() is None
    assert trained() is None
    assert receipt is not None


def test_the_copy_is_freed_at_once() -> None:
    case = plain()
    gc.collect()
    gc.disable()
    try:
        isolation = isolated(case.model, case.optimizer)
        with isolation:
            trained = weakref.ref(isolation.objects.model[0].weight)
        assert trained() is None
    finally:
        gc.enable()


class Entry:
    def __init__(self, number: int) -> None:
        self.number = number
        self.box = [number]


@both
def test_records_that_a_model_refers_to_are_not_gone_through(kind: str) -> None:
    case = plain()
    entries: Any = [Entry(number) for number in range(5000)]
    case.model.entries = entries
    case.model.log = [[number] for number in range(5000)]
    visited = list(visit([case.model]))
    assert not any(isinstance(obj, Entry) for obj in visited)
    with isolated(case.model, case.optimizer, kind=kind) as isolation:
        trained: Any = isolation.objects.model
        assert (trained.entries is entries) == (kind == "in_place")
        assert trained.entries[7] is entries[7]
        trained.entries.append(Entry(0))
    assert len(entries) == 5000
    assert case.model.entries is entries


@both
def test_arrays_count(kind: str) -> None:
    case = plain()
    case.model.table = np.ones(1_000_000)  # type: ignore[assignment]
    isolation = isolated(case.model, case.optimizer, kind=kind)
    with isolation:
        assert "(8 MB" in isolation.reason
        trained: Any = isolation.objects.model
        trained.table += 1
    assert case.model.table.sum() == 1_000_000
    assert isolation.receipt is not None
    assert isolation.receipt.identical


def test_arrays_count_where_a_copy_is_decided_on(monkeypatch: pytest.MonkeyPatch) -> None:
    case = plain()
    case.model.table = np.ones(1_000_000)  # type: ignore[assignment]
    monkeypatch.setattr("lrfind_widget.isolation.memory.free_bytes", lambda device: 10_000_000)
    with isolated(case.model, case.optimizer) as isolation:
        assert isolation.kind == "in_place"


def test_an_array_that_stays_changed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    case = plain()
    case.model.table = np.ones(10)  # type: ignore[assignment]
    monkeypatch.setattr(snapshot, "_write_array", lambda array, values: None)
    isolation = isolated(case.model, case.optimizer, kind="in_place")
    with isolation:
        trained: Any = case.model
        trained.table += 1
    assert isolation.receipt is not None
    assert "table" in isolation.receipt.sentence
