"""What a user gives to be trained, as one thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lrfind_widget.isolation.joined_loader import leaves

FUNCTIONS = (
    "loss_fn",
    "step_fn",
    "prepare_batch",
    "prepare_val_batch",
    "val_loss_fn",
    "update_fn",
)
"""The functions that may be given."""


@dataclass(frozen=True, eq=False)
class TrainingObjects:
    """A model with all that it takes to train it: the user's own, or copies of them.

    The optimizer may hold only a part of the model's parameters, and parameters of `loss_fn` where
    that is a module.
    """

    model: nn.Module
    optimizer: Optimizer
    dataloader: Iterable[Any]
    val_loader: Iterable[Any] | None = None
    loss_fn: Callable[..., Any] | None = None
    step_fn: Callable[..., Any] | None = None
    prepare_batch: Callable[..., Any] | None = None
    prepare_val_batch: Callable[..., Any] | None = None
    val_loss_fn: Callable[..., Any] | None = None
    update_fn: Callable[..., Any] | None = None
    grad_scaler: Any = None
    trainer: Any = None
    """The trainer's object that takes the steps, where one does."""
    data: tuple[object, ...] = ()
    """Of the trainer's attributes those that it reads batches from: its data sets."""
    stand_in: Callable[[Any, dict[int, Any]], Any] | None = None
    """Makes of the trainer one that trains copies, which a dict has by their originals' `id`."""

    @property
    def functions(self) -> list[Any]:
        """The functions that were given, and the trainer, or its parts but for the data."""
        functions = [getattr(self, name) for name in FUNCTIONS]
        if self.data:
            data = set(map(id, self.data))
            functions += [part for part in vars(self.trainer).values() if id(part) not in data]
        else:
            functions.append(self.trainer)
        return [function for function in functions if function is not None]

    @property
    def loaders(self) -> list[Iterable[Any]]:
        """The loaders that were given, each by itself."""
        return [leaf for loader in (self.dataloader, self.val_loader) for leaf in leaves(loader)]

    @property
    def drawing(self) -> list[object]:
        """What may carry random generators that steps draw from."""
        trainers = [] if self.trainer is None else [self.trainer]
        return [self.model, *self.loaders, *trainers]

    @property
    def trained(self) -> list[Any]:
        """Model, optimizer and, where there is one, the gradient scaler."""
        scalers = [] if self.grad_scaler is None else [self.grad_scaler]
        return [self.model, self.optimizer, *scalers]

    def check(self) -> None:
        """Check that the optimizer trains the model."""
        if not isinstance(self.model, nn.Module):
            raise TypeError(
                f"model is {class_of(self.model)}, expected a torch.nn.Module. "
                "Pass the model itself, as in LRFinderWidget(model, dataloader, optimizer)."
            )
        if not isinstance(self.optimizer, Optimizer):
            made = (
                " Pass the optimizer itself that model.configure_optimizers() makes, not the dict "
                "or the lists that it may be returned in."
            )
            several = (
                " Pass the one whose rate is swept, such as optimizers[0], and do the steps of all "
                "in update_fn=(model, batch, optimizer) -> loss."
            )
            raise TypeError(
                f"optimizer is {class_of(self.optimizer)}, expected a torch.optim.Optimizer "
                "(an instance, not a class or a function that makes one)."
                + made * hasattr(self.model, "configure_optimizers")
                + several * isinstance(self.optimizer, (list, tuple, dict))
            )
        own = {id(p) for p in self.model.parameters()}
        if not own:
            raise ValueError("model has no parameters, so there is nothing to train.")
        if isinstance(self.loss_fn, nn.Module):
            own |= {id(p) for p in self.loss_fn.parameters()}
        held = [p for group in self.optimizer.param_groups for p in group["params"]]
        foreign = sum(id(p) not in own for p in held)
        if foreign:
            made_again = (
                "Was the model made again, or replaced by a copy, after the optimizer was made? "
                "Make the optimizer from this model's parameters. "
            )
            second = (
                "Are they of a head or of a second model? Pass one model of both, such as "
                "both = nn.ModuleList([model, head]), and step_fn=(both, batch) -> loss, which "
                "takes them out of it."
            )
            raise ValueError(
                f"{foreign} of the optimizer's {len(held)} parameters are not the model's. "
                + (made_again if foreign == len(held) else "")
                + second
            )
        if not any(p.requires_grad for p in held):
            raise ValueError(
                f"None of the optimizer's {len(held)} parameters requires a gradient: all are "
                "frozen. Set requires_grad_(True) on those to train."
            )


def class_of(given: object) -> str:
    """Return what a wrong argument is, in words."""
    if given is None:
        return "None"
    if isinstance(given, type):
        return f"the class {given.__name__}"
    return f"a {type(given).__name__}"
