"""What a LightningModule does that matters here, for where Lightning is not installed."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LightningModule(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self._trainer: Any = None
        self._fabric: Any = None
        self.automatic_optimization = True

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_trainer": None}

    @property
    def trainer(self) -> Any:
        if self._trainer is None:
            raise RuntimeError("not attached to a Trainer")
        return self._trainer

    @property
    def logger(self) -> Any:
        return None if self._trainer is None else self._trainer.logger

    @property
    def current_epoch(self) -> int:
        return self.trainer.current_epoch if self._trainer else 0

    def log(self, *_: Any, **__: Any) -> None:
        warnings.warn("`self.trainer` is not registered", stacklevel=2)

    def log_dict(self, values: dict[str, Any], **_: Any) -> None:
        for name, value in values.items():
            self.log(name, value)

    def print(self, *args: Any) -> None:
        if self.trainer.is_global_zero:
            print(*args)

    def optimizers(self) -> Any:
        return self.trainer.optimizers

    def manual_backward(self, loss: Tensor) -> None:
        self.trainer.strategy.backward(loss)

    def on_before_backward(self, _: Tensor) -> None:
        """Is called before the backward pass."""

    def on_after_backward(self) -> None:
        """Is called after it."""

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def training_step(self, *_: Any) -> Any:
        warnings.warn("`training_step` must be implemented", stacklevel=2)

    def validation_step(self, *_: Any) -> Any:
        """Is defined by those that have one."""

    def on_before_batch_transfer(self, batch: Any, _: int) -> Any:
        return batch

    def transfer_batch_to_device(self, batch: Any, _: torch.device, __: int) -> Any:
        return batch

    def on_after_batch_transfer(self, batch: Any, _: int) -> Any:
        return batch


LightningModule.__module__ = "lightning.pytorch.core.module"


class Plain(LightningModule):
    """With statistics and random numbers of its own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.net = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3)
        )

    def forward(self, inputs: Tensor) -> Any:
        return self.net(inputs)

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Module(Plain):
    """Whose loss no output shows."""

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        inputs, target = batch
        loss = 3 * F.cross_entropy(self(inputs), target) + batch_idx
        self.log("loss", loss)
        return loss


class Manual(Plain):
    """Does its own update."""

    def __init__(self) -> None:
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch: Any, _batch_idx: int) -> Any:
        optimizer = self.optimizers()
        loss = F.cross_entropy(self(batch[0]), batch[1])
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()
        self.lr_schedulers().step()  # type: ignore[operator]
        return loss
