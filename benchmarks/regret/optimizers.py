"""The optimizers of the tasks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor


class Lion(torch.optim.Optimizer):
    """Signs of an interpolated momentum, with decoupled decay: Chen et al. 2023, arXiv 2302.06675.

    Parameters
    ----------
    params : iterable of Tensor
        What is trained.
    lr : float, default 1e-4
        Size of each weight's step.
    betas : tuple of float, default (0.9, 0.99)
        Weight of the past in the step that is taken, and in the momentum that is kept.
    weight_decay : float, default 0.0
        Share of each weight, times `lr`, that a step takes away.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Take one step; gradients must be there already."""
        for group in self.param_groups:
            now, kept = group["betas"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                past = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                direction = past.lerp(weight.grad, 1 - now).sign_()
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(direction, alpha=-group["lr"])
                past.lerp_(weight.grad, 1 - kept)


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "Adam": torch.optim.Adam,
    "AdamW": partial(torch.optim.AdamW, weight_decay=0.01),
    "nesterov": partial(torch.optim.SGD, momentum=0.95, nesterov=True),
    "AdamW, decay 0.5": partial(torch.optim.AdamW, weight_decay=0.5),
    "RMSprop": torch.optim.RMSprop,
    "Adagrad": torch.optim.Adagrad,
    "NAdam": torch.optim.NAdam,
    "Lion": partial(Lion, weight_decay=0.1),
    "Adamax": torch.optim.Adamax,
    "RAdam": torch.optim.RAdam,
}


def default_lr(optimizer: str) -> float:
    """Return the rate that an optimizer takes where none is given."""
    return float(inspect.signature(OPTIMIZERS[optimizer]).parameters["lr"].default)
