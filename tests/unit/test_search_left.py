"""What a search leaves: everything as it was, also after a stop or an error."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from lrfind_widget import StopReason, search_lr
from tests.unit.searching import adam, searched, searching
from tests.unit.toys import classifier, loader, seed_everything


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_everything_comes_back(isolation: str) -> None:
    seed_everything(1)
    model = classifier()
    optimizer = adam(model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    options: Any = {"isolation": isolation, "num_it": 30, "steps": 16, "progress": False}
    found = search_lr(model, loader(), optimizer, **options)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not optimizer.state
    assert torch.equal(torch.get_rng_state(), state)
    assert found.receipt is not None
    assert found.receipt.identical
    assert found.sweep is not None
    assert found.origin == "suggested by the sweep" or found.origin == "the optimizer's own"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes are of Python 3.11")
def test_an_error_says_that_it_came_in_a_search() -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        searched(1e-3, data=[(torch.zeros(2, 5), torch.zeros(2, dtype=torch.int64))] * 30)
    (note,) = caught.value.__notes__
    assert note.startswith("In the search, the batch was a tuple of")


@pytest.mark.parametrize("after", [1, 7, 20, 50])
def test_it_can_be_stopped_at_any_time_with_what_is_known_so_far(after: int) -> None:
    search = searching()
    for count, _ in enumerate(search, 1):
        if count == after:
            search.stop()
    found = search.result()
    assert found.stop_reason is StopReason.STOPPED
    assert sum(found.taken) == after
    assert found.sentence.startswith(f"Stopped on request after {after} step")
    assert (found.best_lr is not None) == ("So far: " in found.sentence) == (after >= 20)
    assert found.receipt is not None
    assert found.receipt.identical


def test_an_error_of_the_users_is_raised_and_everything_comes_back() -> None:
    calls = iter(range(1000))

    def loss_fn(output: Tensor, _target: Tensor) -> Tensor:
        if next(calls) == 8:
            raise ZeroDivisionError("odd")
        return output.sum()

    search = searching(loss_fn=loss_fn)
    with pytest.raises(ZeroDivisionError):
        list(search)
    assert search.result().stop_reason is StopReason.FAILED
    assert "step 9 of 72" in search.stop_sentence
    assert search.receipt is not None
    assert search.receipt.identical
