"""A model with its loader and optimizer, of which runs are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.optim import Optimizer

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.keywords import refuse_unknown
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import CompareOptions, SearchOptions, SweepOptions
from lrfind_widget.outcomes import Applied
from lrfind_widget.training.param_groups import reference_lr
from lrfind_widget.training.range_matching import matched
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from lrfind_widget.training.search import Search
from lrfind_widget.training.short_trainings import ShortTrainings
from lrfind_widget.training.trainers import training_of
from lrfind_widget.training.training import Training


class TorchTrainable:
    """What the runs of one widget are made of. A `Trainable`."""

    def __init__(
        self,
        model: object,
        dataloader: object,
        optimizer: object,
        options: SweepOptions,
    ) -> None:
        self._objects = model, dataloader, optimizer
        self._options = options
        self._sweep({})  # which refuses now what cannot work

    @property
    def name(self) -> str:
        """The class of the model."""
        return self._now().name

    @property
    def keywords(self) -> dict[str, Any]:
        """The keywords of its sweeps, with their values."""
        return self._options.of(SweepOptions)

    @property
    def lr(self) -> float:
        """The optimizer's own rate, of the reference group."""
        return reference_lr(self._now().optimizer)

    def sweep(self, *, schedule: Schedule | None = None, **changes: Any) -> RunThread:
        """Return a range test with some keywords changed: copied or saved now, not started."""
        sweep = self._sweep(changes)
        if schedule is not None:
            sweep.schedule = schedule
            sweep.finds_critical_rate = False  # which belongs to the whole range
        return RunThread(sweep)

    def compare(self, lrs: Sequence[float], steps: int, **changes: Any) -> RunThread:
        """Return short trainings at some rates: copied or saved now, not started.

        Keywords of a sweep that mean nothing here, such as `num_it`, are ignored.
        """
        refuse_unknown(changes, options_of(SweepOptions), "compare")
        wanted = options_of(CompareOptions)
        training = self._now()
        given = self._matched(training, changes).of(SweepOptions)
        options = CompareOptions(steps, **{n: v for n, v in given.items() if n in wanted})
        return RunThread(ShortTrainings(training, lrs, options))

    def search(self, lr: float, origin: str, **changes: Any) -> RunThread:
        """Return short trainings that look for the best rate from `lr` on: not started."""
        refuse_unknown(changes, options_of(SearchOptions), "search")
        options = SearchOptions(**{**self._options.of(SweepOptions), **changes})
        return RunThread(Search(self._now(), lr, options, origin=origin))

    def apply(self, lr: float, optimizer: Optimizer | None = None, **changes: Any) -> Applied:
        """Write a rate where training will read it."""
        training = self._now()
        return training.apply(lr, self._matched(training, changes).groups, optimizer)

    def _now(self) -> Training:
        """Return what its objects are now: a trainer may have got another model or optimizer."""
        return training_of(*self._objects)

    def _matched(self, training: Training, changes: dict[str, Any]) -> SweepOptions:
        """Return the options with some changed, their ranges matched with the groups."""
        return matched(training.optimizer, self._options.changed(**changes))

    def _sweep(self, changes: dict[str, Any]) -> Sweep:
        refuse_unknown(changes, options_of(SweepOptions), "start")
        return Sweep(self._now(), **{**self._options.of(SweepOptions), **changes})
