"""Dataclasses of keywords whose fields say what they mean and check their values."""

import inspect
import re
from dataclasses import Field, dataclass, fields, replace
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from lrfind_widget.values import Check, check_flag, check_text, choice, name_of

Given = TypeVar("Given", bound="Options")

_ENTRY = re.compile(r"^(\w+)(?: : (.+))?\n((?: {4}.+\n?)+)", re.MULTILINE)
"""A keyword in a docstring: its name, perhaps its type, and below it what it means."""

_CHECKS: dict[Any, Check] = {bool: check_flag, str: check_text}


@dataclass(frozen=True)
class Option:
    """A keyword. The first sentence of its words can stand alone; `kind` is its type in words.

    A page that asks for it does so under its `label`.
    """

    type: Any
    default: Any
    check: Check | None
    kind: str
    words: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Keywords with checked values: fields whose meaning stands in the docstring of their class.

    A check is what the type is annotated with, by default that of a bool, a str or a Literal, and
    not called with the None that is the default. A text after the check is what a page calls the
    keyword.
    """

    def __post_init__(self) -> None:
        for name, option in options_of(type(self)).items():
            value = getattr(self, name)
            if option.check is not None and not (value is None and option.default is None):
                self._set(name, option.check(name, value))

    def changed(self: Given, **changes: Any) -> Given:
        """Return the options with some of them changed, and checked."""
        return replace(self, **changes)

    def of(self, kind: "type[Options]") -> dict[str, Any]:
        """Return those that another kind of options has too, as keywords."""
        return {name: getattr(self, name) for name in options_of(kind) if hasattr(self, name)}

    def settings_of(self, kind: "type[Options]") -> dict[str, Any]:
        """Return the same as JSON values; callables and loaders by their names."""
        return {name: _plain(value) for name, value in self.of(kind).items()}

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


def options_of(kind: type[Options]) -> dict[str, Option]:
    """Return each keyword by its name, in their order."""
    meant = {
        name: (type_, " ".join(words.split()))
        for part in kind.__mro__
        for name, type_, words in _ENTRY.findall(inspect.cleandoc(part.__doc__ or ""))
    }
    return {
        declared.name: _option(declared, *meant.get(declared.name, ("", "")))
        for declared in fields(kind)
    }


def _option(declared: Field[Any], kind: str, words: str) -> Option:
    annotated: Any = declared.type
    checked = get_origin(annotated) is Annotated
    type_, *more = get_args(annotated) if checked else [annotated]
    checks = [each for each in more if callable(each)]
    label = next((each for each in more if isinstance(each, str)), "")
    literals = [part for part in (type_, *get_args(type_)) if get_origin(part) is Literal]
    if type_ in _CHECKS:
        checks.append(_CHECKS[type_])
    elif literals:
        checks.append(choice(*get_args(literals[0]), optional=declared.default is None))
    return Option(type_, declared.default, checks[0] if checks else None, kind, words, label)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return name_of(value) if callable(value) else type(value).__name__
