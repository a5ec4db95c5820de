"""Which loss a model is trained with, inferred from its first output."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lrfind_widget.training.batch import describe
from lrfind_widget.training.model_inputs import NO_TARGET, ModelInputs

Inferred = tuple[Callable[[Any, Any], Any], str]
"""`(output, target) -> loss`, and the same in words."""

HOW_TO_SAY = (
    "Pass loss_fn=(output, target) -> loss, or step_fn=(model, batch) -> loss where the loss "
    "needs more than that."
)


def infer(output: Any, fed: ModelInputs) -> Inferred:
    """Return how a loss follows from outputs and targets like these, and that in words."""
    found = _own_loss(output, fed)
    if found is None and isinstance(fed.target, Tensor):
        if isinstance(output, Mapping) and isinstance(output.get("logits"), Tensor):
            found = _of_logits(output["logits"], fed.target)
        elif isinstance(output, Tensor):
            found = _by_type(output, fed.target)
    if found is None:
        raise _ambiguous(output, fed)
    return found


def _own_loss(output: Any, fed: ModelInputs) -> Inferred | None:
    """Find the loss that an output carries."""
    if isinstance(output, Mapping):
        if isinstance(output.get("loss"), Tensor):
            words = "the model's own loss, output['loss']"
            return _from_output(operator.itemgetter("loss")), words
        if output and all(_is_loss(part) for part in output.values()):
            names = ", ".join(map(str, output))
            return _from_output(_sum), f"the sum of the model's own losses: {names}"
    if isinstance(getattr(output, "loss", None), Tensor):
        return _from_output(operator.attrgetter("loss")), "the model's own loss, output.loss"
    if fed.target is not NO_TARGET and not fed.target_passed:
        # A scalar beside a target that the model has not seen may be only a part of the loss.
        return None
    if _is_loss(output):
        return _from_output(lambda output: output), "the model's output, a loss"
    if isinstance(output, (tuple, list)):
        places = [place for place, part in enumerate(output) if _is_loss(part)]
        if len(places) == 1:
            words = f"the model's own loss, output[{places[0]}]"
            return _from_output(operator.itemgetter(places[0])), words
    return None


def _from_output(pick: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda output, _target: pick(output)


def _is_loss(part: Any) -> bool:
    return (
        isinstance(part, Tensor)
        and part.dim() == 0
        and part.is_floating_point()
        and part.requires_grad
    )


def _sum(losses: Any) -> Any:
    if not isinstance(losses, Mapping):
        raise ValueError(
            f"The model returned a {describe(losses)}, expected its dict of losses. Models that "
            "give losses only in train mode cannot have a validation loss: leave val_loader out, "
            "or pass step_fn=(model, batch) -> loss."
        )
    total, *others = losses.values()
    for loss in others:
        total = total + loss
    return total


def _by_type(output: Tensor, target: Tensor) -> Inferred | None:
    """Return cross entropy or squared error, by the types and shapes, or neither."""
    if not output.is_floating_point():
        return None
    seen = f"targets {describe(target)}, outputs {describe(output)}"
    integers = not (target.is_floating_point() or target.is_complex() or target.dtype is torch.bool)
    several = output.dim() >= 2 and output.shape[1] >= 2
    second = target.shape == output.shape[:1] + output.shape[2:]
    last = target.shape == output.shape[:-1]
    if integers and second and last and output.dim() > 2:
        return None  # the scores of the classes may lie in the second place or in the last
    if integers and several and second:
        return _cross_entropy, f"cross entropy (from {seen})"
    if target.is_floating_point() and target.shape == output.shape:
        return functional.mse_loss, f"mean squared error (from {seen})"
    return None


def _of_logits(logits: Tensor, target: Tensor) -> Inferred | None:
    found = _by_type(logits, target)
    if found is None:
        return None
    loss_of, words = found
    return lambda output, target: loss_of(output["logits"], target), words


def _cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    # torch takes class indices of 64 bits only.
    return functional.cross_entropy(output, target.long())


def _ambiguous(output: Any, fed: ModelInputs) -> ValueError:
    seen = f"The loss cannot be told from what the model gave: the output is a {describe(output)}"
    if fed.target is NO_TARGET:
        return ValueError(f"{seen}, and the batch has no target. {HOW_TO_SAY}")
    return ValueError(
        f"{seen}, the target is a {describe(fed.target)}. {_hint(output, fed.target)}{HOW_TO_SAY}"
    )


def _hint(output: Any, target: Any) -> str:
    """Name the usual way out for the usual cases."""
    if not (isinstance(output, Tensor) and isinstance(target, Tensor)):
        return ""
    if target.dtype is torch.bool or (
        not target.is_floating_point()
        and (output.shape == target.shape or output.shape[1:] == (1,))
    ):
        return (
            "For yes-or-no targets: loss_fn=lambda output, target: "
            "F.binary_cross_entropy_with_logits(output, target.view_as(output).to(output)). "
        )
    if not target.is_floating_point() and output.shape[:-1] == target.shape:
        return (
            "For class scores in the last place: loss_fn=lambda output, target: "
            "F.cross_entropy(output.flatten(0, -2), target.flatten()). "
        )
    if target.is_floating_point() and target.numel() == output.numel():
        return (
            "The shapes differ and would broadcast: loss_fn=lambda output, target: "
            "F.mse_loss(output, target.view_as(output)). "
        )
    return ""
