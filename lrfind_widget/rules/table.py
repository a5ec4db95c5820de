"""From a curve to a learning rate: every rule by name."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from lrfind_widget.curves.trimmed import as_curve
from lrfind_widget.rules.balanced import balanced
from lrfind_widget.rules.fastai_v1 import min_gradient, min_over_10
from lrfind_widget.rules.fastai_v2 import slide, steep, valley
from lrfind_widget.rules.other_libraries import ignite, lightning, torch_lr_finder
from lrfind_widget.rules.suggestion import Suggestion

__all__ = ["DEFAULT_RULE", "RULES", "Rule", "Suggestion", "balanced", "min_gradient", "suggest"]

DEFAULT_RULE = "balanced"

Rule = Callable[..., Suggestion]
"""A rule: ``(lrs, raw losses, **options)`` in, suggestion out. Never raises on a curve."""

RULES: dict[str, Rule] = {
    "balanced": balanced,
    "min_gradient": min_gradient,
    "min_over_10": min_over_10,
    "valley": valley,
    "slide": slide,
    "steep": steep,
    "torch_lr_finder": torch_lr_finder,
    "ignite": ignite,
    "lightning": lightning,
}


def suggest(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    rule: str | Callable[..., Any] = DEFAULT_RULE,
    **options: Any,
) -> Suggestion:
    """Return the learning rate that a rule suggests for a curve.

    Parameters
    ----------
    lrs : array_like, shape (n,)
        Learning rates of the steps.
    losses : array_like, shape (n,)
        Raw losses of the steps. The rules smooth them, each in its own way. NaN and infinite
        losses are allowed; nothing after the first of them is looked at.
    rule : str or callable, default "balanced"
        A name in `RULES`; or a function ``(lrs, losses) -> float`` that is given the raw curve
        up to the first loss that is not finite.
    **options
        Passed to the rule.

    Returns
    -------
    Suggestion
        ``lr`` is None, and ``reason`` says why, where the curve supports no suggestion, and
        where a function of your own raised or returned no learning rate.

    Raises
    ------
    ValueError
        If there is no such rule, or `lrs` and `losses` differ in length.
    TypeError
        If `rule` is neither text nor callable, or does not take an option.
    """
    check_rule(rule)
    if isinstance(rule, str):
        return RULES[rule](lrs, losses, **options)
    if rule in RULES.values():
        result: Suggestion = rule(lrs, losses, **options)
        return result
    return _own_rule(rule, lrs, losses, options)


def check_rule(rule: object) -> str | Callable[..., Any]:
    """Return `rule`, or say why it is none.

    Raises
    ------
    ValueError
        If it is a name that is not in `RULES`.
    TypeError
        If it is neither text nor callable.
    """
    if isinstance(rule, str):
        if rule not in RULES:
            near = difflib.get_close_matches(rule, RULES, n=1, cutoff=0.3)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            shown = rule if len(rule) <= 40 else rule[:37] + "..."
            raise ValueError(f'There is no rule "{shown}".{hint} Rules: {", ".join(RULES)}.')
        return rule
    if not callable(rule):
        raise TypeError(f"rule must be a name or a function, got {type(rule).__name__}.")
    return rule


def _own_rule(
    rule: Callable[..., Any], lrs: npt.ArrayLike, losses: npt.ArrayLike, options: dict[str, Any]
) -> Suggestion:
    """Return what a user's function suggests; what it raises becomes the reason for None."""
    name = getattr(rule, "__name__", type(rule).__name__)
    rates, raw = as_curve(lrs, losses)
    broken = np.flatnonzero(~np.isfinite(raw))
    end = int(broken[0]) if broken.size else raw.size
    try:
        answer = rule(rates[:end].copy(), raw[:end].copy(), **options)
        if isinstance(answer, Suggestion):
            return answer
        lr = math.nan if answer is None else float(answer)
    except Exception as error:  # the user's own code: anything may come out
        return Suggestion(None, f"No suggestion: {name} raised {_said(error)}.", name)
    if not (math.isfinite(lr) and lr > 0):
        return Suggestion(None, f"No suggestion: {name} returned {answer!r}.", name)
    return Suggestion(lr, f"What {name} returned for this curve.", name)


def _said(error: Exception) -> str:
    """Return an exception as "ValueError: what it said"."""
    text = str(error).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
