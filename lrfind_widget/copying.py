"""A copy of model and optimizer that a sweep can train, checked and not trusted."""

from __future__ import annotations

import copy
import functools
import types
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer

from lrfind_widget.fingerprint import Fingerprint
from lrfind_widget.object_graph import visit
from lrfind_widget.reach import reach
from lrfind_widget.storage import intervals, storage_key


class CannotCopy(Exception):
    """Why a sound copy cannot be made, as the end of a sentence that begins with "because"."""


@dataclass
class Copied:
    """What a sweep trains instead of the originals."""

    model: nn.Module
    optimizer: Optimizer
    grad_scaler: Any
    loss_fn: Any
    step_fn: Any
    prepare_batch: Any


def verified_copy(
    model: nn.Module,
    optimizer: Optimizer,
    *,
    grad_scaler: Any = None,
    loss_fn: Any = None,
    step_fn: Any = None,
    prepare_batch: Any = None,
    before: Fingerprint | None = None,
) -> Copied:
    """Copy a model and its optimizer, and prove that the copy is one.

    Proven are: every parameter of the copied optimizer belongs to the copied model (or to a
    copied loss), in the same place; no byte of storage is shared with the original; parameters,
    buffers, flags, modes and optimizer state have the same values; and nothing of the original
    can be reached from the copy, its hooks, or the functions that come with it.

    Gradients are not copied: a sweep begins by clearing them. A learning-rate scheduler's wrapper
    around ``optimizer.step`` is dropped: it belongs to the original.

    Costs as much memory as the model and the optimizer's state, on the same devices.

    Raises
    ------
    CannotCopy
        With the reason.
    """
    memo: dict[int, Any] = {}
    try:
        functions = [_tied(f) for f in (loss_fn, step_fn, prepare_batch)]
        roots = [model, optimizer, grad_scaler, *(f for f in functions if f is not None)]
        _copy_tensors(roots, memo)
        _copy_generators(roots, memo)
        copied = Copied(
            model=copy.deepcopy(model, memo),
            optimizer=_copy_optimizer(optimizer, memo),
            grad_scaler=_copy_scaler(grad_scaler, memo),
            loss_fn=loss_fn if functions[0] is None else copy.deepcopy(loss_fn, memo),
            step_fn=step_fn if functions[1] is None else copy.deepcopy(step_fn, memo),
            prepare_batch=(
                prepare_batch if functions[2] is None else copy.deepcopy(prepare_batch, memo)
            ),
        )
    except CannotCopy:
        raise
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise CannotCopy("there is not enough memory for a copy") from error
    except Exception as error:
        text = str(error).strip().split("\n")[0][:200]
        raise CannotCopy(f"it cannot be copied ({type(error).__name__}: {text})") from error
    _check_structure(model, optimizer, copied, memo)
    _check_storage(roots, copied, memo)
    _check_reach(copied, memo)
    if before is not None:
        difference = before.same_values(Fingerprint([copied.model], [copied.optimizer]))
        if difference is not None:
            raise CannotCopy(f"the copy did not come out equal ({difference})")
    return copied


def _tied(function: Any) -> Any:
    """Return a function that copies together with the model, None where it is used as it is."""
    if isinstance(function, (nn.Module, functools.partial)):
        return function
    if isinstance(function, types.MethodType) and isinstance(function.__self__, nn.Module):
        return function
    return None


# --- making the copy ---------------------------------------------------------------------------


def _copy_tensors(roots: Iterable[object], memo: dict[int, Any]) -> None:
    """Copy all tensors first, so that what shares bytes before shares them after."""
    gradients: set[int] = set()
    tensors: list[Tensor] = []
    for obj in visit(roots):
        if isinstance(obj, Tensor):
            tensors.append(obj)
            if obj.is_leaf and obj.grad is not None:
                gradients.add(id(obj.grad))
    plain = []
    for tensor in tensors:
        if id(tensor) in gradients:
            continue
        if _is_plain(tensor):
            plain.append(tensor)
        elif tensor.is_leaf:
            _remember(tensor, copy.deepcopy(tensor, memo), memo)
        else:
            _remember(tensor, tensor.detach().clone(), memo)
    new_storage: dict[tuple[str, int], list[tuple[int, int, torch.UntypedStorage]]] = {}
    for piece in intervals(plain):
        bits = piece.bytes().clone()
        places = new_storage.setdefault(storage_key(piece.storage), [])
        places.append((piece.start, piece.stop, bits.untyped_storage()))
    for tensor in plain:
        _remember(tensor, _rebuilt(tensor, new_storage), memo)


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


def _rebuilt(
    tensor: Tensor,
    storages: dict[tuple[str, int], list[tuple[int, int, torch.UntypedStorage]]],
) -> Tensor:
    if not tensor.is_leaf and tensor.requires_grad:
        tensor = tensor.detach()
    if tensor.numel() == 0:
        return torch.empty_like(tensor.detach())
    size = tensor.element_size()
    offset = tensor.storage_offset() * size
    for start, stop, storage in storages[storage_key(tensor.untyped_storage())]:
        if start <= offset < stop:
            new = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
            with torch.no_grad():
                place = (offset - start) // size
                new.set_(storage, place, tuple(tensor.shape), tuple(tensor.stride()))
            return new
    raise CannotCopy("a tensor changed its place while it was copied")


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
    for hook in (getattr(original, "_backward_hooks", None) or {}).values():
        new.register_hook(copy.deepcopy(hook, memo))
    for hook in (getattr(original, "_post_accumulate_grad_hooks", None) or {}).values():
        new.register_post_accumulate_grad_hook(copy.deepcopy(hook, memo))


def _copy_generators(roots: Iterable[object], memo: dict[int, Any]) -> None:
    for obj in visit(roots):
        if isinstance(obj, nn.Module):
            for value in vars(obj).values():
                if isinstance(value, torch.Generator):
                    memo[id(value)] = value.clone_state()


def _copy_optimizer(optimizer: Optimizer, memo: dict[int, Any]) -> Optimizer:
    """Copy an optimizer with all of its attributes.

    Not by its own ``__getstate__``, which forgets what subclasses add (LBFGS loses ``_params``).
    """
    new: Optimizer = object.__new__(type(optimizer))
    memo[id(optimizer)] = new
    for name, value in vars(optimizer).items():
        if name == "step" and hasattr(value, "_wrapped_by_lr_sched"):
            continue
        if name in ("_opt_called", "_step_count"):  # a scheduler's notes
            continue
        vars(new)[name] = copy.deepcopy(value, memo)
    return new


def _copy_scaler(scaler: Any, memo: dict[int, Any]) -> Any:
    if scaler is None:
        return None
    new = object.__new__(type(scaler))
    memo[id(scaler)] = new
    for name, value in vars(scaler).items():
        if name == "_per_optimizer_states":  # keyed by the identity of the original optimizer
            vars(new)[name] = defaultdict(value.default_factory)
        else:
            vars(new)[name] = copy.deepcopy(value, memo)
    return new


# --- checking it -------------------------------------------------------------------------------


def _check_structure(
    model: nn.Module, optimizer: Optimizer, copied: Copied, memo: dict[int, Any]
) -> None:
    then = dict(model.named_parameters(remove_duplicate=False))
    now = dict(copied.model.named_parameters(remove_duplicate=False))
    if type(model) is not type(copied.model) and not hasattr(model, "parametrizations"):
        raise CannotCopy("its copy is of another class")
    if list(then) != list(now):
        raise CannotCopy("its copy has other parameters")
    if any(now[name] is not memo.get(id(p)) for name, p in then.items()):
        raise CannotCopy("its copy does not keep tied parameters together")
    owned = {id(p) for p in copied.model.parameters()}
    owned |= {id(t) for t in memo.values() if isinstance(t, Tensor)}
    if len(optimizer.param_groups) != len(copied.optimizer.param_groups):
        raise CannotCopy("the optimizer's copy has other parameter groups")
    pairs = zip(optimizer.param_groups, copied.optimizer.param_groups, strict=True)
    for group, new_group in pairs:
        for old, new in zip(group["params"], new_group["params"], strict=True):
            if new is not memo.get(id(old)) or id(new) not in owned:
                raise CannotCopy("the optimizer's copy has parameters of another model")


def _check_storage(roots: Iterable[object], copied: Copied, memo: dict[int, Any]) -> None:
    new_roots = [copied.model, copied.optimizer, copied.grad_scaler]
    new_roots += [memo[id(f)] for f in roots if id(f) in memo]
    originals = {storage_key(p.storage) for p in intervals(_tensors(roots))}
    copies = {storage_key(p.storage) for p in intervals(_tensors(new_roots))}
    if originals & copies:
        raise CannotCopy("its copy would share memory with it")


def _tensors(roots: Iterable[object]) -> list[Tensor]:
    return [obj for obj in visit(roots) if isinstance(obj, Tensor)]


def _check_reach(copied: Copied, memo: dict[int, Any]) -> None:
    copies = {id(value) for key, value in memo.items() if key != id(memo)}
    for who, root in (
        ("the loss function", copied.loss_fn),
        ("the step function", copied.step_fn),
        ("prepare_batch", copied.prepare_batch),
        ("a hook or a method of the model", copied.model),
        ("a hook of the optimizer", copied.optimizer),
    ):
        reached = reach([root])
        for module in reached.modules:
            if id(module) not in copies and (id(module) in memo or _is_trained(module)):
                raise CannotCopy(f"{who} uses a {type(module).__name__} that a copy cannot replace")
        for obj in (*reached.optimizers, *reached.schedulers, *reached.scalers):
            if id(obj) not in copies:
                raise CannotCopy(f"{who} uses a {type(obj).__name__} that a copy cannot replace")
        for tensor in reached.tensors:
            if id(tensor) in copies:
                continue
            if id(tensor) in memo or (tensor.is_leaf and tensor.requires_grad):
                raise CannotCopy(f"{who} uses a trainable tensor that a copy cannot replace")


def _is_trained(module: nn.Module) -> bool:
    """Whether using a module in a step may change it."""
    if any(p.requires_grad for p in module.parameters(recurse=False)):
        return True
    return module.training and any(True for _ in module.buffers(recurse=False))
