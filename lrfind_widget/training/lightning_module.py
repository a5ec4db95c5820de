"""A LightningModule by itself: its own steps are the loss, and no Trainer is there.

It is known by the name of its class: Lightning is never imported here.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

HOOKS = "on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer"
"""What a batch goes through on its way to a step."""

VALUES: Mapping[str, Any] = {
    **dict.fromkeys(("current_epoch", "global_step", "global_rank", "local_rank"), 0),
    **dict.fromkeys(("world_size", "num_nodes", "num_devices", "accumulate_grad_batches"), 1),
    **dict.fromkeys(("testing", "predicting", "sanity_checking", "should_stop"), False),
    "is_global_zero": True,
}
"""What a Trainer says of itself that can be known without one."""


def lightning_class(module: nn.Module) -> type | None:
    """Return the LightningModule that a module is one of, None where it is none."""
    for cls in type(module).__mro__:
        package = cls.__module__.partition(".")[0]
        if cls.__name__ == "LightningModule" and package in ("lightning", "pytorch_lightning"):
            return cls
    return None


def own_steps(model: nn.Module) -> frozenset[str]:
    """Return which steps and hooks a LightningModule defines; none without a `training_step`."""
    base, cls = lightning_class(model), type(model)
    names = ("training_step", "validation_step", *HOOKS)
    own = {n for n in names if base and getattr(cls, n, None) is not getattr(base, n, None)}
    return frozenset(own if "training_step" in own else ())


def steps_of(model: nn.Module, given: Any) -> frozenset[str]:
    """Return the same where they compute the loss: where no function that does was given."""
    functions = given.loss_fn, given.step_fn, given.update_fn
    return own_steps(model) if functions == (None, None, None) else frozenset()


def check_steps(model: Any) -> None:
    """Raise ValueError where `training_step` is hidden, more than a loss, or takes other arguments.

    Of a plain module nothing is asked.
    """
    inner = getattr(model, "_orig_mod", None)
    if inner is not None and own_steps(inner):
        raise ValueError(
            f"model is what torch.compile makes of a {type(inner).__name__}, whose training_step "
            "it hides. Pass the LightningModule itself, or step_fn=(model, batch) -> loss."
        )
    if not own_steps(model):
        return
    if not getattr(model, "automatic_optimization", True):
        raise ValueError(
            f"{type(model).__name__}.automatic_optimization is False: its training_step does the "
            "whole update itself, with what its Trainer has. Pass "
            "update_fn=(model, batch, optimizer) -> loss, which does the update without a Trainer, "
            "or step_fn=(model, batch) -> loss, which computes the loss alone."
        )
    signature = inspect.signature(model.training_step)
    if "dataloader_iter" in signature.parameters or _places(model.training_step)[0] > 2:
        raise ValueError(
            f"{type(model).__name__}.training_step takes {signature}, expected (batch) or "
            "(batch, batch_idx). Pass step_fn=(model, batch) -> loss."
        )


class ModuleLoss:
    """The loss of a LightningModule's own steps.

    That of `training_step`, and where the module has a `validation_step` what this one returns for
    batches of a `val_loader`, or logs as "val_loss" or the one name with "loss" in it. A batch goes
    through the module's hooks for its transfer first.

    Parameters
    ----------
    model : LightningModule
        What is trained.
    own : frozenset of str
        Which of the steps and hooks it defines.
    device : torch.device
        Where batches belong.
    surroundings : WithoutTrainer
        What keeps values that are logged, where wanted.
    """

    def __init__(
        self, model: Any, own: frozenset[str], device: torch.device, surroundings: WithoutTrainer
    ) -> None:
        self._model, self._own, self._device = model, own, device
        self._surroundings = surroundings
        self._places = {name: _places(getattr(model, name)) for name in own if name not in HOOKS}

    def source(self, *, validates: bool) -> str:
        """Return the name of the step that computes the loss."""
        is_own = validates and "validation_step" in self._own
        return "validation_step" if is_own else "training_step"

    def __call__(self, batch: Any, place: tuple[int, ...], *, validates: bool) -> Any:
        """Return the loss of a batch; None where the step leaves it out.

        `place` is its number and, where loaders are read in turn, that of its loader.
        """
        of_loader = place[1] if len(place) > 1 else 0
        for name in HOOKS:
            if name in self._own:
                moved = (self._device,) if name == "transfer_batch_to_device" else ()
                batch = getattr(self._model, name)(batch, *moved, of_loader)
        name = self.source(validates=validates)
        least, most = self._places[name]
        given = (batch, *place, 0, 0)[: min(most, max(least, 1 + len(place)))]
        with self._surroundings.logging() as logged:
            loss = getattr(self._model, name)(*given)
        if isinstance(loss, Mapping):
            logged.update(loss)
            loss = loss.get("loss", loss if name == "training_step" else None)
        if loss is None and name == "validation_step":
            loss = _named_loss(logged)
        if validates and isinstance(loss, (int, float)):
            return torch.tensor(loss, dtype=torch.float64, device=self._device)
        return loss


class WithoutTrainer:
    """Lets a LightningModule compute as if a Trainer were there, for the time of a call.

    What it logs and prints goes nowhere, `self.trainer` says what `VALUES` says, `self.logger`
    takes anything, and `self.optimizers()` is the optimizer that is trained. For other models
    nothing is done.
    """

    def __init__(self, model: nn.Module, optimizer: Optimizer | None) -> None:
        self._modules = [vars(m) for m in model.modules() if lightning_class(m) is not None]
        self._logged: dict[str, Any] | None = None
        self._trainer = _Trainer(optimizer)
        self._given = {
            "_trainer": self._trainer,
            "_fabric": None,
            "log": self._log,
            "log_dict": self._log_dict,
            "print": _SILENT,
            "optimizers": lambda *_, **__: optimizer,
            "lr_schedulers": lambda: _SILENT,
            "all_gather": lambda data, *_, **__: data,
        }

    @contextlib.contextmanager
    def __call__(self, *, validates: bool = False) -> Iterator[None]:
        """Put it in place, and away."""
        self._trainer.training, self._trainer.validating = not validates, validates
        before = [{n: own[n] for n in self._given if n in own} for own in self._modules]
        try:
            for own in self._modules:
                own.update(self._given)
            yield
        finally:
            for own, values in zip(self._modules, before, strict=True):
                own.update(values)
                for name in self._given.keys() - values.keys():
                    own.pop(name, None)

    @contextlib.contextmanager
    def logging(self) -> Iterator[dict[str, Any]]:
        """Keep what is logged meanwhile."""
        self._logged = {}
        try:
            yield self._logged
        finally:
            self._logged = None

    def _log(self, name: str, value: Any, *_: Any, **__: Any) -> None:
        is_number = isinstance(value, (int, float, Tensor))
        if self._logged is not None and is_number:
            self._logged[name] = value

    def _log_dict(self, dictionary: Mapping[str, Any], *_: Any, **__: Any) -> None:
        for name, value in dictionary.items():
            self._log(name, value)


class _Silent:
    """Takes every attribute, call and place, and does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    def __getitem__(self, _place: Any) -> Any:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())


_SILENT = _Silent()


class _Trainer:
    """What `self.trainer` is where there is none."""

    def __init__(self, optimizer: Optimizer | None) -> None:
        vars(self).update(VALUES, optimizers=[optimizer], logger=_SILENT, loggers=[])
        self.training, self.validating = True, False

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"The module asks for self.trainer.{name}, and a sweep has no Trainer. Pass "
            "step_fn=(model, batch) -> loss, which does without."
        )


def _named_loss(values: Mapping[str, Any]) -> Any:
    """Return the value that is called a loss, None where there is none or several may be it."""
    named = [value for name, value in values.items() if "loss" in str(name).lower()]
    return values.get("val_loss", named[0] if len(named) == 1 else None)


def _places(function: Callable[..., Any]) -> tuple[int, int]:
    """Return how many arguments a step takes in order, at least and at most, up to three."""
    places = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = inspect.signature(function).parameters.values()
    named = [p for p in parameters if p.kind in places]
    least = sum(p.default is inspect.Parameter.empty for p in named)
    takes_any = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    return least, 3 if takes_any else len(named)
