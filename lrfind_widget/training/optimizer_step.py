"""One optimizer step of a plain training loop: batches, gradients, update."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from lrfind_widget import endings, messages, no_critical_rate
from lrfind_widget.training.batches import Batches
from lrfind_widget.training.custom_updates import bound_update, needs_closure
from lrfind_widget.training.lightning_hooks import Hooks
from lrfind_widget.training.objective import Objective
from lrfind_widget.training.param_groups import in_no_group
from lrfind_widget.training.precision import Precision
from lrfind_widget.training.update import Pass, TrainingUpdate, mean

NextBatch = Callable[[], tuple[Any, int]]
"""Returns a batch and its number in its epoch."""

MOST_WITHOUT_LOSS = 100
"""Batches in a row that a step function may return None for."""


class OptimizerStep(TrainingUpdate):
    """Trains what an isolation gives as a plain training loop does, a step at a time."""

    def __init__(self, given: Pass) -> None:
        objects, options, context = given.isolation.objects, given.options, given.context
        self._batches = given.batches or Batches(objects.dataloader)
        super().__init__(given, self._batches)
        model, device = objects.model, self._device
        self._parameters = list(model.parameters())
        self._demands_closure = needs_closure(self._optimizer)
        self._hooks = Hooks(given)
        self._steps_itself = "optimizer_step" in self._hooks.own
        self._needs_closure = self._demands_closure or options.closure or self._steps_itself
        self._precision = Precision(options.amp, objects.grad_scaler, device)
        self.steps_alone = not (
            self._needs_closure
            or options.create_graph
            or objects.update_fn is not None
            or self._precision.scaler is not None
        )
        step_fn = None if objects.step_fn is None else self._watch.guarded(objects.step_fn)
        common: dict[str, Any] = {
            "prepare_batch": objects.prepare_batch,
            "prepare_val_batch": objects.prepare_val_batch,
            "hooks": self._hooks,
            "context": context,
        }
        objective = Objective(model, device, loss_fn=objects.loss_fn, step_fn=step_fn, **common)
        self._updates = objects.update_fn is not None
        self._objective = objective
        self._evaluated = objective
        self._says_loss = not self._updates or objects.loss_fn or objects.step_fn
        if objects.update_fn is not None:
            update = bound_update(objects.update_fn, self._optimizer, device)
            self._objective = Objective(model, device, step_fn=update, updates=True, **common)
            self._at_first = self._versions()
        else:
            notes = messages.fixed(in_no_group(model, self._optimizer)), context.not_run
            self._note = "; ".join(filter(None, notes))
        if not model.training:
            model.train()
        if objects.val_loss_fn is not None:
            objective = Objective(
                model, device, loss_fn=objects.val_loss_fn, loss_name="val_loss_fn", **common
            )

        def val_loss(batch: Any, place: tuple[int, ...]) -> Tensor | None:
            with self._precision.autocast():
                return objective(batch, place, validates=True)

        self._begin(objects.val_loader, val_loss, lambda: objective.source)

    @property
    def scaler(self) -> Any:
        """The gradient scaler, given or made here; None without one."""
        return self._precision.scaler

    @property
    def _objective_sentence(self) -> str:
        if self._updates:
            trained = self._watch.taken or self._versions() != self._at_first
            self._note = "" if trained else messages.NOTHING_TRAINED
        return "; ".join(filter(None, (self._objective.sentence, self._note)))

    @property
    def why_not_try(self) -> str:
        """Why steps cannot be tried out and the loss evaluated apart from them; "" if they can."""
        if self._demands_closure:
            return no_critical_rate.takes_many_steps(type(self._optimizer).__name__)
        return "" if self._says_loss else no_critical_rate.UPDATE_WITHOUT_LOSS

    @property
    def _counted(self) -> list[object]:
        return [*super()._counted, self._hooks]

    def try_step(self, lr: float, batches: Iterable[Any]) -> bool:
        """Take a step at a rate, a whole one where the optimizer does more than step."""
        if self.steps_alone:
            return super().try_step(lr, batches)
        self.rates.set_alike(self._optimizer, lr)
        given = itertools.cycle((batch, self._hooks.number) for batch in batches)
        taken = self._step_on(given.__next__)[1]
        self._hooks.end_batch()
        return taken

    def loss_of(self, batch: Any) -> Tensor | None:
        """Return the loss of a batch, with all that a training step does for it."""
        with self._precision.autocast():
            loss = self._evaluated(batch)
        return None if loss is None else loss.detach()

    def close(self) -> None:
        """Let go of the loader's workers and wait for what the device still does."""
        if self._options.create_graph:  # gradients and parameters would keep each other for ever
            held = [p for group in self._optimizer.param_groups for p in group["params"]]
            for parameter in [*self._parameters, *held]:
                parameter.grad = None
        super().close()

    def _take(self, step: int) -> tuple[Tensor, bool]:
        self._hooks.surroundings.trainer.global_step = step
        loss, taken = self._step_on(self._next_batch)
        self._hooks.surroundings.trainer.global_step = step + 1
        self._hooks.end_batch()
        return loss, taken

    def _step_on(self, next_batch: NextBatch) -> tuple[Tensor, bool]:
        """Take a step on the next batches; return the loss before it, and whether it was taken."""
        # The mean over accumulated batches, and the first evaluation of a closure optimizer.
        if self._updates:
            return self._next_loss(next_batch).detach(), True
        if self._needs_closure:
            return self._take_with_closure(next_batch), True
        loss = mean(self._gradients(next_batch, range(self._options.accumulate)))
        self._shape_gradients()
        self._context.part = "The optimizer"
        return loss, self._precision.step(self._optimizer, self._watch)

    def _take_with_closure(self, next_batch: NextBatch) -> Tensor:
        places = range(self._options.accumulate)
        earlier: list[Tensor] = []
        if self._steps_itself:  # its Trainer begins the last batch, and has it step
            earlier = self._gradients(next_batch, places[:-1])
            self._hooks.end_batch()
            places = places[-1:]
        batches = [next_batch() for _ in places]
        if self._steps_itself:
            self._objective.begin(*batches[0])
        losses: list[Tensor] = []

        def closure() -> Tensor:
            with torch.enable_grad():
                found = self._gradients(iter(batches).__next__, places)
                losses.append(mean(earlier + found))
                if not self._steps_itself:
                    self._shape_gradients()
            self._context.part = "The optimizer"
            return found[0] / (1 + len(earlier)) if earlier else losses[-1]

        if self._options.closure and not self._demands_closure:
            closure()  # it begins with the gradients that are there
        self._context.part = "The optimizer"
        if self._steps_itself:
            self._hooks.step(closure, self._shape_gradients)
        else:
            self._optimizer.step(closure)  # type: ignore[arg-type]
        if not losses:
            raise ValueError(
                f"{type(self._optimizer).__name__}.step did not call its closure, so there is no "
                "loss to record."
            )
        return losses[0]

    def _versions(self) -> list[int]:
        """Return how often each parameter was written to: an update may step by another name."""
        held = [p for group in self._optimizer.param_groups for p in group["params"]]
        return [p._version for p in held]  # noqa: SLF001

    def _next_batch(self) -> tuple[Any, int]:
        self._context.batch = None
        self._checkpoint("The dataloader")
        batch = self._batches.next()
        self._seen(batch)
        epoch, self._hooks.number = self._batches.at
        if self._hooks.number == 0:
            self._hooks.begin_epoch(epoch)
        # Trainings that go on side by side are in different epochs.
        self._hooks.surroundings.trainer.current_epoch = epoch
        return batch, self._hooks.number

    def _next_loss(self, next_batch: NextBatch) -> Tensor:
        """Return the loss of the next batch that the step function has one for."""
        skipped = 0
        while True:
            batch, number = next_batch()
            self._checkpoint("The model")
            self._objective.begin(batch, number)
            with self._precision.autocast():
                loss = self._objective(batch, (number,))
            if loss is not None:
                return loss
            self._hooks.end_batch()
            skipped += 1
            self._found.batches_without_loss += 1
            if skipped == MOST_WITHOUT_LOSS or self._needs_closure:
                raise TypeError(endings.no_loss(self._objective.source, skipped))

    def _gradients(self, next_batch: NextBatch, places: range) -> list[Tensor]:
        """Add the gradients of some of the accumulated batches; return their losses.

        Before the first of all, at place 0, the gradients are cleared.
        """
        accumulate = self._options.accumulate
        if not self._hooks and 0 in places:
            self._optimizer.zero_grad()
        losses: list[Tensor] = []
        for place in places:
            if losses:
                self._hooks.end_batch()
            loss = self._next_loss(next_batch)
            if self._hooks and place == 0:  # where their Trainer does
                self._hooks.zero_grad()
            self._checkpoint("The backward pass")
            part = loss if accumulate == 1 else loss / accumulate
            self._hooks.backward(
                self._precision.scaled(part), create_graph=self._options.create_graph
            )
            losses.append(loss.detach())
            del loss, part  # and with them the graph, before the next batch makes its own
            if self._batches.is_last:
                break
        return losses

    def _shape_gradients(self) -> None:
        """Do what comes between the backward pass and the step."""
        clip = self._options.clip_grad_norm
        if clip is None and not self._hooks:
            return
        self._context.part = "Clipping the gradient"
        self._precision.unscale(self._optimizer)
        self._hooks("on_before_optimizer_step", self._optimizer)
        own = {"gradient_clip_val": clip, "gradient_clip_algorithm": None}
        if (
            not self._hooks("configure_gradient_clipping", self._optimizer, **own)
            and clip is not None
        ):
            torch.nn.utils.clip_grad_norm_(self._parameters, clip)
