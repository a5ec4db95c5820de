"""A model, a loader and an optimizer, trained by a plain loop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lrfind_widget.isolation.joined_loader import JoinedLoader, joined
from lrfind_widget.isolation.training_objects import FUNCTIONS, TrainingObjects
from lrfind_widget.options import SearchOptions
from lrfind_widget.training.checks import check
from lrfind_widget.training.held_back import can_hold_back, set_aside
from lrfind_widget.training.lightning_module import steps_of
from lrfind_widget.training.optimizer_step import OptimizerStep
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Pass
from lrfind_widget.training_options import TrainingOptions


class PlainTraining(Training):
    """A model, a loader and an optimizer, trained as the keywords say."""

    def __init__(self, model: nn.Module, dataloader: Iterable[Any], optimizer: Optimizer) -> None:
        self._model, self._dataloader, self._optimizer = model, dataloader, optimizer

    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return what was given, checked."""
        together = joined(self._dataloader)
        # Batches for one and the same function come alike, those of a validation_step in turn.
        is_one = not isinstance(together, JoinedLoader)
        in_turn = is_one or "validation_step" in steps_of(self._model, options)
        objects = TrainingObjects(
            self._model,
            self._optimizer,
            together,
            val_loader=joined(options.val_loader, in_turn=in_turn),
            grad_scaler=options.grad_scaler,
            **{name: getattr(options, name) for name in FUNCTIONS},
        )
        check(objects, options)
        return objects

    def update(self, given: Pass) -> OptimizerStep:
        """Return the step of a plain loop."""
        return OptimizerStep(given)

    @property
    def can_hold_back(self) -> bool:
        """Whether the loader can be split."""
        return can_hold_back(joined(self._dataloader))

    def held_back(self, options: SearchOptions) -> tuple[Training, SearchOptions]:
        """Return the same with a part of the loader's data for validation."""
        training, options = set_aside(self._dataloader, options)
        return PlainTraining(self._model, training, self._optimizer), options
