"""The wrappers of schedulefree, which are optimizers in all but their class.

Its other optimizers are plain ones with modes, see `set_mode`. Read in schedulefree 1.4.
"""

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer

from lrfind_widget.training.plain_training import PlainTraining


class ScheduleFreeTraining(PlainTraining):
    """A plain loop with an optimizer that a `ScheduleFreeWrapper` is around."""

    def __init__(self, model: Any, dataloader: Any = None, optimizer: Any = None) -> None:
        super().__init__(model, dataloader, _as_optimizer(optimizer))


def _as_optimizer(wrapper: Any) -> Any:
    """Return an optimizer that is the wrapper itself: one set of attributes for both."""
    kind = type(wrapper)
    optimizer: Any = object.__new__(type(kind.__name__, (kind, Optimizer), {}))
    optimizer.__dict__ = vars(wrapper)
    return optimizer
