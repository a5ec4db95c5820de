"""From a batch to a loss: the user's own way, or the one that the first batch shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lrfind_widget.training.batch import describe, part_of, to_device
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.lightning_hooks import Hooks
from lrfind_widget.training.lightning_module import WithoutTrainer, lightning_class, own_steps
from lrfind_widget.training.loss_inference import infer
from lrfind_widget.training.model_inputs import NO_TARGET, Forward, ModelInputs, feed
from lrfind_widget.training.module_loss import ModuleLoss

LossFunction = Callable[[Any, Any], Any]


@dataclass(eq=False)
class Objective:
    """What a sweep makes smaller: takes a batch, gives a loss.

    How the loss comes about is settled on the first batch and kept. Without `loss_fn` and
    `step_fn` it is read off the output of that batch's own forward pass, so that no pass is
    made besides those of the sweep:

    * an output that carries a loss (`.loss`, `{"loss": ...}`, a dict of losses to be summed,
      or one scalar in a tuple of a model that was given the target): that loss;
    * integer targets `(N, ...)` with outputs `(N, C, ...)`: cross entropy, or, of outputs that
      are logarithms of probabilities, their negative log likelihood;
    * float targets of the outputs' shape: mean squared error;
    * anything else, and where the values tell of another loss that fits too, such as targets
      from 0 to 1, is refused with each loss that it may be as a line to paste.

    With `updates` the `step_fn` does the whole update itself, and its loss needs no gradient.
    A LightningModule computes the loss itself, in its `training_step` (see `ModuleLoss`).
    """

    model: nn.Module
    device: torch.device
    _: KW_ONLY
    loss_fn: LossFunction | None = None
    step_fn: Callable[[nn.Module, Any], Any] | None = None
    prepare_batch: Callable[[Any], Any] | None = None
    prepare_val_batch: Callable[[Any], Any] | None = None
    hooks: Hooks | None = None
    context: ErrorContext = field(default_factory=ErrorContext)
    updates: bool = False
    loss_name: str = "loss_fn"

    def __post_init__(self) -> None:
        self.sentence = ""
        self._module_loss: ModuleLoss | None = None
        self._without_trainer: WithoutTrainer | None = None
        hooks = self.hooks
        if hooks is not None and lightning_class(self.model) is not None:
            self._without_trainer = hooks.surroundings
            if self.loss_fn is None and self.step_fn is None and own_steps(self.model):
                self._module_loss = ModuleLoss(self.model, self.device, hooks.surroundings, hooks)
        self._validates = False
        self._forward = Forward(self.model)
        self._loss_of: LossFunction | None = None
        self._loss_of_pairs: LossFunction | None = None
        self._compares = self.loss_fn is not None

    def __call__(
        self, batch: Any, place: tuple[int, ...] = (), *, validates: bool = False
    ) -> Tensor | None:
        """Return the loss of a batch; None where the step function leaves the batch out.

        `place` is the number of the batch in its loader, see `ModuleLoss`.
        """
        self._validates = validates
        if self._without_trainer is None:
            loss = self._loss(batch, place)
        else:
            with self._without_trainer(validates=validates):
                loss = self._loss(batch, place)
        if (
            type(loss) is Tensor
            and loss.requires_grad
            and not loss.dim()
            and loss.is_floating_point()
        ):
            return loss
        if loss is None and (self.step_fn or self._module_loss):
            return None
        return self._checked(loss, needs_grad=torch.is_grad_enabled() and not self.updates)

    def begin(self, batch: Any, number: int) -> None:
        """Begin a batch of a LightningModule, as its Trainer does before all of a step."""
        self._validates = False
        if self._module_loss is not None:
            with self._module_loss.surroundings():
                self._module_loss.begun(batch, (number,), self._prepared, validates=False)

    def _loss(self, batch: Any, place: tuple[int, ...]) -> Any:
        if self._module_loss is not None:
            validates = self._validates
            batch = self._module_loss.begun(batch, place, self._prepared, validates=validates)
            self.context.part = self.source
            self.sentence = "your training_step"
            return self._module_loss(batch, place, validates=validates)
        batch = self._prepared(batch)
        if self._loss_of_pairs is not None and _is_pair(batch):
            return self._of_pair(self._loss_of_pairs, *batch)
        batch = to_device(batch, self.device)
        if self.step_fn is not None:
            self.context.part = self.source
            self.sentence = f"your {self.source}"
            result = self.step_fn(self.model, batch)
            if isinstance(result, Mapping) and "loss" in result:
                return result["loss"]
            return result
        fed = feed(self._forward, batch, own_loss=self.loss_fn is None)
        self.context.part = "The model"
        output = fed.call(self.model)
        self.context.part = "The loss"
        if self._compares and fed.target is NO_TARGET:
            raise ValueError(self._needs_target(fed, batch))
        if self._loss_of is None:
            self._loss_of = self._settle(output, fed, batch)
            if fed.is_simple and _is_pair(batch):
                self._loss_of_pairs = self._loss_of
        return self._loss_of(output, fed.target)

    def _prepared(self, batch: Any) -> Any:
        """Return a batch as `prepare_batch` makes it."""
        self.context.batch = batch
        name, prepare = "prepare_batch", self.prepare_batch
        if self._validates and self.prepare_val_batch is not None:
            name, prepare = "prepare_val_batch", self.prepare_val_batch
        if prepare is not None:
            self.context.part = name
            batch = prepare(batch)
            if batch is None:
                raise TypeError(
                    f"{name} returned None, expected a batch such as (inputs, target). Is a return "
                    "missing?"
                )
        self.context.part = "Unpacking the batch"
        return batch

    def _of_pair(self, loss_of: LossFunction, inputs: Tensor, target: Tensor) -> Any:
        """Return the loss of a batch like the first one, with nothing left to be decided."""
        inputs = inputs.to(self.device, non_blocking=True)
        target = target.to(self.device, non_blocking=True)
        self.context.part = "The model"
        output = self.model(inputs)
        self.context.part = "The loss"
        return loss_of(output, target)

    def _needs_target(self, fed: ModelInputs, batch: Any) -> str:
        loss = "The loss" if self.loss_fn is None else self.loss_name
        source = None if self.prepare_batch is not None else part_of(batch, fed.only_input)
        to_input = f"lambda batch: ({source}, {source}) where it is the input"
        return (
            f"{loss} needs a target, and the batch has none: it is a {describe(batch)}. Pass "
            f"prepare_batch={to_input if source else 'batch -> (inputs, target)'}, or "
            "step_fn=(model, batch) -> loss."
        )

    def _settle(self, output: Any, fed: ModelInputs, batch: Any) -> LossFunction:
        """Decide how losses come about, on the first batch."""
        if self.loss_fn is not None:
            loss_of, said = self.loss_fn, f"your {self.loss_name}"
        else:
            source = None if self.prepare_batch is not None else part_of(batch, fed.only_input)
            loss_of, said = infer(output, fed, source)
            self._compares = fed.target is not NO_TARGET and not fed.target_passed
        self.sentence = "; ".join(filter(None, (said, fed.note)))
        return loss_of

    def _checked(self, loss: Any, *, needs_grad: bool) -> Tensor:
        self.context.part = "The loss"
        source = self.source
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
        return loss.reshape(()) if loss.dim() else loss

    @property
    def source(self) -> str:
        """What the loss comes from: the name of a keyword or of a method, or the model."""
        if self._module_loss is not None:
            return self._module_loss.source(validates=self._validates)
        if self.step_fn is not None:
            return "update_fn" if self.updates else "step_fn"
        return self.loss_name if self.loss_fn is not None else "The model"


def _is_pair(batch: Any) -> bool:
    """Whether a batch is of the commonest kind: one tensor to feed, and one to compare with."""
    return (
        type(batch) in (list, tuple)
        and len(batch) == 2
        and type(batch[0]) is Tensor
        and type(batch[1]) is Tensor
    )
