"""The batches of a search: the same for each rate, also one that is added later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget.isolation.loaders import live_workers
from lrfind_widget.training import search as module
from tests.unit.searching import compared, same, searched
from tests.unit.toys import batches, loader


def test_a_step_may_write_into_its_batch() -> None:
    given = batches(4)
    before = [inputs.clone() for inputs, _ in given]

    def prepare_batch(batch: Any) -> Any:
        batch[0].mul_(0.5)
        return batch

    found = searched(data=given, prepare_batch=prepare_batch)
    again = [[(x.clone(), y)] for x, y in batches(4)]
    halved = [(x / 2, y) for ((x, y),) in again]
    assert same(found, compared(found, data=halved))
    assert all(torch.equal(old, new) for old, (new, _) in zip(before, given, strict=True))


def test_a_loader_that_can_be_read_only_once_is_refused() -> None:
    with pytest.raises(TypeError, match="can be read only once"):
        searched(data=iter(batches(4)))


def test_batches_for_which_there_is_no_room_are_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same ones, to the bit, for a rate that is added later."""
    with_room = searched(1e-4)
    monkeypatch.setattr(module, "ROOM", 0.0)
    without = searched(1e-4)
    assert len(without.lrs) > 3
    assert np.array_equal(without.losses, with_room.losses, equal_nan=True)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("persistent", [False, True])
def test_worker_processes_load_the_batches_and_end(persistent: bool) -> None:
    more: Any = {"num_workers": 1, "persistent_workers": persistent}
    before = live_workers()
    found = searched(data=loader(480, **more))
    assert same(found, compared(found, data=loader(480, **more)))
    assert live_workers() == before
