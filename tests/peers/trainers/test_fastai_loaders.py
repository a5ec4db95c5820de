"""A Learner's loaders: those of PyTorch, and worker processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from fastai.basics import SGD, CrossEntropyLossFlat, DataLoader, DataLoaders, Learner
from torch import nn
from torch.utils.data import DataLoader as TorchDataLoader

from lrfind_widget import Sweep
from tests.peers.trainers.learners import RANGE, body_and_head, fitted
from tests.unit.toys import classifier, data, seed_everything


def test_loaders_of_torch_and_frozen_groups_are_taken(tmp_path: Path) -> None:
    def made() -> Learner:
        seed_everything(0)
        train = TorchDataLoader(data(60), batch_size=8, shuffle=True)
        loaders = DataLoaders(train, TorchDataLoader(data(16), batch_size=8), path=tmp_path)
        loss = nn.CrossEntropyLoss()
        learn = Learner(loaders, classifier(), loss_func=loss, splitter=body_and_head)
        learn.freeze()
        return learn

    expected = fitted(made())
    for isolation in ("copy", "in_place"):
        sweep = Sweep(made(), isolation=isolation, stop_div=False, **RANGE)
        assert [point.loss for point in sweep] == expected


class Noisy:
    """Items that are drawn in the worker processes."""

    def __init__(self, items: Any) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Any:
        inputs, target = self.items[place]
        return inputs + torch.randn(4), target


def test_workers_draw_what_they_draw_in_a_fit(tmp_path: Path) -> None:
    def made() -> Learner:
        seed_everything(0)
        train = DataLoader(Noisy(data(60)), bs=8, shuffle=True, num_workers=2)
        loaders = DataLoaders(train, DataLoader(data(16), bs=8), path=tmp_path)
        return Learner(loaders, classifier(), loss_func=CrossEntropyLossFlat(), opt_func=SGD)

    expected = fitted(made())
    sweep = Sweep(made(), stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert sweep.receipt.identical, sweep.receipt
