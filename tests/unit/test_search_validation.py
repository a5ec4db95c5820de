"""The validation loss of a search: of a loader of its own, or of data that are held back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, WeightedRandomSampler

from tests.unit.searching import searched
from tests.unit.toys import batches, data, loader


def test_with_a_val_loader_the_validation_loss_decides() -> None:
    found = searched(steps=48, val_loader=loader(64, shuffle=False))
    assert found.val_losses is not None
    assert "validation loss" in found.sentence
    assert "training loss decided" not in found.sentence
    known = ~np.isnan(found.val_losses)
    complete = [n for n, taken in enumerate(found.taken) if taken == 48]
    assert all((known[n] == known[complete[0]]).all() for n in complete)
    assert known[complete[0]].sum() < 24
    assert known[complete[0], -1]


def test_without_it_is_said_that_overfitting_is_not_seen() -> None:
    assert "The training loss decided, which does not show overfitting." in searched().sentence


def test_a_part_of_the_data_can_be_held_back() -> None:
    found = searched(hold_back=0.25)
    assert found.val_losses is not None
    assert found.hold_back == 0.25
    assert "25% of the data were held back" in found.sentence


def test_as_many_batches_of_it_are_taken_as_asked_for_after_a_sweep_without() -> None:
    found = searched(lr=None, num_it=20, hold_back=0.25, val_batches=2)
    assert found.sweep is not None
    assert found.sweep.val_losses is None
    assert found.settings["val_batches"] == 2


def test_how_it_is_validated_on_may_be_said_after_a_sweep_without() -> None:
    loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
    found = searched(lr=None, num_it=20, hold_back=0.25, val_loss_fn=loss_fn)
    assert found.val_losses is not None


def test_what_is_held_back_is_not_trained_on() -> None:
    seen: set[float] = set()
    held: set[float] = set()

    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        (seen if torch.is_grad_enabled() else held).update(target.tolist())
        return nn.functional.mse_loss(output[:, 0], target)

    numbered = TensorDataset(data(80).tensors[0], torch.arange(80.0))
    searched(data=DataLoader(numbered, batch_size=8, shuffle=True), hold_back=0.2, loss_fn=loss_fn)
    assert len(held) == 16
    assert not seen & held
    assert len(seen) == 64


def test_of_a_list_batches_are_held_back() -> None:
    found = searched(data=batches(10), hold_back=0.3)
    assert found.val_losses is not None


class Endless(IterableDataset[Any]):
    def __iter__(self) -> Any:
        while True:
            yield torch.randn(4), 0


class Unmeasured:
    """A data set without a length, of which a loader takes as many as there are."""

    def __getitem__(self, place: int) -> Any:
        return torch.randn(4), 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda: DataLoader(Endless(), batch_size=4), "reads a stream"),
        (
            lambda: DataLoader(data(), sampler=WeightedRandomSampler([1.0] * 48, 48)),
            "draws with a WeightedRandomSampler",
        ),
        (lambda: DataLoader(data(), batch_size=None), "makes its batches in a way of its own"),
        (lambda: DataLoader(Unmeasured(), batch_size=4), "does not say how many examples"),
        (lambda: {1, 2}, "only a DataLoader or a list is split"),
    ],
)
def test_what_cannot_be_split_is_refused_in_words(given: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"hold_back=0.2 is not possible here: .*{words}"):
        searched(data=given(), hold_back=0.2)


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_part_that_leaves_nothing_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="leaves nothing"):
        searched(data=batches(4), hold_back=share)


def test_hold_back_beside_a_val_loader_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one"):
        searched(hold_back=0.2, val_loader=batches(2))
