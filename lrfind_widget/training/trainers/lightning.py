"""A Lightning Trainer with its module and its data.

What trains is the Trainer's own ``fit``: that of one with the same settings (`stand_in`), taken
from one step of the optimizer to the next.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.isolation.joined_loader import joined
from lrfind_widget.isolation.training_objects import TrainingObjects, class_of
from lrfind_widget.messages import raised
from lrfind_widget.options import SearchOptions
from lrfind_widget.outcomes import Applied
from lrfind_widget.training.checks import check_trained
from lrfind_widget.training.held_back import can_hold_back, set_aside
from lrfind_widget.training.lightning_module import (
    check_steps,
    lightning_class,
    own_methods,
)
from lrfind_widget.training.param_groups import GroupRates
from lrfind_widget.training.trainers.lightning_fit import MAKE_BEFORE, LightningUpdate
from lrfind_widget.training.trainers.lightning_stand_in import (
    apart,
    is_a,
    is_lightning,
    stand_in,
)
from lrfind_widget.training.trainers.refusals import refuse_keywords
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Pass
from lrfind_widget.training_options import TrainingOptions

RATES = "lr", "learning_rate"
"""What a module calls the rate that its `configure_optimizers` reads."""


class LightningTraining(Training):
    """A Trainer with a LightningModule, and a loader or a data module where that has none."""

    begins_anew = True
    _model: Any

    def __init__(self, trainer: Any, module: Any = None, data: Any = None) -> None:
        _check(trainer, module, data)
        self._trainer, self._model, self._data = trainer, module, data
        self._optimizer = self._configured()  # those that the Trainer has are left alone

    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return what is trained, and refuse the keywords that the Trainer stands for."""
        refuse_keywords(options, "Trainer")
        data = [] if self._data is None else joined(apart(self._data))
        val_loader = options.val_loader
        if val_loader is True:
            is_given = is_a("LightningDataModule", self._data)
            _check_own_validation(self._data if is_given else self._model)
        objects = TrainingObjects(
            self._model,
            self._optimizer,
            data,
            None if val_loader is True else joined(val_loader, in_turn=True),
            trainer=stand_in(self._trainer, _itself(self._model)),
            stand_in=stand_in,
        )
        check_trained(objects, options)
        return objects

    def update(self, given: Pass) -> LightningUpdate:
        """Return the steps of a fit that begins."""
        objects = given.isolation.objects
        memo = _itself(objects.model)
        return LightningUpdate(stand_in(objects.trainer, memo), apart(self._data), memo, given)

    @property
    def can_hold_back(self) -> bool:
        """Whether a loader was given, and can be split."""
        is_made = self._data is None or is_a("LightningDataModule", self._data)
        return not is_made and can_hold_back(joined(self._data))

    def held_back(self, options: SearchOptions) -> tuple[Training, SearchOptions]:
        """Return the same with a part of the loader's data for validation."""
        if self._data is None or is_a("LightningDataModule", self._data):
            maker = self._model if self._data is None else self._data
            raise ValueError(
                "hold_back takes a part of a loader's data, and the loaders are made in a "
                f"{type(maker).__name__}. Pass val_loader=True, which takes the validation data "
                "that it has, or the loader itself."
            )
        training, options = set_aside(self._data, options)
        return LightningTraining(self._trainer, self._model, training), options

    def _write(self, lr: float, groups: str | int | GroupRanges) -> Applied:
        """Write a rate where `configure_optimizers` reads it, for the next fit."""
        if self._configured() is self._optimizer:  # made once for all
            return super()._write(lr, groups)
        before = _rates(self._optimizer)
        place = GroupRates(self._optimizer, groups).reference
        for name in RATES:
            holders = [h for h in (vars(self._model), self._model.hparams) if name in h]
            values = [holder[name] for holder in holders]
            wanted = lr
            for _ in range(2 if holders else 0):
                for holder in holders:
                    holder[name] = wanted
                made = self._configured()
                begins = _begins_at(made.param_groups[place])
                if any(math.isclose(rate, lr, rel_tol=1e-9) for rate in begins):
                    self._optimizer = made
                    return Applied(before, _rates(made))
                wanted = lr * (lr / begins[0]) if begins[0] > 0 else lr  # it has a share of it
            for holder, value in zip(holders, values, strict=True):
                holder[name] = value
        raise RuntimeError(
            f"{self.name}.configure_optimizers reads its rate neither from self.lr nor from "
            f"self.learning_rate, nor from hparams of these names, so {format_lr(lr)} cannot be "
            "written there. Let it read self.lr."
        )

    def _configured(self) -> Optimizer:
        """Return what the module configures, as it is now and without a trace in it."""
        module = copy.copy(self._model)
        module.trainer = stand_in(self._trainer, {})
        try:
            configured = module.configure_optimizers()
        except Exception as error:
            if not own_methods(module, ["setup", "configure_model"]):
                raise
            raise ValueError(
                f"{self.name}.configure_optimizers raised {raised(error)}. Does it need what is "
                f"made in setup or configure_model, which a fit calls? {MAKE_BEFORE}"
            ) from error
        return _the_one(configured, self.name)


def _itself(module: nn.Module) -> dict[int, Any]:
    """Return a memo of a deep copy by which a module, and each part of it, is its own copy."""
    return {id(part): part for part in (*module.modules(), *module.parameters())}


def _check(trainer: Any, module: Any, data: Any) -> None:
    """Raise TypeError or ValueError for what cannot be taken."""
    if not is_a("Trainer", trainer):
        raise TypeError(
            f"Before the Trainer came {class_of(trainer)}. The order is that of trainer.fit: "
            "LRFinderWidget(trainer, module, datamodule_or_loader)."
        )
    base = lightning_class(module)
    if base is None:
        check_steps(module)  # which knows one that torch.compile hides
        raise TypeError(
            f"After the Trainer came {class_of(module)}, expected the LightningModule, as in "
            "LRFinderWidget(trainer, module, datamodule_or_loader)."
        )
    known = next(c for c in type(trainer).__mro__ if is_lightning(c))
    there, here = (cls.__module__.partition(".")[0] for cls in (known, base))
    if there != here:
        raise TypeError(
            f"The Trainer is one of {there}, and the module one of {here}, which do not know each "
            "other. Import both from one of them."
        )
    name = type(module).__name__
    if not module.automatic_optimization:
        raise ValueError(
            f"{name}.automatic_optimization is False: its training_step does the whole update, "
            "with any number of steps. Pass the module without the Trainer, and "
            "update_fn=(model, batch, optimizer) -> loss."
        )
    if not own_methods(module, ["training_step"]):
        raise ValueError(f"{name} has no training_step, so there is nothing to train.")
    if data is None and not own_methods(module, ["train_dataloader"]):
        raise ValueError(
            f"{name} has no train_dataloader. Pass the data, as in "
            "LRFinderWidget(trainer, module, datamodule_or_loader)."
        )
    if trainer.fast_dev_run:
        raise ValueError(
            "The Trainer only tries itself out (fast_dev_run), on a batch or some. Pass one that "
            "is to train."
        )
    strategy = type(trainer.strategy).__name__
    if not strategy.startswith("SingleDevice"):
        raise ValueError(
            f"The Trainer trains by a {strategy}, over several processes or in parts, and a sweep "
            "runs in one. Pass one with devices=1 and as many times accumulate_grad_batches as "
            "there were devices, which trains with as many examples in a step."
        )


def _check_own_validation(holder: Any) -> None:
    """Raise ValueError where a data module or a module gives no validation data."""
    given = getattr(holder, "val_dataloader", None)
    base = next((c for c in type(holder).__mro__ if is_lightning(c)), None)
    if given is None or getattr(given, "__func__", given) is getattr(base, "val_dataloader", None):
        raise ValueError(
            f"val_loader=True takes the Trainer's own validation data, and the "
            f"{type(holder).__name__} has no val_dataloader. Pass the loader, as val_loader."
        )


def _the_one(configured: Any, name: str) -> Optimizer:
    """Return the only optimizer that `configure_optimizers` gives, in whichever form."""
    several = isinstance(configured, (list, tuple))
    if several and len(configured) == 2 and isinstance(configured[0], (list, tuple)):
        configured = configured[0]
    listed = list(configured) if isinstance(configured, (list, tuple)) else [configured]
    found = [each["optimizer"] if isinstance(each, Mapping) else each for each in listed]
    if len(found) != 1 or not isinstance(found[0], Optimizer):
        made = f"{len(found)} optimizers" if len(found) != 1 else class_of(found[0])
        raise ValueError(
            f"{name}.configure_optimizers gives {made}, expected one optimizer. Pass the module "
            "without the Trainer, and update_fn=(model, batch, optimizer) -> loss for the update."
        )
    return found[0]


def _begins_at(group: Mapping[str, Any]) -> list[float]:
    """Return the rates that a training begins at, or that a schedule of it is made from."""
    return [float(group[key]) for key in ("max_lr", "initial_lr", "lr") if key in group]


def _rates(optimizer: Optimizer) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]
