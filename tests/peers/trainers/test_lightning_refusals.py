"""What of a Lightning Trainer, its module and the keywords is refused."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lrfind_widget import Sweep
from tests.peers.trainers.lightning_modules import QUIET, Net, left_by, loader, made
from tests.unit.isolating import both_isolations


class Manual(Net):
    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False


class Several(Net):
    def configure_optimizers(self) -> Any:
        return [torch.optim.SGD(self.parameters(), 0.1) for _ in range(2)]


@pytest.mark.parametrize(
    ("kind", "data", "options", "sentence"),
    [
        (Manual, loader, {}, r"automatic_optimization is False.*update_fn"),
        (Several, loader, {}, r"gives 2 optimizers, expected one"),
        (Net, lambda: None, {}, r"no train_dataloader. Pass the data"),
        (Net, loader, {"accumulate": 2}, r"accumulate was given beside a Trainer"),
        (Net, loader, {"clip_grad_norm": 1.0}, r"clip_grad_norm was given beside a Trainer"),
        (Net, loader, {"amp": "bf16"}, r"amp was given beside a Trainer"),
        (Net, loader, {"loss_fn": F.cross_entropy}, r"loss_fn was given beside a Trainer"),
        (Net, loader, {"val_loader": True}, r"has no val_dataloader"),
        (Net, loader, {"val_loader": []}, r"val_loader is empty"),
        (Net, loader, {"val_batches": 3}, r"val_batches was given without a val_loader"),
    ],
)
def test_what_cannot_be_taken_is_refused(kind: Any, data: Any, options: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Sweep(pl.Trainer(**QUIET), made(kind), data(), **options)


def test_a_module_must_follow_the_trainer() -> None:
    with pytest.raises(TypeError, match=r"expected the LightningModule"):
        Sweep(pl.Trainer(**QUIET), loader())


def test_a_module_before_the_trainer_is_refused_with_the_order() -> None:
    with pytest.raises(TypeError, match=r"Before the Trainer came a .*The order is that of"):
        Sweep(made(), pl.Trainer(**QUIET), loader())


def test_a_trainer_that_only_tries_itself_out_is_refused() -> None:
    with pytest.raises(ValueError, match=r"only tries itself out \(fast_dev_run\)"):
        Sweep(pl.Trainer(fast_dev_run=True, **QUIET), made(), loader())


def test_a_trainer_of_several_devices_is_refused() -> None:
    trainer = pl.Trainer(devices=2, strategy="ddp_spawn", **QUIET)
    with pytest.raises(ValueError, match=r"DDPStrategy.*accumulate_grad_batches"):
        Sweep(trainer, made(), loader())


class Late(Net):
    """Makes its last layer when a fit begins."""

    def __init__(self) -> None:
        super().__init__()
        del self.net[-1]

    def setup(self, stage: str) -> None:
        if len(self.net) == 4:
            self.net.append(nn.Linear(8, 3))


class Later(Late):
    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.net[4].parameters(), 0.1)


@both_isolations
def test_layers_that_a_fit_makes_are_not_left_untrained(isolation: str) -> None:
    module, trainer = made(Late), pl.Trainer(max_epochs=2, **QUIET)
    before = left_by(trainer, module)
    with pytest.raises(ValueError, match=r"Late makes net.4.weight, net.4.bias when a fit begins"):
        list(Sweep(trainer, module, loader(), isolation=isolation, num_it=14))
    assert left_by(trainer, module) == before
    module.setup("fit")
    assert len(list(Sweep(trainer, module, loader(), isolation=isolation, num_it=14))) > 5


def test_an_optimizer_of_layers_that_a_fit_makes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"raised .*Make layers in __init__"):
        Sweep(pl.Trainer(**QUIET), made(Later), loader())
