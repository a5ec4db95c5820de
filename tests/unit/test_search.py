"""The search by short trainings: which rates it tries, how far, and where it ends."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from torch import Tensor

from tests.unit.searching import searched, searching
from tests.unit.toys import batches, sgd


def test_a_rate_that_diverges_ends_at_once_and_alone() -> None:
    def loss_fn(output: Tensor, _target: Tensor) -> Tensor:
        return (output**2).sum() * (output.abs().mean() + 1)

    found = searched(1e-2, loss_fn=loss_fn, optimizer=sgd)
    assert any(found.diverged)
    assert found.best_lr is not None
    assert all(taken < 24 for taken, lost in zip(found.taken, found.diverged, strict=True) if lost)


def test_the_ladder_goes_on_to_where_the_best_rate_is() -> None:
    found = searched(1e-5, steps=48)
    assert len(found.lrs) > 3
    assert max(found.lrs) > 1e-3
    assert found.cost <= 8 * 48
    assert found.ending in ("bracketed", "noise")
    rates = sorted(found.lrs)
    assert np.allclose(np.diff(np.log10(rates)), 0.5)


def test_from_a_rate_that_throws_the_network_off_it_goes_down_to_one_that_trains() -> None:
    found = searched(30.0, steps=48)
    assert found.is_settled
    assert found.best_lr is not None
    assert found.best_lr < 1
    assert np.nanmin(found.final_losses) < 0.9 * found.losses[0, 0]


def test_a_search_in_which_nothing_trains_says_so_and_is_not_settled() -> None:
    found = searched(1e9, steps=16)
    assert found.ending == "untrained"
    assert not found.is_settled
    assert found.verdict.startswith("Nothing has trained at rates from")
    assert found.tied_lrs == ()
    assert "Take" not in found.sentence
    assert found.cost <= 8 * 16


def test_the_trainings_go_on_side_by_side() -> None:
    points = list(searching())
    order = [point.repeat for point in points]
    changes = sum(a != b for a, b in itertools.pairwise(order))
    assert changes > 12
    for number in set(order):
        steps = [point.step for point in points if point.repeat == number]
        assert steps == list(range(len(steps)))


def test_the_plan_grows_and_what_is_done_never_exceeds_it() -> None:
    search = searching(1e-4)
    assert search.plan.kind == "search"
    assert len(search.plan.lrs) == 3
    fates = set[str]()
    for point in search:
        fates.update(search.plan.fates)
        assert point.lr == search.plan.lrs[point.repeat]
        assert 0 < search.done() <= search.plan.steps
    assert search.done() == search.plan.steps
    assert len(search.plan.lrs) > 3
    assert "dropped" in fates  # which is known while the others go on
    dropped = tuple(fate == "dropped" for fate in search.plan.fates)
    assert dropped == search.result().dropped


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_few_steps_will_do(steps: int) -> None:
    found = searched(steps=steps, val_loader=batches(1))
    assert found.best_lr is not None
    assert found.ending
    assert found.sentence


def test_no_more_steps_are_taken_than_the_real_training_has() -> None:
    assert searched(for_steps=9).steps == 9
