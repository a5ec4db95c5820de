"""Short trainings from one state at a few rates, to see which does best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from lrfind_widget import endings, messages
from lrfind_widget.curves.smoothing import GeometricAverage
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.keywords import keywords
from lrfind_widget.options import CompareOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.points import Plan, Point
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.training.batch import model_device
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import check_can_restart
from lrfind_widget.training.closing_line import say
from lrfind_widget.training.experiment import Experiment
from lrfind_widget.training.progress_bar import run_with_bar
from lrfind_widget.training.range_test import run_pass
from lrfind_widget.training.record import Record, tables_of
from lrfind_widget.training.trainers import training_of
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Pass
from lrfind_widget.training_options import TrainingOptions
from lrfind_widget.values import check_rate

BETA = 0.9
"""Weight of the past in the smoothed losses that are drawn. The comparison takes the raw ones."""

LABEL = {False: "step", True: "dots: validation loss; step"}
"""What the axis of trainings is called, by whether there is a validation loss."""

VALIDATIONS = 40
"""Validation losses that are computed in each training, at least one a step."""


class ShortTrainings(Experiment):
    """Trains from the same state at one rate after the other: an iterator of points.

    All see the same batches in the same order, so that only the rate differs. One that becomes NaN
    or infinite ends there. `Point.repeat` says which rate a point belongs to.
    """

    noun = "comparison"
    _options: CompareOptions

    def __init__(self, training: Training, lrs: Sequence[float], options: CompareOptions) -> None:
        if not isinstance(lrs, Iterable) or isinstance(lrs, str):
            raise TypeError(f"lrs={lrs!r}, expected several learning rates, such as [1e-3, 1e-2].")
        self.lrs = tuple(check_rate("a rate of lrs", lr) for lr in lrs)
        if not self.lrs:
            raise ValueError("lrs is empty, expected at least one learning rate.")
        super().__init__(training, options)
        check_can_restart("dataloader", self._objects.dataloader, "at each rate")
        own = options.settings_of(TrainingOptions)
        self.settings = own | {"steps": options.steps, "lrs": list(self.lrs)}

    @property
    def plan(self) -> Plan:
        """What it is going to do."""
        validated = self._options.val_loader is not None
        fates = tuple("diverged" if record.verdict else "" for record in self._records)
        steps, count = self._options.steps, len(self.lrs)
        return Plan("comparison", self.lrs, steps, count, label=LABEL[validated], fates=fates)

    def _run(self, given: Pass) -> Iterator[Point]:
        """Train at one rate after the other."""
        steps, objects = given.steps, given.isolation.objects
        mark = given.isolation.mark()
        random = RandomSources(model_device(objects.model), objects.drawing)
        beginning = random.get()
        every = max(1, steps // VALIDATIONS)
        given = replace(
            given,
            validates=lambda step: (steps - 1 - step) % every == 0,
            retakes_skipped=False,  # the rates would no longer see the same batches
        )
        for number, lr in enumerate(self.lrs):
            if number > 0:
                mark.restore()
                random.set(beginning)

            def constant(_step: int, lr: float = lr) -> float:
                return lr

            record = Record(BETA, stop_div=False, repeat=number, average=GeometricAverage)
            self._records.append(record)
            given.context.steps_before = number * steps
            update = self._training.update(given)
            try:
                early = yield from run_pass(update, steps, constant, record, self.control)
            except OutOfDataError as error:
                raise ValueError(str(error)) from error
            if early is not None:
                reason, sentence = early
                if reason is StopReason.FINISHED:  # there was too little to train with
                    raise ValueError(sentence(record, steps))
                self._end_on_request()
                return
        self._end(StopReason.FINISHED, endings.comparison_finished(steps, len(self.lrs)))

    def _end_on_request(self) -> None:
        taken = sum(len(record.points) for record in self._records)
        self._end(StopReason.STOPPED, endings.comparison_stopped(taken, self.steps))

    def result(self) -> Comparison:
        """Return what has been found, also after an early end."""
        ending = self._ending()
        losses, val_losses = tables_of(self._records, len(self.lrs), self._options.steps)
        missing = len(self.lrs) - len(self._records)
        taken = [len(record.points) for record in self._records]
        diverged = [record.verdict is not None for record in self._records]
        return Comparison(
            lrs=self.lrs,
            losses=losses,
            val_losses=None if self._options.val_loader is None else val_losses,
            taken=(*taken, *[0] * missing),
            diverged=(*diverged, *[False] * missing),
            **ending,
        )

    def _forget(self) -> None:
        super()._forget()
        self._records: list[Record] = []


@keywords(CompareOptions)
def compare_lrs(
    model: object,
    dataloader: object = None,
    optimizer: object = None,
    lrs: Sequence[float] = (),
    *,
    options: CompareOptions,
) -> Comparison:
    """Train a little at each of some rates and say which did best.

    The trainings start from the same state and see the same batches in the same order. Model,
    optimizer and random state are afterwards what they were, however it ends. With a `val_loader`
    the validation loss decides, computed about 40 times in each training. A line under the bar
    says which did best.

    Parameters
    ----------
    model : torch.nn.Module
        Model to train, or to train a copy of.
        {trainers}
    dataloader : iterable
        Gives batches.
    optimizer : torch.optim.Optimizer
        Over parameters of the model.
    lrs : sequence of float
        The rates to try.
    {keywords}

    Returns
    -------
    Comparison
        Its `sentence` says which rate did best over the last quarter of the steps, and whether
        by more than the noise. After a KeyboardInterrupt what there was until then.

    Raises
    ------
    TypeError, ValueError
        For arguments that can be seen to be wrong, before data is read.
    Exception
        Whatever the model, the data, the loss or the optimizer raises, as it was raised.

    Examples
    --------
    >>> compare_lrs(model, loader, optimizer, [1e-3, 1e-2, 1]).sentence
    """
    trainings = ShortTrainings(training_of(model, dataloader, optimizer), lrs, options)
    run_with_bar(trainings, "Comparison", shown=options.progress)
    found = trainings.result()
    say(found.sentence, messages.loss_taken(found.objective), shown=options.progress)
    return found
