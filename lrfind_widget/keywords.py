"""What takes the keywords of `lrfind_widget.options`, and what it says of those unknown."""

from __future__ import annotations

import difflib
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import UnionType
from typing import (
    Any,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    overload,
)

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.option_fields import Option, Options, options_of
from lrfind_widget.options import CompareOptions, FindOptions, SearchOptions, WidgetOptions
from lrfind_widget.other_words import DIFFERS, ELSEWHERE, OTHERS, OTHERWISE

P = ParamSpec("P")
Q = ParamSpec("Q")
Opt = TypeVar("Opt")
Opt_co = TypeVar("Opt_co", covariant=True)
Opt_contra = TypeVar("Opt_contra", contravariant=True)
Out = TypeVar("Out")
Out_co = TypeVar("Out_co", covariant=True)
Self = TypeVar("Self")
Self_contra = TypeVar("Self_contra", contravariant=True)

MARKER = "{keywords}"
"""The line of a docstring that the keywords are put in place of."""

TRAINERS = """\
Or a trainer's object that is taken as it is, followed by what its own training is
given: a Hugging Face ``Trainer``, a fastai ``Learner``, a Lightning ``Trainer`` with
module and data, an Ignite ``Engine`` with data."""
"""What the line ``{trainers}`` of a docstring stands for: what may come in place of a model."""

_WIDTH = 96


class _OnModel(Protocol[P, Out_co]):
    def __call__(
        self,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Out_co: ...


class _OnModelAtRates(Protocol[P, Out_co]):
    def __call__(
        self,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        lrs: Sequence[float] = (),
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Out_co: ...


class _Constructor(Protocol[Self_contra, P]):
    def __call__(
        _,  # noqa: N805 - the object that is made is `self`
        self: Self_contra,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None: ...


class _TakesOptions(Protocol[Opt_contra, Out_co]):
    def __call__(
        self,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        *,
        options: Opt_contra,
    ) -> Out_co: ...


class _TakesRates(Protocol[Opt_contra, Out_co]):
    def __call__(
        self,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        lrs: Sequence[float] = (),
        *,
        options: Opt_contra,
    ) -> Out_co: ...


class _MakesItself(Protocol[Self_contra, Opt_contra]):
    def __call__(
        _,  # noqa: N805
        self: Self_contra,
        model: object,
        dataloader: object = None,
        optimizer: object = None,
        *,
        options: Opt_contra,
    ) -> None: ...


class _Decorator(Protocol[P, Opt_co]):
    @overload  # the first that fits counts
    def __call__(  # type: ignore[overload-overlap]
        self, function: _TakesRates[Opt_co, Out]
    ) -> _OnModelAtRates[P, Out]: ...
    @overload
    def __call__(self, function: _TakesOptions[Opt_co, Out]) -> _OnModel[P, Out]: ...
    @overload
    def __call__(self, function: _MakesItself[Self, Opt_co]) -> _Constructor[Self, P]: ...


def keywords(options: Callable[P, Opt]) -> _Decorator[P, Opt]:
    """Return a decorator that lets a function take some options as keywords.

    It gets them as one object, its last parameter. ``help()`` and type checkers see each of them,
    also in place of ``{keywords}`` in the docstring, as ``{trainers}`` becomes what may come in
    place of a model; a keyword that is unknown is refused with the nearest.
    """
    kind = cast("Any", options)

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        caller = function.__qualname__.removesuffix(".__init__").rpartition(".")[2]
        signature = inspect.signature(function)
        *own, _ = signature.parameters.values()
        names = [parameter.name for parameter in own]
        named = list(inspect.signature(kind).parameters.values())
        in_order = [*names, *(p.name for p in named if p.kind is not p.KEYWORD_ONLY)]
        places = len(in_order)
        known = [name for name in [*names, *options_of(kind)] if name != "self"]

        @functools.wraps(function)
        def call(*args: Any, **given: Any) -> Any:
            refuse_unknown(given, known, caller)
            if len(args) > places:
                raise TypeError(
                    f"{caller} takes {', '.join(n for n in in_order if n != 'self')} without a "
                    f"name, and was given {len(args) - places} more. Name the others, as in "
                    "loss_fn=..."
                )
            passed = {name: given.pop(name) for name in names if name in given}
            more = args[len(names) :]
            return function(*args[: len(names)], **passed, options=kind(*more, **given))

        types = options_of(kind)
        call.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*own, *(p.replace(annotation=types[p.name].type) for p in named)]
        )
        call.__doc__ = _filled(function.__doc__, kind)
        call.__keywords__ = kind  # type: ignore[attr-defined]
        return call

    return cast("_Decorator[P, Opt]", decorated)


class _ConstructorInClass:
    """Puts the keywords into the docstring of the class, then makes way for the function."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def __set_name__(self, owner: type, name: str) -> None:
        owner.__doc__ = _filled(owner.__doc__, self._function.__keywords__)
        setattr(owner, name, self._function)


def constructor(function: Callable[Q, Out]) -> Callable[Q, Out]:
    """Mark an ``__init__`` with `keywords`: its class has their description as well."""
    return cast("Callable[Q, Out]", _ConstructorInClass(function))


def _filled(doc: str | None, kind: Any) -> str | None:
    """Return a docstring with the description of all keywords in place of the marker."""
    if doc is None:
        return doc
    entries = "\n".join(_entry(name, option) for name, option in options_of(kind).items())
    for marker, text in ((MARKER, entries), ("{trainers}", TRAINERS)):
        before, found, after = doc.partition(marker)
        indent = before.rpartition("\n")[2]
        doc = before + textwrap.indent(text, indent)[len(indent) :] * bool(found) + after
    return doc


def _entry(name: str, option: Option) -> str:
    default = "optional" if option.default is None else f"default {_written(option.default)}"
    words = textwrap.wrap(option.words, _WIDTH - 8, break_long_words=False, break_on_hyphens=False)
    kind = option.kind or " or ".join(_kinds(option.type))
    return "\n".join([f"{name} : {kind}, {default}", *(f"    {line}" for line in words)])


def _written(default: Any) -> str:
    if isinstance(default, str):
        return f'"{default}"'
    return format_lr(default) if isinstance(default, float) else repr(default)


def _kinds(type_: Any) -> list[str]:
    """Return the parts of a type in words, without None."""
    origin = get_origin(type_)
    if origin in (Union, UnionType):
        return [kind for part in get_args(type_) for kind in _kinds(part)]
    if origin is Literal:
        return [f"{{{', '.join(map(_written, get_args(type_)))}}}"]
    if type_ is type(None):
        return []
    return [getattr(origin or type_, "__name__", str(type_)).lower()]


def refuse_unknown(given: Iterable[str], known: Iterable[str], caller: str) -> None:
    """Raise TypeError for a keyword that is unknown, with the one to use instead."""
    choices = list(known)
    for name in given:
        if name not in choices:
            raise TypeError(
                f"{caller} does not know the keyword {name!r}. {_instead(name, choices)}"
            )


def _instead(name: str, known: list[str]) -> str:
    for ours in (words for words, theirs in ELSEWHERE.items() if name in theirs.split()):
        for word in ours.split():
            if word in known:
                meant = f"It is {word!r} here: {_meaning(word)}"
                return " ".join([meant, *_said_of(name, DIFFERS)])
    for said in _said_of(name, OTHERWISE):
        return said
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."


def _said_of(name: str, table: Mapping[str, str]) -> list[str]:
    return [said.replace("{name}", name) for words, said in table.items() if name in words.split()]


@functools.cache
def _meaning(name: str) -> str:
    """Return the first sentence of what a keyword means."""
    kinds: tuple[type[Options], ...] = (WidgetOptions, FindOptions, CompareOptions, SearchOptions)
    options = {name: option for kind in kinds for name, option in options_of(kind).items()}
    if name not in options:
        return OTHERS[name]
    sentence = options[name].words.partition(". ")[0].rstrip(".")
    return f"{sentence[:1].lower()}{sentence[1:]}."
