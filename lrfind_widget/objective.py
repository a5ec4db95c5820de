"""From a batch to a loss: the user's own way, or the one that the first batch shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lrfind_widget.batch import describe, to_device
from lrfind_widget.feeding import NO_TARGET, Fed, Forward, feed
from lrfind_widget.where import Where

LossFunction = Callable[[Any, Any], Any]
StepFunction = Callable[[nn.Module, Any], Any]
PrepareFunction = Callable[[Any], Any]

HOW_TO_SAY = (
    "Pass loss_fn=(output, target) -> loss, or step_fn=(model, batch) -> loss where the loss "
    "needs more than that."
)


class Objective:
    """What a sweep makes smaller: takes a batch, gives a loss.

    How the loss comes about is settled on the first batch and kept. Without `loss_fn` and
    `step_fn` it is read off the output of that batch's own forward pass, so that no pass is
    made besides those of the sweep:

    * an output that carries a loss (`.loss`, `{"loss": ...}`, a dict of losses to be summed,
      or one scalar in a tuple of a model that was given the target): that loss;
    * integer targets `(N, ...)` with outputs `(N, C, ...)`: cross entropy;
    * float targets of the outputs' shape: mean squared error;
    * anything else is refused with what was seen.

    Parameters
    ----------
    model : torch.nn.Module
        The module that is trained.
    device : torch.device
        Where batches are moved to.
    loss_fn : callable, optional
        `(output, target) -> loss`, a scalar tensor.
    step_fn : callable, optional
        `(model, batch) -> loss`, instead of everything else here.
    prepare_batch : callable, optional
        `batch -> batch`, applied first; for example to `(inputs, target)`.
    where : Where, optional
        Told what runs, for the report of an error.

    Attributes
    ----------
    sentence : str
        What is made smaller, for people. Empty before the first batch.
    """

    def __init__(
        self,
        model: nn.Module,
        device: torch.device,
        *,
        loss_fn: LossFunction | None = None,
        step_fn: StepFunction | None = None,
        prepare_batch: PrepareFunction | None = None,
        where: Where | None = None,
    ) -> None:
        self.sentence = ""
        self._where = where or Where()
        self._model = model
        self._device = device
        self._loss_fn = loss_fn
        self._step_fn = step_fn
        self._prepare_batch = prepare_batch
        self._forward = Forward(model)
        self._loss_of: Callable[[Any, Fed], Any] | None = None

    def __call__(self, batch: Any) -> Tensor:
        """Return the loss of a batch.

        Returns
        -------
        torch.Tensor
            A 0-d tensor with a gradient, on the model's device.

        Raises
        ------
        TypeError, ValueError
            Where the batch cannot be unpacked, the loss cannot be told, or is not a scalar
            that depends on the model.
        """
        return self._checked(self._loss(batch), needs_grad=torch.is_grad_enabled())

    def _loss(self, batch: Any) -> Any:
        if self._prepare_batch is not None:
            self._where.at = "prepare_batch"
            batch = self._prepare_batch(batch)
        self._where.at = "Unpacking the batch"
        batch = to_device(batch, self._device)
        if self._step_fn is not None:
            self._where.at = "step_fn"
            self.sentence = f"the loss of {name_of(self._step_fn)}"
            result = self._step_fn(self._model, batch)
            if isinstance(result, Mapping) and "loss" in result:
                return result["loss"]
            return result
        fed = feed(self._forward, batch, own_loss=self._loss_fn is None)
        self._where.at = "The model"
        output = fed.call(self._model)
        self._where.at = "The loss"
        if self._loss_of is None:
            self._loss_of = self._settle(output, fed, batch)
        return self._loss_of(output, fed)

    def _settle(self, output: Any, fed: Fed, batch: Any) -> Callable[[Any, Fed], Any]:
        """Decide how losses come about, on the first batch."""
        if self._loss_fn is not None:
            if fed.target is NO_TARGET:
                raise ValueError(
                    f"loss_fn needs a target, and the batch has none: it is a {describe(batch)}. "
                    "Pass prepare_batch=batch -> (inputs, target), or step_fn=(model, batch) -> "
                    "loss."
                )
            loss_fn = self._loss_fn
            self.sentence = f"{name_of(loss_fn)} (given)"
            return lambda output, fed: loss_fn(output, fed.target)
        loss_of, self.sentence = infer(output, fed)
        return loss_of

    def _checked(self, loss: Any, *, needs_grad: bool) -> Tensor:
        self._where.at = "The loss"
        source = self._source()
        if loss is None:
            raise TypeError(
                f"{source} returned None, expected a scalar tensor. Is a return missing?"
            )
        if not isinstance(loss, Tensor):
            raise TypeError(
                f"{source} returned a {describe(loss)}, expected a scalar tensor with a gradient."
                + (" Leave out .item()." if isinstance(loss, (int, float)) else "")
            )
        if loss.numel() != 1:
            raise ValueError(
                f"{source} returned a loss of shape {tuple(loss.shape)}, expected one number. "
                "Reduce it, for example with .mean()."
            )
        if not loss.is_floating_point():
            raise TypeError(
                f"{source} returned a {describe(loss)}, expected a floating-point loss."
            )
        if needs_grad and not loss.requires_grad:
            raise ValueError(
                f"{source} returned a loss that depends on no parameter, so there is no gradient. "
                "Was it detached, computed under no_grad, or is every parameter frozen?"
            )
        return loss.reshape(())

    def _source(self) -> str:
        if self._step_fn is not None:
            return "step_fn"
        return "loss_fn" if self._loss_fn is not None else "The model"


def infer(output: Any, fed: Fed) -> tuple[Callable[[Any, Fed], Any], str]:
    """Return how a loss follows from outputs and targets like these, and that in words.

    Raises
    ------
    ValueError
        Where it does not; the message says what was seen and names `loss_fn`.
    """
    own = _own_loss(output, fed)
    if own is not None:
        return own
    target = fed.target
    if target is NO_TARGET or not isinstance(target, Tensor):
        raise ambiguous(output, fed)
    if isinstance(output, Mapping) and isinstance(output.get("logits"), Tensor):
        loss_of, words = _by_type(output["logits"], target) or _refuse(output, fed)
        return (lambda output, fed: loss_of(output["logits"], fed.target)), words
    if not isinstance(output, Tensor):
        raise ambiguous(output, fed)
    loss_of, words = _by_type(output, target) or _refuse(output, fed)
    return (lambda output, fed: loss_of(output, fed.target)), words


def _own_loss(output: Any, fed: Fed) -> tuple[Callable[[Any, Fed], Any], str] | None:
    """Find the loss that an output carries."""
    if isinstance(output, Mapping):
        if isinstance(output.get("loss"), Tensor):
            return (lambda output, fed: output["loss"]), 'the model\'s own loss, output["loss"]'
        if output and all(_is_loss(part) for part in output.values()):
            names = ", ".join(map(str, output))
            return (lambda output, fed: _sum(output)), f"the sum of the model's own losses: {names}"
    if isinstance(getattr(output, "loss", None), Tensor):
        return (lambda output, fed: output.loss), "the model's own loss, output.loss"
    has_no_other = fed.target is NO_TARGET or fed.target_passed
    if not has_no_other:
        # A scalar beside a target that the model has not seen may be only a part of the loss.
        return None
    if _is_loss(output):
        return (lambda output, fed: output), "the model's output, a loss"
    if isinstance(output, (tuple, list)):
        scalars = [place for place, part in enumerate(output) if _is_loss(part)]
        if len(scalars) == 1:
            (place,) = scalars
            return (lambda output, fed: output[place]), f"the model's own loss, output[{place}]"
    return None


def _is_loss(part: Any) -> bool:
    return (
        isinstance(part, Tensor)
        and part.dim() == 0
        and part.is_floating_point()
        and (part.requires_grad or not torch.is_grad_enabled())
    )


def _sum(losses: Mapping[str, Tensor]) -> Tensor:
    total, *others = losses.values()
    for loss in others:
        total = total + loss
    return total


def _by_type(
    output: Tensor, target: Tensor
) -> tuple[Callable[[Tensor, Tensor], Tensor], str] | None:
    """Tell cross entropy and squared error apart by the types and shapes, or neither."""
    seen = f"targets {describe(target)}, outputs {describe(output)}"
    if not output.is_floating_point():
        return None
    integers = not (target.is_floating_point() or target.is_complex() or target.dtype is torch.bool)
    if integers and output.dim() >= 2 and output.shape[1] >= 2:
        if target.shape == output.shape[:1] + output.shape[2:]:
            return _cross_entropy, f"cross entropy (from {seen})"
    if target.is_floating_point() and target.shape == output.shape:
        return functional.mse_loss, f"mean squared error (from {seen})"
    return None


def _cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    # torch takes class indices of 64 bits only.
    return functional.cross_entropy(output, target.long())


def _refuse(output: Any, fed: Fed) -> Any:
    raise ambiguous(output, fed)


def ambiguous(output: Any, fed: Fed) -> ValueError:
    """Return the error for a batch and an output that leave the loss open."""
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


def name_of(function: object) -> str:
    """Return the name of a callable as people know it."""
    name = getattr(function, "__name__", None) or type(function).__name__
    return "a lambda" if name == "<lambda>" else str(name)
