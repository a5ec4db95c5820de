"""Batches of any shape: moving them to a device, measuring them, putting them in words."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lrfind_widget.isolation.joined_loader import is_named_tuple

TARGET_NAMES = ("labels", "label", "targets", "target", "y")
"""Names under which batches and `forward` methods carry what is to be predicted."""


def model_device(model: nn.Module) -> torch.device:
    """Return the device that a model's inputs belong on: that of its first parameter or buffer."""
    for tensor in (*model.parameters(), *model.buffers()):
        return tensor.device
    return torch.device("cpu")


def is_dataclass_instance(batch: object) -> bool:
    """Whether `batch` is an instance of a dataclass, not the class itself."""
    return dataclasses.is_dataclass(batch) and not isinstance(batch, type)


def is_plain_sequence(batch: object) -> bool:
    """Whether `batch` is a tuple or list of parts; a packed sequence is one part."""
    return isinstance(batch, (tuple, list)) and not isinstance(batch, PackedSequence)


def named_parts(batch: Any) -> dict[str, Any] | None:
    """Return the parts of a batch that have names, or None where they have none."""
    if isinstance(batch, Mapping):
        return {str(name): part for name, part in batch.items()}
    if is_named_tuple(batch) and not isinstance(batch, PackedSequence):
        return dict(zip(batch._fields, batch, strict=True))
    if is_dataclass_instance(batch):
        return {field.name: getattr(batch, field.name) for field in dataclasses.fields(batch)}
    return None


def part_of(batch: Any, part: Any) -> str | None:
    """Return where in a batch a part of it is found, as code, such as ``batch[0]``."""
    if batch is part:
        return "batch"
    if isinstance(batch, Mapping):
        places = {f'batch["{name}"]': value for name, value in batch.items()}
    elif is_plain_sequence(batch):
        places = {f"batch[{place}]": value for place, value in enumerate(batch)}
    else:
        places = {f"batch.{name}": value for name, value in (named_parts(batch) or {}).items()}
    return next((place for place, value in places.items() if value is part), None)


def to_device(batch: Any, device: torch.device) -> Any:
    """Return `batch` with every tensor in it on `device`; the given object is never changed.

    One that needs no move is returned as it is. Containers keep their type; an object of another
    kind is asked by its own `to` method, where it has one.
    """

    def moved(part: Any) -> Any:
        if isinstance(part, Tensor):
            # Waiting for the copy is the caller's stream's business, not the host's.
            return part.to(device, non_blocking=True)
        if isinstance(part, PackedSequence):
            return part.to(device)  # type: ignore[arg-type]
        if callable(getattr(part, "to", None)) and not isinstance(part, nn.Module):
            # Some such methods move in place: the user's own object must stay where it is.
            return copy.copy(part).to(device)
        return part

    return _changed(batch, moved)


def copied(batch: Any) -> Any:
    """Return `batch` with a copy of every tensor and array in it, which a step may write into.

    An object of another kind is asked by its own `clone` method, where it has one.
    """

    def cloned(part: Any) -> Any:
        if isinstance(part, Tensor):
            return part.detach().clone().requires_grad_(part.requires_grad)
        if isinstance(part, PackedSequence):
            return PackedSequence(part.data.clone(), *part[1:])
        if isinstance(part, np.ndarray):
            return part.copy()
        is_cloned = callable(getattr(part, "clone", None)) and not isinstance(part, nn.Module)
        return part.clone() if is_cloned else part

    return _changed(batch, cloned)


def _changed(batch: Any, change: Callable[[Any], Any]) -> Any:
    """Return `batch` with its innermost parts changed; itself where no part is another then."""
    if isinstance(batch, (str, bytes)) or batch is None:
        return batch
    if is_plain_sequence(batch):
        return _changed_sequence(batch, change)
    is_part = isinstance(batch, (Tensor, PackedSequence))
    parts: Mapping[Any, Any] | None = None
    if not is_part:
        parts = batch if isinstance(batch, Mapping) else named_parts(batch)
    if parts is None:
        return change(batch)
    changed = {name: _changed(part, change) for name, part in parts.items()}
    if all(changed[name] is parts[name] for name in changed):
        return batch
    return _replaced(batch, changed)


def _changed_sequence(batch: Any, change: Callable[[Any], Any]) -> Any:
    changed = [_changed(part, change) for part in batch]
    if all(new is old for new, old in zip(changed, batch, strict=True)):
        return batch
    if is_named_tuple(batch):
        return type(batch)(*changed)
    try:
        return type(batch)(changed)
    except TypeError:
        return changed


def _replaced(batch: Any, moved: Mapping[Any, Any]) -> Any:
    new = copy.copy(batch)
    if is_dataclass_instance(batch):
        for name, part in moved.items():
            # Frozen dataclasses refuse plain assignment.
            object.__setattr__(new, name, part)
        return new
    try:
        for name, part in moved.items():
            new[name] = part
    except TypeError:
        return dict(moved)
    return new


def tensors_in(batch: Any) -> Iterator[Tensor]:
    """Yield the tensors of a batch, in order, however deep."""
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, PackedSequence):
        yield batch.data
    elif is_plain_sequence(batch):
        for part in batch:
            yield from tensors_in(part)
    else:
        for part in (named_parts(batch) or {}).values():
            yield from tensors_in(part)


def batch_size(batch: Any) -> int:
    """Return the number of examples in a batch; 1 where that cannot be told."""
    return known_size(batch) or 1


def known_size(batch: Any) -> int | None:
    """Return the number of examples in a batch, the first extent of its first tensor."""
    if isinstance(batch, PackedSequence):
        return int(batch.batch_sizes[0])
    for tensor in tensors_in(batch):
        if tensor.dim():
            return tensor.size(0)
    return None


def describe(batch: Any, depth: int = 3) -> str:
    """Return its structure: ``tuple of (float32 tensor (64, 1, 28, 28), int64 tensor (64,))``."""
    if isinstance(batch, Tensor):
        kind = str(batch.dtype).removeprefix("torch.")
        if batch.is_nested and batch.layout is torch.strided:  # which has no shape
            return f"nested {kind} tensor of {batch.size(0)}"
        return f"{kind} tensor {tuple(batch.shape)}"
    if isinstance(batch, (bool, int, float)) or batch is None:
        return repr(batch)
    kind = type(batch).__name__
    if isinstance(batch, (str, bytes)):
        return kind
    if isinstance(batch, PackedSequence):
        return f"PackedSequence of {describe(batch.data)}"
    parts = named_parts(batch)
    if parts is not None:
        if depth == 0:
            return kind
        shown = [f"{name}: {describe(part, depth - 1)}" for name, part in parts.items()]
        return f"{kind} with {{{', '.join(_shortened(shown))}}}"
    if is_plain_sequence(batch):
        if depth == 0:
            return f"{kind} of {len(batch)}"
        shown = [describe(part, depth - 1) for part in batch[:_MOST_PARTS]]
        return f"{kind} of ({', '.join(_shortened(shown, len(batch)))})"
    shape = getattr(batch, "shape", None)
    if isinstance(shape, tuple):
        return f"{kind} {getattr(batch, 'dtype', '')} {shape}".replace("  ", " ")
    return kind


_MOST_PARTS = 8


def _shortened(shown: list[str], length: int | None = None) -> list[str]:
    length = len(shown) if length is None else length
    if length <= _MOST_PARTS:
        return shown
    return [*shown[:_MOST_PARTS], f"and {length - _MOST_PARTS} more"]
