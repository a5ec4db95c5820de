"""The range test without a notebook."""

from __future__ import annotations

from lrfind_widget import messages
from lrfind_widget.curves.formatting import written_as
from lrfind_widget.keywords import keywords
from lrfind_widget.options import FindOptions, SweepOptions
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import by_rule
from lrfind_widget.training.closing_line import conclude
from lrfind_widget.training.progress_bar import run_with_bar
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.trainers import training_of


@keywords(FindOptions)
def lr_find(
    model: object, dataloader: object = None, optimizer: object = None, *, options: FindOptions
) -> SweepResult:
    """Run a learning-rate range test and return what it found.

    The same sweep as that of the widget, for scripts and terminals. Model, optimizer and random
    state are afterwards what they were, however it ends; the optimizer's rate is another only with
    `apply`. A line under the bar says what is suggested and what there is to doubt of it, which
    loss was taken, why the sweep ended, and what was applied.

    Parameters
    ----------
    model : torch.nn.Module
        Model to train, or to train a copy of.
        {trainers}
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

    In a script that trains at what is found:

    >>> lr_find(model, loader, optimizer, apply=True)
    """
    training = training_of(model, dataloader, optimizer)
    sweep = Sweep(training, **options.of(SweepOptions))
    run_with_bar(sweep, "Range test", shown=options.progress)
    result = sweep.result()
    suggestion = result.suggestion()
    with written_as(options.mode):
        conclude(
            [
                messages.suggested(suggestion, by_rule(suggestion.rule)),
                *suggestion.caveats[1:],
                messages.loss_taken(result.objective),
                result.stop_sentence,
            ],
            training,
            suggestion.lr,
            result,
            options,
        )
    return result
