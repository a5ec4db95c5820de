"""One learning rate for a chart, one for each parameter group of the optimizer."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import GroupRanges, axis_label
from lrfind_widget.isolation.claim import check_not_trained
from lrfind_widget.outcomes import Applied
from lrfind_widget.training.schedulers import Schedulers


class GroupRates:
    """Sets the learning rate of a sweep in the parameter groups of an optimizer.

    A chart shows the rate of the reference group, the first one above zero. The others follow by
    their multipliers, or by ranges of their own; one of 0 leaves a group alone. Where every rate is
    zero, as at the start of a warm-up, the `initial_lr` that a scheduler left is read.
    """

    def __init__(self, optimizer: Optimizer, groups: str | int | GroupRanges = "ratio") -> None:
        rates, names = _rates(optimizer.param_groups), group_names(optimizer)
        reference = next((place for place, rate in enumerate(rates) if rate > 0), 0)
        self._count = len(rates)
        self._ranges = groups if isinstance(groups, GroupRanges) else None
        if isinstance(groups, GroupRanges):
            reference, self.multipliers = groups.reference, groups.multipliers
        elif groups == "ratio":
            self.multipliers = tuple(rate / rates[reference] for rate in rates)
        elif groups == "same":
            self.multipliers = (1.0,) * len(rates)
        else:
            reference = _place(groups, names, optimizer.param_groups)
            self.multipliers = tuple(float(place == reference) for place in range(len(rates)))
        self.reference = reference
        self.own = rates[reference]
        self.axis_label = axis_label(self.multipliers, names, reference, self._ranges)
        self._written: list[_Written] = []

    def at(self, lr: float) -> list[float | None]:
        """Return the rate of every group for the sweep's rate `lr`; None for one that stays."""
        if self._ranges is not None:
            return list(self._ranges.at(lr))
        return [lr * multiplier if multiplier else None for multiplier in self.multipliers]

    def set(self, optimizer: Optimizer, lr: float) -> None:
        """Give every group its rate for the sweep's rate `lr`, without reading it back.

        A rate that is a tensor on a GPU would have to be waited for.
        """
        self._set(optimizer, self.at(lr))

    def set_alike(self, optimizer: Optimizer, lr: float) -> None:
        """Give every group that is swept the rate `lr`."""
        self._set(optimizer, [None if rate is None else lr for rate in self.at(lr)])

    def _set(self, optimizer: Optimizer, rates: list[float | None]) -> None:
        now = len(optimizer.param_groups)
        if now != self._count:
            raise ValueError(
                f"The optimizer has {now} parameter groups, and had {self._count} when "
                "the range test began, which tells what rate each gets. Add them before that."
            )
        _write(optimizer.param_groups, rates)
        self._written = [
            None if rate is None else (group["lr"], _version(group["lr"]), rate)
            for group, rate in zip(optimizer.param_groups, rates, strict=True)
        ]

    def check(self, optimizer: Optimizer) -> None:
        """Raise ValueError where the optimizer has other rates than those that were set.

        One that is a tensor is read only where somebody wrote to it or put it there.
        """
        for group, written in zip(optimizer.param_groups, self._written, strict=False):
            if written is None:
                continue
            rate, version, lr = written
            now = group["lr"]
            if now is rate and _version(now) == version:
                continue
            wanted = torch.full_like(rate, lr) if isinstance(rate, Tensor) else lr
            if float(now) != float(wanted):
                raise ValueError(
                    f"The learning rate was {format_lr(float(now))} when the optimizer took its "
                    f"step, where the range test had set {format_lr(lr)}, so the curve would be "
                    "wrong. Leave out what sets it meanwhile: scheduler.step() before the "
                    "optimizer's step, a hook, or a schedule of the optimizer's own."
                )


_Written = tuple[Any, int, float] | None
"""A rate as it stands in its group, with its version and its value; None for one not set."""


def _version(rate: Any) -> int:
    return rate._version if isinstance(rate, Tensor) else 0  # noqa: SLF001


def group_names(optimizer: Optimizer) -> list[str]:
    """Return the name of each parameter group, its index where it has none."""
    return [str(group.get("name", place)) for place, group in enumerate(optimizer.param_groups)]


def reference_lr(optimizer: Optimizer) -> float:
    """Return the rate of the first parameter group that has one above zero."""
    return next(rate for rate in _rates(optimizer.param_groups) if rate > 0)


def set_lr(optimizer: Optimizer, lr: float, groups: str | int | GroupRanges = "ratio") -> Applied:
    """Write a learning rate into an optimizer's groups, and where its schedulers read it.

    `groups` is that of the sweep; where the optimizer has no such group, or another number of them,
    the ratios count that they have now. A rate that is a tensor stays one. With a scheduler it is
    the rate that the schedule starts from, or rises to.
    """
    optimizer = _inside(optimizer)
    check_not_trained(optimizer)
    written, names = optimizer.param_groups, group_names(optimizer)
    if written[0] is not optimizer.param_groups[0]:
        raise TypeError(
            f"The {type(optimizer).__name__} makes its param_groups anew whenever they are read, "
            "so that a rate that is written there is lost. Set it by its own means, such as "
            f"optimizer.set_hyper('lr', {lr:g}) for one of fastai."
        )
    if isinstance(groups, GroupRanges):
        fits = len(groups) == len(written)
    elif isinstance(groups, str):
        fits = groups in ("same", *names)
    else:
        fits = -len(written) <= groups < len(written)
    groups = groups if fits else "ratio"
    before = [float(group["lr"]) for group in written]
    wanted, schedulers = GroupRates(optimizer, groups), Schedulers(optimizer)
    rates, reference = wanted.at(lr), schedulers.bases[wanted.reference]
    if groups == "ratio" and reference > 0:
        rates = [
            None if rate is None else lr * (base / reference)
            for rate, base in zip(rates, schedulers.bases, strict=True)
        ]
    _write(
        written,
        [
            None if rate is None else schedulers.move(place, rate)
            for place, rate in enumerate(rates)
        ],
    )
    return Applied(before, [float(group["lr"]) for group in written], schedulers.note)


def _inside(optimizer: Optimizer) -> Optimizer:
    """Return the optimizer that another one wraps, whose groups are that one's too.

    It is the one that schedulers and sweeps hold.
    """
    inner = getattr(optimizer, "optimizer", None)
    if isinstance(inner, Optimizer) and inner.param_groups is optimizer.param_groups:
        return _inside(inner)
    return optimizer


def _write(groups: Sequence[dict[str, Any]], rates: Sequence[float | None]) -> None:
    tensors = [id(group["lr"]) for group in groups if isinstance(group["lr"], Tensor)]
    for group, lr in zip(groups, rates, strict=True):
        if lr is None:
            continue
        rate = group["lr"]
        if not isinstance(rate, Tensor):
            group["lr"] = lr
        elif tensors.count(id(rate)) == 1:
            # A captured or compiled step reads this very tensor.
            rate.fill_(lr)
        else:
            # Given once for all groups, it is one tensor in all of them.
            group["lr"] = torch.full_like(rate, lr)


def check_weight_decay(optimizer: Optimizer) -> None:
    """Raise ValueError where an optimizer has no weight decay to set."""
    if not any("weight_decay" in group for group in optimizer.param_groups):
        raise ValueError(
            f"wd was given, but {type(optimizer).__name__} has no weight_decay. Leave wd out."
        )


def set_weight_decay(optimizer: Optimizer, wd: float) -> None:
    """Give the groups that decay their weights the decay `wd`.

    Where some groups decay and others, such as biases and norms, are at zero, those stay at
    zero; where all are at zero, all are given `wd`.
    """
    decays = [float(group.get("weight_decay") or 0) for group in optimizer.param_groups]
    for group, decay in zip(optimizer.param_groups, decays, strict=True):
        if "weight_decay" in group and (decay != 0 or not any(decays)):
            group["weight_decay"] = wd


def in_no_group(model: nn.Module, optimizer: Optimizer) -> list[str]:
    """Return the names of the trainable parameters that an optimizer does not update."""
    updated = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    return [
        name
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and id(parameter) not in updated
    ]


def _rates(groups: Sequence[Mapping[str, Any]]) -> list[float]:
    rates = [_rate(group.get("lr"), place) for place, group in enumerate(groups)]
    if any(rates):
        return rates
    initial = [_rate(group.get("initial_lr", 0.0), place) for place, group in enumerate(groups)]
    return initial if any(initial) else [1.0] * len(groups)


def _rate(value: Any, place: int) -> float:
    try:
        rate = float(value)
    except (TypeError, ValueError):
        rate = math.nan
    if not math.isfinite(rate) or rate < 0:
        raise ValueError(
            f"Parameter group {place} of the optimizer has lr={value!r}, expected a number that "
            "is finite and not negative. An optimizer that chooses its own rate has to be told "
            "not to (for example relative_step=False)."
        )
    return rate


def _place(wanted: str | int, names: Sequence[str], groups: Sequence[Mapping[str, Any]]) -> int:
    if isinstance(wanted, int):
        if -len(names) <= wanted < len(names):
            return wanted % len(names)
        raise ValueError(
            f"groups={wanted} is the index of no parameter group, expected 0 to {len(names) - 1}, "
            "or -1 for the last."
        )
    found = [place for place, name in enumerate(names) if name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"{len(found)} parameter groups are named {wanted!r}, expected one.")
    near = difflib.get_close_matches(wanted, ["ratio", "same", *names], n=1)
    named = ", ".join(repr(name) for name in names)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    if not any("name" in group for group in groups):
        hint += ' Name a group with {"params": ..., "name": ...}.'
    raise ValueError(
        f"groups={wanted!r} is not known, expected 'ratio', 'same' or one of the optimizer's "
        f"groups: {named}.{hint}"
    )
