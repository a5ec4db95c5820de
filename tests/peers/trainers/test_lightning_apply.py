"""A rate is applied where the module reads it when fit begins."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import pytest
import torch

from lrfind_widget import lr_find
from tests.peers.trainers.lightning_modules import QUIET, Net, loader, made


@pytest.mark.parametrize("scheduled", [False, True])
def test_what_is_applied_is_the_first_rate_of_fit(scheduled: bool) -> None:
    class Named(Net):
        def __init__(self) -> None:
            super().__init__()
            self.learning_rate = 0.1

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.SGD(self.parameters(), self.learning_rate)
            if not scheduled:
                return optimizer
            steps = self.trainer.estimated_stepping_batches
            schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=steps)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    class Noting(pl.Callback):
        def on_train_batch_start(self, trainer: Any, *_: Any) -> None:
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    rates: list[float] = []
    for module, holder in ((made(Named), "learning_rate"), (made(), "hparams")):
        trainer = pl.Trainer(max_epochs=1, callbacks=[Noting()], **QUIET)
        result = lr_find(trainer, module, loader(40), num_it=60, seed=2, progress=False, apply=True)
        assert result.suggested_lr
        written = module.hparams["lr"] if holder == "hparams" else module.learning_rate
        assert written == result.suggested_lr
        rates.clear()
        trainer.fit(module, loader(40))
        assert rates[0] == result.suggested_lr


def test_a_share_of_the_rate_that_the_first_group_has_is_followed() -> None:
    """As where a body is trained at a tenth: the axis is the rate of the first group."""

    class Shares(Net):
        def configure_optimizers(self) -> Any:
            lr = self.hparams["lr"]
            body, head = self.net[:2].parameters(), self.net[2:].parameters()
            return torch.optim.SGD([{"params": body, "lr": lr / 10}, {"params": head}], lr)

    module = made(Shares)
    given = pl.Trainer(**QUIET), module, loader(40)
    result = lr_find(*given, num_it=60, seed=2, progress=False, apply=True)
    assert result.suggested_lr
    rates = [group["lr"] for group in module.configure_optimizers().param_groups]
    assert rates == pytest.approx([result.suggested_lr, 10 * result.suggested_lr])


def test_a_module_that_reads_its_rate_nowhere_is_said_so(capsys: Any) -> None:
    class Fixed(Net):
        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.1)

    module = made(Fixed)
    given = pl.Trainer(**QUIET), module, loader(40)
    result = lr_find(*given, num_it=60, seed=2, apply=True)
    assert result.suggested_lr
    assert (
        "Fixed.configure_optimizers reads its rate neither from self.lr" in capsys.readouterr().err
    )
    assert module.hparams["lr"] == 0.1


def test_an_optimizer_that_is_made_once_is_written_into() -> None:
    class Once(Net):
        def configure_optimizers(self) -> Any:
            return self.optimizer

    module = made(Once)
    module.optimizer = torch.optim.SGD(module.parameters(), 0.1)
    given = pl.Trainer(**QUIET), module, loader(40)
    result = lr_find(*given, num_it=60, seed=2, progress=False, apply=True)
    assert module.optimizer.param_groups[0]["lr"] == result.suggested_lr
