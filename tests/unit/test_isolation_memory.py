"""Several isolations at once, what they take and what they let go of."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from torch import nn

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
