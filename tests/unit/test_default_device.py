"""Tensors made without `device=`: where the caller has set another default than the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import torch

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from tests.unit.isolating import both
from tests.unit.toys import batches, classifier, plain_loop, sgd
from tests.unit.user_state import state_of


@contextmanager
def set_default() -> Iterator[None]:
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(None)


def as_context() -> AbstractContextManager[Any]:
    return torch.device("meta")


ways = pytest.mark.parametrize("way", [as_context, set_default])


@both
@ways
def test_nothing_is_lost_under_another_default(kind: str, way: Any) -> None:
    data = batches()
    model = classifier()
    optimizer = sgd(model, momentum=0.9)
    plain_loop(model, data, optimizer, Schedule(1e-3, 1e-2, 3))
    before = state_of(model, optimizer)
    sweep = Sweep(model, data, optimizer, num_it=4, isolation=kind, repeats=2)
    with way():
        points = list(sweep)
    assert len(points) == 8
    assert state_of(model, optimizer) == before
    assert sweep.receipt is not None
    assert sweep.receipt.identical


@both
@ways
def test_the_thread_of_a_sweep_has_the_callers_default(kind: str, way: Any) -> None:
    seen = []

    def step(model: Any, batch: Any) -> torch.Tensor:
        seen.append(torch.zeros(1).device.type)
        return torch.nn.functional.cross_entropy(model(batch[0]), batch[1])

    model, data = classifier(), batches()
    with way():
        run = RunThread(Sweep(model, data, sgd(model), step_fn=step, num_it=3, isolation=kind))
        run.start()
    run.wait()
    assert run.error is None
    assert seen == ["meta"] * 3
