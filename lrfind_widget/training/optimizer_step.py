"""One optimizer step: batches, gradients, update, and the losses before and after it."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lrfind_widget import endings, messages, no_critical_rate
from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.moment import Moment
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.options import TrainingOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Losses
from lrfind_widget.training.batch import known_size, model_device
from lrfind_widget.training.batches import Batches
from lrfind_widget.training.control import SweepEnded
from lrfind_widget.training.custom_updates import bound_update, needs_closure
from lrfind_widget.training.device import Execution
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.late_losses import LossQueue
from lrfind_widget.training.lightning_hooks import Hooks
from lrfind_widget.training.objective import Objective
from lrfind_widget.training.param_groups import GroupRates, in_no_group, set_weight_decay
from lrfind_widget.training.precision import MOST_SKIPS, Precision
from lrfind_widget.training.recent_batches import RecentBatches
from lrfind_widget.training.step_watch import StepWatch
from lrfind_widget.training.validation import Validation, set_mode

NextBatch = Callable[[], tuple[Any, int]]
"""Returns a batch and its number in its epoch."""

Label = tuple[int, float, bool]
"""Step, rate, and whether the step was taken."""

MOST_WITHOUT_LOSS = 100
"""Batches in a row that a step function may return None for."""


@dataclass
class Found:
    """What the steps of an experiment have shown besides their losses."""

    objective: str = ""
    skipped_steps: int = 0
    batches_without_loss: int = 0
    batch_size: int | None = None


class OptimizerStep:
    """Trains what an isolation gives as a plain training loop does, a step at a time.

    An `Update`.

    `checkpoint` is called with the part that comes next: before a batch is fetched, before the
    forward pass and before the backward pass. By default it sets the part in `context`.
    """

    def __init__(
        self,
        isolation: Isolation,
        options: TrainingOptions,
        context: ErrorContext,
        found: Found,
        *,
        checkpoint: Callable[[str], None] | None = None,
        validates: Callable[[int], bool] = lambda _step: True,
        retakes_skipped: bool = True,
        batches: Batches | None = None,
    ) -> None:
        objects = isolation.objects
        model, self._optimizer = objects.model, objects.optimizer
        device = model_device(model)
        self._parameters = list(model.parameters())
        self._options = options
        self._context = context
        self._found = found
        self._checkpoint = checkpoint or context.enter
        self._validates = validates
        self._retakes_skipped = retakes_skipped
        self.recent: RecentBatches | None = None
        self._demands_closure = needs_closure(self._optimizer)
        self._objects = objects
        self._hooks = Hooks(isolation, options, context)
        self._steps_itself = "optimizer_step" in self._hooks.own
        self._needs_closure = self._demands_closure or options.closure or self._steps_itself
        self.execution = Execution(
            device,
            default_device=isolation.default_device,
            own_stream=isolation.kind == "copy",
        )
        self._batches = Batches(objects.dataloader) if batches is None else batches
        self._losses: LossQueue[Label] = LossQueue.on(device)
        self._precision = Precision(options.amp, objects.grad_scaler, device)
        self.steps_alone = not (
            self._needs_closure
            or options.create_graph
            or objects.update_fn is not None
            or self._precision.scaler is not None
        )
        self.rates = GroupRates(self._optimizer, options.groups)
        self._watch = StepWatch(self._optimizer, self.rates.check)
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
        set_mode(self._optimizer, training=True)
        if options.wd is not None:
            set_weight_decay(self._optimizer, options.wd)
        self._validation: Validation | None = None
        if options.seed is None and objects.val_loader is None:
            return
        random = RandomSources(device, [model, *objects.loaders])
        if options.seed is not None:
            random.seed(options.seed)
        if objects.val_loader is not None:
            if objects.val_loss_fn is not None:
                objective = Objective(
                    model, device, loss_fn=objects.val_loss_fn, loss_name="val_loss_fn", **common
                )
            self._validation = Validation(
                model,
                self._optimizer,
                objects.val_loader,
                options.val_batches,
                objective,
                self._precision,
                random,
                context,
            )

    @property
    def scaler(self) -> Any:
        """The gradient scaler, given or made here; None without one."""
        return self._precision.scaler

    def step(self, step: int, lr: float) -> bool:
        """Set the rate and take a step; return False where the gradient scaler skipped it."""
        self._context.begin_step(step)
        self._hooks.surroundings.trainer.global_step = step
        with self.execution():
            self.rates.set(self._optimizer, lr)
            try:
                loss, taken = self._take(self._next_batch)
                self._hooks.surroundings.trainer.global_step = step + 1
                self._hooks.end_batch()
            except StopIteration as error:  # in a generator, as a sweep is, it would mean the end
                raise RuntimeError(
                    f"{self._context.part} raised StopIteration: an iterator that it reads with "
                    "next() has ended. Start that again there, or read itertools.cycle(...) of it."
                ) from error
            if not self._watch.is_hooked:
                self.rates.check(self._optimizer)
            losses = [loss]
            if self._validation is not None and taken and self._validates(step):
                losses.append(self._validation.loss())
            counts = taken or not self._retakes_skipped
            self._losses.put((step, lr, counts), *losses)
        if self._updates:
            trained = self._watch.taken or self._versions() != self._at_first
            self._note = "" if trained else messages.NOTHING_TRAINED
        self._found.objective = "; ".join(filter(None, (self._objective.sentence, self._note)))
        self._found.skipped_steps += not counts
        if self._precision.gave_up and not counts:
            sentence = functools.partial(endings.scaler_gave_up, MOST_SKIPS)
            raise SweepEnded(StopReason.NON_FINITE, sentence)
        return counts

    def arrived(self) -> Iterator[Losses]:
        """Take out the losses that have arrived; on a GPU they lag by a few steps."""
        return (Losses(*label, *losses) for label, losses in self._losses.ready())

    def rest(self) -> Iterator[Losses]:
        """Wait for all others, and take them out."""
        return (Losses(*label, *losses) for label, losses in self._losses.flush())

    def swept_at(self, lr: float) -> list[tuple[Tensor, float]]:
        """Return the parameters whose rate is swept, each with its own for the sweep's `lr`."""
        groups = zip(self._optimizer.param_groups, self.rates.at(lr), strict=True)
        return [(p, rate) for group, rate in groups if rate is not None for p in group["params"]]

    @property
    def why_not_try(self) -> str:
        """Why steps cannot be tried out and the loss evaluated apart from them; "" if they can."""
        if self._demands_closure:
            return no_critical_rate.takes_many_steps(type(self._optimizer).__name__)
        return "" if self._says_loss else no_critical_rate.UPDATE_WITHOUT_LOSS

    def moment(self) -> Moment:
        """Return what leads back to the present state, of the batches only those to come."""
        return Moment(self._objects, self._precision.scaler)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Try something out without a trace in what is counted and said of the steps."""
        parts = self._context, self._found, self._precision, self._hooks
        records = [vars(part) for part in parts]
        before = [dict(record) for record in records]
        taken = self._watch.taken
        try:
            yield
        finally:
            self._watch.taken = taken
            for record, values in zip(records, before, strict=True):
                record.update(values)

    def try_step(self, lr: float, batches: Iterable[Any]) -> bool:
        """Take a step with all groups that are swept at a rate; return whether it was taken.

        Where the optimizer does nothing but step it steps once more by the latest gradients, which
        costs no pass. Else the whole step is taken, on these batches.
        """
        self.rates.set_alike(self._optimizer, lr)
        if self.steps_alone:
            self._optimizer.step()
            return True
        given = itertools.cycle((batch, self._hooks.number) for batch in batches)
        taken = self._take(given.__next__)[1]
        self._hooks.end_batch()
        return taken

    def loss_of(self, batch: Any) -> Tensor | None:
        """Return the loss of a batch, with all that a training step does for it."""
        with self._precision.autocast():
            loss = self._evaluated(batch)
        return None if loss is None else loss.detach()

    def close(self) -> None:
        """Let go of the loader's workers and wait for what the device still does."""
        self._watch.close()
        if self._options.create_graph:  # gradients and parameters would keep each other for ever
            held = [p for group in self._optimizer.param_groups for p in group["params"]]
            for parameter in [*self._parameters, *held]:
                parameter.grad = None
        self._batches.close()
        if self._validation is not None:
            self._validation.close()
        # An error of the device is raised where its result is read, not here.
        with contextlib.suppress(Exception):
            self.execution.finish()

    def _take(self, next_batch: NextBatch) -> tuple[Tensor, bool]:
        """Take a step on the next batches; return the loss before it, and whether it was taken.

        The loss is the mean over accumulated batches, and the first evaluation of a closure
        optimizer.
        """
        if self._updates:
            return self._next_loss(next_batch).detach(), True
        if self._needs_closure:
            return self._take_with_closure(next_batch), True
        loss = _mean(self._gradients(next_batch, range(self._options.accumulate)))
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
                losses.append(_mean(earlier + found))
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
        if self._found.batch_size is None:
            self._found.batch_size = known_size(batch)
        if self.recent is not None:
            self.recent.add(batch)
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
            mean = loss if accumulate == 1 else loss / accumulate
            self._hooks.backward(
                self._precision.scaled(mean), create_graph=self._options.create_graph
            )
            losses.append(loss.detach())
            del loss, mean  # and with them the graph, before the next batch makes its own
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


def _mean(losses: list[Tensor]) -> Tensor:
    return losses[0] if len(losses) == 1 else torch.stack(losses).mean()
