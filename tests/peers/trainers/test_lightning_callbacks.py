"""Callbacks and hooks take part in a sweep as in fit, and neither save nor stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from lrfind_widget import lr_find
from tests.peers.test_lightning_hooks import LOG, Ahead, Apart, Second, Shaping, Stepping
from tests.peers.trainers.lightning_modules import FEW, QUIET, fitted, left_by, loader, made
from tests.unit.isolating import both_isolations


class Saving(pl.Callback):
    """Saves and stops after every batch."""

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        trainer.save_checkpoint("saved.ckpt")
        trainer.should_stop = True

    def on_exception(self, *_: Any) -> None:
        Path("exception").touch()


class Noisy(pl.Callback):
    """Takes part in the step, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def on_before_optimizer_step(self, trainer: Any, module: Any, optimizer: Any) -> None:
        self.count += 1
        for parameter in module.parameters():
            parameter.grad += 0.01 * self.count * torch.randn_like(parameter.grad)


@both_isolations
def test_callbacks_take_part_and_neither_save_nor_stop(isolation: str) -> None:
    noisy = Noisy()
    callbacks = [
        noisy,
        Saving(),
        ModelCheckpoint("saved", every_n_train_steps=1, save_last=True),
        EarlyStopping("train_loss", patience=1),
    ]
    options = {**QUIET, "enable_checkpointing": True, "logger": True}
    trainer, module = pl.Trainer(max_epochs=3, callbacks=callbacks, **options), made()
    before = left_by(trainer, module)
    result = lr_find(trainer, module, loader(40), isolation=isolation, **FEW)
    assert left_by(trainer, module) == before
    assert noisy.count == 0
    assert not list(Path().iterdir())
    expected = fitted(result, made(), loader(40), callbacks=[Noisy()])
    assert result.losses.tolist() == expected.losses()


@pytest.mark.parametrize("kind", [Shaping, Stepping, Ahead, Apart, Second])
@both_isolations
def test_every_hook_is_run_as_in_fit(kind: Any, isolation: str) -> None:
    """Each takes part in the losses, and writes down its arguments and where it is called."""
    module, trainer = made(kind), pl.Trainer(max_epochs=3, **QUIET)
    before = left_by(trainer, module)
    result = lr_find(trainer, module, loader(), isolation=isolation, **FEW)
    ours = LOG.read_text().splitlines()
    LOG.unlink()
    assert left_by(trainer, module) == before
    trained = fitted(result, made(kind), loader())
    assert ours == LOG.read_text().splitlines()[: len(ours)]
    if kind is not Second:  # whose Trainer keeps the loss of the last evaluation
        assert result.losses.tolist() == trained.seen


class Probing(pl.Callback):
    """Holds a part of the module, and reads it."""

    def __init__(self, part: Any) -> None:
        self.part = part

    def on_before_backward(self, trainer: Any, module: Any, loss: Any) -> None:
        assert self.part is module.net[0]


@both_isolations
def test_a_callback_that_holds_a_part_of_the_module_has_that_which_trains(isolation: str) -> None:
    module = made()
    trainer = pl.Trainer(callbacks=[Probing(module.net[0])], **QUIET)
    result = lr_find(trainer, module, loader(), isolation=isolation, **FEW)
    assert result.losses.tolist() == fitted(result, made(), loader()).losses()
