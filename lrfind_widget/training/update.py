"""What every update has in common, whose step it may be: rates, losses, validation, seeds."""

from __future__ import annotations

import contextlib
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lrfind_widget import endings, no_critical_rate
from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.moment import Moment
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Losses
from lrfind_widget.training.batch import known_size, model_device
from lrfind_widget.training.batches import Batches, Reading
from lrfind_widget.training.control import SweepEnded
from lrfind_widget.training.device import Execution
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.late_losses import LossQueue
from lrfind_widget.training.param_groups import GroupRates, set_weight_decay
from lrfind_widget.training.precision import MOST_SKIPS
from lrfind_widget.training.recent_batches import RecentBatches
from lrfind_widget.training.step_watch import StepWatch
from lrfind_widget.training.validation import LossOf, Validation, set_mode
from lrfind_widget.training_options import TrainingOptions

Label = tuple[int, float, bool]
"""Step, rate, and whether the step was taken."""


@dataclass
class Found:
    """What the steps of an experiment have shown besides their losses."""

    objective: str = ""
    skipped_steps: int = 0
    batches_without_loss: int = 0
    batch_size: int | None = None


@dataclass(frozen=True)
class Pass:
    """What the steps of one pass are taken with: a repeat of a sweep, trainings from one state."""

    isolation: Isolation
    options: TrainingOptions
    context: ErrorContext
    found: Found
    steps: int
    """How many are planned."""
    validates: Callable[[int], bool] = lambda _step: True
    """Whether the validation loss is computed after a step."""
    retakes_skipped: bool = True
    batches: Batches | None = None
    """Those to train on; by default a new reading of the loader."""


class TrainingUpdate(ABC):
    """Trains what an isolation gives, a step at a time. An `Update`.

    A subclass takes the step. It calls `_checkpoint` with the part that comes next: before data is
    fetched, before the forward and the backward pass.
    """

    seeds_all = True
    """Whether a seed is for the generators of the user's objects too, or for the process alone."""

    def __init__(self, given: Pass, reading: Reading) -> None:
        isolation, options = given.isolation, given.options
        self._objects = objects = isolation.objects
        self._optimizer = objects.optimizer
        self._device = device = model_device(objects.model)
        self._given, self._options, self._reading = given, options, reading
        self._context, self._found = given.context, given.found
        self._checkpoint = given.context.enter
        self._skipped_in_a_row = 0
        self.recent: RecentBatches | None = None
        self.execution = Execution(
            device,
            default_device=isolation.default_device,
            own_stream=isolation.kind == "copy",
        )
        self._losses: LossQueue[Label] = LossQueue.on(device)
        self.rates = GroupRates(self._optimizer, options.groups)
        self._watch = StepWatch(self._optimizer, self.rates.check)
        self._validation: Validation | None = None
        set_mode(self._optimizer, training=True)
        if options.wd is not None:
            set_weight_decay(self._optimizer, options.wd)

    def _begin(
        self, val_loader: Iterable[Any] | None, loss_of: LossOf, source: Callable[[], str]
    ) -> None:
        """Seed, and see to the validation loss: the last thing before the first step."""
        if self._options.seed is not None:
            drawing = self._objects.drawing if self.seeds_all else []
            RandomSources(self._device, drawing).seed(self._options.seed)
        if val_loader is not None:
            self._validate_on(val_loader, loss_of, source)

    def _validate_on(
        self, val_loader: Iterable[Any], loss_of: LossOf, source: Callable[[], str]
    ) -> None:
        """Compute the validation loss from now on; its random numbers begin with the present."""
        self._validation = Validation(
            self._objects.model,
            self._optimizer,
            val_loader,
            self._options.val_batches,
            loss_of,
            source,
            RandomSources(self._device, self._objects.drawing),
            self._context,
        )

    @abstractmethod
    def _take(self, step: int) -> tuple[Tensor, bool]:
        """Take a step on the next batches; return the loss before it, and whether it was taken."""

    @property
    @abstractmethod
    def _objective_sentence(self) -> str:
        """Which loss is made smaller."""

    @abstractmethod
    def loss_of(self, batch: Any) -> Tensor | None:
        """Return the loss of a batch, with all that a training step does for it."""

    @property
    def scaler(self) -> Any:
        """The gradient scaler, given or made here; None without one."""
        return self._objects.grad_scaler

    def step(self, step: int, lr: float) -> bool:
        """Set the rate and take a step; return False where the gradient scaler skipped it."""
        self._context.begin_step(step)
        with self.execution():
            self.rates.set(self._optimizer, lr)
            try:
                loss, taken = self._take(step)
            except StopIteration as error:  # in a generator, as a sweep is, it would mean the end
                raise RuntimeError(
                    f"{self._context.part} raised StopIteration: an iterator that it reads with "
                    "next() has ended. Start that again there, or read itertools.cycle(...) of it."
                ) from error
            if not self._watch.is_hooked:
                self.rates.check(self._optimizer)
            losses = [loss]
            if self._validation is not None and taken and self._given.validates(step):
                losses.append(self._validation.loss())
            counts = taken or not self._given.retakes_skipped
            self._losses.put((step, lr, counts), *losses)
        self._found.objective = self._objective_sentence
        self._found.skipped_steps += not counts
        self._skipped_in_a_row = 0 if taken else self._skipped_in_a_row + 1
        if self._skipped_in_a_row >= MOST_SKIPS and not counts:
            sentence = functools.partial(endings.scaler_gave_up, MOST_SKIPS)
            raise SweepEnded(StopReason.NON_FINITE, sentence)
        return counts

    def arrived(self) -> Iterator[Losses]:
        """Take out the losses that have arrived; on a GPU they lag by a few steps."""
        return (Losses(*label, *losses) for label, losses in self._losses.ready())

    def rest(self) -> Iterator[Losses]:
        """Wait for all others, and take them out."""
        return (Losses(*label, *losses) for label, losses in self._losses.flush())

    def close(self) -> None:
        """Let go of the loader's workers and wait for what the device still does."""
        self._watch.close()
        self._reading.close()
        if self._validation is not None:
            self._validation.close()
        # An error of the device is raised where its result is read, not here.
        with contextlib.suppress(Exception):
            self.execution.finish()

    # --- tried out ----------------------------------------------------------------------------

    @property
    def why_not_try(self) -> str:
        """Why steps cannot be tried out and the loss evaluated apart from them; "" if they can."""
        return no_critical_rate.NOT_OURS

    steps_alone = True
    """Whether the optimizer does nothing but step, by the latest gradients."""

    def swept_at(self, lr: float) -> list[tuple[Tensor, float]]:
        """Return the parameters whose rate is swept, each with its own for the sweep's `lr`."""
        groups = zip(self._optimizer.param_groups, self.rates.at(lr), strict=True)
        return [(p, rate) for group, rate in groups if rate is not None for p in group["params"]]

    def moment(self) -> Moment:
        """Return what leads back to the present state, of the batches only those to come."""
        return Moment(self._objects, self.scaler)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Try something out without a trace in what is counted and said of the steps."""
        records = [vars(part) for part in self._counted]
        before = [dict(record) for record in records]
        taken = self._watch.taken
        try:
            yield
        finally:
            self._watch.taken = taken
            for record, values in zip(records, before, strict=True):
                record.update(values)

    @property
    def _counted(self) -> list[object]:
        """What counts and says something of the steps."""
        return [self._context, self._found]

    def try_step(self, lr: float, batches: Iterable[Any]) -> bool:  # noqa: ARG002 - for others
        """Take a step with all groups that are swept at a rate; return whether it was taken.

        Where the optimizer does nothing but step it steps once more by the latest gradients, which
        costs no pass. Else the whole step is taken, on these batches.
        """
        self.rates.set_alike(self._optimizer, lr)
        self._optimizer.step()
        return True

    def _seen(self, batch: Any) -> None:
        """Take note of a batch, before the step uses it."""
        if self._found.batch_size is None:
            self._found.batch_size = known_size(batch)
        if self.recent is not None:
            self.recent.add(batch)


def mean(losses: list[Tensor]) -> Tensor:
    """Return the mean of the losses of accumulated batches."""
    return losses[0] if len(losses) == 1 else torch.stack(losses).mean()
