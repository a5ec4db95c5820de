"""The trainers that are taken as they are: a file for each library, and a line here.

None of them is imported before one of its objects is given.
"""

from __future__ import annotations

import importlib
from typing import Any

from lrfind_widget.training.plain_training import PlainTraining
from lrfind_widget.training.training import Training

LIBRARIES = {
    "ignite.engine.engine.Engine": "ignite.IgniteTraining",
    "lightning.pytorch.trainer.trainer.Trainer": "lightning.LightningTraining",
    "pytorch_lightning.trainer.trainer.Trainer": "lightning.LightningTraining",
    "transformers.trainer.Trainer": "huggingface.HuggingFaceTraining",
    "fastai.learner.Learner": "fastai.FastaiTraining",
    "accelerate.optimizer.AcceleratedOptimizer": "accelerate.AccelerateTraining",
    "accelerate.data_loader.DataLoaderStateMixin": "accelerate.AccelerateTraining",
    "schedulefree.wrap_schedulefree.ScheduleFreeWrapper": "schedulefree.ScheduleFreeTraining",
    "schedulefree.wrap_schedulefree_reference.ScheduleFreeWrapperReference": (
        "schedulefree.ScheduleFreeTraining"
    ),
}
"""The class of an object that is given, and what takes it; the first that is known counts."""


def training_of(model: Any, dataloader: Any = None, optimizer: Any = None) -> Training:
    """Return what is trained: of a model with loader and optimizer, or of a trainer's objects."""
    if isinstance(model, Training):
        return model
    given = [each for each in (dataloader, optimizer) if each is not None]
    for cls in (cls for each in (model, *given) for cls in type(each).__mro__):
        taken = LIBRARIES.get(f"{cls.__module__}.{cls.__qualname__}")
        if taken is not None:
            module, _, name = taken.partition(".")
            kind = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            training: Training = kind(model, dataloader, optimizer)
            return training
    return PlainTraining(model, dataloader, optimizer)
