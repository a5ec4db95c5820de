"""Whether a copy of a model and its optimizer is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lrfind_widget.isolation.joined_loader import leaves
from lrfind_widget.isolation.object_graph import CONTAINERS, MAPPINGS, is_plain
from lrfind_widget.isolation.reach import reach
from lrfind_widget.isolation.storage import storages_of
from lrfind_widget.isolation.training_objects import TrainingObjects


class CannotCopyError(Exception):
    """Says why a sound copy cannot be made, to follow the word "because"."""


def is_distributed(module: nn.Module) -> bool:
    """Whether a module trains in several processes together."""
    name = type(module).__name__
    return name in ("DistributedDataParallel", "FullyShardedDataParallel") or name[:4] == "FSDP"


def why_not_copy_wrapped(model: nn.Module) -> str | None:
    """Return why a wrapped model is better trained in place, None where it is not wrapped."""
    for module in model.modules():
        name = type(module).__name__
        if is_distributed(module):
            return f"a copy of a {name} would have to be set up in every process"
        if name == "OptimizedModule" or vars(module).get("_compiled_call_impl") is not None:
            return "a copy of a compiled model would have to be compiled again"
    return None


def check_structure(
    objects: TrainingObjects, copied: TrainingObjects, memo: dict[int, Any]
) -> None:
    """Check that model and optimizer have the same parameters in the same places.

    `memo` maps the identity of each original to its copy.
    """
    model, optimizer = objects.model, objects.optimizer
    then = dict(model.named_parameters(remove_duplicate=False))
    now = dict(copied.model.named_parameters(remove_duplicate=False))
    if type(model) is not type(copied.model):
        raise CannotCopyError("its copy is of another class")
    if list(then) != list(now):
        raise CannotCopyError("its copy has other parameters")
    if any(now[name] is not memo.get(id(p)) for name, p in then.items()):
        raise CannotCopyError("its copy has parameters of its own")
    owned = {id(p) for p in copied.model.parameters()}
    owned |= {id(t) for t in memo.values() if isinstance(t, Tensor)}
    if len(optimizer.param_groups) != len(copied.optimizer.param_groups):
        raise CannotCopyError("the optimizer's copy has other parameter groups")
    pairs = zip(optimizer.param_groups, copied.optimizer.param_groups, strict=True)
    for group, new_group in pairs:
        for old, new in zip(group["params"], new_group["params"], strict=True):
            if new is not memo.get(id(old)) or id(new) not in owned:
                raise CannotCopyError("the optimizer's copy has parameters of another model")


def check_identities(parts: Iterable[object], memo: dict[int, Any]) -> None:
    """Check that no part of the originals names what is another object in the copy by its `id`."""
    for obj in parts:
        if isinstance(obj, CONTAINERS) and any(type(key) is int and key in memo for key in obj):
            raise CannotCopyError(f"a {type(obj).__name__} of it names its parts by their id()")


def check_reach(
    copied: TrainingObjects, memo: dict[int, Any], storages: set[tuple[str, int]]
) -> None:
    """Check that nothing trainable but the copy can be reached from it and its functions.

    Nor containers and memory (`storages`) of the originals that a step may read or change; nor the
    model from a loader, whose batches would be those of one that never learns.
    """
    copies = {id(value) for key, value in memo.items() if key != id(memo)}
    shapes = {_shapes(module) for module in copied.model.modules()} - {()}
    for who, root in (
        ("the loss function", copied.loss_fn),
        ("the step function", copied.step_fn),
        ("prepare_batch", copied.prepare_batch),
        ("prepare_val_batch", copied.prepare_val_batch),
        ("val_loss_fn", copied.val_loss_fn),
        ("the update function", copied.update_fn),
        ("the trainer", copied.trainer),
        ("a hook or a method of the model", copied.model),
        ("a hook of the optimizer", copied.optimizer),
    ):
        reached = reach([root])
        if not reached.complete:
            raise CannotCopyError(f"{who} leads to more objects than can be looked through")
        for module in reached.modules:
            if id(module) in copies:
                continue
            # A frozen twin of the model, or of a part of it, may be its moving average: the
            # target of self-distillation, a mean teacher. Any other frozen network stays as it is.
            if id(module) in memo or _is_trained(module) or _shapes(module) in shapes:
                raise CannotCopyError(
                    f"{who} uses a {type(module).__name__} that a copy cannot replace"
                )
        for obj in (*reached.optimizers, *reached.schedulers, *reached.scalers):
            if id(obj) not in copies:
                raise CannotCopyError(
                    f"{who} uses a {type(obj).__name__} that a copy cannot replace"
                )
        for tensor in reached.tensors:
            if id(tensor) in copies:
                continue
            if id(tensor) in memo or (tensor.is_leaf and tensor.requires_grad):
                raise CannotCopyError(f"{who} uses a trainable tensor that a copy cannot replace")
        if storages & storages_of(tensor for tensor in reached.tensors if id(tensor) not in copies):
            raise CannotCopyError(f"{who} looks into the memory of what is trained")
        for holder in reached.holders:
            if id(holder) in memo and id(holder) not in copies and not _is_settings(holder):
                kind = type(holder).__name__
                raise CannotCopyError(f"{who} shares a {kind} with what is trained")
    for name in ("dataloader", "val_loader"):
        reached = reach(leaves(getattr(copied, name)))
        parameters = [tensor for tensor in reached.tensors if tensor.requires_grad]
        if any(id(part) in memo for part in (*reached.modules, *parameters)):
            raise CannotCopyError(f"the {name} uses the model")


def _is_settings(holder: Any) -> bool:
    """Whether what a function shares with the model looks like something that is only read."""
    if not isinstance(holder, CONTAINERS):
        return True
    values = holder.values() if isinstance(holder, MAPPINGS) else holder
    return bool(holder) and all(is_plain(value, arrays=False) for value in values)


def _shapes(module: nn.Module) -> tuple[Any, ...]:
    """Return the shapes of the parameters, by which a moving average of a module is known."""
    return tuple("lazy" if is_lazy(p) else tuple(p.shape) for p in module.parameters())


def _is_trained(module: nn.Module) -> bool:
    """Whether using a module in a step may change it."""
    if any(p.requires_grad for p in module.parameters(recurse=False)):
        return True
    if type(module).__module__ == "torch.nn.modules.loss":  # its weights per class stay as they are
        return False
    return module.training and any(True for _ in module.buffers(recurse=False))
