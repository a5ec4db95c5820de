"""How the Trainer of Hugging Face trains: its loader, its update, and a stand-in that takes it.

Read in transformers 4.57 and 5.24: `Trainer._inner_training_loop`, `Trainer._run_epoch`.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import math
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget.isolation.joined_loader import end_iterator
from lrfind_widget.training.batches import Batches, MadeLoader
from lrfind_widget.training.trainers.accelerate import own_state
from lrfind_widget.training.trainers.stand_in import repoint_functions, shallow, stand_in
from lrfind_widget.training.update import Pass, TrainingUpdate


def plain(optimizer: Any) -> Optimizer:
    """Return the optimizer inside the wrapper that `accelerator.prepare` has put around it."""
    while type(optimizer).__name__ == "AcceleratedOptimizer":
        optimizer = optimizer.optimizer
    found: Optimizer = optimizer
    return found


def standing_in(trainer: Any, memo: dict[int, Any]) -> Any:
    """Return a trainer that trains the copies in `memo`, and keeps all that it notes to itself.

    It calls nobody back, writes no log, and its accelerator knows of no other's objects.
    """
    optimizer = plain(trainer.optimizer)
    if optimizer is not trainer.optimizer and id(optimizer) in memo:
        memo[id(trainer.optimizer)] = memo[id(optimizer)]
    given = trainer.accelerator
    state = own_state(given.gradient_state)
    lists = ("_models", "_optimizers", "_schedulers", "_dataloaders", "_custom_objects")
    memo[id(given)] = accelerator = shallow(
        given, gradient_state=state, **{name: [] for name in lists}
    )
    accelerator.scaler = memo.get(id(given.scaler), given.scaler)
    handler = trainer.callback_handler
    model = memo.get(id(handler.model), handler.model)
    memo[id(handler)] = nobody = shallow(handler, model=model, callbacks=[])
    nobody.optimizer = nobody.lr_scheduler = None
    nobody.train_dataloader = nobody.eval_dataloader = None
    for part in (trainer.state, trainer.control):
        memo[id(part)] = copy.deepcopy(part)
    for data in (trainer.train_dataset, trainer.eval_dataset, trainer.args):
        memo[id(data)] = data  # as they are
    if id(trainer.model) in memo:
        repoint_functions(memo[id(trainer.model)], memo)
    new = stand_in(trainer, memo)
    new.lr_scheduler, new.is_in_train = None, True
    new.log = _log_nothing
    return new


def _log_nothing(*_args: Any, **_kwargs: Any) -> None:
    """Stand for `Trainer.log`."""


class _Taken(NamedTuple):
    """What one update takes: its batches, how many items they have, and whether it ends in a step.

    Without a step the gradients stay, for the next one. `place` is how far the training has come,
    by the names that the trainer's state has for it.
    """

    batches: list[Any]
    items: Any
    steps: bool
    place: dict[str, float]


class TrainLoader(MadeLoader):
    """The loader of a trainer, an update at a time."""

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer

    def begin(self) -> _Epochs:
        """Make it."""
        return _Epochs(self._trainer)


class _Epochs:
    """The epochs of a trainer's loader."""

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer
        self._loader = trainer.get_train_dataloader()
        self._loader.gradient_state = trainer.accelerator.gradient_state
        self._iterator: Iterator[Any] | None = None
        self._epoch = 0.0  # and its part, as of the latest step

    def epoch(self, number: int) -> Iterator[_Taken]:
        """Begin an epoch."""
        loader = self._loader
        inside: Any = getattr(getattr(loader, "batch_sampler", None), "batch_sampler", None)
        for each in (loader, inside):
            if hasattr(each, "set_epoch"):
                each.set_epoch(number)
        self._iterator = None
        self._iterator = iter(loader)
        return self._updates(self._iterator, number)

    def close(self) -> None:
        """End the latest epoch, and the worker processes."""
        end_iterator(self._iterator)
        self._iterator = None
        base = getattr(self._loader, "base_dataloader", self._loader)
        end_iterator(getattr(base, "_iterator", None))

    def _updates(self, iterator: Iterator[Any], epoch: int) -> Iterator[_Taken]:
        trainer, each = self._trainer, self._trainer.args.gradient_accumulation_steps
        try:
            length: int | None = len(self._loader)
        except TypeError:  # a stream
            length = None
        planned = _planned(trainer.args, length)
        epoch_length = length or planned["max_steps"] * each or 1
        given = 0
        while length is None or given < length:
            wanted = each if length is None else min(each, length - given)
            batches, items = trainer.get_batch_samples(iterator, wanted, trainer.args.device)
            if not batches:
                return
            given += len(batches)
            steps = len(batches) == each or given == length
            place = {**planned, "epoch": self._epoch}
            if steps:
                self._epoch = epoch + given / epoch_length
            yield _Taken(batches, items, steps, place)


def _planned(args: Any, length: int | None) -> dict[str, int]:
    """Return how long a training is to be, as `Trainer.set_initial_training_values` says it."""
    updates = math.ceil(length / args.gradient_accumulation_steps) if length else 0
    if args.max_steps > 0:
        epochs = math.ceil(args.max_steps / updates) if updates else sys.maxsize
        return {"max_steps": args.max_steps, "num_train_epochs": epochs}
    epochs = math.ceil(args.num_train_epochs)
    return {"max_steps": math.ceil(args.num_train_epochs * updates), "num_train_epochs": epochs}


class TrainerUpdate(TrainingUpdate):
    """The update of a Trainer, on a stand-in for it."""

    seeds_all = False
    """As `set_seed`: a data set that shuffles by itself does so as in `train`."""

    def __init__(self, given: Pass, batches: Batches) -> None:
        super().__init__(given, batches)
        objects, self._batches = given.isolation.objects, batches
        self._trainer = trainer = standing_in(objects.trainer, {})
        trainer.optimizer = objects.optimizer
        self._model = _prepared(trainer)
        val_loader = objects.val_loader
        if given.options.val_loader is True:
            val_loader = trainer.get_eval_dataloader()
            val_loader.gradient_state = trainer.accelerator.gradient_state
        self._begin(val_loader, self._val_loss, lambda: "The Trainer")

    @property
    def _objective_sentence(self) -> str:
        return "the Trainer's own loss"

    @property
    def why_not_try(self) -> str:
        """Why steps cannot be tried out; "" if they can."""
        return "" if self.scaler is None else super().why_not_try

    def loss_of(self, batch: _Taken) -> Tensor:
        """Return the loss of what an update takes, but for what it is divided by."""
        return torch.stack([self._loss(inputs, batch.items) for inputs in batch.batches]).mean()

    def _loss(self, inputs: Any, items: Any) -> Tensor:
        trainer = self._trainer
        inputs = trainer._prepare_inputs(inputs)  # noqa: SLF001 - its own steps call it
        with trainer.compute_loss_context_manager():
            loss: Tensor = trainer.compute_loss(self._model, inputs, num_items_in_batch=items)
        return loss.detach().float().mean()

    def _val_loss(self, batch: Any, _place: tuple[int, ...]) -> Tensor | None:
        self._context.part = "The evaluation of the Trainer"
        loss: Tensor | None
        loss, _, _ = self._trainer.prediction_step(self._model, batch, prediction_loss_only=True)
        if loss is None:
            raise ValueError(
                "The Trainer computes no loss for a batch of val_loader: its batches have none of "
                f"the labels {self._trainer.label_names}. Set label_names in its arguments."
            )
        return loss.float()

    def _take(self, step: int) -> tuple[Tensor, bool]:
        trainer, model = self._trainer, self._model
        trainer.state.global_step = step
        loss = torch.zeros((), device=trainer.args.device)
        model.zero_grad()
        while True:
            self._context.batch = None
            self._checkpoint("The dataloader")
            taken: _Taken = self._batches.next()
            self._seen(taken)
            vars(trainer.state).update(taken.place)
            trainer.current_gradient_accumulation_steps = len(taken.batches)
            for number, inputs in enumerate(taken.batches):
                is_last = number == len(taken.batches) - 1
                trainer.accelerator.gradient_state._set_sync_gradients(is_last and taken.steps)  # noqa: SLF001
                self._checkpoint("The training step")
                self._context.batch = inputs
                together = trainer.accelerator.no_sync(model)
                with contextlib.nullcontext() if is_last else together:
                    loss += trainer.training_step(model, inputs, taken.items)
            if taken.steps:
                break
        self._context.part = "Clipping the gradient"
        self._clip()
        self._context.part = "The optimizer"
        trainer.optimizer.step()
        return loss, not trainer.accelerator.optimizer_step_was_skipped

    def _clip(self) -> None:
        trainer, most = self._trainer, self._trainer.args.max_grad_norm
        if most is not None and most > 0:
            if hasattr(trainer, "_clip_grad_norm"):
                trainer._clip_grad_norm(self._model)  # noqa: SLF001
            else:
                trainer.accelerator.clip_grad_norm_(self._model.parameters(), most)


def _prepared(trainer: Any) -> Any:
    """Do what comes before the first step of `train`; return the model as it is called."""
    args = trainer.args
    kinds = ("activation_checkpointing", "gradient_checkpointing")
    kind = next((each for each in kinds if hasattr(args, each)), kinds[1])
    if getattr(args, kind):
        enable = getattr(trainer.model, f"{kind}_enable")
        enable(**{f"{kind}_kwargs": getattr(args, f"{kind}_kwargs")})
    if trainer.neftune_noise_alpha is not None:
        if hasattr(trainer, "_activate_neftune"):
            trainer._activate_neftune(trainer.model)  # noqa: SLF001
        else:
            neftune = importlib.import_module("transformers.integrations.neftune")
            neftune.activate_neftune(trainer.model, trainer.neftune_noise_alpha)
    model = trainer._wrap_model(trainer.model_wrapped)  # noqa: SLF001
    if model is trainer.model:
        model, trainer.optimizer = trainer.accelerator.prepare(model, trainer.optimizer)
    else:
        trainer.optimizer = trainer.accelerator.prepare(trainer.optimizer)
    trainer.optimizer.gradient_state = trainer.accelerator.gradient_state
    trainer.model_wrapped = model
    return model
