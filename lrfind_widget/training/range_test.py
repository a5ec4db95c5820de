"""The learning-rate range test."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from torch import nn
from torch.optim import Optimizer

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.points import Point, StopReason
from lrfind_widget.results.result import SweepResult
from lrfind_widget.training import endings
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import Arguments, refuse_unknown
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.experiment import Experiment, versions
from lrfind_widget.training.objective import LossFunction, PrepareFunction, StepFunction
from lrfind_widget.training.param_groups import GroupRates
from lrfind_widget.training.record import Record
from lrfind_widget.training.trial import Step, Trial


class Sweep(Experiment):
    """A learning-rate range test: an iterator of points.

    Trains with a rate that rises from step to step and yields the loss at each, until the
    planned steps are taken, the loss diverges, or somebody stops it. However it ends, also by an
    exception or by not being read to the end, the model, the optimizer and the random state are
    then what they were.

    The schedule, the smoothing and the stop rule are fastai v1's (`Learner.lr_find`); a linear
    schedule is that of Smith 2015 (arXiv 1506.01186).

    Parameters
    ----------
    model : torch.nn.Module
        Model to train. Its device is where batches are moved to. If it is in eval mode as a
        whole it is trained in train mode; submodules in eval mode inside a model in train mode
        stay so.
    dataloader : iterable
        Gives batches: tuples, lists, mappings, named tuples, dataclasses, nested. Started again
        as often as `num_it` needs; its length is never asked for.
    optimizer : torch.optim.Optimizer
        Over parameters of the model.
    loss_fn : callable, optional
        `(output, target) -> loss`, a scalar tensor. By default the first batch tells (see
        `Objective`).
    step_fn : callable, optional
        `(model, batch) -> loss`, in place of everything between the batch and the loss.
    prepare_batch : callable, optional
        `batch -> batch`, applied to each batch first, for example to `(inputs, target)`.
    start_lr, end_lr : float, default 1e-7 and 10
        Rates of the first step and, in the exponential schedule, of the one after the last.
    num_it : int, default 100
        Optimizer steps.
    stop_div : bool, default True
        Stop when the smoothed loss exceeds four times its best. A loss that is NaN or infinite
        ends the sweep in any case.
    wd : float, optional
        Weight decay for the sweep. By default the optimizer's own.
    mode : {"exp", "linear"}, default "exp"
        How the rate rises.
    groups : str, default "ratio"
        Parameter groups keep the ratios of their rates; "same" gives all the same; the `name`
        of a group sweeps that one only.
    accumulate : int, default 1
        Batches for one step. The recorded loss is their mean.
    amp : {"bf16", "fp16"}, optional
        Autocast to this type; fp16 with a gradient scaler.
    grad_scaler : torch.amp.GradScaler, optional
        Scaler to use. Steps that it skips are counted, not recorded, and taken again at the
        same rate on the next batch.
    clip_grad_norm : float, optional
        Largest norm of the gradient of the optimizer's parameters.
    val_loader : iterable, optional
        Batches to compute a validation loss on after each step, in eval mode and under the same
        autocast. Draws no random numbers from the training.
    val_batches : int, optional
        How many of them, each time the same. By default all.
    seed : int, optional
        Seeds torch, numpy, Python and the generators of the loader inside the sweep, which makes
        it repeatable. These generators belong to the process: a cell that draws numbers while
        the sweep runs takes them out of the same row, and its own are put back at the end.
    repeats : int, default 1
        Sweeps from the same state, each with another data order. The first is exactly the sweep
        that ``repeats=1`` makes; the others are seeded with ``seed + 1, seed + 2, ...``, or with
        fresh entropy where no `seed` is given. One that diverges does not end the others.
    isolation : {"auto", "copy", "in_place"}, default "auto"
        Whether a copy of model and optimizer is trained, or they themselves (see `Isolation`).
    beta : float, default 0.98
        Weight of the past in the smoothed loss.

    Attributes
    ----------
    schedule : Schedule
        The rates.
    steps : int
        Steps planned, those of all repeats together.
    settings : dict
        The keywords as JSON values.
    multipliers : tuple of float
        Rate of each parameter group divided by the recorded one; 0 where a group keeps its own.
    axis_label : str
        Which rate the recorded one is.
    objective : str
        Which loss is made smaller. Empty before the first batch.
    isolation_sentence : str
        How the model is kept from change, and why so.
    skipped_steps : int
        Steps that the gradient scaler skipped.
    stop_reason : StopReason or None
        Why the sweep ended.
    stop_sentence : str
        The same in words.
    receipt : Receipt or None
        After the end: what was compared with the state before.
    on_wait : callable
        Called with True when a paused sweep starts to wait, and with False when it goes on.

    Raises
    ------
    TypeError, ValueError
        For every argument that can be told wrong before data is read.

    Examples
    --------
    >>> sweep = Sweep(model, loader, optimizer)
    >>> for point in sweep:
    ...     print(point.lr, point.loss)
    """

    noun = "sweep"

    def __init__(
        self,
        model: nn.Module,
        dataloader: Iterable[Any],
        optimizer: Optimizer,
        *,
        loss_fn: LossFunction | None = None,
        step_fn: StepFunction | None = None,
        prepare_batch: PrepareFunction | None = None,
        start_lr: float = 1e-7,
        end_lr: float = 10.0,
        num_it: int = 100,
        stop_div: bool = True,
        wd: float | None = None,
        mode: str = "exp",
        groups: str = "ratio",
        accumulate: int = 1,
        amp: str | None = None,
        grad_scaler: Any = None,
        clip_grad_norm: float | None = None,
        val_loader: Iterable[Any] | None = None,
        val_batches: int | None = None,
        seed: int | None = None,
        repeats: int = 1,
        isolation: str = "auto",
        beta: float = 0.98,
        **unknown: Any,
    ) -> None:
        given = Arguments(
            loss_fn=loss_fn,
            step_fn=step_fn,
            prepare_batch=prepare_batch,
            start_lr=start_lr,
            end_lr=end_lr,
            num_it=num_it,
            stop_div=stop_div,
            wd=wd,
            mode=mode,
            groups=groups,
            accumulate=accumulate,
            amp=amp,
            grad_scaler=grad_scaler,
            clip_grad_norm=clip_grad_norm,
            val_loader=val_loader,
            val_batches=val_batches,
            seed=seed,
            repeats=repeats,
            isolation=isolation,
            beta=beta,
        )
        refuse_unknown(unknown, vars(given), "The range test")
        super().__init__(model, dataloader, optimizer, given)
        self.schedule = given.schedule()
        self.settings = given.settings()
        rates = GroupRates(optimizer, groups)
        self.multipliers = rates.multipliers
        self.axis_label = rates.axis_label

    @property
    def steps(self) -> int:
        """Steps planned, those of all repeats together."""
        return len(self.schedule) * self._given.repeats

    def _run(self, isolation: Isolation, where: ErrorContext) -> Iterator[Point]:
        """Sweep as often as asked, each time from the same state."""
        given = self._given
        if given.repeats > 1:
            isolation.mark()
        for repeat in range(given.repeats):
            if repeat > 0:
                isolation.rewind()
                self._records.append(Record(given.beta, given.stop_div, repeat))
            skipped = self.skipped_steps
            with contextlib.closing(Trial(isolation, given.of_repeat(repeat), where)) as trial:
                yield from self._range_test(trial, isolation, where, skipped)
            if self.stop_reason is not None:
                return

    def _range_test(
        self, trial: Trial, isolation: Isolation, where: ErrorContext, skipped: int
    ) -> Iterator[Point]:
        """Run the algorithm: set the rate, step, record, decide."""
        self.multipliers = trial.rates.multipliers
        self.axis_label = trial.rates.axis_label
        record, step, planned = self._records[-1], 0, len(self.schedule)
        before = (len(self._records) - 1) * planned
        ending: tuple[StopReason, endings.Sentence] = StopReason.FINISHED, endings.finished
        while step < planned and record.reason is None:
            if self._is_stopped(isolation):
                ending = StopReason.STOPPED, endings.stopped
                break
            where.step = before + step
            try:
                taken = trial.step(step, self.schedule.lr(step))
            except OutOfDataError as error:
                if step == 0:
                    raise
                ending = StopReason.FINISHED, functools.partial(endings.early, error.sentence)
                break
            except Exception:
                yield from self._recorded(trial.losses.rescue())
                raise
            step += taken
            self.objective = trial.objective.sentence
            self.skipped_steps = skipped + trial.precision.skipped_steps
            yield from self._recorded(trial.losses.ready())
            if trial.precision.gave_up:
                ending = StopReason.NON_FINITE, endings.scaler_gave_up
                break
        yield from self._recorded(trial.losses.flush())
        if record.reason is None:
            reason, sentence = ending
            self._end_repeat(reason, sentence(record, planned))

    def _recorded(self, arrived: Iterable[tuple[Step, list[float]]]) -> Iterator[Point]:
        """Record losses until one of them ends the sweep; what ran past that is dropped."""
        record = self._records[-1]
        for (step, lr, taken), (loss, *val_loss) in arrived:
            if record.reason is not None:
                return
            if not taken and math.isfinite(loss):
                continue
            point = record.add(step, lr, loss, *val_loss)
            if record.verdict is not None:
                self._end_repeat(record.verdict, endings.judged(record.verdict, record))
            yield point

    def _end_repeat(self, reason: StopReason, sentence: str) -> None:
        """End a repeat, and with the last one, or on request, everything."""
        record = self._records[-1]
        record.reason, record.sentence = reason, sentence
        if reason is StopReason.STOPPED or len(self._records) == self._given.repeats:
            self._end(*endings.of_repeats(self._records, len(self.schedule)))

    def _stopped_sentence(self) -> str:
        record = self._records[-1]
        record.reason = StopReason.STOPPED
        record.sentence = endings.stopped(record, len(self.schedule))
        return endings.of_repeats(self._records, len(self.schedule))[1]

    def result(self) -> SweepResult:
        """Return what has been found, also after a sweep that was stopped or failed.

        Raises
        ------
        RuntimeError
            While the sweep has not ended.
        """
        if self.stop_reason is None:
            raise RuntimeError("The sweep has not ended yet, so there is no result.")
        points = [point for record in self._records for point in record.points]
        given = self._given
        val_losses = [point.val_loss for point in points]
        return SweepResult(
            lrs=np.array([point.lr for point in points], dtype=np.float64),
            losses=np.array([point.loss for point in points], dtype=np.float64),
            smoothed=np.array([point.smoothed for point in points], dtype=np.float64),
            steps=np.array([point.step for point in points], dtype=np.int64),
            val_losses=np.array(val_losses, dtype=np.float64)
            if given.val_loader is not None
            else None,
            repeats=np.array([point.repeat for point in points]) if given.repeats > 1 else None,
            stop_reason=self.stop_reason,
            stop_sentence=self.stop_sentence,
            settings=self.settings,
            objective=self.objective,
            isolation=self.isolation_sentence,
            multipliers=self.multipliers,
            skipped_steps=self.skipped_steps,
            duration=self._duration,
            receipt=self.receipt,
            versions=versions(),
            created=self._created,
        )

    def _forget(self) -> None:
        super()._forget()
        self._records = [Record(self._given.beta, self._given.stop_div)]
