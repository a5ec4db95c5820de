"""The Trainer of Hugging Face's transformers, and those that are made from it, such as TRL's."""

from __future__ import annotations

import math
from collections.abc import Sized
from typing import Any

from torch.optim import Optimizer

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.isolation.training_objects import TrainingObjects
from lrfind_widget.options import SearchOptions
from lrfind_widget.outcomes import Applied
from lrfind_widget.training.batches import Batches, MadeLoader
from lrfind_widget.training.checks import check_trained
from lrfind_widget.training.param_groups import GroupRates, set_lr
from lrfind_widget.training.trainers.huggingface_train import (
    TrainerUpdate,
    TrainLoader,
    plain,
    standing_in,
)
from lrfind_widget.training.trainers.refusals import refuse_keywords, refuse_second
from lrfind_widget.training.trainers.stand_in import shallow
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Pass, TrainingUpdate
from lrfind_widget.training_options import TrainingOptions

_ONE_RATE = (
    "The Trainer will make its optimizer from learning_rate alone. To keep the rates of groups, "
    "call trainer.create_optimizer() and apply again."
)


class HuggingFaceTraining(Training):
    """What a Trainer trains, by updates like its own."""

    def __init__(self, trainer: Any, *given: Any) -> None:
        for each in given:
            refuse_second(each, "Trainer")
        self._trainer, self._model = trainer, trainer.model
        self._made: Optimizer | None = None

    @property
    def optimizer(self) -> Optimizer:
        """The trainer's own, or the one that it would make; it has none of it then either."""
        own = self._trainer.optimizer
        if own is None:
            if self._made is None:
                self._made = plain(shallow(self._trainer).create_optimizer())
            own = self._made
        return plain(own)

    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return what the trainer trains, and the trainer."""
        trainer = self._trainer
        refuse_keywords(options, "Trainer")
        _refuse(trainer, options)
        val_loader = None if isinstance(options.val_loader, bool) else options.val_loader
        objects = TrainingObjects(
            trainer.model,
            self.optimizer,
            (),
            val_loader=val_loader,
            grad_scaler=trainer.accelerator.scaler,
            trainer=trainer,
            data=(trainer.train_dataset, trainer.eval_dataset),
            stand_in=standing_in,
        )
        check_trained(objects, options)
        return objects

    def loader(self, objects: TrainingObjects) -> MadeLoader:
        """Return the trainer's own loader, made when a training begins."""
        return TrainLoader(standing_in(objects.trainer, {}))

    def update(self, given: Pass) -> TrainingUpdate:
        """Return the trainer's update."""
        return TrainerUpdate(given, given.batches or Batches(self.loader(given.isolation.objects)))

    def held_back(self, options: SearchOptions) -> tuple[Training, SearchOptions]:
        """Refuse it: a Trainer knows its evaluation data."""
        raise ValueError(
            f"hold_back={options.hold_back:g} is not possible with a Trainer. Give it an "
            "eval_dataset and pass val_loader=True, or pass a val_loader."
        )

    def _write(self, lr: float, groups: str | int | GroupRanges) -> Applied:
        """Write a rate into the arguments, and into the optimizer where it is made."""
        trainer, args = self._trainer, self._trainer.args
        wanted, own = GroupRates(self.optimizer, groups), args.learning_rate
        applied = set_lr(self.optimizer, lr, groups)
        if trainer.optimizer is not None:
            args.learning_rate = lr
            return applied
        is_share = wanted.own != own and own > 0  # that which create_optimizer gives to the group
        args.learning_rate = lr * (own / wanted.own) if is_share else lr
        given = getattr(trainer, "optimizer_cls_and_kwargs", None)
        if given is not None:  # which the optimizer is made from alone
            args.learning_rate = lr
            trainer.optimizer_cls_and_kwargs = given[0], {**given[1], "lr": lr}
        self._made = None  # what is made from now on has the new rate
        after = [float(group["lr"]) for group in self.optimizer.param_groups]
        if not math.isclose(after[wanted.reference], lr, rel_tol=1e-9):
            args.learning_rate, self._made = own, None
            if given is not None:
                trainer.optimizer_cls_and_kwargs = given
            raise RuntimeError(
                "The Trainer's create_optimizer does not read args.learning_rate, so "
                f"{format_lr(lr)} cannot be written there. Call trainer.create_optimizer() and "
                "apply again."
            )
        is_same = all(map(math.isclose, after, applied.after))
        return Applied(applied.before, after, "" if is_same else _ONE_RATE)


def _refuse(trainer: Any, options: TrainingOptions) -> None:
    """Raise ValueError for what cannot be taken."""
    data = trainer.train_dataset
    if data is None or (isinstance(data, Sized) and len(data) == 0):
        raise ValueError(
            "The Trainer has no training data. Make it with train_dataset=..., then pass it again."
        )
    if options.val_loader is True and trainer.eval_dataset is None:
        raise ValueError(
            "val_loader=True takes the Trainer's evaluation data, and it has none. Make it with "
            "eval_dataset=..., or pass a val_loader."
        )
    if options.val_loader is True and isinstance(trainer.eval_dataset, dict):
        names = list(trainer.eval_dataset)
        raise ValueError(
            f"val_loader=True takes the Trainer's evaluation data, and it has several: {names}. "
            f"Choose one: val_loader=trainer.get_eval_dataloader({names[0]!r})."
        )
    for name in ("is_deepspeed_enabled", "is_fsdp_enabled"):
        if getattr(trainer, name, False):
            kind = name.split("_")[1]
            raise ValueError(
                f"The Trainer trains with {kind}, which shards the model over processes. Sweep one "
                "without it, in one process, and train with what was found."
            )
    if trainer.args.world_size > 1:
        raise ValueError(
            f"The Trainer trains in {trainer.args.world_size} processes, whose sweeps would wait "
            "for one another for ever once one of them stops. Sweep it in one process."
        )
    if trainer.args.use_liger_kernel:
        raise ValueError(
            "The Trainer puts Liger's kernels into the model when its training starts, and a sweep "
            "does not. Sweep with use_liger_kernel=False: the losses are the same but for rounding."
        )
