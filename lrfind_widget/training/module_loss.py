"""The loss of a LightningModule's own steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from lrfind_widget.training.batch import to_device
from lrfind_widget.training.lightning_hooks import Hooks
from lrfind_widget.training.lightning_module import (
    HOOKS,
    WithoutTrainer,
    own_steps,
    places_of,
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
    device : torch.device
        Where batches belong.
    surroundings : WithoutTrainer
        Where the steps compute, and what they log is kept.
    hooks : Hooks, optional
        What is called around a step that trains.
    """

    def __init__(
        self,
        model: Any,
        device: torch.device,
        surroundings: WithoutTrainer,
        hooks: Hooks | None = None,
    ) -> None:
        self._model, self._device, self._hooks = model, device, hooks
        self.surroundings = surroundings
        self._own = own = own_steps(model)
        self._places = {name: places_of(getattr(model, name)) for name in own if name not in HOOKS}

    def source(self, *, validates: bool) -> str:
        """Return the name of the step that computes the loss."""
        is_own = validates and "validation_step" in self._own
        return "validation_step" if is_own else "training_step"

    def begun(
        self,
        given: Any,
        place: tuple[int, ...],
        prepare: Callable[[Any], Any],
        *,
        validates: bool,
    ) -> Any:
        """Return a batch as a step takes it: prepared, moved, and begun where it trains.

        `place` is its number and, where loaders are read in turn, that of its loader; () where it
        is evaluated by itself.
        """

        def moved(batch: Any) -> Any:
            return self._moved(to_device(prepare(batch), self._device), *place[1:])

        if place and not validates and self._hooks is not None:
            return self._hooks.begin_batch(given, place[0], moved)
        return moved(given)

    def __call__(self, batch: Any, place: tuple[int, ...], *, validates: bool) -> Any:
        """Return the loss of a batch that has begun; None where the step leaves it out."""
        trains = bool(place) and not validates
        place = place or (0,)
        name = self.source(validates=validates)
        least, most = self._places[name]
        given = (batch, *place, 0, 0)[: min(most, max(least, 1 + len(place)))]
        with self.surroundings.logging() as logged:
            loss = getattr(self._model, name)(*given)
        if trains and self._hooks is not None:
            self._hooks.output = loss
        if isinstance(loss, Mapping):
            logged.update(loss)
            loss = loss.get("loss", loss if name == "training_step" else None)
        if loss is None and name == "validation_step":
            loss = _named_loss(logged)
        if validates and isinstance(loss, (int, float)):
            return torch.tensor(loss, dtype=torch.float64, device=self._device)
        return loss

    def _moved(self, batch: Any, of_loader: int = 0) -> Any:
        for name in HOOKS:
            if name in self._own:
                moved = (self._device,) if name == "transfer_batch_to_device" else ()
                batch = getattr(self._model, name)(batch, *moved, of_loader)
        return batch


def _named_loss(values: Mapping[str, Any]) -> Any:
    """Return the value that is called a loss, None where there is none or several may be it."""
    named = [value for name, value in values.items() if "loss" in str(name).lower()]
    return values.get("val_loss", named[0] if len(named) == 1 else None)
