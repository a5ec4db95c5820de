"""The arguments of a sweep: their names, their defaults, and what is wrong with a value."""

from __future__ import annotations

import difflib
import inspect
import math
import numbers
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import Dataset, IterableDataset

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.curves.smoothing import ExponentialAverage
from lrfind_widget.training.objective import (
    LossFunction,
    PrepareFunction,
    StepFunction,
    name_of,
)
from lrfind_widget.training.param_groups import GroupRates, check_weight_decay
from lrfind_widget.training.precision import AMP_TYPES
from lrfind_widget.training.seeding import MOST_SEED
from lrfind_widget.training.training import needs_closure

ISOLATIONS = ("auto", "copy", "in_place")


class SweepOptions(TypedDict, total=False):
    """The keywords of `Sweep`, for those who pass them on."""

    loss_fn: LossFunction | None
    step_fn: StepFunction | None
    prepare_batch: PrepareFunction | None
    start_lr: float
    end_lr: float
    num_it: int
    stop_div: bool
    wd: float | None
    mode: str
    groups: str
    accumulate: int
    amp: str | None
    grad_scaler: Any
    clip_grad_norm: float | None
    val_loader: Iterable[Any] | None
    val_batches: int | None
    seed: int | None
    repeats: int
    isolation: str
    beta: float


@dataclass(frozen=True)
class Arguments:
    """What a sweep was asked to do. See `Sweep` for the meaning of each."""

    loss_fn: LossFunction | None = None
    step_fn: StepFunction | None = None
    prepare_batch: PrepareFunction | None = None
    start_lr: float = 1e-7
    end_lr: float = 10.0
    num_it: int = 100
    stop_div: bool = True
    wd: float | None = None
    mode: str = "exp"
    groups: str = "ratio"
    accumulate: int = 1
    amp: str | None = None
    grad_scaler: Any = None
    clip_grad_norm: float | None = None
    val_loader: Iterable[Any] | None = None
    val_batches: int | None = None
    seed: int | None = None
    repeats: int = 1
    isolation: str = "auto"
    beta: float = 0.98

    def schedule(self) -> Schedule:
        """Return the rates of the sweep."""
        return Schedule(self.start_lr, self.end_lr, self.num_it, self.mode)  # type: ignore[arg-type]

    def settings(self) -> dict[str, Any]:
        """Return the arguments as JSON values; callables and loaders by their names."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in values.items()}

    def of_repeat(self, repeat: int) -> Arguments:
        """Return the arguments of one of the repeats: the first has these, the others other seeds.

        Without a seed, a repeat draws one from the operating system, so that its data order is
        another one each time.
        """
        if repeat == 0:
            return self
        seed = random.SystemRandom().randint(0, MOST_SEED) if self.seed is None else self.seed
        return replace(self, seed=(seed + repeat) % (MOST_SEED + 1))


def check(
    model: nn.Module, dataloader: Iterable[Any], optimizer: Optimizer, given: Arguments
) -> None:
    """Raise TypeError or ValueError for whatever can be told wrong before any data is read."""
    given.schedule()
    ExponentialAverage(given.beta)
    GroupRates(optimizer, _text("groups", given.groups))
    _check_distributed(model)
    _check_loader("dataloader", dataloader)
    _check_functions(given)
    _check_training(given, optimizer)
    _check_validation(given)
    if not isinstance(given.stop_div, bool):
        raise TypeError(f"stop_div={given.stop_div!r}, expected True or False.")
    if given.seed is not None and check_whole("seed", given.seed, 0) > MOST_SEED:
        raise ValueError(f"seed={given.seed}, expected at most {MOST_SEED}.")
    _check_repeats(dataloader, given)
    if given.isolation not in ISOLATIONS:
        raise ValueError(f"isolation={given.isolation!r}, expected {_choice(ISOLATIONS)}.")


def refuse_unknown(unknown: Iterable[str], known: Iterable[str], caller: str) -> None:
    """Raise TypeError for a keyword that nobody knows, with the nearest one that is known.

    Parameters
    ----------
    unknown : iterable of str
        The keywords left over; none is fine.
    known : iterable of str
        The keywords there are.
    caller : str
        What was called.
    """
    for name in unknown:
        choices = list(known)
        near = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(choices)}."
        raise TypeError(f"{caller} does not know the keyword {name!r}. {hint}")


def _check_distributed(model: nn.Module) -> None:
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return
    if distributed.get_world_size() == 1:
        return
    for module in model.modules():
        kind = type(module).__name__
        if kind in ("DistributedDataParallel", "FullyShardedDataParallel") or kind.startswith(
            "FSDP"
        ):
            raise ValueError(
                f"The model is a {kind} over {distributed.get_world_size()} processes, whose "
                "sweeps would wait for one another for ever once one of them stops. Sweep the "
                "plain model in one process, before it is wrapped (model.module)."
            )


def _check_loader(name: str, loader: Any) -> None:
    if (
        isinstance(loader, Dataset)
        and not isinstance(loader, IterableDataset)
        and not hasattr(loader, "__iter__")
    ):
        raise TypeError(
            f"{name} is a {type(loader).__name__}, a data set of single examples, expected an "
            "iterable of batches. Pass DataLoader(dataset, batch_size=64, shuffle=True)."
        )
    if isinstance(loader, (str, bytes, dict, Tensor, nn.Module)) or not (
        hasattr(loader, "__iter__") or hasattr(loader, "__getitem__")
    ):
        raise TypeError(
            f"{name} is a {type(loader).__name__}, expected an iterable of batches, such as a "
            "DataLoader or a list of (inputs, target)."
        )
    try:
        length = len(loader)
    except Exception:  # a length is never needed, and that of some loaders raises
        return
    if length == 0:
        raise ValueError(
            f"{name} is empty, expected at least one batch. Has its data set no examples, or fewer "
            "than a batch with drop_last=True?"
        )


def _check_repeats(dataloader: Iterable[Any], given: Arguments) -> None:
    if check_whole("repeats", given.repeats, 1) > 1:
        check_can_restart("dataloader", dataloader, "for each repeat")


def check_can_restart(name: str, loader: Iterable[Any], when: str) -> None:
    """Raise TypeError for a loader that can be read only once."""
    if isinstance(loader, Iterator):
        raise TypeError(
            f"{name} is a {type(loader).__name__}, which can be read only once, and it is read "
            f"{when}. Pass a list or a DataLoader."
        )


def _check_functions(given: Arguments) -> None:
    for name, places in _CALLED_WITH.items():
        function = getattr(given, name)
        if function is None:
            continue
        if inspect.isclass(function) and issubclass(function, nn.Module):
            raise TypeError(
                f"{name} is the class {function.__name__}, expected an instance: "
                f"{function.__name__}()."
            )
        if not callable(function):
            raise TypeError(f"{name} is a {type(function).__name__}, expected a callable.")
        _check_can_be_called(name, function, places)
    if given.loss_fn is not None and given.step_fn is not None:
        raise ValueError(
            "Both loss_fn and step_fn were given, expected one: step_fn computes the loss itself."
        )


_CALLED_WITH = {
    "loss_fn": ("output", "target"),
    "step_fn": ("model", "batch"),
    "prepare_batch": ("batch",),
}


def _check_can_be_called(name: str, function: Any, places: tuple[str, ...]) -> None:
    try:
        signature = inspect.signature(function.forward if _is_module(function) else function)
    except (TypeError, ValueError):  # a builtin does not tell
        return
    try:
        signature.bind(*places)
    except TypeError as error:
        raise TypeError(
            f"{name} takes {signature}, expected a callable of ({', '.join(places)})."
        ) from error


def _is_module(function: Any) -> bool:
    # Its __call__ takes anything; what counts is its forward.
    return isinstance(function, nn.Module) and type(function).__call__ is nn.Module.__call__


def _check_training(given: Arguments, optimizer: Optimizer) -> None:
    check_whole("accumulate", given.accumulate, 1)
    if given.clip_grad_norm is not None:
        _number("clip_grad_norm", given.clip_grad_norm, above=0)
    if given.wd is not None:
        _number("wd", given.wd, least=0)
        check_weight_decay(optimizer)
    if given.amp is not None and given.amp not in tuple(AMP_TYPES):
        raise ValueError(f"amp={given.amp!r}, expected {_choice(AMP_TYPES)} or None.")
    scaler = given.grad_scaler
    needed = ("scale", "unscale_", "step", "update", "is_enabled")
    if scaler is not None and not all(hasattr(scaler, name) for name in needed):
        raise TypeError(
            f"grad_scaler is a {type(scaler).__name__}, expected a torch.amp.GradScaler."
        )
    if needs_closure(optimizer) and (scaler is not None or given.amp == "fp16"):
        raise ValueError(
            f"{type(optimizer).__name__} evaluates the loss itself, which a gradient scaler does "
            'not support. Use amp="bf16" or none, and no grad_scaler.'
        )


def _check_validation(given: Arguments) -> None:
    if given.val_loader is None:
        if given.val_batches is not None:
            raise ValueError("val_batches was given without a val_loader.")
        return
    _check_loader("val_loader", given.val_loader)
    check_can_restart("val_loader", given.val_loader, "at every rate")
    if given.val_batches is not None:
        check_whole("val_batches", given.val_batches, 1)


def check_rate(name: str, value: object) -> float:
    """Return a learning rate as a float; raise TypeError or ValueError for anything else."""
    _number(name, value, above=0)
    return float(value)  # type: ignore[arg-type]


def check_whole(name: str, value: object, least: int) -> int:
    """Return a whole number of at least `least`; raise TypeError or ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}={value!r}, expected a whole number of at least {least}.")
    if value < least:
        raise ValueError(f"{name}={value!r}, expected at least {least}.")
    return int(value)


def _number(name: str, value: object, *, above: float | None = None, least: float = 0) -> None:
    wanted = (
        f"a finite number {f'above {above:g}' if above is not None else f'of at least {least:g}'}"
    )
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}={value!r}, expected {wanted}.")
    number = float(value)
    if not math.isfinite(number) or number < least or (above is not None and number <= above):
        raise ValueError(f"{name}={value!r}, expected {wanted}.")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a str.")
    return value


def _choice(names: Iterable[str]) -> str:
    *most, last = (repr(name) for name in names)
    return f"{', '.join(most)} or {last}" if most else last


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, Callable):  # type: ignore[arg-type]
        return name_of(value)
    return type(value).__name__
