"""A function of the user's as a rule: one that reads raw losses, or one made for fastai v2."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.smoothing import BETA, Floats
from lrfind_widget.curves.trimmed import as_curve
from lrfind_widget.rules.fastai_v2 import averaged_as_fastai_v2
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.values import name_of, signature_of


def own_rule(own: Callable[..., Any], name: str) -> Callable[..., Suggestion]:
    """Return a user's function as a rule of this name; what it raises becomes the reason.

    It returns a rate; or, as fastai v2's functions do, a tuple that begins with the rate; or a
    `Suggestion`.
    """
    given = _given_by_fastai_v2 if is_made_for_fastai_v2(own) else _raw

    def rule(lrs: npt.ArrayLike, losses: npt.ArrayLike, **options: Any) -> Suggestion:
        rates, raw = as_curve(lrs, losses)
        try:
            answer = own(*given(rates, raw, options), **options)
            said: Any = answer.lr if isinstance(answer, Suggestion) else answer
            if isinstance(answer, Suggestion) and said is None:
                return answer
            said = said[0] if isinstance(said, tuple) and said else said
            lr = math.nan if said is None else float(said)
        except (Exception, SystemExit) as error:  # the user's own code: anything may come out
            return Suggestion(None, f"No recommendation: {name} raised {_said(error)}.")
        if not (math.isfinite(lr) and lr > 0):
            return Suggestion(None, f"No recommendation: {name} returned {said!r}.")
        if isinstance(answer, Suggestion):
            return answer if type(said) is float else replace(answer, lr=lr)
        return Suggestion(lr, f"What {name} returned for this curve.")

    rule.__name__ = name
    return rule


def check_arguments(own: Callable[..., Any]) -> None:
    """Raise TypeError for a function that cannot be called with rates and losses."""
    signature = signature_of(own)
    if signature is None:
        return
    try:
        signature.bind_partial((), ())
    except TypeError as error:
        raise TypeError(
            f"rule {name_of(own)}{signature} was given, expected a function of rates and losses: "
            "(lrs, losses) -> rate."
        ) from error


def is_made_for_fastai_v2(own: Callable[..., Any]) -> bool:
    """Return whether a function is called ``(lrs, losses, num_it)``, as ``suggest_funcs`` are.

    So it is if its third argument has that name, or no default.
    """
    signature = signature_of(own)
    parameters = () if signature is None else signature.parameters.values()
    by_place = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len(by_place) > 2 and (
        by_place[2].name == "num_it" or by_place[2].default is inspect.Parameter.empty
    )


def _raw(rates: Floats, raw: Floats, _options: dict[str, Any]) -> tuple[Any, ...]:
    """Return rates and raw losses up to the first that is not finite."""
    broken = np.flatnonzero(~np.isfinite(raw))
    end = int(broken[0]) if broken.size else raw.size
    return rates[:end].copy(), raw[:end].copy()


def _given_by_fastai_v2(rates: Floats, raw: Floats, options: dict[str, Any]) -> tuple[Any, ...]:
    """Return what fastai v2 gives: tensors of the rates and of the average without its ends."""
    import torch  # the functions that come with fastai call methods of tensors

    num_it = options.pop("num_it", raw.size)
    part = averaged_as_fastai_v2(rates, raw, num_it, beta=options.pop("beta", BETA))
    return *(torch.tensor(values, dtype=torch.float32) for values in part[:2]), num_it


def _said(error: BaseException) -> str:
    """Return an exception as "ValueError: what it said"."""
    text = str(error).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
