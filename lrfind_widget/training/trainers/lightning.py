"""A Lightning Trainer with its module and its data.

What trains is the Trainer's own ``fit``: that of one with the same settings (`stand_in`), taken
from one step of the optimizer to the next.
"""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget import endings, no_critical_rate
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.joined_loader import joined
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.isolation.training_objects import TrainingObjects, class_of
from lrfind_widget.options import SearchOptions, TrainingOptions
from lrfind_widget.outcomes import Applied
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import check_trained
from lrfind_widget.training.custom_updates import needs_closure
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.held_back import MOST_BATCHES, hold_back
from lrfind_widget.training.lightning_module import (
    SILENT,
    VALUES,
    WithoutTrainer,
    check_steps,
    lightning_class,
    own_methods,
    places_of,
)
from lrfind_widget.training.module_loss import ModuleLoss
from lrfind_widget.training.optimizer_step import MOST_WITHOUT_LOSS, mean
from lrfind_widget.training.trainers.lightning_stand_in import (
    apart,
    is_a,
    is_lightning,
    quiet,
    stand_in,
    training_callbacks,
)
from lrfind_widget.training.trainers.refusals import refuse_keywords
from lrfind_widget.training.trainers.stepwise import Stepwise
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Found, TrainingUpdate

RATES = "lr", "learning_rate"
"""What a module calls the rate that its `configure_optimizers` reads."""


class LightningTraining(Training):
    """A Trainer with a LightningModule, and a loader or a data module where that has none."""

    begins_anew = True

    def __init__(self, trainer: Any, module: Any = None, data: Any = None) -> None:
        _check(trainer, module, data)
        self._trainer, self._module, self._data = trainer, module, data
        self._optimizer = self._configured()

    @property
    def name(self) -> str:
        """The class of the module."""
        return type(self._module).__name__

    @property
    def optimizer(self) -> Optimizer:
        """One as `configure_optimizers` makes it; those that the Trainer has are left alone."""
        return self._optimizer

    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return what is trained, and refuse the keywords that the Trainer stands for."""
        refuse_keywords(options, "Trainer")
        data = [] if self._data is None else joined(apart(self._data))
        val_loader = options.val_loader
        if val_loader is True:
            _check_own_validation(self._data or self._module)
        objects = TrainingObjects(
            self._module,
            self._optimizer,
            data,
            None if val_loader is True else joined(val_loader, in_turn=True),
            trainer=stand_in(self._trainer, {id(self._module): self._module}),
            stand_in=stand_in,
        )
        check_trained(objects, options)
        return objects

    def update(
        self,
        isolation: Isolation,
        options: TrainingOptions,
        context: ErrorContext,
        found: Found,
        **settings: Any,
    ) -> LightningUpdate:
        """Return the steps of a fit that begins."""
        model = isolation.objects.model
        memo = {id(part): part for part in (*model.modules(), *model.parameters())}
        given = stand_in(isolation.objects.trainer, memo), apart(self._data), memo
        return LightningUpdate(*given, isolation, options, context, found, **settings)

    def held_back(self, options: SearchOptions) -> tuple[Training, SearchOptions]:
        """Return the same with a part of the loader's data for validation."""
        if self._data is None or is_a("LightningDataModule", self._data):
            raise ValueError(
                "hold_back takes a part of a loader's data, and the loaders are made in a "
                f"{class_of(self._data or self._module)[2:]}. Pass val_loader=True, which takes "
                "the validation data that it has, or the loader itself."
            )
        share, batches = options.hold_back or 0.0, options.val_batches or MOST_BATCHES
        training, held = hold_back(joined(self._data), share, options.seed)
        left = LightningTraining(self._trainer, self._module, training)
        return left, options.changed(val_loader=held, val_batches=batches)

    def apply(
        self,
        lr: float,
        groups: str | int | GroupRanges = "ratio",
        optimizer: Optimizer | None = None,
    ) -> Applied:
        """Write a rate where `configure_optimizers` reads it, for the next fit."""
        if optimizer is not None or self._configured() is self._optimizer:  # made once for all
            return super().apply(lr, groups, optimizer)
        before = _rates(self._optimizer)
        for name in RATES:
            holders = [h for h in (vars(self._module), self._module.hparams) if name in h]
            values = [holder[name] for holder in holders]
            for holder in holders:
                holder[name] = lr
            made = self._configured()
            if holders and _begins_at(made, lr):
                self._optimizer = made
                return Applied(before, _rates(made))
            for holder, value in zip(holders, values, strict=True):
                holder[name] = value
        raise RuntimeError(
            f"{self.name}.configure_optimizers reads its rate neither from self.lr nor from "
            f"self.learning_rate, nor from hparams of these names, so {format_lr(lr)} cannot be "
            "written there. Let it read self.lr."
        )

    def _configured(self) -> Optimizer:
        """Return what the module configures, as it is now and without a trace in it."""
        module = copy.copy(self._module)
        module.trainer = stand_in(self._trainer, {})
        return _the_one(module.configure_optimizers(), self.name)


class LightningUpdate(TrainingUpdate):
    """A step of the optimizer in the fit of a stand-in."""

    def __init__(
        self,
        trainer: Any,
        data: Any,
        memo: dict[int, Any],
        isolation: Isolation,
        options: TrainingOptions,
        context: ErrorContext,
        found: Found,
        **settings: Any,
    ) -> None:
        self._fit = Stepwise(self._train)
        reading: Any = self._fit  # by itself
        super().__init__(isolation, options, context, found, reading, **settings)
        model: Any = isolation.objects.model
        self._trainer, self._data, self._model = trainer, data, model
        self._losses_of_step: list[Tensor] = []
        self._batches_given = self._batches_before = self._stepped = self._number = 0
        names = "training_step", "on_fit_start", "on_train_batch_end", "on_train_epoch_end"
        self._hooks: dict[str, Any] = {name: getattr(model, name) for name in names}
        self._in_place: dict[str, Any] = {
            **{name: _named(self._hooks[name], getattr(self, name)) for name in names},
            "configure_optimizers": lambda: self._optimizer,
            "configure_callbacks": functools.partial(_callbacks, model.configure_callbacks, memo),
            "print": SILENT,
        }
        surroundings = self._surroundings = WithoutTrainer(model, self._optimizer, trainer)
        for name in VALUES:  # which this Trainer says itself
            del vars(surroundings.trainer)[name]
        self._loss = ModuleLoss(model, self._device, surroundings)
        self._begin(isolation.objects.val_loader, self._val_loss, self._val_source)

    @property
    def scaler(self) -> Any:
        """The gradient scaler of the Trainer's precision; None without one."""
        return getattr(self._trainer.precision_plugin, "scaler", None)

    @property
    def _objective_sentence(self) -> str:
        return "your training_step"

    def _take(self, _step: int) -> tuple[Tensor, bool]:
        self._losses_of_step, before, left_out = [], self._watch.taken, 0
        while not self._losses_of_step:
            if left_out == MOST_WITHOUT_LOSS:
                raise TypeError(endings.no_loss("training_step", left_out))
            self._checkpoint("The dataloader")
            self._fit.advance()
            left_out += not self._losses_of_step
        if self._options.val_loader is True and self._validation is None:
            self._validate_on(self._own_val_loader(), self._val_loss, self._val_source)
        self._found.batches_without_loss += left_out
        taken = self.scaler is None or self._watch.taken > before
        return mean(self._losses_of_step), taken

    # --- on the thread of the fit --------------------------------------------------------------

    def _train(self) -> None:
        own = vars(self._model)
        before = {name: own[name] for name in (*self._in_place, "_trainer") if name in own}
        own.update(self._in_place)
        try:
            with self.execution(), quiet():
                self._trainer.fit(self._model, self._data)
        finally:
            for name in self._in_place.keys() - before.keys():
                del own[name]
            own.update(before)

    def on_fit_start(self) -> None:
        """Begin, and be without the schedules that were configured: the rate is the sweep's."""
        self._trainer.strategy.lr_scheduler_configs = []
        self._trainer.run_on()
        self._stepped = self._trainer.global_step
        self._hooks["on_fit_start"]()

    def training_step(self, *given: Any, **named: Any) -> Any:
        """Take note of a batch and of its loss."""
        batch = next(iter((*given, *named.values())), None)
        self._seen(batch)
        self._context.batch = batch
        self._checkpoint("training_step")
        output = self._hooks["training_step"](*given, **named)
        loss = output.get("loss") if isinstance(output, Mapping) else output
        if isinstance(loss, Tensor):
            self._losses_of_step.append(loss.detach())
        self._checkpoint("The backward pass")
        return output

    def on_train_batch_end(self, *given: Any, **named: Any) -> None:
        """Hand over where the optimizer has stepped."""
        self._hooks["on_train_batch_end"](*given, **named)
        self._batches_given += 1
        self._checkpoint("The dataloader")
        if self._trainer.global_step > self._stepped:
            self._stepped = self._trainer.global_step
            self._fit.hand_over()

    def on_train_epoch_end(self) -> None:
        """End where an epoch had no batch."""
        self._hooks["on_train_epoch_end"]()
        if self._batches_given == self._batches_before:
            raise OutOfDataError(endings.data_ended(self._batches_given))
        self._batches_before = self._batches_given

    # --- beside it -------------------------------------------------------------------------------

    def _val_loss(self, batch: Any, place: tuple[int, ...]) -> Tensor | None:
        trainer, of_loader = self._trainer, place[1] if len(place) > 1 else 0
        trainer.validating = True
        try:
            batch = trainer.precision_plugin.convert_input(batch)
            batch = self._model._on_before_batch_transfer(batch, of_loader)  # noqa: SLF001
            batch = trainer.strategy.batch_to_device(batch, dataloader_idx=of_loader)
            with self._surroundings(validates=True), trainer.precision_plugin.val_step_context():
                loss: Tensor | None = self._loss(batch, place, validates=True)
        finally:
            trainer.training = True
        return loss

    def _val_source(self) -> str:
        return self._loss.source(validates=True)

    def _own_val_loader(self) -> Any:
        """Return the validation data of the fit, which has set up what it is made of."""
        own: Any = self._trainer.datamodule or self._model
        random = RandomSources(self._device, [])
        before = random.get()
        loader = joined(own.val_dataloader(), in_turn=True)
        random.set(before)
        return loader

    @property
    def why_not_try(self) -> str:
        """Why steps cannot be tried out; "" where the optimizer does nothing but step."""
        own = own_methods(self._model, ["optimizer_step"])
        alone = not own and self.scaler is None and not needs_closure(self._optimizer)
        return "" if alone else no_critical_rate.NOT_OURS

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Try something out without a trace, on a module that is not in its fit meanwhile."""
        own = [vars(m) for m in self._model.modules() if lightning_class(m) is not None]
        names = *self._in_place, "_trainer"
        kept = [{n: attributes[n] for n in names if n in attributes} for attributes in own]
        for attributes in own:
            for name in self._in_place:
                attributes.pop(name, None)
            attributes["_trainer"] = None
        try:
            with super().aside():
                yield
        finally:
            for attributes, values in zip(own, kept, strict=True):
                attributes.update(values)

    def loss_of(self, batch: Any) -> Tensor | None:
        """Return the loss of a batch that has been trained on."""
        step, plugin = self._hooks["training_step"], self._trainer.precision_plugin
        with self._surroundings(), plugin.train_step_context():
            output = step(*(batch, 0)[: min(2, places_of(step)[1])])
        loss = output.get("loss") if isinstance(output, Mapping) else output
        return loss.detach() if isinstance(loss, Tensor) else None


def _named(hook: Any, instead: Any) -> Any:
    """Return a function that looks like a hook to whoever asks for its arguments."""

    @functools.wraps(hook)
    def call(*given: Any, **named: Any) -> Any:
        return instead(*given, **named)

    return call


def _check(trainer: Any, module: Any, data: Any) -> None:
    """Raise TypeError or ValueError for what cannot be taken."""
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


def _begins_at(optimizer: Optimizer, lr: float) -> bool:
    """Whether a training would begin at a rate, or a schedule of it be made from that."""
    keys = "lr", "initial_lr", "max_lr"
    return any(float(g[key]) == lr for g in optimizer.param_groups for key in keys if key in g)


def _rates(optimizer: Optimizer) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


def _callbacks(configure: Any, memo: dict[int, Any]) -> list[Any]:
    return training_callbacks(configure(), memo)
