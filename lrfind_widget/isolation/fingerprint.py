"""The state of a model, an optimizer and what belongs to them, in a form to compare.

It is written without use of the snapshot or the copy, so that it can find them wrong. Each takes
about 27 ms per 100 MB of tensors on one CPU core, and keeps no copy of any tensor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from weakref import WeakSet

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lrfind_widget.isolation.attributes import attributes
from lrfind_widget.isolation.checksum import bits_of, checksums
from lrfind_widget.isolation.object_graph import (
    BUFFERS,
    CONTAINERS,
    MANY,
    MAPPINGS,
    PLAIN,
    RECORDS,
    is_record,
)
from lrfind_widget.isolation.storage import inner_tensors, place
from lrfind_widget.results.receipt import ReceiptItem

HOW = {
    "parameters": "same objects and places, and a 64-bit checksum of the bits of each",
    "buffers": "same objects and places, and a 64-bit checksum of the bits of each",
    "gradients": "same tensors or None, and a 64-bit checksum of the bits of each",
    "requires_grad": "the flag of each parameter",
    "train/eval mode": "the flag of each module",
    "module attributes": (
        "the modules, plain attributes by value, tensors and arrays by a 64-bit checksum, other "
        f"objects by identity, as what follows the first {MANY} of a collection"
    ),
    "hooks": "the registered functions of each module and optimizer",
    "optimizer state": "entries in order, numbers by value, tensors by a 64-bit checksum",
    "optimizer groups": "every key, value and parameter of each group, and plain attributes",
    "grad scaler": "scale, growth tracker and settings",
    "schedulers": "every number of each scheduler attached to the optimizer",
}
_NOT_COMPARED = f"what is in more than {RECORDS} small objects"
_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
_COPIED = ("parameters", "buffers", "requires_grad", "train/eval mode", "module attributes")
_LEFT_OUT = "._trainer"
"""What a LightningModule leaves out of its copies. It is trained without (see `WithoutTrainer`)."""


class Fingerprint:
    """The state of the user's objects at one moment.

    Of each kind of object the sweep's own come first. What is no module, tensor, optimizer or
    scheduler is taken for a gradient scaler.
    """

    def __init__(self, objects: Iterable[object]) -> None:
        self._tensors: dict[int, tuple[Tensor, _Fact]] = {}
        self._described: set[int] = set()
        self._records = 0
        self._facts: dict[str, dict[str, Any]] = {category: {} for category in HOW}
        distinct = list({id(obj): obj for obj in objects}.values())
        for number, model in _numbered(distinct, nn.Module):
            self._add_model(model, "" if number == 1 else f"model {number}: ")
        for number, tensor in _numbered(distinct, Tensor):
            self._add_parameter(f"tensor {number}", tensor)
        for number, optimizer in _numbered(distinct, Optimizer):
            self._add_optimizer(optimizer, "" if number == 1 else f"optimizer {number}: ")
        others = [obj for obj in distinct if not isinstance(obj, (nn.Module, Tensor, Optimizer))]
        for number, obj in enumerate(others, start=1):
            category = "schedulers" if isinstance(obj, LRScheduler) else "grad scaler"
            self._add_attributes(category, f"{type(obj).__name__} {number}", vars(obj))
        sums = checksums(tensor for tensor, _ in self._tensors.values())
        for (_, fact), checksum in zip(self._tensors.values(), sums, strict=True):
            fact.checksum = checksum
        self._tensors = {}

    def compare(self, after: Fingerprint, *, by_sweep: bool) -> list[ReceiptItem]:
        """Compare with a later fingerprint of the same objects, one item per category.

        `by_sweep` is whether a difference can come from the sweep; not where it trained a copy.
        """
        items = []
        for category, how in HOW.items():
            then, now = self._facts[category], after._facts[category]
            if list(then) != list(now):
                differing = sorted(then.keys() ^ now.keys()) or ["the order"]
            else:
                differing = [name for name in then if then[name] != now[name]]
            skipped = (
                _NOT_COMPARED if self._records > RECORDS and category == "module attributes" else ""
            )
            items.append(
                ReceiptItem(
                    category=category,
                    compared=len(then),
                    how=how,
                    identical=not differing,
                    detail=some_of(differing) or skipped,
                    by_sweep=by_sweep,
                )
            )
        return items

    def difference_of_copy(self, copy: Fingerprint) -> str | None:
        """Return what differs in a copy by value, wherever it is, or None."""
        for category in _COPIED:
            then, now = self._facts[category], copy._facts[category]
            for name in {**then, **now}:
                if name.endswith(_LEFT_OUT):
                    continue
                if _value_of(then.get(name)) != _value_of(now.get(name)):
                    return f"{category}: {name}"
        state = zip(
            self._facts["optimizer state"].values(),
            copy._facts["optimizer state"].values(),
            strict=False,
        )
        if any(_value_of(then) != _value_of(now) for then, now in state):
            return "optimizer state"
        return None

    def _add_model(self, model: nn.Module, prefix: str) -> None:
        for name, parameter in model.named_parameters(remove_duplicate=False):
            self._add_parameter(prefix + name, parameter)
        for name, buffer in model.named_buffers(remove_duplicate=False):
            self._facts["buffers"][prefix + name] = self._tensor(buffer)
        for name, module in model.named_modules(remove_duplicate=False):
            label = prefix + (name or "the model itself")
            self._facts["train/eval mode"][label] = module.training
            self._facts["module attributes"][label] = _Fact(
                (id(module),), (type(module).__qualname__,)
            )
            self._add_hooks(label, module)
            self._add_attributes("module attributes", label, _own(module, _OF_EVERY_MODULE))

    def _add_hooks(self, label: str, owner: nn.Module | Optimizer) -> None:
        for key, attribute in vars(owner).items():
            if key.endswith("_hooks") and isinstance(attribute, dict):
                hooks = [(number, id(function)) for number, function in attribute.items()]
                self._facts["hooks"][f"{label}.{key}"] = hooks

    def _add_parameter(self, name: str, parameter: Tensor) -> None:
        self._facts["parameters"][name] = self._tensor(parameter)
        self._facts["requires_grad"][name] = parameter.requires_grad
        grad = parameter.grad if parameter.is_leaf else None
        self._facts["gradients"][name] = None if grad is None else self._tensor(grad)

    def _add_optimizer(self, optimizer: Optimizer, prefix: str) -> None:
        number = 0
        names: dict[int, str] = {}
        for index, group in enumerate(optimizer.param_groups):
            for key, value in group.items():
                label = f"{prefix}group {index}.{key}"
                if key == "params":
                    self._facts["optimizer groups"][label] = [id(p) for p in value]
                else:
                    self._facts["optimizer groups"][label] = self._fact(value)
            for parameter in group["params"]:
                names[id(parameter)] = f"{prefix}parameter {number}"
                number += 1
        state = self._facts["optimizer state"]
        for owner, entries in optimizer.state.items():
            label = names.get(id(owner), f"{prefix}entry {len(state)}")
            state[label] = self._fact(entries)
        label = f"{prefix}{type(optimizer).__name__}"
        self._add_hooks(label, optimizer)
        own = _own(optimizer, {"param_groups", "state"})
        self._add_attributes("optimizer groups", label, own)

    def _add_attributes(self, category: str, label: str, attributes: Mapping[str, object]) -> None:
        for key, value in attributes.items():
            self._facts[category][f"{label}.{key}"] = self._fact(value)

    def _fact(self, value: object, depth: int = 50) -> Any:
        """Return which object a value is, and what is in it where that is data."""
        if isinstance(value, PLAIN):
            return ("value", repr(value))
        if isinstance(value, Tensor):
            return self._tensor(value)
        kind = type(value).__qualname__
        if isinstance(value, (np.ndarray, *BUFFERS)):
            array = np.asarray(value)
            sum_of_bits = checksums([bits_of(array)])[0]
            return _Fact((id(value),), (kind, str(array.dtype), array.shape), sum_of_bits)
        inside: Any = value
        if self._records <= RECORDS and is_record(value):
            self._records += 1
            if self._records <= RECORDS:
                inside = attributes(value)
        known = depth == 0 or id(value) in self._described
        if known or not isinstance(inside, (*CONTAINERS, tuple, frozenset)):
            return _Fact((id(value),), (kind,))
        self._described.add(id(value))
        if isinstance(inside, MAPPINGS):
            inside = [part for pair in inside.items() for part in pair]
        ids = [id(part) for part in inside]
        if isinstance(inside, (set, frozenset, WeakSet)):  # in no order
            return _Fact((id(value), *sorted(ids)), (kind, len(ids)))
        parts = [self._fact(part, depth - 1) for part in islice(inside, MANY)]
        return (_Fact((id(value), hash(tuple(ids))), (kind, len(ids))), parts)

    def _tensor(self, tensor: Tensor) -> _Fact:
        if is_lazy(tensor):
            return _Fact((id(tensor),), ("uninitialized",))
        if id(tensor) in self._tensors:
            return self._tensors[id(tensor)][1]
        strided = inner_tensors(tensor) is None and tensor.layout is torch.strided
        kind = (
            str(tensor.dtype),
            tuple(tensor.shape),
            tuple(tensor.stride()) if strided else str(tensor.layout),
            str(tensor.device),
        )
        fact = _Fact((id(tensor), *(place(tensor) if strided else ())), kind)
        self._tensors[id(tensor)] = (tensor.detach(), fact)
        return fact


def _numbered(objects: Iterable[object], kind: Any) -> Iterable[tuple[int, Any]]:
    return enumerate((obj for obj in objects if isinstance(obj, kind)), start=1)


def _own(owner: object, skip: Collection[str]) -> dict[str, object]:
    own = {k: v for k, v in attributes(owner).items() if k not in skip and k[-6:] != "_hooks"}
    if isinstance(owner, torch.jit.ScriptModule):  # its values are made anew at each reading
        own = {k: v if isinstance(v, Tensor) else repr(v) for k, v in own.items()}
    return own


@dataclass
class _Fact:
    """What a tensor or module is; the checksum follows, that of all tensors at once."""

    place: tuple[int, ...]
    kind: tuple[object, ...]
    checksum: int | None = None


def _value_of(fact: Any) -> Any:
    """Return a fact without the places in it."""
    if isinstance(fact, _Fact):
        return (fact.kind, fact.checksum)
    if isinstance(fact, (tuple, list)):
        return [_value_of(part) for part in fact]
    return fact


def some_of(names: Sequence[str], most: int = 3) -> str:
    """Return the first of some names, and how many more there are."""
    text = ", ".join(names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most} more"
