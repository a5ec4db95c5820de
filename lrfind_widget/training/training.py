"""What experiments are made on: objects that are trained, and whose updates they get."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.isolation.training_objects import TrainingObjects
from lrfind_widget.options import SearchOptions
from lrfind_widget.outcomes import Applied
from lrfind_widget.training.batches import MadeLoader
from lrfind_widget.training.param_groups import set_lr
from lrfind_widget.training.update import Pass, TrainingUpdate
from lrfind_widget.training_options import TrainingOptions

Loader = Iterable[Any] | MadeLoader


class Training(ABC):
    """A model with all that trains it: the user's loop, or a trainer's.

    Made anew for each experiment, so that it has what its objects are then.
    """

    begins_anew = False
    """Whether each update is a training from its beginning, which cannot go on beside others.

    Such an update reads its data itself.
    """

    _model: nn.Module
    _optimizer: Optimizer

    @property
    def name(self) -> str:
        """The class of the model."""
        return type(self._model).__name__

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer whose rates are swept."""
        return self._optimizer

    @abstractmethod
    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return what is trained; raise TypeError or ValueError for what cannot work."""

    def loader(self, objects: TrainingObjects) -> Loader:
        """Return what the updates of some objects read their batches from."""
        return objects.dataloader

    @abstractmethod
    def update(self, given: Pass) -> TrainingUpdate:
        """Return what takes the steps of a pass."""

    @property
    def can_hold_back(self) -> bool:
        """Whether there are such data as `held_back` takes a part of, as far as can be seen."""
        return False

    @abstractmethod
    def held_back(self, options: SearchOptions) -> tuple[Training, SearchOptions]:
        """Return the same with the part ``options.hold_back`` of its data for validation."""

    def apply(
        self,
        lr: float,
        groups: str | int | GroupRanges = "ratio",
        optimizer: Optimizer | None = None,
    ) -> Applied:
        """Write a rate where training reads it, or into an optimizer in place of that."""
        if optimizer is None:
            return self._write(lr, groups)
        own = self.optimizer.param_groups  # first: where it fails, nothing is written
        written = set_lr(optimizer, lr, groups)
        # A wrapper has the groups of what it wraps.
        return written._replace(is_other=optimizer.param_groups is not own)

    def _write(self, lr: float, groups: str | int | GroupRanges) -> Applied:
        """Write a rate where training reads it when it starts."""
        return set_lr(self.optimizer, lr, groups)
