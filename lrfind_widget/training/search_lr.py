"""From a model to a rate that was tried, without a notebook."""

from __future__ import annotations

from lrfind_widget import messages
from lrfind_widget.keywords import keywords
from lrfind_widget.options import SearchOptions, SweepOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.search import SearchResult
from lrfind_widget.results.search_start import where_to_begin
from lrfind_widget.training.closing_line import conclude
from lrfind_widget.training.param_groups import reference_lr
from lrfind_widget.training.progress_bar import run_with_bar
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.search import Search
from lrfind_widget.training.trainers import training_of


@keywords(SearchOptions)
def search_lr(
    model: object, dataloader: object = None, optimizer: object = None, *, options: SearchOptions
) -> SearchResult:
    """Find a learning rate by a range test and short trainings around what it suggests.

    The trainings start from the same state, see the same batches and go on side by side, at rates
    half a decade apart. Rates that diverge or fall behind are dropped; where the best stands at an
    edge, the search goes on there; it ends when the best has worse ones on both sides, or its
    lead is within the noise. With a `val_loader`, or a part of the data that is held back, the
    validation loss decides. Model, optimizer and random state are afterwards what they were,
    however it ends; the optimizer's rate is another only with `apply`. A line under the bar says
    what was found and applied.

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
    SearchResult
        Its `best_lr` is the rate, its `sentence` says why, and `tried` has the evidence. After a
        KeyboardInterrupt what there was until then.

    Raises
    ------
    TypeError, ValueError
        For arguments that can be seen to be wrong, before data is read.
    Exception
        Whatever the model, the data, the loss or the optimizer raises, as it was raised.

    Examples
    --------
    >>> found = search_lr(model, loader, optimizer, val_loader=val_loader, for_steps=5000)
    >>> found.best_lr, found.sentence
    """
    training = training_of(model, dataloader, optimizer)
    sweep = None
    # Refuses now what cannot work.
    search = Search(training, options.lr or 1.0, options)
    if options.lr is None:
        given = options.of(SweepOptions)
        if options.val_loader is None:
            # Of what is held back, in the search.
            given |= dict.fromkeys(("val_batches", "prepare_val_batch", "val_loss_fn"))
        test = Sweep(training, **given)
        run_with_bar(test, "Range test", shown=options.progress)
        sweep = test.result()
        lr, origin = where_to_begin(sweep, sweep.suggested_lr, reference_lr(training.optimizer))
        search = Search(training, lr, options, origin=origin, sweep=sweep)
        if sweep.stop_reason is StopReason.STOPPED:
            search.stop()
    run_with_bar(search, "Search", shown=options.progress and not search.control.is_stopped())
    found = search.result()
    stopped = found.stop_reason is StopReason.STOPPED
    conclude(
        [
            found.sentence,
            messages.loss_taken(found.objective or ("" if sweep is None else sweep.objective)),
            "" if stopped else found.stop_sentence,  # which the first sentence has
        ],
        training,
        found.best_lr,
        found,
        options,
        why_not=messages.NOT_TRAINED if found.ending == "untrained" else "",
    )
    return found
