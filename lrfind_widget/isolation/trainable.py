"""Whether an optimizer trains a model, checked before anything is touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim import Optimizer


def check_trainable(
    model: nn.Module, optimizer: Optimizer, *, loss_fn: Callable[..., Any] | None = None
) -> None:
    """Check that `optimizer` trains `model`.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
        May hold only a part of the model's parameters; parameters of `loss_fn`, if that is a
        Module, are allowed as well.
    loss_fn : callable, optional

    Raises
    ------
    TypeError
        If `model` is not a Module or `optimizer` not an Optimizer.
    ValueError
        If the optimizer holds parameters that are not the model's, or none that can be trained.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"model is {_named(model)}, expected a torch.nn.Module. "
            "Pass the model itself, as in LRFinderWidget(model, dataloader, optimizer)."
        )
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"optimizer is {_named(optimizer)}, expected a torch.optim.Optimizer "
            "(an instance, not a class or a function that makes one)."
        )
    own = {id(p) for p in model.parameters()}
    if not own:
        raise ValueError("model has no parameters, so there is nothing to train.")
    if isinstance(loss_fn, nn.Module):
        own |= {id(p) for p in loss_fn.parameters()}
    held = [p for group in optimizer.param_groups for p in group["params"]]
    foreign = sum(id(p) not in own for p in held)
    if foreign:
        raise ValueError(
            f"{foreign} of the optimizer's {len(held)} parameters are not the model's. "
            "Was the model made again, or replaced by a copy, after the optimizer was made? "
            "Make the optimizer from this model's parameters."
        )
    if not any(p.requires_grad for p in held):
        raise ValueError(
            f"None of the optimizer's {len(held)} parameters requires a gradient: all are frozen. "
            "Set requires_grad_(True) on those to train."
        )


def _named(given: object) -> str:
    if isinstance(given, type):
        return f"the class {given.__name__}"
    return f"a {type(given).__name__}"
