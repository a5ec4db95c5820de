"""The steps of a Lightning fit."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from lrfind_widget import endings, no_critical_rate
from lrfind_widget.isolation.joined_loader import joined
from lrfind_widget.isolation.random_sources import RandomSources
from lrfind_widget.isolation.reach import reach
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.custom_updates import needs_closure
from lrfind_widget.training.lightning_module import (
    SILENT,
    VALUES,
    WithoutTrainer,
    lightning_class,
    own_methods,
    places_of,
)
from lrfind_widget.training.module_loss import ModuleLoss
from lrfind_widget.training.optimizer_step import MOST_WITHOUT_LOSS
from lrfind_widget.training.trainers.lightning_stand_in import quiet, training_callbacks
from lrfind_widget.training.trainers.stepwise import Stepwise
from lrfind_widget.training.update import Pass, TrainingUpdate, mean

MAKE_BEFORE = (
    "Make layers in __init__, or call setup('fit') or configure_model() before the sweep, and let "
    "them make none that is there."
)
"""What to do with a module whose layers are made when a fit begins."""


class LightningUpdate(TrainingUpdate):
    """A step of the optimizer in the fit of a stand-in."""

    def __init__(self, trainer: Any, data: Any, memo: dict[int, Any], given: Pass) -> None:
        self._fit = Stepwise(self._train)
        super().__init__(given, self._fit)
        model: Any = self._objects.model
        self._trainer, self._data, self._model = trainer, data, model
        self._losses_of_step: list[Tensor] = []
        self._batches_given = self._batches_before = self._stepped = 0
        names = "training_step", "on_fit_start", "on_train_batch_end", "on_train_epoch_end"
        self._hooks: dict[str, Any] = {name: getattr(model, name) for name in names}
        configure, self._configure = model.configure_callbacks, model.configure_optimizers
        self._parameters = list(model.parameters())
        self._in_place: dict[str, Any] = {
            **{name: _named(self._hooks[name], getattr(self, name)) for name in names},
            "configure_optimizers": lambda: self._optimizer,
            "configure_callbacks": lambda: training_callbacks(configure(), memo),
            "print": SILENT,
        }
        surroundings = self._surroundings = WithoutTrainer(model, self._optimizer, trainer)
        for name in VALUES:  # which this Trainer says itself
            del vars(surroundings.trainer)[name]
        self._loss = ModuleLoss(model, self._device, surroundings)
        self._begin(self._objects.val_loader, self._val_loss, self._val_source)

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
            if not self._fit.advance():
                raise OutOfDataError(endings.data_ended(self._batches_given))
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
        self._check_trained()
        self._trainer.strategy.lr_scheduler_configs = []
        self._trainer.run_on()
        self._stepped = self._trainer.global_step
        self._hooks["on_fit_start"]()

    def _check_trained(self) -> None:
        """Raise ValueError where the fit has made parameters that its own optimizer would train."""
        known = set(map(id, self._parameters))
        made = {n: p for n, p in self._model.named_parameters() if id(p) not in known}
        if not made:
            return
        self._checkpoint("")  # nothing has begun
        groups = [g for o in reach([self._configure()]).optimizers for g in o.param_groups]
        held = {id(parameter) for group in groups for parameter in group["params"]}
        names = [name for name, parameter in made.items() if id(parameter) in held]
        if names:
            raise ValueError(
                f"{type(self._model).__name__} makes {', '.join(names)} when a fit begins, and the "
                f"optimizer of a sweep is made before. {MAKE_BEFORE}"
            )

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
