"""Models of many kinds come back as they were, and a copy trains as the original does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from lrfind_widget.isolation.isolation import Isolation
from tests.unit.isolating import isolated
from tests.unit.models import CASES, Case, train
from tests.unit.user_state import state_of

pytestmark = pytest.mark.slow

cases = pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def _sweep(isolation: Isolation, case: Case, steps: int = 3) -> list[float]:
    with isolation:
        for group in isolation.objects.optimizer.param_groups:
            group["lr"] = 0.3
            group["extra"] = 1
        return train(isolation.objects.model, isolation.objects.optimizer, case.loss, steps)


@cases
@pytest.mark.parametrize("kind", ["auto", "in_place"])
def test_everything_is_what_it_was(make: Callable[[], Case], kind: str) -> None:
    case = make()
    objects = (case.model, case.optimizer, *case.others)
    before = state_of(*objects)
    isolation = isolated(case.model, case.optimizer, kind=kind)
    _sweep(isolation, case)
    assert state_of(*objects) == before
    assert isolation.receipt is not None
    assert isolation.receipt.identical, isolation.receipt.sentence


@cases
def test_auto_takes_a_copy_where_one_can_be_made(make: Callable[[], Case]) -> None:
    case = make()
    with isolated(case.model, case.optimizer) as isolation:
        assert (isolation.kind, isolation.reason) == (case.kind, isolation.reason)
        assert (isolation.objects.model is case.model) == (case.kind == "in_place")


@cases
def test_a_copy_trains_exactly_as_the_original(make: Callable[[], Case]) -> None:
    case = make()
    in_place = _sweep(isolated(case.model, case.optimizer, kind="in_place"), case)
    copied = _sweep(isolated(case.model, case.optimizer), case)
    assert copied == in_place


@cases
def test_the_sweep_really_moves_what_it_trains(make: Callable[[], Case]) -> None:
    case = make()
    losses = _sweep(isolated(case.model, case.optimizer, kind="in_place"), case)
    assert len(set(losses)) == len(losses)
