"""What `plot` is given: read, or refused with where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lrfind_widget.results.figures import are_axes
from lrfind_widget.results.recorded_curve import RecordedCurve
from lrfind_widget.results.run_names import different
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, Rule, check_rule
from lrfind_widget.values import real, shown

_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "suggestion": ("a rule", lambda given: callable(given) or (_is_text(given) and given in RULES)),
    "others": ("a result", lambda given: isinstance(given, RecordedCurve)),
    "ax": ("axes", are_axes),
}
"""What only one argument of `plot` takes."""


def refuse_misplaced(arguments: Mapping[str, Any]) -> None:
    """Raise TypeError for what stands in the place of another argument."""
    for name, given in arguments.items():
        for value in given if isinstance(given, (list, tuple)) else [given]:
            for belongs, (kind, is_kind) in _KINDS.items():
                if belongs != name and is_kind(value):
                    written = f'"{value}"' if _is_text(value) else "..."
                    raise TypeError(
                        f"{name} was given {kind}, which another argument takes: pass it as "
                        f"{belongs}={written}."
                    )


def rules_of(suggestion: Any) -> list[Rule]:
    """Return the rules that were asked for, or say what is none."""
    if suggestion is None or isinstance(suggestion, bool):
        return []
    rules = several(suggestion)
    if not rules:
        raise ValueError("suggestion is empty, expected a rule, several, True or False.")
    for rule in rules:
        if isinstance(rule, Suggestion):
            raise TypeError(
                "suggestion was given what a rule has found, expected the rule: "
                f'suggestion="{rule.rule}".'
            )
        if real(rule) is not None:
            raise TypeError(
                f"suggestion={shown(rule)}, expected a rule, several, True or False. A rate is "
                f"marked by show_lr={shown(rule)}."
            )
    return [check_rule(rule) for rule in rules]


def _is_text(given: Any) -> bool:
    return isinstance(given, str)


def named(result: RecordedCurve, others: Any) -> tuple[str, list[tuple[str, RecordedCurve]]]:
    """Return what a result is called among others, and these with their names."""
    is_named = isinstance(others, Mapping)
    given = list(others.values()) if is_named else several(others)
    for other in given:
        if not isinstance(other, RecordedCurve):
            raise TypeError(
                f"others={shown(other)}, expected results of range tests, or a dict of them: "
                '{"Adam": result}.'
            )
    if not is_named:
        own, *names = different([result, *given]) if given else [""]
        return own, list(zip(names, given, strict=True))
    pairs = [(str(name), other) for name, other in others.items()]
    own = next((name for name, other in pairs if other is result), "this result" * bool(pairs))
    return own, [(name, other) for name, other in pairs if other is not result]


def several(given: Any) -> list[Any]:
    """Return one or several, as they were given, as a list."""
    if given is None or isinstance(given, str):
        return [] if given is None else [given]
    try:
        return list(given)
    except TypeError:
        return [given]
