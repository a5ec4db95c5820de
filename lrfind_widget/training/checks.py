"""What is wrong with a model, a loader or a function, before any data is read.

The values of the other keywords are checked by `lrfind_widget.options`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Dataset

from lrfind_widget.curves.formatting import listed
from lrfind_widget.isolation.copy_checks import is_distributed
from lrfind_widget.isolation.joined_loader import (
    MOST,
    JoinedLoader,
    joined,
    leaves,
    may_be_loader,
    named_leaves,
)
from lrfind_widget.isolation.training_objects import TrainingObjects, class_of
from lrfind_widget.training.custom_updates import needs_closure
from lrfind_widget.training.lightning_module import (
    check_steps,
    is_without_function,
    own_methods,
    steps_of,
)
from lrfind_widget.training.param_groups import GroupRates, check_weight_decay, group_names
from lrfind_widget.training_options import TrainingOptions
from lrfind_widget.values import signature_of


def check(objects: TrainingObjects, options: TrainingOptions) -> None:
    """Raise TypeError or ValueError for whatever can be seen to be wrong."""
    check_trained(objects, options)
    _check_loader("dataloader", objects.dataloader)
    _check_functions(options)
    if is_without_function(options):
        check_steps(objects.model)
    _check_scaler(options, objects)
    if options.val_loader is True:
        raise TypeError(
            "val_loader=True takes a trainer's own evaluation data, and a model has none. Pass a "
            "loader."
        )


def check_trained(objects: TrainingObjects, options: TrainingOptions) -> None:
    """Raise TypeError or ValueError for what cannot be swept, or not be validated on."""
    objects.check()
    _check_values(objects.model)
    _check_swept(objects.optimizer, GroupRates(objects.optimizer, options.groups))
    _check_distributed(objects.model)
    if options.wd is not None:
        check_weight_decay(objects.optimizer)
    _check_validation(objects.val_loader, options)


def _check_validation(loader: Any, options: TrainingOptions) -> None:
    """Raise TypeError or ValueError for what cannot be validated on; `loader` as it is read."""
    if options.val_loader is None:
        for name in ("val_batches", "prepare_val_batch", "val_loss_fn"):
            if getattr(options, name) is not None:
                raise ValueError(f"{name} was given without a val_loader.")
    elif options.val_loader is False:
        raise TypeError(
            "val_loader is False, expected a loader, or True for a trainer's own evaluation data. "
            "Leave it out to do without."
        )
    elif options.val_loader is not True:
        _check_loader("val_loader", loader)
        check_can_restart("val_loader", loader, "at every rate")
        endless = any(isinstance(each, _OF_FUNCTION) for each in leaves(loader))
        if endless and options.val_batches is None:
            raise ValueError(
                "val_loader takes batches from a function and has no end. Say how many are used at "
                "every rate, for example val_batches=10."
            )


_OF_FUNCTION = type(iter(int, None))
"""Of ``iter(get_batch, None)``, which goes on to call its function for as long as it is read."""


def check_can_restart(name: str, loader: Any, when: str) -> None:
    """Raise TypeError for a loader that can be read only once."""
    for place, each in named_leaves(name, joined(loader)).items():
        if isinstance(each, Iterator) and not isinstance(each, _OF_FUNCTION):
            raise TypeError(
                f"{place} is a {type(each).__name__}, which can be read only once, and it is read "
                f"{when}. Pass a list or a DataLoader."
            )


def _check_values(model: nn.Module) -> None:
    empty = next((name for name, value in model.named_parameters() if value.is_meta), None)
    if empty is not None:
        raise ValueError(
            f"The model's {empty} is on the meta device, where tensors have no values. Call "
            'model.to_empty(device="cpu"), load or initialise the weights, and make the optimizer '
            "after that."
        )


def _check_swept(optimizer: Optimizer, rates: GroupRates) -> None:
    """Raise ValueError where every parameter whose rate is swept is frozen."""
    names = group_names(optimizer)
    swept = [place for place, rate in enumerate(rates.at(1.0)) if rate is not None]
    held = [p for place in swept for p in optimizer.param_groups[place]["params"]]
    if not any(p.requires_grad for p in held):
        one = "group" if len(swept) == 1 else "groups"
        raise ValueError(
            f"Only the rate of {one} {listed([names[place] for place in swept])} is swept, where "
            f"none of the {len(held)} parameters requires a gradient. Set requires_grad_(True) on "
            "those to train, or name another group in groups=."
        )


def _check_distributed(model: nn.Module) -> None:
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return
    processes = distributed.get_world_size()
    for module in model.modules():
        if processes > 1 and is_distributed(module):
            raise ValueError(
                f"The model is a {type(module).__name__} over {processes} processes, whose sweeps "
                "would wait for one another for ever once one of them stops. Sweep the "
                "plain model in one process, before it is wrapped (model.module)."
            )


def _check_loader(name: str, loader: Any) -> None:
    if isinstance(loader, JoinedLoader):
        for place, each in named_leaves(name, loader).items():
            _check_loader(place, each)
        return
    instead = _instead(name, loader)
    if instead:
        raise TypeError(
            f"{name} is {class_of(loader)}, expected an iterable of batches, such as a DataLoader "
            f"or a list of (inputs, target). {instead}"
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


def _instead(name: str, loader: Any) -> str:
    """Return what to pass in place of what gives no batches, "" where it does give them."""
    if loader is None:
        return "Where the loss needs no data, pass range(1), and step_fn=(model, batch) -> loss."
    if loader is DataLoader or (isinstance(loader, Dataset) and not hasattr(loader, "__iter__")):
        what = "class" if loader is DataLoader else "data set of single examples"
        return f"It is a {what}: pass DataLoader(dataset, batch_size=64, shuffle=True)."
    if isinstance(loader, type) or inspect.isgeneratorfunction(loader):
        return f"Call it: {loader.__name__}()."
    if isinstance(loader, (Tensor, dict)):
        several = (
            " If these are loaders, make each a DataLoader; of a list of batches, "
            "DataLoader(batches, batch_size=None)."
        ) * isinstance(loader, dict)
        return f"If it is one batch, pass [batch].{several}"
    if type(loader) in (list, tuple) and len(loader) <= MOST and any(map(may_be_loader, loader)):
        return (
            "Each of them may be a loader or a batch. Of loaders pass a dict, of batches "
            "DataLoader(batches, batch_size=None)."
        )
    if _is_whole_data(loader):
        places = ", ".join(f"data[{place}]" for place in range(len(loader)))
        return f"If these are all the data, pass them as one batch: [({places})], or [(X, y)]."
    if not (hasattr(loader, "__iter__") or hasattr(loader, "__getitem__")):
        if hasattr(loader, "train_dataloader") and not isinstance(loader, nn.Module):
            which = "val" if name.startswith("val") else "train"
            return f'Pass datamodule.{which}_dataloader(), after datamodule.setup("fit").'
        get_batch = getattr(loader, "__name__", "get_batch").replace("<lambda>", "get_batch")
        if not callable(loader) or isinstance(loader, nn.Module):
            return "Pass the batches."
        return f"Pass iter({get_batch}, None), which calls it for each batch."
    return "Pass the batches." if isinstance(loader, (str, bytes, nn.Module)) else ""


def _is_whole_data(loader: Any) -> bool:
    """Whether arrays of one length but of several kinds stand where batches are expected."""
    if type(loader) not in (tuple, list) or not 2 <= len(loader) <= 4:
        return False
    seen = [(tuple(getattr(part, "shape", ())), getattr(part, "dtype", None)) for part in loader]
    if not all(shape for shape, _ in seen) or len({shape[0] for shape, _ in seen}) > 1:
        return False
    return len({(shape[1:], str(dtype)) for shape, dtype in seen}) > 1


def _check_functions(options: TrainingOptions) -> None:
    for name, places in _CALLED_WITH.items():
        function = getattr(options, name)
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
    if options.loss_fn is not None and options.step_fn is not None:
        raise ValueError(
            "Both loss_fn and step_fn were given, expected one: step_fn computes the loss itself."
        )
    if options.update_fn is not None:
        _check_update(options)


_CALLED_WITH = {
    "loss_fn": ("output", "target"),
    "step_fn": ("model", "batch"),
    "prepare_batch": ("batch",),
    "prepare_val_batch": ("batch",),
    "val_loss_fn": ("output", "target"),
    "update_fn": ("model", "batch", "optimizer"),
}


def _check_update(options: TrainingOptions) -> None:
    """Refuse what a function that does the whole update would have to do itself."""
    for name in (
        "accumulate",
        "closure",
        "create_graph",
        "amp",
        "grad_scaler",
        "clip_grad_norm",
    ):
        if getattr(options, name) != getattr(TrainingOptions, name):
            raise ValueError(
                f"update_fn does the whole update itself, so {name} would not be used. Leave it "
                "out, and do in update_fn what it stands for."
            )
    without_loss = (options.loss_fn, options.step_fn, options.val_loss_fn) == (None, None, None)
    if options.val_loader is not None and without_loss:
        raise ValueError(
            "update_fn does not say how the loss of val_loader is computed. Pass loss_fn, "
            "step_fn or val_loss_fn too, or leave val_loader out."
        )


def _check_can_be_called(name: str, function: Any, places: tuple[str, ...]) -> None:
    signature = signature_of(function.forward if _is_module(function) else function)
    if signature is None:
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


def _check_scaler(options: TrainingOptions, objects: TrainingObjects) -> None:
    scaler, optimizer = options.grad_scaler, type(objects.optimizer).__name__
    needed = ("scale", "unscale_", "step", "update", "is_enabled")
    if scaler is not None and not all(hasattr(scaler, name) for name in needed):
        raise TypeError(
            f"grad_scaler is a {type(scaler).__name__}, expected a torch.amp.GradScaler."
        )
    if scaler is None and options.amp != "fp16":
        return
    own = steps_of(objects.model, options) and own_methods(objects.model, ["optimizer_step"])
    given = f"{type(objects.model).__name__}.optimizer_step" if own else optimizer
    if own or options.closure or needs_closure(objects.optimizer):
        raise ValueError(
            f"{given} is given a closure, which a gradient scaler does not "
            'support. Use amp="bf16" or none, and no grad_scaler.'
        )
