"""Which loss a model is trained with, inferred from its first output where only one fits."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor

from lrfind_widget.training.batch import describe, is_plain_sequence
from lrfind_widget.training.loss_candidates import Candidate, fitting
from lrfind_widget.training.model_inputs import NO_TARGET, ModelInputs

Inferred = tuple[Callable[[Any, Any], Any], str]
"""`(output, target) -> loss`, and the same in words."""

HOW_TO_SAY = (
    "Pass loss_fn=(output, target) -> loss, or step_fn=(model, batch) -> loss where the loss "
    "needs more than that."
)


def infer(output: Any, fed: ModelInputs, source: str | None = None) -> Inferred:
    """Return how a loss follows from outputs and targets like these, and that in words.

    `source` is where in the batch the model's input is found, for a line to paste.
    """
    found = _own_loss(output, fed)
    if found is not None:
        return found
    candidates = _candidates(output, fed)
    function = candidates[0].function if len(candidates) == 1 else None
    has_logits = isinstance(output, Mapping) and "logits" in output
    if function is None or not (has_logits or isinstance(output, Tensor)):
        raise _ambiguous(output, fed, candidates, source)
    seen = f"from targets {describe(fed.target)}, outputs {describe(output)}"
    words = f"{candidates[0].name} ({seen})"
    if has_logits:
        return lambda output, target: function(output["logits"], target), words
    return function, words


def _own_loss(output: Any, fed: ModelInputs) -> Inferred | None:
    """Find the loss that an output carries."""
    if isinstance(output, Mapping):
        if isinstance(output.get("loss"), Tensor):
            words = "the model's own loss, output['loss']"
            return _from_output(operator.itemgetter("loss")), words
        if output and all(_is_loss(part) for part in output.values()):
            names = ", ".join(map(str, output))
            return _from_output(_sum), f"the sum of the model's own losses: {names}"
    if isinstance(getattr(output, "loss", None), Tensor):
        return _from_output(operator.attrgetter("loss")), "the model's own loss, output.loss"
    if fed.target is not NO_TARGET and not fed.target_passed:
        # A scalar beside a target that the model has not seen may be only a part of the loss.
        return None
    if _is_loss(output):
        return _from_output(lambda output: output), "the model's output, a loss"
    if isinstance(output, (tuple, list)):
        places = [place for place, part in enumerate(output) if _is_loss(part)]
        if len(places) == 1:
            words = f"the model's own loss, output[{places[0]}]"
            return _from_output(operator.itemgetter(places[0])), words
    return None


def _from_output(pick: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda output, _target: pick(output)


def _is_loss(part: Any) -> bool:
    return (
        isinstance(part, Tensor)
        and part.dim() == 0
        and part.is_floating_point()
        and part.requires_grad
    )


def _sum(losses: Any) -> Any:
    if not isinstance(losses, Mapping):
        raise ValueError(
            f"The model returned a {describe(losses)}, expected its dict of losses. Models that "
            "give losses only in train mode cannot have a validation loss: leave val_loader out, "
            "or pass step_fn=(model, batch) -> loss."
        )
    total, *others = losses.values()
    for loss in others:
        total = total + loss
    return total


def _candidates(output: Any, fed: ModelInputs) -> list[Candidate]:
    """Return the losses that fit an output, or a part of it."""
    found = [
        candidate
        for name, part in _parts(output)
        for candidate in fitting(part, fed.target, fed.only_input, name)
    ]
    to_input = [candidate for candidate in found if candidate.to_input]
    return to_input if to_input and not isinstance(output, Tensor) else found


def _parts(output: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of an output, and how each is reached."""
    parts: dict[str, Any] = {}
    if isinstance(output, Tensor):
        parts = {"output": output}
    elif isinstance(output, Mapping):
        names = ["logits"] if isinstance(output.get("logits"), Tensor) else list(output)
        parts = {f"output[{name!r}]".replace("'", '"'): output[name] for name in names}
    elif is_plain_sequence(output):
        parts = {f"output[{place}]": part for place, part in enumerate(output)}
    elif hasattr(output, "logits"):
        parts = {"output.logits": output.logits}
    return ((name, part) for name, part in parts.items() if isinstance(part, Tensor))


def _ambiguous(
    output: Any, fed: ModelInputs, candidates: list[Candidate], source: str | None
) -> ValueError:
    has_target = fed.target is not NO_TARGET
    target = f"the target {describe(fed.target)}" if has_target else "the batch has no target"
    seen = f"The loss cannot be told: the output is {describe(output)}, {target}."
    if not candidates:
        return ValueError(f"{seen} {HOW_TO_SAY}")
    lines = [f"    {candidate.line(source)}" for candidate in candidates[:_MOST_LINES]]
    otherwise = f"F is torch.nn.functional. Otherwise p{HOW_TO_SAY[1:]}"
    return ValueError("\n".join([f"{seen} Say which it is:", *lines, otherwise]))


_MOST_LINES = 4
