"""A copy of model and optimizer that a sweep can train, checked and not trusted."""

from __future__ import annotations

import copy
import functools
import types
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lrfind_widget.isolation.attributes import outside, set_outside
from lrfind_widget.isolation.copy_checks import (
    CannotCopyError,
    check_identities,
    check_reach,
    check_structure,
)
from lrfind_widget.isolation.fingerprint import Fingerprint
from lrfind_widget.isolation.object_graph import CONTAINERS, is_data, tensors_inside, visit
from lrfind_widget.isolation.storage import Interval, intervals, storage_key, storages_of
from lrfind_widget.isolation.training_objects import FUNCTIONS, TrainingObjects


def verified_copy(objects: TrainingObjects, before: Fingerprint) -> TrainingObjects:
    """Copy a model and its optimizer, and prove that the copy is one.

    `before` is of the originals. Gradients are not copied: a sweep begins by clearing them. A
    learning-rate scheduler's wrapper around ``optimizer.step`` belongs to the original.
    """
    memo: dict[int, Any] = {}
    scaler = objects.grad_scaler
    parts = list(visit(_copied_parts(objects)))
    try:
        _copy_tensors(parts, memo)
        _copy_generators_and_data(parts, memo)
        model = copy.deepcopy(objects.model, memo)
        optimizer = _copy_attributes(objects.optimizer, memo)
        scaler = scaler if scaler is None else _copy_attributes(scaler, memo)
        functions = {name: _copy_function(getattr(objects, name), memo) for name in FUNCTIONS}
        if objects.stand_in is not None:
            functions["trainer"] = objects.stand_in(objects.trainer, memo)
        copied = replace(objects, model=model, optimizer=optimizer, grad_scaler=scaler, **functions)
        for obj in parts:
            if isinstance(obj, nn.Module):
                _copy_slots(obj, memo.get(id(obj)), memo)
    except CannotCopyError:
        raise
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise CannotCopyError("there is not enough memory for a copy") from error
    except Exception as error:
        text = str(error).strip().split("\n")[0][:200]
        raise CannotCopyError(f"it cannot be copied ({type(error).__name__}: {text})") from error
    check_structure(objects, copied, memo)
    check_identities(parts, memo)
    storages = storages_of(part for part in parts if isinstance(part, Tensor))
    if storages & storages_of(tensors_inside(_copied_parts(copied))):
        raise CannotCopyError("its copy would share memory with it")
    check_reach(copied, memo, storages)
    difference = before.difference_of_copy(Fingerprint([copied.model, copied.optimizer]))
    if difference is not None:
        raise CannotCopyError(f"the copy did not come out equal ({difference})")
    return copied


def _copied_parts(objects: TrainingObjects) -> list[Any]:
    return [*objects.trained, *filter(_is_tied, objects.functions)]


def _copy_function(function: Any, memo: dict[int, Any]) -> Any:
    return copy.deepcopy(function, memo) if _is_tied(function) else function


def _is_tied(function: Any) -> bool:
    """Whether a function copies together with the model, instead of being used as it is."""
    if isinstance(function, types.MethodType):
        return isinstance(function.__self__, nn.Module)
    return isinstance(function, (nn.Module, functools.partial))


def _copy_tensors(parts: Iterable[object], memo: dict[int, Any]) -> None:
    """Copy all tensors first, so that what shares bytes before shares them after."""
    gradients: set[int] = set()
    recomputed: set[int] = set()
    tensors: list[Tensor] = []
    for obj in parts:
        if isinstance(obj, nn.Module):
            recomputed |= _recomputed(obj)
        elif isinstance(obj, Tensor):
            tensors.append(obj)
            if obj.is_leaf and obj.grad is not None:
                gradients.add(id(obj.grad))
    tensors = [tensor for tensor in tensors if id(tensor) not in gradients]
    for tensor in tensors:
        if not tensor.is_leaf and id(tensor) not in recomputed:
            raise CannotCopyError(
                "it keeps a tensor that is part of an autograd graph "
                f"(of shape {[*tensor.shape]}, with {type(tensor.grad_fn).__name__})"
            )
    plain = [tensor for tensor in tensors if _is_plain(tensor)]
    pieces: dict[tuple[str, int], list[tuple[Interval, torch.UntypedStorage]]] = {}
    for piece in intervals(plain):
        # The copy begins at the same place within 64 bytes, so that every data type can view it.
        margin = piece.start % 64
        bits = torch.empty(margin + piece.nbytes, dtype=torch.uint8, device=piece.storage.device)
        bits[margin:].copy_(piece.bytes())
        found = pieces.setdefault(storage_key(piece.storage), [])
        found.append((piece, bits.untyped_storage()))
    for tensor in tensors:
        if not _is_plain(tensor):
            new = copy.deepcopy(tensor.detach() if not tensor.is_leaf else tensor)
        elif tensor.numel() == 0:
            new = torch.empty_like(tensor.detach())
        else:
            new = _rebuilt(tensor, pieces[storage_key(tensor.untyped_storage())])
        _remember(tensor, new, memo)


def _recomputed(module: nn.Module) -> set[int]:
    """Return the tensors a module makes anew before each use, as weight normalisation does."""
    hooks = module._forward_pre_hooks.values()  # noqa: SLF001
    names = {getattr(hook, "name", None) for hook in hooks}
    return {id(value) for name, value in vars(module).items() if name in names}


def _is_plain(tensor: Tensor) -> bool:
    return (
        not is_lazy(tensor)
        and type(tensor) in (Tensor, nn.Parameter, nn.Buffer)
        and tensor.layout is torch.strided
        and tensor.device.type != "meta"
        and not tensor.is_quantized
        and not tensor.is_conj()
        and not tensor.is_neg()
    )


def _rebuilt(tensor: Tensor, pieces: list[tuple[Interval, torch.UntypedStorage]]) -> Tensor:
    """Return a tensor like the given one, over the copied bytes."""
    size = tensor.element_size()
    offset = tensor.storage_offset() * size
    for piece, storage in pieces:
        if piece.start <= offset < piece.stop:
            place = (offset - piece.start + piece.start % 64) // size
            new = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
            with torch.no_grad():
                return new.set_(storage, place, tuple(tensor.shape), tuple(tensor.stride()))
    raise CannotCopyError("a tensor changed its place while it was copied")


def _remember(original: Tensor, new: Tensor, memo: dict[int, Any]) -> None:
    """Give a copied tensor the class, the flag and the attributes of the original."""
    if isinstance(original, nn.Parameter) and not isinstance(new, nn.Parameter):
        new = nn.Parameter(new, requires_grad=original.requires_grad)
    elif isinstance(original, nn.Buffer) and not isinstance(new, nn.Buffer):
        new = nn.Buffer(new, persistent=original.persistent)
    elif original.is_leaf and original.requires_grad and not new.requires_grad:
        new.requires_grad_(True)
    memo[id(original)] = new
    for name, value in vars(original).items():
        if name not in vars(new):
            vars(new)[name] = copy.deepcopy(value, memo)
    registers: dict[str, Any] = {
        "_backward_hooks": new.register_hook,
        "_post_accumulate_grad_hooks": new.register_post_accumulate_grad_hook,
    }
    for name, register in registers.items():
        for hook in (getattr(original, name, None) or {}).values():
            register(copy.deepcopy(hook, memo))


def _copy_slots(original: object, new: object, memo: dict[int, Any]) -> None:
    """Copy what is in slots, which the deep copy of a module forgets."""
    if new is not None and not isinstance(new, torch.jit.ScriptModule):
        set_outside(new, copy.deepcopy(outside(original), memo))


def _copy_generators_and_data(parts: Iterable[object], memo: dict[int, Any]) -> None:
    """Copy random generators, and large collections of records, but not the records."""
    for obj in parts:
        if isinstance(obj, nn.Module):
            for value in vars(obj).values():
                if isinstance(value, torch.Generator):
                    memo[id(value)] = value.clone_state()
        elif type(obj) in CONTAINERS and is_data(obj):
            new: Any = copy.copy(obj)
            if isinstance(new, dict):
                new.update({key: memo.get(id(value), value) for key, value in new.items()})
            elif not isinstance(new, set):
                for index, value in enumerate(new):
                    new[index] = memo.get(id(value), value)
            memo[id(obj)] = new


def _copy_attributes(original: Any, memo: dict[int, Any]) -> Any:
    """Copy an optimizer or a gradient scaler with all of its attributes.

    Not by its own ``__getstate__``, which forgets what subclasses add (LBFGS loses ``_params``).
    """
    new = object.__new__(type(original))
    memo[id(original)] = new
    _copy_slots(original, new, memo)
    for name, value in vars(original).items():
        if name == "step" and hasattr(value, "_wrapped_by_lr_sched"):
            continue
        if name in ("_opt_called", "_step_count"):  # written by a scheduler
            continue
        if name == "_per_optimizer_states":  # keyed by the identity of the original optimizer
            vars(new)[name] = defaultdict(value.default_factory)
        else:
            vars(new)[name] = copy.deepcopy(value, memo)
    return new
