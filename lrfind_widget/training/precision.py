"""Mixed precision: autocast, and the gradient scaler that half precision needs."""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget.training.step_watch import StepWatch

AMP_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}

_FULL = contextlib.nullcontext()

MOST_SKIPS = 40
"""Optimizer steps in a row that a scaler may skip. Halving the default scale of 2**16 as often
leaves 2**-24, below the smallest half-precision number: then it is not the scale."""


class Precision:
    """The precision a sweep trains in.

    With ``amp="fp16"`` a gradient scaler is made where none is given.
    """

    def __init__(self, amp: str | None, grad_scaler: Any, device: torch.device) -> None:
        self._type = None if amp is None else AMP_TYPES[amp]
        self._device_type = device.type
        if grad_scaler is None and amp == "fp16":
            grad_scaler = torch.amp.GradScaler(device.type)
        if grad_scaler is not None and not grad_scaler.is_enabled():
            grad_scaler = None
        self.scaler = grad_scaler

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context that a forward pass and its loss belong in."""
        if self._type is None:
            return _FULL
        return torch.autocast(self._device_type, dtype=self._type)

    def scaled(self, loss: Tensor) -> Tensor:
        """Return the loss whose gradients are taken."""
        scaled: Tensor = loss if self.scaler is None else self.scaler.scale(loss)
        return scaled

    def unscale(self, optimizer: Optimizer) -> None:
        """Bring the gradients back to their own size, as clipping needs them."""
        if self.scaler is not None:
            self.scaler.unscale_(optimizer)

    def step(self, optimizer: Optimizer, watch: StepWatch) -> bool:
        """Take an optimizer step; return False where the scaler skipped it.

        An ordinary optimizer is not called for a skipped step, which its hooks show without
        waiting for the device beyond what the scaler itself does.
        """
        if self.scaler is None:
            optimizer.step()
            return True
        before = watch.taken
        self.scaler.step(optimizer)
        self.scaler.update()
        return watch.taken > before or not watch.is_hooked
