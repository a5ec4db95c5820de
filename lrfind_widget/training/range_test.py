"""The learning-rate range test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np

from lrfind_widget import endings
from lrfind_widget.curves.formatting import written_as
from lrfind_widget.keywords import constructor, keywords
from lrfind_widget.options import SweepOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Losses, Plan, Point, Update
from lrfind_widget.results.result import SweepResult
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import check_can_restart
from lrfind_widget.training.control import Control, SweepEnded
from lrfind_widget.training.critical_rate import CriticalRate
from lrfind_widget.training.experiment import Experiment
from lrfind_widget.training.param_groups import GroupRates
from lrfind_widget.training.range_matching import matched
from lrfind_widget.training.record import Record
from lrfind_widget.training.trainers import training_of
from lrfind_widget.training.update import Pass

EarlyEnd = tuple[StopReason, endings.Sentence]
"""Why a pass ended before its last step, though not for its losses."""


class ClosedUpdate(Update, Protocol):
    """An update that holds something until it is closed."""

    def close(self) -> None:
        """Let go of it."""


def range_test(
    update: Update, steps: int, lr_at: Callable[[int], float], record: Record, control: Control
) -> Iterator[Point]:
    """Raise the learning rate from step to step and record the loss (Smith 2015)."""
    step = 0
    while step < steps and record.verdict is None:
        control.wait_or_stop()
        taken = update.step(step, lr_at(step))  # set the rate, step
        yield from record.take(update.arrived())  # record, decide
        step += taken  # a step that was skipped is taken again
    yield from record.take(update.rest())


def run_pass(
    update: ClosedUpdate,
    steps: int,
    lr_at: Callable[[int], float],
    record: Record,
    control: Control,
) -> Generator[Point, None, EarlyEnd | None]:
    """Do a range test to whatever end, and record every loss that can still be had then."""
    with contextlib.closing(update):
        try:
            yield from range_test(update, steps, lr_at, record, control)
        except SweepEnded as ended:
            yield from record.take(update.rest())
            if isinstance(ended, OutOfDataError) and not record.points:
                raise
            return ended.reason, ended.sentence
        except Exception:
            yield from record.take(salvaged(update))
            raise
    return None


def salvaged(update: Update) -> list[Losses]:
    """Return the losses that can still be had of an update that failed."""
    with contextlib.suppress(Exception):  # an error of the device is raised once more
        return list(update.rest())
    return []


class Sweep(Experiment):
    """A learning-rate range test: an iterator of points.

    Trains with a rate that rises from step to step and yields the loss at each, until the
    planned steps are taken, the loss diverges, or it is stopped. However it ends, also by an
    exception or by not being read to the end, the model, the optimizer and the random state are
    then what they were.

    The schedule and the smoothing are fastai v1's (`Learner.lr_find`), and so is the stop rule but
    for the noise of small batches; a linear schedule is that of Smith 2015 (arXiv 1506.01186).
    Between two of its first steps it looks for the critical rate (see `CriticalRate`).

    Parameters
    ----------
    model : torch.nn.Module
        Model to train. Its device is where batches are moved to. If it is in eval mode as a
        whole it is trained in train mode; submodules in eval mode inside a model in train mode
        stay so.
        {trainers}
    dataloader : iterable
        Gives batches: tuples, lists, mappings, named tuples, dataclasses, nested. Started again
        as often as `num_it` needs; its length is never asked for.
    optimizer : torch.optim.Optimizer
        Over parameters of the model.
    {keywords}

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
        Empty where that changes on the way.
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
        For every argument that can be seen to be wrong before data is read.

    Examples
    --------
    >>> sweep = Sweep(model, loader, optimizer)
    >>> for point in sweep:
    ...     print(point.lr, point.loss)
    """

    noun = "sweep"
    finds_critical_rate = True
    _options: SweepOptions
    _critical: CriticalRate | None

    @constructor
    @keywords(SweepOptions)
    def __init__(
        self,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        *,
        options: SweepOptions,
    ) -> None:
        super().__init__(training_of(model, dataloader, optimizer), options)
        if options.repeats > 1:
            check_can_restart("dataloader", self._objects.dataloader, "for each repeat")
        optimizer = self._objects.optimizer
        self._options = options = matched(optimizer, options)
        self.schedule = options.schedule
        self.settings = options.settings()
        with written_as(options.mode):
            rates = GroupRates(optimizer, options.groups)
        self.multipliers = rates.multipliers
        self._own_lr = rates.own
        self.axis_label = rates.axis_label

    @property
    def plan(self) -> Plan:
        """What it is going to do."""
        schedule = self.schedule
        ends = schedule.start_lr, schedule.end_lr
        return Plan(
            "sweep", ends, len(schedule), self._options.repeats, schedule.mode, self.axis_label
        )

    def _run(self, given: Pass) -> Iterator[Point]:
        """Sweep as often as asked, each time from the same state."""
        options, planned = self._options, given.steps
        beginning = given.isolation.mark() if options.repeats > 1 else None
        for repeat in range(options.repeats):
            if beginning is not None and repeat > 0:
                beginning.restore()
                self._records.append(Record(options.beta, options.stop_div, repeat))
            given.context.steps_before = repeat * planned
            update = self._training.update(replace(given, options=options.of_repeat(repeat)))
            self.multipliers, self.axis_label = update.rates.multipliers, update.rates.axis_label
            record = self._records[-1]
            looks_aside: ClosedUpdate = update
            if repeat == 0 and self.finds_critical_rate:
                ends = self.schedule.start_lr, self.schedule.end_lr
                looks_aside = self._critical = CriticalRate(update, ends, planned, self.control)
            early = yield from run_pass(
                looks_aside, planned, self.schedule.lr, record, self.control
            )
            self._end_repeat(early or (StopReason.FINISHED, endings.sweep_finished))
            if record.reason is StopReason.STOPPED:
                return

    def _end_repeat(self, ending: EarlyEnd) -> None:
        """End a repeat for its losses, else as given; and with the last, or on request, all."""
        record, planned = self._records[-1], len(self.schedule)
        if record.verdict is not None:
            record.reason = record.verdict
            record.sentence = endings.loss_ended_sweep(record, planned)
        else:
            record.reason, sentence = ending
            record.sentence = sentence(record, planned)
        last = len(self._records) == self._options.repeats
        if last or record.reason is StopReason.STOPPED:
            self._end(*endings.repeats_ended(self._records, planned))

    def _end_on_request(self) -> None:
        record, planned = self._records[-1], len(self.schedule)
        with written_as(self.schedule.mode):
            self._end_repeat((StopReason.STOPPED, endings.sweep_stopped))
            if self.stop_reason is None:  # between two repeats
                record.reason = StopReason.STOPPED
                record.sentence = endings.sweep_stopped(record, planned)
                self._end(*endings.repeats_ended(self._records, planned))

    def result(self) -> SweepResult:
        """Return what has been found, also after a sweep that was stopped or failed.

        Raises
        ------
        RuntimeError
            While the sweep has not ended.
        """
        ending = self._ending()
        points = [point for record in self._records for point in record.points]
        options = self._options
        val_losses = [point.val_loss for point in points]
        return SweepResult(
            lrs=np.array([point.lr for point in points], dtype=np.float64),
            losses=np.array([point.loss for point in points], dtype=np.float64),
            smoothed=np.array([point.smoothed for point in points], dtype=np.float64),
            steps=np.array([point.step for point in points], dtype=np.int64),
            val_losses=np.array(val_losses, dtype=np.float64)
            if options.val_loader is not None
            else None,
            repeats=np.array([point.repeat for point in points]) if options.repeats > 1 else None,
            multipliers=self.multipliers,
            axis_label=self.axis_label,
            own_lr=self._own_lr,
            skipped_steps=self.skipped_steps,
            batch_size=self._found.batch_size,
            optimizer=type(self._objects.optimizer).__name__,
            critical_lr=None if self._critical is None else self._critical.lr,
            critical_note="" if self._critical is None else self._critical.note,
            **ending,
        )

    def _forget(self) -> None:
        super()._forget()
        self._records = [Record(self._options.beta, self._options.stop_div)]
        self._critical = None
