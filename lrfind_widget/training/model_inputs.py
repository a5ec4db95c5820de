"""How a batch goes into a model, decided by the batch's structure and `forward`'s signature.

Nothing is tried out: a forward pass made only to see whether it works would draw random
numbers and move the statistics of normalisation layers.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn

from lrfind_widget.training.batch import (
    TARGET_NAMES,
    describe,
    is_plain_sequence,
    named_parts,
    tensors_in,
)

# A second input is often called y, so the letter alone does not make a parameter a target.
_TARGET_PARAMETERS = TARGET_NAMES[:-1]

_MASKS = ("train_mask", "mask", "weight")
"""What an object that goes in whole, such as a graph, has for the loss."""


NO_TARGET: Any = object()
"""The target of a batch that has none."""


@dataclass(frozen=True)
class ModelInputs:
    """A batch, sorted into what the model is called with and what its output is compared to.

    `note` says how it was taken where another way could be meant: which of its tensors neither the
    model nor the loss sees, or which have gone into parameters with a default.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    target: Any
    target_passed: bool
    note: str = ""

    @property
    def is_simple(self) -> bool:
        """Whether the model is called with one thing, and compared with another."""
        return (
            len(self.args) == 1
            and not (self.kwargs or self.target_passed)
            and self.target is not NO_TARGET
        )

    @property
    def only_input(self) -> Any:
        """What the model is called with besides the target, where that is one thing, else None."""
        given = (*self.args, *self.kwargs.values())
        inputs = [part for part in given if part is not self.target]
        return inputs[0] if len(inputs) == 1 else None

    def call(self, model: nn.Module) -> Any:
        """Return the model's output."""
        return model(*self.args, **self.kwargs)


class Forward:
    """What a model's `forward` accepts.

    Wrapped and compiled models are looked through.
    """

    def __init__(self, model: nn.Module) -> None:
        parameters = _parameters(model)
        kinds = inspect.Parameter
        self.known = parameters is not None
        named = [
            p for p in parameters or () if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD)
        ]
        self.takes_any_place = any(p.kind is kinds.VAR_POSITIONAL for p in parameters or ())
        self.takes_any_name = any(p.kind is kinds.VAR_KEYWORD for p in parameters or ())
        self.names = [p.name for p in named if p.kind is not kinds.POSITIONAL_ONLY]
        self.required = [p.name for p in named if p.default is kinds.empty]
        self.most_places = sum(p.kind is not kinds.KEYWORD_ONLY for p in named)
        self.least_places = sum(
            p.kind is not kinds.KEYWORD_ONLY and p.default is kinds.empty for p in named
        )
        self.target_name = next((n for n in self.names if n in _TARGET_PARAMETERS), None)

    def accepts_places(self, count: int) -> bool:
        """Whether `forward` can be called with `count` unnamed inputs."""
        if not self.known or self.takes_any_place:
            return True
        return self.least_places <= count <= self.most_places


def _parameters(model: nn.Module) -> list[inspect.Parameter] | None:
    inner: Any = model
    # DataParallel, DistributedDataParallel and torch.compile forward what they are called with.
    while True:
        wrapped = getattr(inner, "_orig_mod", None)
        if wrapped is None and type(inner).__name__ in ("DataParallel", "DistributedDataParallel"):
            wrapped = inner.module
        if wrapped is None:
            break
        inner = wrapped
    try:
        return list(inspect.signature(inner.forward).parameters.values())
    except (TypeError, ValueError, AttributeError):
        return None


def feed(forward: Forward, batch: Any, *, own_loss: bool) -> ModelInputs:
    """Sort a batch into the model's inputs and the target.

    With `own_loss` the model is given the target under the name that its `forward` has for it, and
    may compute the loss. Otherwise it is given the target only if it cannot be called without.
    """
    if batch is None and forward.required:
        raise ValueError(
            "The batch is None: there is nothing to learn from. To leave it out, pass "
            "step_fn=(model, batch) -> loss and return None for it, or prepare_batch= where it is "
            "to stand for another."
        )
    if isinstance(batch, Mapping):
        return _feed_named(forward, batch, batch, own_loss)
    if is_plain_sequence(batch) and not _names_fit(forward, named_parts(batch)):
        return _feed_sequence(forward, batch, own_loss)
    parts = named_parts(batch)
    if parts is not None:
        return _feed_named(forward, batch, parts, own_loss)
    for name in TARGET_NAMES:
        # Such as a graph that carries its labels as an attribute.
        target = None if hasattr(batch, "shape") else getattr(batch, name, None)
        if target is not None:
            masks = [name for name in _MASKS if isinstance(getattr(batch, name, None), Tensor)]
            return ModelInputs((batch,), {}, target, False, _not_used(masks))
    return ModelInputs((batch,), {}, NO_TARGET, target_passed=False)


def _names_fit(forward: Forward, parts: Mapping[str, Any] | None) -> bool:
    if parts is None or not forward.known or not forward.required:
        return False
    return all(name in parts for name in forward.required)


def _feed_named(
    forward: Forward, batch: Any, parts: Mapping[str, Any], own_loss: bool
) -> ModelInputs:
    target_key = next((name for name in TARGET_NAMES if name in parts), None)
    target = NO_TARGET if target_key is None else parts[target_key]
    inputs = {name: part for name, part in parts.items() if name != target_key}
    if forward.takes_any_name or not forward.known:
        accepted = dict(inputs)
    else:
        accepted = {name: part for name, part in inputs.items() if name in forward.names}
    passed = False
    if target_key is not None and (
        target_key in forward.required
        or (own_loss and (target_key in forward.names or forward.takes_any_name))
    ):
        # Under its own name, where it stood in the batch.
        accepted = {n: p for n, p in parts.items() if n in accepted or n == target_key}
        passed = True
    elif (
        target_key is not None
        and forward.target_name
        and (forward.target_name in forward.required or own_loss)
    ):
        accepted[forward.target_name] = target
        passed = True
    if accepted and all(name in accepted for name in forward.required):
        left = [name for name in inputs if name not in accepted]
        unused = [name for name in left if next(tensors_in(inputs[name]), None) is not None]
        return ModelInputs((), accepted, target, passed, _not_used(unused))
    if forward.accepts_places(1):
        if len(inputs) == 1:
            # One input under a name of its own, such as {"image": ..., "label": ...}.
            return ModelInputs(tuple(inputs.values()), {}, target, target_passed=False)
        if not accepted:
            # A forward of one parameter that takes the whole batch apart by itself.
            return ModelInputs((batch,), {}, target, target_passed=True)
    missing = [name for name in forward.required if name not in accepted]
    raise ValueError(
        f"The batch does not fit the model: forward needs {_listed(missing)}, and the batch is "
        f"a {describe(batch)}. Pass prepare_batch= to turn a batch into (inputs, target), or "
        f"step_fn=(model, batch) -> loss to compute the loss yourself."
    )


def _feed_sequence(forward: Forward, batch: Any, own_loss: bool) -> ModelInputs:
    if not batch:
        raise ValueError(
            f"The batch is an empty {type(batch).__name__}: there is nothing to learn from."
        )
    *inputs, target = batch if len(batch) > 1 else (batch[0], NO_TARGET)
    return _feed_inputs(forward, batch, tuple(inputs), target, own_loss)


def _feed_inputs(
    forward: Forward, batch: Any, inputs: tuple[Any, ...], target: Any, own_loss: bool
) -> ModelInputs:
    kwargs: dict[str, Any] = {}
    names_target = forward.target_name is not None and target is not NO_TARGET
    if names_target and (own_loss or forward.target_name in forward.required):
        kwargs = {str(forward.target_name): target}
    if len(inputs) == 1:
        (only,) = inputs
        parts = named_parts(only)
        if isinstance(only, Mapping) or _names_fit(forward, parts):
            inner = _feed_named(forward, only, {**(parts or {}), **kwargs}, own_loss)
            own = inner.target if target is NO_TARGET else target
            passed = bool(kwargs) or inner.target_passed
            return replace(inner, target=own, target_passed=passed)
        one_is_enough = _fits(forward, 1, kwargs) and not forward.takes_any_place
        if is_plain_sequence(only) and not one_is_enough:
            # ((first, second), target): the inner tuple is the inputs.
            inputs = tuple(only)
    if _fits(forward, len(inputs), kwargs):
        taken = _listed(forward.names[: len(inputs)])
        is_counted = forward.known and not forward.takes_any_place
        is_guess = is_counted and len(inputs) > max(1, len(forward.required))
        note = f"the model takes the parts of the batch as {taken}" if is_guess else ""
        return ModelInputs(inputs, kwargs, target, bool(kwargs), note)
    if not kwargs and target is not NO_TARGET and _fits(forward, len(inputs) + 1, {}):
        # As many parameters as the batch has parts: the model takes the target as well.
        return ModelInputs((*inputs, target), {}, target, target_passed=True)
    taken = _listed(forward.required) or "no input"
    raise ValueError(
        f"The batch does not fit the model: it is a {describe(batch)}, which gives "
        f"{len(inputs)} input{'s' * (len(inputs) != 1)} and {'no' if target is NO_TARGET else 'a'} "
        f"target, and forward takes {taken}. Pass step_fn=(model, batch) -> loss, or, where a part "
        f"of the batch is not needed, prepare_batch=batch -> (inputs, target)."
    )


def _fits(forward: Forward, count: int, kwargs: Mapping[str, Any]) -> bool:
    """Whether `count` unnamed inputs and the named ones can go into `forward` together."""
    if not forward.known or forward.takes_any_place:
        return True
    if not kwargs:
        return forward.accepts_places(count)
    (name,) = kwargs
    place = forward.names.index(name)
    needed = [n for n in forward.required if n != name]
    # A named target after the inputs must not be reached by counting.
    return len(needed) <= count <= max(place, len(needed))


def _not_used(names: list[str]) -> str:
    return f"not used of the batch: {_listed(names)}" if names else ""


def _listed(names: list[str]) -> str:
    return ", ".join(names)
