"""One optimizer step: batches, gradients, update."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget.training.batches import Batches
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.objective import Objective
from lrfind_widget.training.precision import Precision


def needs_closure(optimizer: Optimizer) -> bool:
    """Whether an optimizer evaluates the loss itself, as LBFGS does."""
    try:
        closure = inspect.signature(type(optimizer).step).parameters.get("closure")
    except (TypeError, ValueError):
        return False
    return closure is not None and closure.default is inspect.Parameter.empty


class Training:
    """Takes optimizer steps as a plain training loop does.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Steps the parameters.
    objective : Objective
        From a batch to a loss.
    batches : Batches
        Where batches come from.
    precision : Precision
        Autocast and gradient scaler.
    accumulate : int
        Batches whose gradients are averaged for one step.
    clip_grad_norm : float or None
        Largest norm of the gradient of all the optimizer's parameters together.
    where : ErrorContext
        Told what runs.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        objective: Objective,
        batches: Batches,
        precision: Precision,
        *,
        accumulate: int = 1,
        clip_grad_norm: float | None = None,
        where: ErrorContext,
    ) -> None:
        self._optimizer = optimizer
        self._objective = objective
        self._batches = batches
        self._precision = precision
        self._accumulate = accumulate
        self._clip_grad_norm = clip_grad_norm
        self._where = where
        self._needs_closure = needs_closure(optimizer)

    def step(self) -> tuple[Tensor, bool]:
        """Take one step on the next batches.

        Returns
        -------
        loss : torch.Tensor
            Loss before the step, 0-d, on the device: the mean over accumulated batches, the
            first evaluation of a closure optimizer.
        taken : bool
            False where the gradient scaler skipped the step.

        Raises
        ------
        OutOfDataError
            Where the loader ends in the middle and cannot be started again.
        """
        if self._needs_closure:
            return self._closure_step(), True
        alone = self._accumulate == 1
        loss = self._gradients((self._next_batch(),) if alone else self._next_batches())
        self._where.at = "The optimizer"
        return loss, self._precision.step(self._optimizer)

    def _closure_step(self) -> Tensor:
        batches = list(self._next_batches())
        losses: list[Tensor] = []

        def closure() -> Tensor:
            with torch.enable_grad():
                losses.append(self._gradients(batches))
            self._where.at = "The optimizer"
            return losses[-1]

        self._where.at = "The optimizer"
        self._optimizer.step(closure)  # type: ignore[arg-type]
        if not losses:
            raise ValueError(
                f"{type(self._optimizer).__name__}.step did not call its closure, so there is no "
                "loss to record."
            )
        return losses[0]

    def _next_batches(self) -> Iterator[Any]:
        for _ in range(self._accumulate):
            yield self._next_batch()

    def _next_batch(self) -> Any:
        self._where.at, self._where.batch = "The dataloader", None
        return self._batches.next()

    def _gradients(self, batches: Iterable[Any]) -> Tensor:
        """Compute the gradients of the mean loss, and return that loss."""
        self._optimizer.zero_grad()
        losses: list[Tensor] = []
        for batch in batches:
            with self._precision.autocast():
                loss = self._objective(batch)
            self._where.at = "The backward pass"
            self._precision.backward(loss if self._accumulate == 1 else loss / self._accumulate)
            losses.append(loss.detach())
            del loss  # and with it the graph, before the next batch makes its own
        if self._clip_grad_norm is not None:
            self._where.at = "Clipping the gradient"
            self._precision.unscale(self._optimizer)
            parameters = [p for group in self._optimizer.param_groups for p in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, self._clip_grad_norm)
        return losses[0] if self._accumulate == 1 else torch.stack(losses).mean()
