"""The range test without a notebook."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.optim import Optimizer

from lrfind_widget.results.result import SweepResult
from lrfind_widget.training.checks import SweepOptions, refuse_unknown
from lrfind_widget.training.progress_bar import ProgressBar
from lrfind_widget.training.range_test import Sweep

if TYPE_CHECKING:
    from typing_extensions import Unpack


def lr_find(
    model: nn.Module,
    dataloader: Iterable[Any],
    optimizer: Optimizer,
    *,
    progress: bool = True,
    **options: Unpack[SweepOptions],
) -> SweepResult:
    """Run a learning-rate range test and return what it found.

    The same sweep as that of the widget, for scripts and terminals. Model, optimizer and random
    state are afterwards what they were, however it ends.

    Parameters
    ----------
    model : torch.nn.Module
        Model to train, or to train a copy of.
    dataloader : iterable
        Gives batches.
    optimizer : torch.optim.Optimizer
        Over parameters of the model.
    progress : bool, default True
        Whether a bar on standard error shows how far it is.
    **options
        The keywords of `Sweep`.

    Returns
    -------
    SweepResult
        The curve. After a KeyboardInterrupt what there was until then, with the stop reason
        "stopped".

    Raises
    ------
    TypeError, ValueError
        For arguments that can be told wrong, before data is read.
    Exception
        Whatever the model, the data, the loss or the optimizer raises, as it was raised.

    Examples
    --------
    >>> result = lr_find(model, loader, optimizer)
    >>> result.suggested_lr
    """
    known = SweepOptions.__annotations__
    refuse_unknown(set(options) - set(known), [*known, "progress"], "lr_find")
    sweep = Sweep(model, dataloader, optimizer, **options)
    with (
        ProgressBar("Range test", sweep.steps, shown=progress) as bar,
        contextlib.suppress(KeyboardInterrupt),
        contextlib.closing(iter(sweep)) as points,
    ):
        for point in points:
            bar.count(point)
    if sweep.stop_reason is None:  # interrupted before it began
        raise KeyboardInterrupt
    return sweep.result()
