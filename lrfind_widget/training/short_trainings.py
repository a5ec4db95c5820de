"""Short trainings from one state at a few rates, to see which does best."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn
from torch.optim import Optimizer

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.points import Point, StopReason
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.training.batch import model_device
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import (
    Arguments,
    SweepOptions,
    check_can_restart,
    check_rate,
    check_whole,
    refuse_unknown,
)
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.experiment import Experiment, versions
from lrfind_widget.training.progress_bar import ProgressBar
from lrfind_widget.training.record import Record
from lrfind_widget.training.seeding import RandomSources
from lrfind_widget.training.trial import Step, Trial

if TYPE_CHECKING:
    from typing_extensions import Unpack

BETA = 0.9
"""Weight of the past in the smoothed losses that are drawn. The comparison takes the raw ones."""

VALIDATIONS = 40
"""Validation losses that are computed in each training, at least one a step."""

_ONLY_SWEEPS = ("start_lr", "end_lr", "num_it", "stop_div", "mode", "repeats", "beta")
"""Keywords of a sweep that mean nothing here."""


class ShortTrainings(Experiment):
    """Trains from the same state at one rate after the other: an iterator of points.

    Every training begins with the same weights, optimizer state and random state and sees the
    same batches in the same order, so that only the rate differs. One that becomes NaN or
    infinite ends there. `Point.repeat` says which rate a point belongs to.

    Parameters
    ----------
    model, dataloader, optimizer
        As for `Sweep`.
    lrs : sequence of float
        The rates of the reference parameter group; the other groups keep their ratios.
    steps : int, default 100
        Optimizer steps at each rate.
    **options
        Keywords of `Sweep`; those of its schedule mean nothing here and are ignored.

    Raises
    ------
    TypeError, ValueError
        For every argument that can be told wrong before data is read.
    """

    noun = "comparison"

    def __init__(
        self,
        model: nn.Module,
        dataloader: Iterable[Any],
        optimizer: Optimizer,
        lrs: Sequence[float],
        steps: int = 100,
        **options: Unpack[SweepOptions],
    ) -> None:
        known = SweepOptions.__annotations__
        refuse_unknown(set(options) - set(known), known, "The comparison")
        self.lrs = tuple(check_rate("a rate of lrs", lr) for lr in lrs)
        if not self.lrs:
            raise ValueError("lrs is empty, expected at least one learning rate.")
        self._steps = check_whole("steps", steps, 1)
        check_can_restart("dataloader", dataloader, "at each rate")
        given: dict[str, Any] = {n: v for n, v in options.items() if n not in _ONLY_SWEEPS}
        super().__init__(model, dataloader, optimizer, Arguments(**given, beta=BETA))
        settings = self._given.settings()
        self.settings = {n: v for n, v in settings.items() if n not in _ONLY_SWEEPS} | {
            "lrs": list(self.lrs),
            "steps": self._steps,
        }

    @property
    def steps(self) -> int:
        """Steps planned, those at all rates together."""
        return self._steps * len(self.lrs)

    @property
    def steps_each(self) -> int:
        """Steps planned at each rate."""
        return self._steps

    def _run(self, isolation: Isolation, where: ErrorContext) -> Iterator[Point]:
        given = self._given
        isolation.mark()
        model, loaders = isolation.objects.model, isolation.objects.loaders
        random = RandomSources(model_device(model), [model, *loaders])
        beginning = random.get()
        for number, lr in enumerate(self.lrs):
            if number > 0:
                isolation.rewind()
                random.set(beginning)
            self._records.append(Record(BETA, stop_div=False, repeat=number))
            with contextlib.closing(Trial(isolation, given, where)) as trial:
                yield from self._train(trial, lr, isolation, where)
            if self.stop_reason is not None:
                return
        count = "rate" if len(self.lrs) == 1 else "rates"
        sentence = f"Finished: {self._steps} steps at {len(self.lrs)} {count}."
        self._end(StopReason.FINISHED, sentence)

    def _train(
        self, trial: Trial, lr: float, isolation: Isolation, where: ErrorContext
    ) -> Iterator[Point]:
        """Train at one rate."""
        record = self._records[-1]
        every = self._validate_every
        for step in range(self._steps):
            if self._is_stopped(isolation):
                yield from self._recorded(trial.losses.flush())
                self._end(StopReason.STOPPED, self._stopped_sentence())
                return
            where.step = (len(self._records) - 1) * self._steps + step
            try:
                trial.step(step, lr, validate=(self._steps - 1 - step) % every == 0)
            except OutOfDataError as error:
                raise ValueError(error.sentence) from error
            self.objective = trial.objective.sentence
            yield from self._recorded(trial.losses.ready())
            if record.verdict is not None:
                return
        yield from self._recorded(trial.losses.flush())

    @property
    def _validate_every(self) -> int:
        return max(1, self._steps // VALIDATIONS)

    def _recorded(self, arrived: Iterable[tuple[Step, list[float]]]) -> Iterator[Point]:
        """Record losses until one of them is NaN or infinite."""
        record = self._records[-1]
        for (step, lr, _), (loss, *val_loss) in arrived:
            if record.verdict is None:
                yield record.add(step, lr, loss, *val_loss)

    def _stopped_sentence(self) -> str:
        taken = sum(len(record.points) for record in self._records)
        return f"Stopped on request after {taken} of {self.steps} steps: nothing is compared."

    def result(self) -> Comparison:
        """Return what has been found, also after an early end.

        Raises
        ------
        RuntimeError
            While it has not ended.
        """
        if self.stop_reason is None:
            raise RuntimeError("The comparison has not ended yet, so there is no result.")
        losses, val_losses = (np.full((len(self.lrs), self._steps), np.nan) for _ in range(2))
        for row, record in enumerate(self._records):
            for point in record.points:
                losses[row, point.step] = point.loss
                if point.val_loss is not None:
                    val_losses[row, point.step] = point.val_loss
        missing = len(self.lrs) - len(self._records)
        taken = [len(record.points) for record in self._records]
        diverged = [record.verdict is not None for record in self._records]
        return Comparison(
            lrs=self.lrs,
            losses=losses,
            val_losses=None if self._given.val_loader is None else val_losses,
            taken=(*taken, *[0] * missing),
            diverged=(*diverged, *[False] * missing),
            stop_reason=self.stop_reason,
            stop_sentence=self.stop_sentence,
            settings=self.settings,
            objective=self.objective,
            isolation=self.isolation_sentence,
            duration=self._duration,
            receipt=self.receipt,
            versions=versions(),
            created=self._created,
        )

    def _forget(self) -> None:
        super()._forget()
        self._records: list[Record] = []


def compare_lrs(
    model: nn.Module,
    dataloader: Iterable[Any],
    optimizer: Optimizer,
    lrs: Sequence[float],
    steps: int = 100,
    *,
    progress: bool = True,
    **options: Unpack[SweepOptions],
) -> Comparison:
    """Train a little at each of some rates and say which did best.

    The trainings start from the same state and see the same batches in the same order. Model,
    optimizer and random state are afterwards what they were, however it ends.

    Parameters
    ----------
    model : torch.nn.Module
        Model to train, or to train a copy of.
    dataloader : iterable
        Gives batches.
    optimizer : torch.optim.Optimizer
        Over parameters of the model.
    lrs : sequence of float
        The rates to try.
    steps : int, default 100
        Optimizer steps at each rate.
    progress : bool, default True
        Whether a bar on standard error shows how far it is.
    **options
        Keywords of `Sweep`, such as `loss_fn` or `val_loader`. With a `val_loader` the
        validation loss decides, computed about 40 times in each training.

    Returns
    -------
    Comparison
        Its `sentence` says which rate did best over the last quarter of the steps, and whether
        by more than the noise. After a KeyboardInterrupt what there was until then.

    Raises
    ------
    TypeError, ValueError
        For arguments that can be told wrong, before data is read.
    Exception
        Whatever the model, the data, the loss or the optimizer raises, as it was raised.

    Examples
    --------
    >>> compare_lrs(model, loader, optimizer, [1e-3, 1e-2, 1]).sentence
    """
    trials = ShortTrainings(model, dataloader, optimizer, lrs, steps, **options)
    with (
        ProgressBar("Comparison", trials.steps, shown=progress) as bar,
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(iter(trials)) as points,
    ):
        for point in points:
            bar.count(point)
    return trials.result()
