"""Updates that are not ours alone: functions of the user's, optimizers that want a closure."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer

from lrfind_widget.values import name_of, signature_of


def bound_update(
    update_fn: Callable[..., Any], optimizer: Optimizer, device: torch.device
) -> Callable[..., Any]:
    """Return an update of `optimizer` as a step function; a loss that is a number will do."""

    def step_fn(model: Any, batch: Any) -> Any:
        loss = update_fn(model, batch, optimizer)
        if isinstance(loss, float):
            return torch.tensor(loss, dtype=torch.float64, device=device)
        return loss

    step_fn.__name__ = name_of(update_fn)
    return step_fn


def needs_closure(optimizer: Optimizer) -> bool:
    """Whether an optimizer evaluates the loss itself, as LBFGS does."""
    signature = signature_of(type(optimizer).step)
    closure = None if signature is None else signature.parameters.get("closure")
    return closure is not None and closure.default is inspect.Parameter.empty
