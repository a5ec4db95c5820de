"""The keywords that say how steps are taken, whatever the rate: see `lrfind_widget.options`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from lrfind_widget.curves.group_ranges import GroupRanges
from lrfind_widget.option_checks import MOST_SEED, Function, check_groups
from lrfind_widget.option_fields import Options
from lrfind_widget.values import number, whole


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(Options):
    """How steps are taken, whatever the rate.

    Parameters
    ----------
    loss_fn
        `(output, target) -> loss`, a scalar tensor. By default it is inferred from the first
        batch (see `Objective`).
    step_fn
        `(model, batch) -> loss`, in place of everything between the batch and the loss.
    update_fn
        `(model, batch, optimizer) -> loss`, in place of the whole step: it clears the gradients,
        calls ``backward()`` and ``optimizer.step()`` itself, with the rate that the optimizer has
        then. For a loop with several optimizers or backward passes. `loss_fn` or `step_fn` beside
        it compute the loss where it is wanted alone: for `val_loader` and the critical rate.
    prepare_batch
        `batch -> batch`, applied to each batch first, for example to `(inputs, target)`.
    prepare_val_batch
        The same for batches of `val_loader`. By default `prepare_batch`.
    val_loss_fn
        `(output, target) -> loss` for batches of `val_loader`, such as the share of wrong answers:
        less is better. By default the loss is computed as in training.
    wd
        Weight decay meanwhile. By default the optimizer's own. Groups that do not decay,
        beside others that do, stay so.
    groups : str or int
        By default the parameter groups keep the ratios of their rates; "same" gives all the same;
        the `name` of a group, or its index, sweeps that one only. A group that is named "ratio" or
        "same" itself is meant by its index.
    accumulate
        Batches for one step. The recorded loss is their mean.
    closure
        Whether ``optimizer.step`` gets a closure that computes loss and gradients anew, after those
        of the step, as SAM and its kin need. LBFGS and others that demand a closure get it in any
        case.
    create_graph
        Whether ``backward`` keeps the graph of the gradients, as second-order optimizers such as
        AdaHessian need.
    amp
        Autocast to this type; fp16 with a gradient scaler.
    grad_scaler : torch.amp.GradScaler
        Scaler to use. Steps that it skips are counted, not recorded, and taken again at the same
        rate on the next batch.
    clip_grad_norm
        Largest norm of the gradient, as of ``clip_grad_norm_(model.parameters(), ...)``: of all
        that has a gradient in the model, also where the optimizer does not hold it. Parameters of
        a `loss_fn` are left out.
    val_loader : iterable or True
        Batches to compute a validation loss on after each step, in eval mode and under the same
        autocast. Draws no random numbers from the training. True takes a trainer's own evaluation
        data.
    val_batches
        Batches of `val_loader` to take, each time the same. By default all.
    seed
        Seeds torch, numpy, Python and the generators of the loader inside the sweep, which makes
        it repeatable. These generators belong to the process: a cell that draws numbers while the
        sweep runs takes them out of the same row, and its own are put back at the end.
    isolation
        Whether a copy of model and optimizer is trained, or they themselves (see `Isolation`).
    """

    loss_fn: Function | None = None
    step_fn: Function | None = None
    update_fn: Callable[[Any, Any, Any], Any] | None = None
    prepare_batch: Callable[[Any], Any] | None = None
    prepare_val_batch: Callable[[Any], Any] | None = None
    val_loss_fn: Function | None = None
    wd: Annotated[float | None, number(least=0), "Weight decay"] = None
    groups: Annotated[str | int | GroupRanges, check_groups] = "ratio"
    accumulate: Annotated[int, whole(1)] = 1
    closure: bool = False
    create_graph: bool = False
    amp: Literal["bf16", "fp16"] | None = None
    grad_scaler: Any = None
    clip_grad_norm: Annotated[float | None, number(above=0)] = None
    val_loader: Iterable[Any] | bool | None = None
    val_batches: Annotated[int | None, whole(1)] = None
    seed: Annotated[int | None, whole(0, MOST_SEED), "Seed"] = None
    isolation: Literal["auto", "copy", "in_place"] = "auto"

    def settings_of(self, kind: type[Options]) -> dict[str, Any]:
        """Return the same as JSON values; callables and loaders by their names."""
        groups, settings = self.groups, super().settings_of(kind)
        return settings | ({"groups": groups.settings()} if isinstance(groups, GroupRanges) else {})
