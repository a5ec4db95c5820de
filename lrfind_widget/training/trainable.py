"""A model with all that it takes to train it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lrfind_widget.training.param_groups import GroupRates, reference_lr, set_lr
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.short_trainings import ShortTrainings


class Trainable:
    """What the experiments of one widget are made on.

    Parameters
    ----------
    model, dataloader, optimizer
        As for `Sweep`.
    options : dict
        Keywords of `Sweep`.

    Raises
    ------
    TypeError, ValueError
        For arguments that cannot work, before anything runs.
    """

    def __init__(
        self,
        model: nn.Module,
        dataloader: Iterable[Any],
        optimizer: Optimizer,
        options: dict[str, Any],
    ) -> None:
        self._subject = model, dataloader, optimizer
        self._options = options
        # Made in advance, so that it refuses now what cannot work.
        self._first: Sweep | None = Sweep(*self._subject, **options)

    @property
    def lr(self) -> float:
        """The optimizer's own rate, of the reference group."""
        return reference_lr(self._subject[2])

    def sweep(self, changes: dict[str, Any]) -> Sweep:
        """Return a sweep with some keywords changed."""
        ready, self._first = self._first, None
        if ready is not None and not changes:
            return ready
        return Sweep(*self._subject, **{**self._options, **changes})

    def trials(self, lrs: Sequence[float], steps: int, changes: dict[str, Any]) -> ShortTrainings:
        """Return short trainings at some rates."""
        return ShortTrainings(*self._subject, lrs, steps, **{**self._options, **changes})

    def set_lr(
        self, lr: float, optimizer: Optimizer | None = None
    ) -> tuple[list[float], list[float]]:
        """Write a rate into an optimizer as the sweep did; return its rates before and after.

        An optimizer other than the sweep's keeps the ratios between its groups.
        """
        if optimizer is not None:
            return set_lr(optimizer, lr)
        groups = self._options.get("groups", "ratio")
        return set_lr(self._subject[2], lr, GroupRates(self._subject[2], groups).multipliers)
