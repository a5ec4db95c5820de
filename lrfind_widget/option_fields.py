"""Dataclasses of keywords whose fields say what they mean and check their values."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeVar, get_args, get_origin

from lrfind_widget.values import Check, check_flag, check_text, choice

Given = TypeVar("Given", bound="Options")

_CHECKS: dict[Any, Check] = {bool: check_flag, str: check_text}


@dataclass(frozen=True)
class Option:
    """A keyword.

    The first sentence of `words` can stand alone. `check` is by default that of the type: of a
    bool, a str, or the words of a Literal. It is not called with the None that is the default.
    """

    words: str
    check: Check | None = None
    kind: str = ""
    type: Any = None
    default: Any = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """Keywords with checked values."""

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
    return {declared.name: _option(declared.type, declared.default) for declared in fields(kind)}


def _option(annotated: Any, default: Any) -> Option:
    type_: Any
    option: Option
    type_, option = get_args(annotated)
    literals = [part for part in (type_, *get_args(type_)) if get_origin(part) is Literal]
    check = option.check or _CHECKS.get(type_)
    if check is None and literals:
        check = choice(*get_args(literals[0]), optional=default is None)
    return replace(option, type=type_, default=default, check=check)


def name_of(function: object) -> str:
    """Return the name of a callable as people know it."""
    name = getattr(function, "__name__", None) or type(function).__name__
    return "a lambda" if name == "<lambda>" else str(name)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return name_of(value) if callable(value) else type(value).__name__
