"""From a curve to a learning rate: every rule, and what it wants to know of a sweep."""

from __future__ import annotations

import difflib
import inspect
import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from lrfind_widget.rules.balanced import balanced
from lrfind_widget.rules.fastai_v1 import min_gradient, min_over_10
from lrfind_widget.rules.fastai_v2 import slide, steep, valley
from lrfind_widget.rules.median_of_three import median_of_three
from lrfind_widget.rules.other_libraries import ignite, lightning, torch_lr_finder
from lrfind_widget.rules.own import check_arguments, is_made_for_fastai_v2, own_rule
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.values import name_of, shortened

RECOMMENDED = "recommended"
"""What a person reads of the default rule."""

RuleName = Literal[
    "median_of_three",
    "balanced",
    "min_gradient",
    "min_over_10",
    "valley",
    "slide",
    "steep",
    "torch_lr_finder",
    "ignite",
    "lightning",
]
"""The names in `RULES`, for completion and type checkers."""

Rule = RuleName | Callable[..., Any]
"""A rule as it is given: a name in `RULES`, or a function of rates and losses.

A function is called ``(lrs, losses) -> rate``, with the raw curve up to the first loss that is not
finite. One that takes a third argument, ``(lrs, losses, num_it)``, is one of fastai v2's
``suggest_funcs`` and is given what fastai v2 gives it: tensors of the rates and of the average,
without the first ``num_it // 10`` and the last 5. It returns a rate, a tuple that begins with it,
or a `Suggestion`. What it raises is the reason for no rate.
"""

Reads = Literal["best", "training", "validation"]
"""Which losses a rule reads where there are validation losses."""


@dataclass(frozen=True)
class RuleEntry:
    """A rule in the table; called like its function.

    Attributes
    ----------
    function : callable
        ``(lrs, raw losses, **options)`` in, `Suggestion` out. Never raises on a curve.
    label : str
        The name that a person reads, wherever the rule is named.
    wants : tuple of str
        Those of its options that it is given without being asked for: ``"beta"``, the weight of
        the past in the average; ``"num_it"``, the number of steps planned; ``"stopped"``,
        whether the sweep ended before its range did; ``"mode"``, how the rate rose; ``"end_lr"``,
        where its range was to end; ``"critical_lr"``, the critical rate; ``"val_losses"``, the
        validation losses, of which it makes the best; ``"repeats"``, which of several sweeps each
        step belongs to; ``"skip_start"`` and ``"skip_end"``, where they mean what they mean to
        fastai v1.
    joins_repeats : bool, default False
        Whether it takes the points of repeated sweeps together. Else it is asked about each
        sweep, and the middle one of its answers counts.
    offered : bool, default False
        Whether it has a button of its own on the screen. The settings offer them all.
    """

    function: Callable[..., Suggestion]
    label: str
    wants: tuple[str, ...] = ()
    joins_repeats: bool = False
    offered: bool = False

    @property
    def name(self) -> str:
        """The name of the rule, which is its function's."""
        return name_of(self.function)

    @property
    def meaning(self) -> str:
        """What it suggests, in a sentence; "" of a function that does not say so."""
        said, _, _ = (inspect.getdoc(self.function) or "").partition("\n")
        what = said.removeprefix("Suggest ")
        return f"{what[:1].upper()}{what[1:]}" if what != said else ""

    @property
    def options(self) -> list[str]:
        """The keywords that its function takes."""
        parameters = inspect.signature(self.function).parameters.values()
        return [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]

    def wanted(self, **known: Any) -> dict[str, Any]:
        """Return those of some known options that the rule wants."""
        return {name: value for name, value in known.items() if name in self.wants}

    def __call__(self, lrs: npt.ArrayLike, losses: npt.ArrayLike, **options: Any) -> Suggestion:
        """Return what the rule suggests, with its name."""
        found = self.function(lrs, losses, **options)
        why_none = "" if found.lr is not None else _why_no_rule_answers(losses)
        if found.rule and not why_none:
            return found
        return replace(found, rule=found.rule or self.name, reason=why_none or found.reason)


_OURS = ("stopped", "mode", "end_lr", "num_it", "val_losses")
_OF_AVERAGE = ("beta", "critical_lr", "repeats")
_FASTAI_V1 = ("beta", "skip_start", "skip_end")
_FASTAI_V2 = ("beta", "num_it")  # its skips are a tenth of the steps planned, and 5

RULES: dict[str, RuleEntry] = {
    entry.name: entry
    for entry in (
        RuleEntry(
            median_of_three, RECOMMENDED, _OURS + _OF_AVERAGE, joins_repeats=True, offered=True
        ),
        RuleEntry(balanced, "balanced", _OURS, joins_repeats=True),
        RuleEntry(min_gradient, "steepest fall", (*_FASTAI_V1, "critical_lr"), offered=True),
        RuleEntry(min_over_10, "minimum ÷ 10", _FASTAI_V1, offered=True),
        RuleEntry(valley, "valley", _FASTAI_V2, offered=True),
        RuleEntry(slide, "slide", _FASTAI_V2),
        RuleEntry(steep, "steepest step", _FASTAI_V2),
        RuleEntry(torch_lr_finder, "torch-lr-finder", ("skip_start", "skip_end")),
        RuleEntry(ignite, "Ignite"),
        RuleEntry(lightning, "Lightning"),
    )
}
"""The rules by name, in the order in which they are shown; the first is the default."""

_OF_OTHERS = {"minimum": "min_over_10", "steepest": "min_gradient"}
"""What other finders call a rule, and its name here."""

DEFAULT_RULE: RuleName = get_args(RuleName)[0]


def suggest(
    lrs: npt.ArrayLike, losses: npt.ArrayLike, rule: Rule = DEFAULT_RULE, **options: Any
) -> Suggestion:
    """Return the learning rate that a rule suggests for a curve.

    Parameters
    ----------
    lrs : array_like, shape (n,)
        Learning rates of the steps.
    losses : array_like, shape (n,)
        Raw losses of the steps. The rules smooth them, each in its own way. NaN and infinite
        losses are allowed; nothing after the first of them is looked at.
    rule : str or callable, default "median_of_three"
        A name in `RULES`, or a function (see `Rule`).
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
        If there is no such rule, `lrs` and `losses` differ in length, or a rule of the table
        cannot work with an option.
    TypeError
        If `rule` is neither text nor callable, or does not take an option.
    """
    return entry_of(rule)(lrs, losses, **options)


def suggest_from_repeats(
    lrs: npt.ArrayLike,
    losses: npt.ArrayLike,
    repeats: npt.ArrayLike,
    rule: Rule,
    *,
    val_losses: npt.ArrayLike | None = None,
    **options: Any,
) -> Suggestion:
    """Return what a rule suggests for several sweeps together, with their spread.

    `repeats` says which sweep each step belongs to. A rule that takes points in any order is
    given all of them at once. The others look at one sweep's steps: of their suggestions, one for
    each sweep, the middle one is returned. The reason ends with how many there are, and `spread`
    says how far they are apart.
    """
    entry = entry_of(rule)
    rates, raw, which = np.asarray(lrs), np.asarray(losses), np.asarray(repeats)
    valid = None if val_losses is None else np.asarray(val_losses)

    def of(steps: Any) -> Suggestion:
        validated = {} if valid is None else {"val_losses": valid[steps]}
        return entry(rates[steps], raw[steps], **validated, **options)

    each = [
        (steps, of(steps))
        for steps in (np.flatnonzero(which == number) for number in np.unique(which))
    ]
    found = sorted(
        ((one.lr, n) for n, (_, one) in enumerate(each) if one.lr is not None), reverse=True
    )
    if entry.joins_repeats or not each:
        options |= entry.wanted(repeats=which)
        chosen = of(slice(None))
    elif not found:
        chosen = each[0][1]
    else:
        steps, chosen = each[found[len(found) // 2][1]]
        if chosen.index is not None:
            chosen = replace(chosen, index=int(steps[chosen.index]))
    if chosen.lr is None or len(each) < 2:
        return chosen
    said = f"{len(found)} of {len(each)} sweeps suggest a rate of their own."
    spread = None
    if len(found) > 1:
        spread = float(np.std(np.log10([lr for lr, _ in found]), ddof=1))
    return replace(chosen, reason=f"{chosen.reason} {said}", spread=spread)


def check_rule(rule: Any) -> Rule:
    """Return `rule`, by its name if it is in the table; else raise ValueError or TypeError."""
    if isinstance(rule, str):
        if rule not in RULES:
            near = difflib.get_close_matches(rule, RULES, n=1, cutoff=0.3)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            if rule in _OF_OTHERS:
                hint = f' It is "{_OF_OTHERS[rule]}" here.'
            raise ValueError(
                f'There is no rule "{shortened(rule)}".{hint} Rules: {", ".join(RULES)}.'
            )
        return cast("RuleName", rule)
    if not callable(rule):
        raise TypeError(f"rule must be a name or a function, got {type(rule).__name__}.")
    check_arguments(rule)
    in_table = (name for name, entry in RULES.items() if rule is entry or rule is entry.function)
    return cast("Rule", next(in_table, rule))


def entry_of(rule: Rule, taken: Collection[str] = ()) -> RuleEntry:
    """Return the entry of a rule; one that is not in the table for a function of your own.

    That has a name of its own: a function called like a rule of the table is "(yours)", one
    called like those `taken` has a number.
    """
    rule = check_rule(rule)
    if isinstance(rule, str):
        return RULES[rule]
    if isinstance(rule, RuleEntry):
        return rule
    name = "your rule" if name_of(rule) == "a lambda" else name_of(rule)
    name += " (yours)" * (name in RULES)
    names = (f"{name} {number}" if number > 1 else name for number in itertools.count(1))
    name = next(one for one in names if one not in taken)
    wants = _FASTAI_V2 if is_made_for_fastai_v2(rule) else ()
    return RuleEntry(own_rule(rule, name), name, wants)


def label_of(rule: str) -> str:
    """Return the name of a rule as a person reads it; of a function of your own, its own name."""
    return RULES[rule].label if rule in RULES else rule


def _why_no_rule_answers(losses: npt.ArrayLike) -> str:
    """Return what is wrong with a curve whatever the rule; "" where nothing is."""
    raw = np.asarray(losses, dtype=np.float64).ravel()
    if not raw.size:
        return "No recommendation: no loss was recorded."
    if np.isfinite(raw[0]):
        return ""
    return (
        "No recommendation: the loss is NaN or infinite before the first update, which no learning "
        "rate changes. Check the batches, the weights and the loss function."
    )


def by_rule(rule: str) -> str:
    """Return " by" and the label of a rule; nothing for the one that is recommended."""
    label = label_of(rule)
    return "" if label == RECOMMENDED else f" by {label}"
