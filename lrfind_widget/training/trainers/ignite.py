"""An Ignite engine that trains, with its loader.

What trains is an engine like it, over the same function, run from one step of the optimizer to the
next. Its handlers are not called: they save, log and evaluate, with files and engines of their own.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import types
import weakref
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lrfind_widget import endings, no_critical_rate
from lrfind_widget.isolation.joined_loader import joined
from lrfind_widget.isolation.loaders import SeparateLoader
from lrfind_widget.isolation.reach import reach
from lrfind_widget.isolation.training_objects import TrainingObjects, class_of
from lrfind_widget.options import SearchOptions
from lrfind_widget.training.batch import describe
from lrfind_widget.training.batches import OutOfDataError
from lrfind_widget.training.checks import check_trained
from lrfind_widget.training.custom_updates import needs_closure
from lrfind_widget.training.held_back import can_hold_back, set_aside
from lrfind_widget.training.lightning_module import SILENT
from lrfind_widget.training.trainers.refusals import refuse_keywords
from lrfind_widget.training.trainers.stand_in import repointed, shallow, stand_in
from lrfind_widget.training.training import Training
from lrfind_widget.training.update import Pass, TrainingUpdate, mean
from lrfind_widget.training_options import TrainingOptions

WITHOUT_STEP = 1000
"""Batches after which an engine is given up whose optimizer has not stepped."""

ENDLESS = 10**9
"""Epochs."""


class IgniteTraining(Training):
    """An engine and a loader; model and optimizer are those that its function reaches."""

    begins_anew = True

    def __init__(self, engine: Any, dataloader: Any = None, more: Any = None) -> None:
        if not hasattr(engine, "_process_function"):
            raise TypeError(
                f"Before the engine came {class_of(engine)}. Pass the engine and the loader alone, "
                "as in LRFinderWidget(engine, loader)."
            )
        if dataloader is None:
            raise ValueError(
                "An engine has no data of its own. Pass the loader that engine.run gets, as in "
                "LRFinderWidget(engine, loader)."
            )
        if more is not None:
            raise TypeError(
                f"After engine and loader came {class_of(more)}, and the engine's function has "
                "all else. Pass the engine and the loader alone."
            )
        self._engine, self._dataloader = _engine_like(engine, {}), dataloader
        self._model, self._optimizer, self._scaler = _trained(engine)

    def objects(self, options: TrainingOptions) -> TrainingObjects:
        """Return what is trained, and refuse the keywords that the engine stands for."""
        refuse_keywords(options, "trainer engine")
        if options.val_loader is True:
            raise ValueError(
                "val_loader=True takes a trainer's own evaluation data, and an engine has none. "
                "Pass the loader."
            )
        if options.val_loader is not None and not _supervised(self._engine):
            raise ValueError(
                "The engine's function is your own, which does not say how the loss of val_loader "
                "is computed apart from the update. Leave val_loader out, or make the engine with "
                "create_supervised_trainer."
            )
        objects = TrainingObjects(
            self._model,
            self._optimizer,
            joined(self._dataloader),
            val_loader=joined(options.val_loader),
            grad_scaler=self._scaler,
            trainer=self._engine,
            stand_in=_engine_like,
        )
        check_trained(objects, options)
        return objects

    def update(self, given: Pass) -> IgniteUpdate:
        """Return the steps of a run that begins."""
        return IgniteUpdate(given)

    @property
    def can_hold_back(self) -> bool:
        """Whether the loader can be split, and the engine says what a validation loss is."""
        return bool(_supervised(self._engine)) and can_hold_back(joined(self._dataloader))

    def held_back(self, options: SearchOptions) -> tuple[Training, SearchOptions]:
        """Return the same with a part of the loader's data for validation."""
        training, options = set_aside(self._dataloader, options)
        return IgniteTraining(self._engine, training), options


class IgniteUpdate(TrainingUpdate):
    """A step of the optimizer in a run of an engine: as many batches as it takes for one."""

    def __init__(self, given: Pass) -> None:
        objects = given.isolation.objects
        self._loader = SeparateLoader(objects.dataloader)
        super().__init__(given, self._loader)
        self._engine = engine = _engine_like(objects.trainer, {})
        self._losses_of_step: list[Tensor] = []
        self._stepped = self._iterations = 0
        events = sys.modules["ignite.engine"].Events
        engine.add_event_handler(events.GET_BATCH_STARTED, self._checkpoint, "The dataloader")
        engine.add_event_handler(events.ITERATION_STARTED, self._begin_batch)
        engine.add_event_handler(events.ITERATION_COMPLETED, self._end_batch)
        engine.add_event_handler(events.EPOCH_COMPLETED, self._end_epoch)
        self._supervised = _supervised(engine)
        self._begin(objects.val_loader, self._val_loss, lambda: "The engine's function")

    @property
    def _objective_sentence(self) -> str:
        return "what your engine's function returns; its handlers are not called"

    def _take(self, _step: int) -> tuple[Tensor, bool]:
        self._losses_of_step, before = [], self._watch.taken
        self._scale = None if self.scaler is None else self.scaler.get_scale()
        self._engine.run(self._loader.loader, max_epochs=ENDLESS)
        return mean(self._losses_of_step), self._watch.taken > before

    def _begin_batch(self, engine: Any) -> None:
        batch = self._context.batch = engine.state.batch
        self._seen(batch)
        self._checkpoint("The engine's function")

    def _end_batch(self, engine: Any) -> None:
        self._losses_of_step.append(self._loss(engine.state.output))
        skipped = self._scale is not None and self.scaler.get_scale() < self._scale
        if self._watch.taken > self._stepped or skipped:
            self._stepped = self._watch.taken
            engine.interrupt()
        elif len(self._losses_of_step) == WITHOUT_STEP:
            raise ValueError(
                f"The engine has run {WITHOUT_STEP} batches and its "
                f"{type(self._optimizer).__name__} has not stepped, so there is no rate to sweep."
            )

    def _end_epoch(self, engine: Any) -> None:
        if engine.state.iteration == self._iterations:
            raise OutOfDataError(endings.data_ended(self._iterations))
        self._iterations = engine.state.iteration

    def _loss(self, output: Any) -> Tensor:
        """Return the loss in what the function returned."""
        found = output
        if isinstance(output, Mapping):
            named = [v for name, v in output.items() if "loss" in str(name).lower()]
            found = output.get("loss", named[0] if len(named) == 1 else None)
        elif isinstance(output, (list, tuple)):
            scalars = [each for each in output if _is_scalar(each)]
            found = scalars[0] if len(scalars) == 1 else None
        if not _is_scalar(found):
            raise TypeError(
                f"The engine's function returned a {describe(output)}, expected the loss: a "
                'number, a scalar tensor, or a dict with one that is named "loss".'
            )
        if isinstance(found, Tensor):
            return found.detach().reshape(())
        return torch.tensor(found, dtype=torch.float64, device=self._device)

    def close(self) -> None:
        """End the run where it waits for its next batch."""
        with contextlib.suppress(Exception):
            if self._engine._internal_run_generator is not None:  # noqa: SLF001
                self._engine.terminate()
                self._engine.run(self._loader.loader, max_epochs=ENDLESS)
        super().close()

    # --- beside it -----------------------------------------------------------------------------

    @property
    def why_not_try(self) -> str:
        """Why steps cannot be tried out; "" where the function is one of Ignite's."""
        alone = self._supervised and self.scaler is None and not needs_closure(self._optimizer)
        return "" if alone else no_critical_rate.NOT_OURS

    def loss_of(self, batch: Any) -> Tensor | None:
        """Return the loss of a batch, as Ignite's own function computes it."""
        own = types.SimpleNamespace(**self._supervised)
        x, y = own.prepare_batch(batch, device=own.device, non_blocking=own.non_blocking)
        loss: Tensor = own.loss_fn(own.model_transform(own.model_fn(own.model, x)), y)
        return loss.detach()

    def _val_loss(self, batch: Any, _place: tuple[int, ...]) -> Tensor | None:
        return self.loss_of(batch)


def _engine_like(engine: Any, memo: dict[int, Any]) -> Any:
    """Return an engine with the same function, or one over copies, and none of the handlers."""
    state = stand_in(engine.state, memo)
    function = repointed(engine._process_function, memo)  # noqa: SLF001
    made = shallow(
        engine,
        _process_function=function,
        state=state,
        logger=SILENT,
        _event_handlers=defaultdict(list),
        _dataloader_iter=None,
        _init_iter=None,
        _internal_run_generator=None,
    )
    if made.state.iteration:  # it goes on, as with more epochs than it has had
        made.state.max_epochs, made.state.max_iters = ENDLESS, None
    for event, handlers in engine._event_handlers.items():  # noqa: SLF001
        for handler, given, named in handlers:
            if getattr(handler, "__self__", None) is engine:  # by which an engine seeds itself
                own = types.MethodType(handler.__func__, made)
                refers = tuple(_instead_of(engine, each, made) for each in given)
                made._event_handlers[event].append((own, refers, named))  # noqa: SLF001
    return made


def _instead_of(engine: Any, given: Any, made: Any) -> Any:
    """Return an argument of a handler, with another engine where it is an engine or leads to it."""
    if isinstance(given, weakref.ref) and given() is engine:
        return weakref.ref(made)
    return made if given is engine else given


def _trained(engine: Any) -> tuple[nn.Module, Optimizer, Any]:
    """Return the model, the optimizer and the gradient scaler that an engine's function reaches."""
    reached = reach([engine._process_function])  # noqa: SLF001
    if len(reached.optimizers) != 1:
        found = len(reached.optimizers) or "no"
        raise ValueError(
            f"The engine's function reaches {found} optimizer{'s' * (found != 1)}, expected one. "
            "Pass the model, the loader and the optimizer whose rate is swept in place of the "
            "engine, with update_fn=(model, batch, optimizer) -> loss for the update."
        )
    optimizer = reached.optimizers[0]
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    inner = {id(m) for module in reached.modules for m in module.modules() if m is not module}
    outer = [module for module in reached.modules if id(module) not in inner]
    roots = [m for m in outer if any(id(p) in held for p in m.parameters())]
    if not roots:
        raise ValueError("The engine's function reaches no model with the optimizer's parameters.")
    model = roots[0] if len(roots) == 1 else nn.ModuleList(roots)
    return model, optimizer, next(iter(reached.scalers), None)


def _supervised(engine: Any) -> dict[str, Any]:
    """Return what the function of `create_supervised_trainer` closes over; {} for any other."""
    function = engine._process_function  # noqa: SLF001
    needed = {"prepare_batch", "device", "non_blocking", "loss_fn", "model_transform", "model_fn"}
    if getattr(function, "__module__", "") != "ignite.engine":
        return {}
    closed = inspect.getclosurevars(function).nonlocals
    return dict(closed) if needed <= closed.keys() else {}


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.numel() == 1)
