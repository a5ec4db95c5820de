"""What belongs to a model's training besides the model and its optimizer."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrfind_widget.isolation.object_graph import tensors_inside
from lrfind_widget.isolation.reach import Reached


def why_not_copy_wrapped(model: nn.Module) -> str | None:
    """Return why a wrapped model is better trained in place, None where it is not wrapped."""
    for module in model.modules():
        name = type(module).__name__
        if name in ("DistributedDataParallel", "FullyShardedDataParallel") or name[:4] == "FSDP":
            return f"a copy of a {name} would have to be set up in every process"
        if name == "OptimizedModule" or vars(module).get("_compiled_call_impl") is not None:
            return "a copy of a compiled model would have to be compiled again"
    return None


def attached_schedulers(optimizers: Sequence[Optimizer]) -> list[LRScheduler]:
    """Return the learning-rate schedulers of some optimizers.

    An optimizer does not know its schedulers. They are found among the objects that refer to it,
    and only where the optimizer shows that there has been one, since the search takes some
    milliseconds in a large program.
    """
    marked = [
        optimizer
        for optimizer in optimizers
        if "step" in vars(optimizer) or any("initial_lr" in g for g in optimizer.param_groups)
    ]
    if not marked:
        return []
    found: dict[int, LRScheduler] = {}
    referrers = gc.get_referrers(*marked)
    # Up to Python 3.10 an object is referred to by way of its dictionary of attributes.
    spaces = [r for r in referrers if type(r) is dict and "optimizer" in r and "base_lrs" in r]
    if spaces:
        referrers += gc.get_referrers(*spaces)
    for referrer in referrers:
        if issubclass(type(referrer), LRScheduler):
            found[id(referrer)] = referrer
    return list(found.values())


def others(model: nn.Module, optimizer: Optimizer, reached: Reached) -> list[Any]:
    """Return the training state besides model and optimizer that user code can reach.

    The discriminator of a GAN and its optimizer, a loss with parameters, a trainable constant.
    """
    modules = {id(module) for module in model.modules()}
    tensors = {id(tensor) for tensor in tensors_inside([model, optimizer])}
    found: list[Any] = []
    for module in reached.modules:
        if id(module) not in modules:
            modules.update(id(inner) for inner in module.modules())
            tensors.update(id(parameter) for parameter in module.parameters())
            found.append(module)
    found += [other for other in reached.optimizers if other is not optimizer]
    found += [*reached.schedulers, *reached.scalers]
    found += [
        tensor
        for tensor in reached.tensors
        if id(tensor) not in tensors and tensor.is_leaf and tensor.requires_grad
    ]
    return found
