"""The range test without a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lrfind_widget import messages
from lrfind_widget.keywords import keywords
from lrfind_widget.options import FindOptions, SweepOptions
from lrfind_widget.results.result import SweepResult
from lrfind_widget.training.progress_bar import run_with_bar
from lrfind_widget.training.range_test import Sweep


@keywords(FindOptions)
def lr_find(
    model: nn.Module, dataloader: Iterable[Any], optimizer: Optimizer, options: FindOptions
) -> SweepResult:
    """Run a learning-rate range test and return what it found.

    The same sweep as that of the widget, for scripts and terminals. Model, optimizer and random
    state are afterwards what they were, however it ends. What gives cause to doubt the suggestion
    is said under the bar.

    Parameters
    ----------
    model : torch.nn.Module
        Model to train, or to train a copy of.
    dataloader : iterable
        Gives batches.
    optimizer : torch.optim.Optimizer
        Over parameters of the model.
    {keywords}

    Returns
    -------
    SweepResult
        The curve. After a KeyboardInterrupt what there was until then, with the stop reason
        "stopped".

    Raises
    ------
    TypeError, ValueError
        For arguments that can be seen to be wrong, before data is read.
    Exception
        Whatever the model, the data, the loss or the optimizer raises, as it was raised.

    Examples
    --------
    >>> result = lr_find(model, loader, optimizer)
    >>> result.suggested_lr
    """
    sweep = Sweep(model, dataloader, optimizer, **options.of(SweepOptions))
    run_with_bar(sweep, "Range test", shown=options.progress)
    result = sweep.result()
    suggestion = result.suggestion()
    if options.progress and (suggestion.lr is None or suggestion.caveats):
        critical = messages.critical_rate(result.critical_lr, result.critical_note)
        more = messages.about(suggestion, result.suggestion("min_gradient"), critical)
        said = " ".join([messages.suggested(suggestion), *more])
        print(result.stop_sentence, said, file=sys.stderr)
    return result
