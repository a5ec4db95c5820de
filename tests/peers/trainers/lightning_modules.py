"""Lightning modules that are trained in a moment, their data, and fit at the rates of a sweep."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, random_split

from tests.peers.test_lightning_module import loader as in_order
from tests.unit.toys import seed_everything
from tests.unit.user_state import state_of

FEW: dict[str, Any] = {"num_it": 14, "stop_div": False, "seed": 2, "progress": False}
QUIET: dict[str, Any] = {
    "accelerator": "cpu",
    **dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar"), False),
    "enable_model_summary": False,
}


class Net(pl.LightningModule):
    """Writes down the loss of each batch, with the step that it is for."""

    def __init__(self, lr: float = 0.1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.seen: list[tuple[int, Tensor]] = []
        self.net = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3)
        )

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        inputs, target = batch
        loss = F.cross_entropy(self.net(inputs), target) * (1 + 0.01 * batch_idx)
        loss = loss * (1 + 0.1 * self.current_epoch)
        self.log("train_loss", loss)
        self.seen.append((self.global_step, loss.detach()))
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.log("val_loss", F.cross_entropy(self.net(batch[0]), batch[1]) + batch_idx)

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), self.hparams["lr"])

    def losses(self) -> list[float]:
        """Return the loss of each step, the mean over its batches."""
        steps = itertools.groupby(self.seen, key=lambda pair: pair[0])
        means = [torch.stack([loss for _, loss in pairs]).mean() for _, pairs in steps]
        return [float(loss) for loss in means]


class Rates(pl.Callback):
    """Sets the rates of a sweep."""

    def __init__(self, lrs: Iterable[float]) -> None:
        self.lrs = list(lrs)

    def on_train_batch_start(self, trainer: Any, module: Any, *_: Any) -> None:
        step = trainer.global_step - self.begun
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = self.lrs[min(step, len(self.lrs) - 1)]

    def on_train_start(self, trainer: Any, module: Any) -> None:
        self.begun = trainer.global_step


def loader(examples: int = 40, **options: Any) -> Any:
    return in_order(examples, shuffle=True, **options)


def made(kind: Any = Net) -> Any:
    seed_everything(0)
    return kind()


def fitted(result: Any, module: Any, data: Any, trainer: Any = None, **options: Any) -> Any:
    """Return a module that was fit at the rates of a sweep."""
    trainer = trainer or pl.Trainer(max_epochs=1, limit_val_batches=0, **QUIET, **options)
    trainer.callbacks.insert(0, Rates(result.lrs.tolist()))
    trainer.fit_loop.max_epochs = -1
    trainer.fit_loop.epoch_loop.max_steps = trainer.global_step + len(result)
    seed_everything(2)
    trainer.fit(module, data)
    return module


def left_by(trainer: Any, module: Any) -> Any:
    """Return what a sweep could leave behind: in what a Trainer is made of, and in the folder."""
    own = ("lightning", "pytorch_lightning")
    parts = [p for p in vars(trainer).values() if type(p).__module__.partition(".")[0] in own]
    states = state_of(module, trainer, *parts, *trainer.optimizers, *trainer.callbacks)
    loops = copy.deepcopy(trainer.fit_loop.state_dict())
    return states, loops, sorted(Path().rglob("*"))


class Data(pl.LightningDataModule):
    """Splits at random, and makes its batches noisy on their way."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def prepare_data(self) -> None:
        self.calls.append("prepare")

    def setup(self, stage: str) -> None:
        whole = loader(64).dataset.tensors
        self.train, self.val = random_split(TensorDataset(*whole), [48, 16])

    def train_dataloader(self) -> Any:
        return DataLoader(self.train, batch_size=8, shuffle=True)

    def val_dataloader(self) -> Any:
        return DataLoader(self.val, batch_size=8)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        inputs, target = batch
        return inputs + 0.1 * torch.randn_like(inputs) * self.trainer.training, target
