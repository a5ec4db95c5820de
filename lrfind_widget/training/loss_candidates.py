"""The losses that fit an output and a target, by their types, shapes and values.

Where more than one fits, each is a line that can be pasted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

IGNORED = -100
"""The class that torch's losses leave out by default."""

_LOOKED_AT = 4
"""Examples whose scores are looked at: what holds for these holds for no others by chance."""


@dataclass(frozen=True)
class Candidate:
    """A loss that fits: its name, the call of it, and a function where it needs no asking."""

    name: str
    call: str
    function: Callable[[Any, Any], Any] | None = None
    to_input: bool = False

    def line(self, source: str | None) -> str:
        """Return the keywords to paste; `source` is where in the batch the input is found."""
        name, _, passed = self.call.partition("(")
        alone = passed == "output, target)"
        loss = f"loss_fn={name if alone else f'lambda output, target: {self.call}'}"
        if self.to_input and source is not None:
            loss += f", prepare_batch=lambda batch: ({source}, {source})"
        elif self.to_input:
            loss += ", where prepare_batch returns (inputs, inputs)"
        return f"{self.name}: {loss}"


def fitting(output: Tensor, target: Any, inputs: Any, name: str = "output") -> list[Candidate]:
    """Return the losses that fit; `name` is how the output is reached from the model's."""
    if not output.is_floating_point() or not output.numel():
        return []
    output = output.detach()
    found: list[Candidate] = []
    if isinstance(target, Tensor) and target.numel() and not target.is_complex():
        found = [*_of_classes(output, target, inputs, name), *_of_values(output, target, name)]
    if not found or (output.dim() == 2 and not _alike(output, target)):
        found += _to_input(output, inputs, name)
    return found


def _of_classes(output: Tensor, target: Tensor, inputs: Any, name: str) -> Iterator[Candidate]:
    """Yield the losses of one score a class, with the classes in the second place or the last."""
    for place in (1, -1) if output.dim() > 2 else (1,) if output.dim() == 2 else ():
        count = output.shape[place]
        rest = output.shape[:1] + output.shape[2:] if place == 1 else output.shape[:-1]
        labels = "target" if target.shape == rest else "target.squeeze(1)"
        if count < 2 or target.shape not in (rest, (*rest[:1], 1, *rest[1:])):
            continue
        scores = name
        if place == -1:
            scores, labels = f"{name}.flatten(0, -2)", "target.flatten()"
        told = _labels(target, count)
        if told is None:
            continue
        given = labels if target.dtype is torch.int64 else f"{labels}.long()"
        is_sure = target.shape == rest and place == 1 and _is_integer(target) and told == "{}"
        is_sure = is_sure and not (output.dim() == 2 and _may_embed(output, target, inputs))
        passed = told.format(given)
        scale = _scale(output.movedim(place, 1))
        if scale == "probabilities":
            yield Candidate(
                "negative log likelihood of probabilities", f"F.nll_loss({scores}.log(), {passed})"
            )
        if scale == "logarithms":
            taken = _nll_loss if is_sure else None
            yield Candidate("negative log likelihood", f"F.nll_loss({scores}, {passed})", taken)
        else:
            taken = _cross_entropy if is_sure else None
            yield Candidate("cross entropy", f"F.cross_entropy({scores}, {passed})", taken)


def _of_values(output: Tensor, target: Tensor, name: str) -> Iterator[Candidate]:
    """Yield the losses of one value for each of the output's."""
    if not _alike(output, target):
        return
    same = target.shape == output.shape
    wanted = "target" if same else f"target.reshape_as({name})"
    is_real = target.is_floating_point()
    if not is_real:
        wanted += f".to({name})"
    values = target.detach().reshape_as(output).to(torch.float32)
    bounded = _within_one(values)
    is_binary = bounded and bool(((values == 0) | (values == 1)).all())
    is_share = same and is_real and bounded and _scale(values, len(values)) == "probabilities"
    if is_share:
        scale = _scale(output)
        if scale == "scores":
            yield Candidate("cross entropy of soft targets", f"F.cross_entropy({name}, {wanted})")
        else:
            logs = name if scale == "logarithms" else f"{name}.log()"
            call = f'F.kl_div({logs}, {wanted}, reduction="batchmean")'
            yield Candidate("divergence from soft targets", call)
    if is_binary or (bounded and is_real and not is_share):
        if _within_one(output):
            yield Candidate("binary cross entropy", f"F.binary_cross_entropy({name}, {wanted})")
        else:
            call = f"F.binary_cross_entropy_with_logits({name}, {wanted})"
            yield Candidate("binary cross entropy of logits", call)
    if is_real or not is_binary:
        taken = functional.mse_loss if same and is_real else None
        yield Candidate("mean squared error", f"F.mse_loss({name}, {wanted})", taken)


def _to_input(output: Tensor, inputs: Any, name: str) -> Iterator[Candidate]:
    """Yield the losses of a model that gives its input back."""
    if isinstance(inputs, Tensor) and inputs.is_floating_point() and _alike(output, inputs):
        for each in _of_values(output, inputs, name):
            yield Candidate(f"{each.name} to the input", each.call, to_input=True)


def _alike(output: Tensor, target: Any) -> bool:
    """Whether one is the other, but for extents of one or what is flattened of an example."""
    if not isinstance(target, Tensor) or target.is_nested or target.shape[:1] != output.shape[:1]:
        return False
    one, other = ([n for n in tensor.shape[1:] if n != 1] for tensor in (output, target))
    return one == other or (min(len(one), len(other)) == 1 and output.numel() == target.numel())


def _labels(target: Tensor, count: int) -> str | None:
    """Return how the target's classes are passed on; None where it holds no classes."""
    labels = target.detach().flatten()
    if target.is_floating_point() and not bool((labels == labels.round()).all()):
        return None
    is_class = (labels >= 0) & (labels < count)
    others = sorted(set(labels[~is_class & (labels != IGNORED)].tolist()))
    if not bool(is_class.any()) and others:
        return None
    if not others:
        return "{}"
    if others == [count]:  # counted from one, or the levels of an ordinal scale
        return "{} - 1" if int(labels.min()) >= 1 else None
    return "{}" + f", ignore_index={int(others[0])}" if len(others) == 1 else None


def _may_embed(output: Tensor, target: Tensor, inputs: Any) -> bool:
    """Whether the numbers of each example may be a place in a space instead of class scores.

    They are of length one, or far more than the classes that a batch of examples shows.
    """
    examples, count = output.shape
    norms = output[:_LOOKED_AT].float().norm(dim=1)
    if examples >= _LOOKED_AT and _is_one(norms, output.dtype):
        return True
    is_dense = isinstance(inputs, Tensor) and inputs.is_floating_point()
    shown = int(target.max()) + 1
    return is_dense and examples >= 8 and count >= 32 and shown * 4 <= count


def _scale(values: Tensor, examples: int = _LOOKED_AT) -> str:
    """Return what the second place of a tensor holds: probabilities, their logarithms or scores."""
    some = values[:examples].float()
    if some.dim() < 2 or some.shape[1] < 2:
        return "scores"
    if bool((some >= 0).all()) and _is_one(some.sum(dim=1), values.dtype):
        return "probabilities"
    if bool((some <= 0).all()) and _is_one(some.exp().sum(dim=1), values.dtype):
        return "logarithms"
    return "scores"


def _is_one(values: Tensor, dtype: torch.dtype) -> bool:
    """Whether all values are one, as far as numbers of a type can tell."""
    return bool(((values - 1).abs() <= max(1e-4, 4 * torch.finfo(dtype).eps)).all())


def _within_one(values: Tensor) -> bool:
    return bool(values.min() >= 0) and bool(values.max() <= 1)


def _is_integer(target: Tensor) -> bool:
    return not (target.is_floating_point() or target.dtype is torch.bool)


def _cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    # torch takes class indices of 64 bits only.
    return functional.cross_entropy(output, target.long())


def _nll_loss(output: Tensor, target: Tensor) -> Tensor:
    return functional.nll_loss(output, target.long())
