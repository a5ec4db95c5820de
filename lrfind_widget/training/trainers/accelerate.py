"""What `accelerator.prepare` has made of a model, a loader and an optimizer.

The model casts by itself. The optimizer knows the gradient scaler and over how many batches
gradients are accumulated; where the loader ends, a step is taken with those that are there.
Read in accelerate 1.15: `Accelerator.accumulate`, `AcceleratedOptimizer`, `DataLoaderShard`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lrfind_widget.isolation.loaders import SeparateLoader
from lrfind_widget.isolation.training_objects import TrainingObjects
from lrfind_widget.training.batches import Batches, MadeLoader
from lrfind_widget.training.optimizer_step import OptimizerStep
from lrfind_widget.training.plain_training import PlainTraining
from lrfind_widget.training.trainers.stand_in import shallow
from lrfind_widget.training.training import Loader
from lrfind_widget.training.update import Pass
from lrfind_widget.training_options import TrainingOptions


class AccelerateTraining(PlainTraining):
    """A plain loop with what was prepared, as a loop inside `accelerator.accumulate` is."""

    def __init__(self, model: Any, dataloader: Any = None, optimizer: Any = None) -> None:
        self._prepared = optimizer
        super().__init__(model, _apart(dataloader), getattr(optimizer, "optimizer", optimizer))

    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return what was prepared, without what wraps it."""
        return super().objects(self._completed(options))

    def loader(self, objects: TrainingObjects) -> Loader:
        """Return the loader, which says of each batch whether it is the last."""
        state = getattr(objects.dataloader, "gradient_state", None)
        syncs = state is not None and state.sync_with_dataloader
        return _Telling(objects.dataloader) if syncs else objects.dataloader

    def update(self, given: Pass) -> OptimizerStep:
        """Return the step of a plain loop, whose accumulation ends where the loader does."""
        loader = self.loader(given.isolation.objects)
        batches = given.batches or Batches(loader)
        if isinstance(loader, _Telling):
            batches = _Told(batches)
        options = self._completed(given.options)
        return OptimizerStep(replace(given, options=options, batches=batches))

    def _completed(self, options: TrainingOptions) -> TrainingOptions:
        """Return the options with what the optimizer knows, and loaders that keep to themselves."""
        changes: dict[str, Any] = {"val_loader": _apart(options.val_loader)}
        if options.grad_scaler is None:
            changes["grad_scaler"] = getattr(self._prepared, "scaler", None)
        state = getattr(self._prepared, "gradient_state", None)
        if options.accumulate == 1 and state is not None:
            changes["accumulate"] = state.num_steps
        return options.changed(**changes)


def _apart(loader: Any) -> Any:
    """Return a prepared loader that keeps from the accelerator where it is; any other as it is.

    Else a loader that is left before its end would stay the active one of the whole process.
    """
    state = getattr(loader, "gradient_state", None)
    if state is None:
        return loader
    return shallow(loader, gradient_state=own_state(state))


def own_state(state: Any) -> Any:
    """Return a `GradientState` like another, which the process does not share."""
    own = copy.copy(state)
    for name in vars(own):
        if "dataloader_references" in name:
            setattr(own, name, [None])
    return own


class _Telling(MadeLoader):
    """A prepared loader, whose batches come with whether they are the last."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def begin(self) -> _Epochs:
        """Begin to read it."""
        return _Epochs(self._loader)


class _Epochs(SeparateLoader):
    def epoch(self, number: int) -> Iterator[tuple[Any, bool]]:
        """Start it again."""
        for batch in super().epoch(number):
            yield batch, self.loader.end_of_dataloader


class _Told(Batches):
    """Batches without what came with them."""

    def __init__(self, batches: Batches) -> None:
        super().__init__(())
        self._within = batches

    def next(self) -> Any:
        """Return the next batch."""
        batch, self.is_last = self._within.next()
        self.at = self._within.at
        return batch

    def close(self) -> None:
        """End what the batches come from."""
        self._within.close()
