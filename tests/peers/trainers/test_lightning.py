"""A Lightning Trainer with its module: the losses are those of its own fit."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lrfind_widget import Sweep, compare_lrs, lr_find, search_lr
from tests.peers.trainers.lightning_modules import FEW, QUIET, fitted, left_by, loader, made
from tests.unit.isolating import both_isolations
from tests.unit.toys import seed_everything

PRECISIONS = "bf16-mixed", "64-true", "bf16-true"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"accumulate_grad_batches": 2, "gradient_clip_val": 0.5},
        {
            "accumulate_grad_batches": 3,
            "gradient_clip_val": 0.01,
            "gradient_clip_algorithm": "value",
        },
        *({"precision": precision} for precision in PRECISIONS),
        {"limit_train_batches": 3, "reload_dataloaders_every_n_epochs": 2},
        {"overfit_batches": 2},
    ],
    ids=str,
)
@both_isolations
def test_the_losses_are_those_of_fit(options: Any, isolation: str) -> None:
    """Of five batches an epoch: with two for a step, the third step of each has one."""
    module, trainer = made(), pl.Trainer(max_epochs=3, **QUIET, **options)
    before = left_by(trainer, module)
    result = lr_find(trainer, module, loader(40), isolation=isolation, **FEW)
    assert left_by(trainer, module) == before
    assert result.receipt is not None
    assert result.receipt.identical
    assert result.losses.tolist() == fitted(result, made(), loader(40), **options).losses()


@both_isolations
def test_a_trainer_that_has_trained_goes_on_where_it_is(isolation: str) -> None:
    trainers = [pl.Trainer(max_epochs=2, limit_val_batches=0, **QUIET) for _ in range(2)]
    modules = [made(), made()]
    for trainer, module in zip(trainers, modules, strict=True):
        seed_everything(1)
        trainer.fit(module, loader(40))
        module.seen.clear()
    before = left_by(trainers[0], modules[0])
    result = lr_find(trainers[0], modules[0], loader(40), isolation=isolation, **FEW)
    assert left_by(trainers[0], modules[0]) == before
    assert modules[0].trainer is trainers[0]
    expected = fitted(result, modules[1], loader(40), trainers[1])
    assert result.losses.tolist() == expected.losses()


@pytest.mark.parametrize("search", [False, True])
@both_isolations
def test_each_short_training_is_a_fit_of_its_own(search: bool, isolation: str) -> None:
    module, trainer = made(), pl.Trainer(max_epochs=3, **QUIET)
    given: Any = {"steps": 12, "seed": 2, "isolation": isolation, "progress": False}
    if search:
        found: Any = search_lr(trainer, module, loader(40), lr=0.05, **given)
    else:
        found = compare_lrs(trainer, module, loader(40), [0.01, 0.1], **given)
    for losses, lr, taken in zip(found.losses, found.lrs, found.taken, strict=True):
        trained = made()
        trained.hparams["lr"] = lr
        seed_everything(2)
        pl.Trainer(max_steps=12, limit_val_batches=0, **QUIET).fit(trained, loader(40))
        assert losses.tolist()[:taken] == trained.losses()[:taken]


@both_isolations
def test_repeats_and_the_critical_rate(isolation: str) -> None:
    module = made()
    given = pl.Trainer(**QUIET), module, loader(40)
    sweep = Sweep(*given, isolation=isolation, num_it=50, seed=2, repeats=2)
    points = list(sweep)
    plain = Sweep(*given, isolation=isolation, num_it=50, seed=2)
    plain.finds_critical_rate = False
    assert [point.loss for point in points if not point.repeat] == [p.loss for p in plain]
    assert sweep.result().critical_lr is not None, sweep.result().critical_note
    assert sweep.receipt is not None
    assert sweep.receipt.identical


@both_isolations
def test_its_other_name_is_known_too(isolation: str) -> None:
    import pytorch_lightning

    class Other(pytorch_lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(4, 3)
            self.lr = 0.1

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            loss = F.cross_entropy(self.net(batch[0]), batch[1])
            losses.append(loss.item())
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), self.lr)

    losses: list[float] = []
    trainer = pytorch_lightning.Trainer(max_epochs=1, limit_val_batches=0, **QUIET)
    result = lr_find(trainer, made(Other), loader(40), isolation=isolation, **FEW)
    losses.clear()
    fitted(result, made(Other), loader(40), trainer)
    assert result.losses.tolist() == losses
    with pytest.raises(
        TypeError, match="one of lightning, and the module one of pytorch_lightning"
    ):
        Sweep(pl.Trainer(**QUIET), made(Other), loader())
