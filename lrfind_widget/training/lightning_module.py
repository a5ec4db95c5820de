"""A LightningModule by itself: its own steps are the loss, and no Trainer is there.

It is known by the name of its class: Lightning is never imported here.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

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


def own_methods(model: nn.Module, names: Iterable[str]) -> tuple[str, ...]:
    """Return which of these methods a LightningModule defines itself."""
    base, cls = lightning_class(model), type(model)
    return tuple(n for n in names if base and getattr(cls, n, None) is not getattr(base, n, None))


def own_steps(model: nn.Module) -> tuple[str, ...]:
    """Return which steps and hooks a LightningModule defines; none without a `training_step`."""
    own = own_methods(model, ("training_step", "validation_step", *HOOKS))
    return own if "training_step" in own else ()


def steps_of(model: nn.Module, given: Any) -> tuple[str, ...]:
    """Return the same where they compute the loss: where no function that does was given."""
    return own_steps(model) if is_without_function(given) else ()


def is_without_function(given: Any) -> bool:
    """Whether no function that computes the loss was given."""
    return (given.loss_fn, given.step_fn, given.update_fn) == (None, None, None)


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
            "whole update itself. Pass update_fn=lambda model, batch, optimizer: "
            "model.training_step(batch, 0) where it has one optimizer and returns the loss, else "
            "an update_fn that does the update, or step_fn=(model, batch) -> loss for the loss "
            "alone."
        )
    signature = inspect.signature(model.training_step)
    if "dataloader_iter" in signature.parameters or places_of(model.training_step)[0] > 2:
        raise ValueError(
            f"{type(model).__name__}.training_step takes {signature}, expected (batch) or "
            "(batch, batch_idx). Pass step_fn=(model, batch) -> loss."
        )


def places_of(function: Callable[..., Any]) -> tuple[int, int]:
    """Return how many arguments a step takes in order, at least and at most, up to three."""
    places = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = inspect.signature(function).parameters.values()
    named = [p for p in parameters if p.kind in places]
    least = sum(p.default is inspect.Parameter.empty for p in named)
    takes_any = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    return least, 3 if takes_any else len(named)


class WithoutTrainer:
    """Lets a LightningModule compute as if a Trainer were there, for the time of a call.

    What it logs and prints goes nowhere, `self.trainer` says what `VALUES` says and where a sweep
    is, and otherwise what the Trainer does that the module is attached to; `self.logger` takes
    anything, and `self.optimizers()` is the optimizer that is trained. For other models nothing is
    done.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | None,
        attached: Any = None,
        **known: Any,
    ) -> None:
        self._modules = [vars(m) for m in model.modules() if lightning_class(m) is not None]
        self._logged: dict[str, Any] | None = None
        self.trainer: Any = _Trainer(attached)
        known |= {"model": model, "lightning_module": model, "optimizers": [optimizer]}
        vars(self.trainer).update(known)
        self._given = {
            "_trainer": self.trainer,
            "_fabric": None,
            "log": self._log,
            "log_dict": self._log_dict,
            "print": SILENT,
            "optimizers": lambda *_, **__: optimizer,
            "clip_gradients": self._clip,
            "manual_backward": self._backward,
            "lr_schedulers": lambda: SILENT,
            "all_gather": lambda data, *_, **__: data,
        }

    @contextlib.contextmanager
    def __call__(self, *, validates: bool = False) -> Iterator[None]:
        """Put it in place, and away."""
        now, modes = vars(self.trainer), {"training": not validates, "validating": validates}
        modes_before = {name: now[name] for name in modes}
        now.update(modes)
        before = [{n: own[n] for n in self._given if n in own} for own in self._modules]
        try:
            for own in self._modules:
                own.update(self._given)
            yield
        finally:
            now.update(modes_before)
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

    def _clip(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip as `LightningModule.clip_gradients` does, for which it asks its Trainer."""
        given = gradient_clip_val is None
        most = self.trainer.gradient_clip_val if given else gradient_clip_val
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if most and "value" in str(gradient_clip_algorithm).lower():
            nn.utils.clip_grad_value_(parameters, most)
        elif most:
            nn.utils.clip_grad_norm_(parameters, most)

    def _backward(self, loss: Tensor, *given: Any, **named: Any) -> None:
        """Add gradients as `LightningModule.manual_backward` does, for which it asks the same."""
        model = self.trainer.model
        model.on_before_backward(loss)
        model.backward(loss, *given, **named)
        model.on_after_backward()


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


SILENT = _Silent()


class _Trainer:
    """What `self.trainer` is: one that is attached is asked what a sweep does not know."""

    def __init__(self, attached: Any) -> None:
        vars(self).update(VALUES, logger=SILENT, loggers=[], _attached=attached)
        self.training, self.validating = True, False

    def __getattr__(self, name: str) -> Any:
        if self._attached is not None:
            return getattr(self._attached, name)
        raise AttributeError(
            f"The module asks for self.trainer.{name}, and a sweep has no Trainer. Pass "
            "step_fn=(model, batch) -> loss, or update_fn=(model, batch, optimizer) -> loss for "
            "the whole update, which does without."
        )
