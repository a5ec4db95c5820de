"""Whether an optimizer steps when it is asked to, and at the rate that it was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lrfind_widget.values import name_of


class StepWatch:
    """Counts the steps of an optimizer and lets `check` look at its rates right before and after.

    So a scheduler that sets the rate of the next step does no harm. An optimizer without hooks,
    which some trainers' wrappers are, counts no steps; `is_hooked` says so.
    """

    def __init__(self, optimizer: Optimizer, check: Callable[[Optimizer], None]) -> None:
        self.taken = 0
        self._check = check
        groups = optimizer.param_groups
        self._parameters = [p for group in groups for p in group["params"] if p.requires_grad]
        self._handles: list[Any] = []
        post_hooks: Any = getattr(optimizer, "_optimizer_step_post_hooks", None)
        self.is_hooked = post_hooks is not None
        if self.is_hooked:
            after = optimizer.register_step_post_hook(self._after)
            post_hooks.move_to_end(after.id, last=False)
            self._handles = [optimizer.register_step_pre_hook(self._before), after]

    def close(self) -> None:
        """Remove the hooks."""
        for handle in self._handles:
            handle.remove()

    def guarded(self, step_fn: Callable[..., Any]) -> Callable[..., Any]:
        """Return a step function that is refused where it does more than compute a loss."""

        def call(model: Any, batch: Any) -> Any:
            if not torch.is_grad_enabled():  # a validation loss
                return step_fn(model, batch)
            taken, had_gradients = self.taken, self._has_gradients()
            loss = step_fn(model, batch)
            if self.taken > taken:
                raise ValueError(_does_too_much("optimizer.step()"))
            if not had_gradients and self._has_gradients():
                raise ValueError(_does_too_much("backward()"))
            return loss

        call.__name__ = name_of(step_fn)
        return call

    def _has_gradients(self) -> bool:
        return any(parameter.grad is not None for parameter in self._parameters)

    def _before(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        self._check(optimizer)

    def _after(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        self._check(optimizer)
        # A fused optimizer is called for a step that a scaler skips, and decides on the device.
        found: Tensor | None = getattr(optimizer, "found_inf", None)
        self.taken += found is None or not bool(found.item())


def _does_too_much(call: str) -> str:
    return (
        f"step_fn called {call} itself, and the range test would do so once more: expected "
        "(model, batch) -> loss, which computes the loss alone. A function that does the whole "
        "update, with the optimizer that it is given, goes to update_fn=(model, batch, optimizer) "
        "-> loss."
    )
