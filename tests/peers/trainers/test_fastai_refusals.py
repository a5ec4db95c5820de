"""Which Learners, and which keywords beside one, are refused."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from fastai.basics import Callback
from torch import nn

from lrfind_widget import Sweep, search_lr
from lrfind_widget.training.trainers import training_of
from tests.peers.trainers.learners import learner


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss_fn": nn.CrossEntropyLoss()}, "loss_fn was given beside a Learner"),
        ({"accumulate": 2}, "accumulate was given beside a Learner"),
        ({"amp": "bf16"}, "amp was given beside a Learner"),
        ({"clip_grad_norm": 1.0}, "clip_grad_norm was given beside a Learner"),
        ({"val_loader": []}, "val_loader is empty"),
        ({"val_batches": 3}, "val_batches was given without a val_loader"),
    ],
)
def test_what_the_learner_says_itself_is_refused(
    options: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=says):
        Sweep(learner(tmp_path), **options)


def test_a_learner_that_cannot_train_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no opt_func that makes one"):
        Sweep(learner(tmp_path, opt_func=None))
    with pytest.raises(ValueError, match=r"dls.train has no batch"):
        Sweep(learner(tmp_path, examples=0))
    with pytest.raises(TypeError, match="Pass the Learner alone"):
        Sweep(learner(tmp_path), [(torch.zeros(1, 4), torch.zeros(1))])


def test_a_callback_that_cannot_be_copied_is_refused(tmp_path: Path) -> None:
    class Locked(Callback):
        def __init__(self) -> None:
            self.held = threading.Lock()

    learn = learner(tmp_path, Locked())
    learn.a_lock_of_mine = threading.Lock()
    with pytest.raises(ValueError, match=r"with learner\.removed_cbs\(learner\.locked\)"):
        Sweep(learn)
    with learn.removed_cbs(learn.locked):
        Sweep(learn)


def test_to_hold_data_back_is_refused_with_what_to_do(tmp_path: Path) -> None:
    learn = learner(tmp_path)
    with pytest.raises(ValueError, match=r"not possible with a Learner.*pass val_loader=True"):
        search_lr(learn, hold_back=0.2)
    assert not training_of(learn).can_hold_back


def test_no_validation_is_left_out_and_not_false(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"val_loader is False.* Leave it out"):
        Sweep(learner(tmp_path), val_loader=False)
