"""Loaders with persistent workers, which the user's own loop may be reading meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from lrfind_widget.isolation.loaders import live_workers
from lrfind_widget.training.range_test import Sweep
from tests.unit.isolating import both
from tests.unit.toys import Wrapping, classifier, data, plain_loop, sgd

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.usefixtures("seeded"),
]


def shared(**options: Any) -> DataLoader[Any]:
    return DataLoader(data(24), 8, num_workers=1, persistent_workers=True, **options)


def sweep_of(loader: Any, kind: str, **options: Any) -> Sweep:
    model = classifier()
    return Sweep(model, loader, sgd(model), num_it=10, isolation=kind, stop_div=False, **options)


@both
@pytest.mark.parametrize("wrap", [lambda loader: loader, Wrapping])
def test_a_cell_that_reads_the_loader_gets_all_of_its_batches(kind: str, wrap: Any) -> None:
    loader = shared()
    given = wrap(loader)
    mine = iter(loader)
    read = [next(mine)]
    sweep = sweep_of(given, kind)
    points = iter(sweep)
    taken = [next(points)]
    for batch in mine:
        read.append(batch)
        taken.append(next(points))
    again = []
    for batch in given:
        again.append(batch)
        taken.append(next(points))
    taken += list(points)
    assert len(read) == len(again) == 3
    assert all(torch.equal(one[0], other[0]) for one, other in zip(read, again, strict=True))
    assert len(taken) == 10
    assert loader._iterator is mine
    assert sweep.receipt is not None
    assert sweep.receipt.identical
    mine._shutdown_workers()  # type: ignore[attr-defined]


def test_two_sweeps_at_once_share_a_loader() -> None:
    loader = shared()
    alone = [point.loss for point in sweep_of(loader, "copy", seed=1)]
    pairs = list(zip(sweep_of(loader, "copy", seed=1), sweep_of(loader, "copy"), strict=True))
    assert [one.loss for one, _ in pairs] == alone
    assert loader._iterator is None


@both
def test_workers_that_the_sweep_started_end_with_it(kind: str) -> None:
    before = live_workers()
    loader = shared()
    sweep = sweep_of(loader, kind, repeats=2)
    points = iter(sweep)
    next(points)
    assert live_workers() != before
    list(points)
    assert live_workers() == before
    assert loader._iterator is None


@both
def test_the_losses_are_those_of_the_plain_loop(kind: str) -> None:
    sweep = sweep_of(shared(shuffle=True), kind, seed=3)
    model = classifier()
    expected = plain_loop(model, shared(shuffle=True), sgd(model), sweep.schedule, seed=3)
    assert [point.loss for point in sweep] == expected
