"""A Lightning Trainer that stands in for another in a sweep."""

from __future__ import annotations

import contextlib
import copy
import functools
import logging
import sys
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Any

from torch.utils.data import DataLoader

from lrfind_widget.training.lightning_module import SILENT
from lrfind_widget.training.trainers.stand_in import CALLED, repointed, shallow

SETTINGS = (
    *("accumulate_grad_batches", "gradient_clip_val", "gradient_clip_algorithm"),
    *("limit_train_batches", "overfit_batches", "reload_dataloaders_every_n_epochs"),
)
"""Attributes of a Trainer that say how it trains."""

PROGRESS = (
    *("epoch_progress", "epoch_loop.batch_progress", "epoch_loop.scheduler_progress"),
    *("epoch_loop.automatic_optimization.optim_progress", "epoch_loop._batches_that_stepped"),
)
"""Where its loops count what they have done, from which a second fit goes on."""

TRAINS = "BaseFinetuning", "GradientAccumulationScheduler", "LambdaCallback", "ModelPruning"
"""Lightning's own callbacks that take part in a step; the others save, stop, show and log."""

CONTAINERS = dict, list, set, deque, defaultdict, OrderedDict, Counter
"""What can be copied for certain: a class derived from them may refuse to be written."""


class _StandsIn:
    """What a Trainer is besides: one that does not stop, save or log."""

    limits: tuple[Any, Any] = None, -1
    """`max_epochs` and `max_steps` of the one that it stands in for."""

    should_stop = property(lambda _self: False, lambda _self, _value: None)
    logger = property(lambda _self: SILENT)
    max_epochs = property(lambda self: self.limits[0])
    max_steps = property(lambda self: self.limits[1])

    @property
    def estimated_stepping_batches(self) -> Any:
        """The length of the training; before it begins, no data is read to know it."""
        if self.training:  # type: ignore[attr-defined]
            return super().estimated_stepping_batches  # type: ignore[misc]
        return self.limits[1] if self.limits[1] > 0 else 1000

    def save_checkpoint(self, *_: Any, **__: Any) -> None:
        """Save nothing."""

    def run_on(self) -> None:
        """Let the fit that begins have no end, and say of it what the other Trainer says."""
        loop = self.fit_loop  # type: ignore[attr-defined]
        self.limits = loop.max_epochs, loop.max_steps
        loop.max_epochs = loop.epoch_loop.max_steps = -1


def stand_in(trainer: Any, memo: dict[int, Any]) -> Any:
    """Return a Trainer with the settings of another, and copies of the callbacks that train.

    It counts epochs and steps from where the other has come. `memo` says what the copies refer to
    in place of what, as that of `copy.deepcopy` does.
    """
    classes = (c for c in type(trainer).__mro__ if is_lightning(c) and not issubclass(c, _StandsIn))
    base: Any = next(c for c in classes if c.__name__ == "Trainer")
    device = trainer.strategy.root_device
    with quiet():
        made = type("Trainer", (_StandsIn, base), {"__module__": base.__module__})(
            accelerator=trainer.accelerator,
            devices=1 if device.type == "cpu" else [device.index or 0],
            plugins=[copy.deepcopy(trainer.precision_plugin)],
            max_epochs=trainer.max_epochs,
            max_steps=trainer.max_steps,
            overfit_batches=trainer.overfit_batches,
            default_root_dir=trainer.default_root_dir,
            limit_val_batches=0,
            num_sanity_val_steps=0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
    for name in SETTINGS:
        setattr(made, name, getattr(trainer, name))
    made.limits = trainer.max_epochs, trainer.max_steps
    for path in PROGRESS:
        *inside, name = path.split(".")
        there, here = (functools.reduce(getattr, inside, t.fit_loop) for t in (trainer, made))
        if hasattr(there, name):
            setattr(here, name, copy.deepcopy(getattr(there, name)))
    memo[id(trainer)] = made
    made.callbacks += training_callbacks(trainer.callbacks, memo)
    return made


def training_callbacks(callbacks: Any, memo: dict[int, Any]) -> list[Any]:
    """Return copies of the callbacks that take part in a step: the user's, some of Lightning's."""
    given = callbacks if isinstance(callbacks, Sequence) else [callbacks] if callbacks else []
    copies = [copy.deepcopy(callback, memo) for callback in given if takes_part(callback)]
    for callback in copies:
        callback.on_exception = SILENT  # the end of a sweep is none
    return copies


def takes_part(callback: Any) -> bool:
    """Whether a callback may change what a step does."""
    of_library = (c.__name__ for c in type(callback).__mro__ if is_lightning(c))
    return next(of_library, "Callback") in ("Callback", *TRAINS)


def is_lightning(cls: type) -> bool:
    """Whether a class is one of Lightning's, by any of the names that it is imported by."""
    package = cls.__module__.partition(".")[0]
    return package in ("lightning", "pytorch_lightning", "lightning_fabric")


def is_a(name: str, given: Any) -> bool:
    """Whether something is of a class of Lightning's, which is not imported for that."""
    return any(is_lightning(c) and c.__name__ == name for c in type(given).__mro__)


def apart(data: Any) -> Any:
    """Return a copy of what a fit changes of its data: it ends workers, sets limits, sets up."""
    if is_a("CombinedLoader", data):
        made = copy.copy(data)
        made.flattened = [apart(each) for each in data.flattened]
        return made
    if is_a("LightningDataModule", data):
        return _module_apart(data)
    if type(data) in (list, tuple):
        return type(data)(map(apart, data))
    if type(data) is dict:
        return {key: apart(each) for key, each in data.items()}
    return shallow(data, _iterator=None) if isinstance(data, DataLoader) else data


def _module_apart(data: Any) -> Any:
    """Return a data module with containers of its own, whatever their length; what they hold stays.

    Its methods that it has in attributes are the copy's. `hparams` are a class of Lightning's.
    """
    made = shallow(data, trainer=None)
    for name, value in vars(made).items():
        if type(value) in CONTAINERS or is_a("AttributeDict", value):
            vars(made)[name] = copy.copy(value)
        elif isinstance(value, CALLED):
            vars(made)[name] = repointed(value, {id(data): made}, depth=1)
    return made


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning from saying in its log what it finds, to this thread."""
    here = threading.get_ident()
    names = [n for n in sys.modules if n.endswith("utilities.rank_zero") and "lightning" in n]

    def of_others(record: logging.LogRecord) -> bool:
        return record.thread != here or record.levelno > logging.INFO

    for name in names:
        logging.getLogger(name).addFilter(of_others)
    try:
        yield
    finally:
        for name in names:
            logging.getLogger(name).removeFilter(of_others)
