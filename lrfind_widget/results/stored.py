"""Records as JSON: lossless out, checked in.

A record is a dataclass. Its fields and their types are all there is to know: what is written,
and what is accepted when it is read. Every value is checked before use, since a file may come
from anyone.

Doubles are written with as many digits as it takes to read them back unchanged. JSON has no NaN
and no infinity, so these are the strings "NaN", "Infinity" and "-Infinity" where a field holds
numbers, and ``{"$float": "NaN"}`` inside free-form mappings, where a key that begins with "$"
is written with one more. Whole numbers count something: they
are at least 0.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from lrfind_widget.values import shown

VERSION = 1

_NAMES = {str: "a text", bool: "true or false", int: "a count from 0"}

_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

Record = TypeVar("Record")


def encode(record: Any) -> dict[str, Any]:
    """Return a record as values that `json.dumps` takes with ``allow_nan=False``.

    TypeError says where a free-form mapping holds something that JSON cannot.
    """
    return {"format": format_of(type(record)), "version": VERSION, **_encoded(record, "")}


def decode(kind: type[Record], data: Any) -> Record:
    """Return the record of a kind that `data`, a dict or its JSON text, describes.

    Entries that are no field of the record are ignored; fields with a default may be missing.
    ValueError names the entry that is wrong.
    """
    try:
        if isinstance(data, (str, bytes)):
            data = _parse(data)
        _check_header(kind, data)
        return _record(kind, data, "")
    except RecursionError as error:
        raise ValueError("This is not a saved result: it is nested too deeply.") from error


# ------------------------------------------------------------------------------------------ out


def _encoded(value: Any, where: str, *, free: bool = False) -> Any:
    """Return a value in JSON's own types; in a free-form mapping only what comes back the same."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not free):
        value = value.tolist()
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{where} has the key {key!r}; keys must be strings.")
        return {
            f"${key}" if key.startswith("$") else key: _encoded(
                item, f"{where}[{key!r}]", free=True
            )
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_encoded(item, f"{where}[{n}]", free=free) for n, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {"$float": name} if free else name
    if not free and is_dataclass(value):
        return {
            field.name: _encoded(getattr(value, field.name), field.name) for field in fields(value)
        }
    if not free and isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"{where} is a {type(value).__name__} and cannot be kept in JSON. Keep its text instead."
    )


# ------------------------------------------------------------------------------------------- in


def _parse(text: str | bytes) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is not JSON; a saved result writes it as a string")

    try:
        return json.loads(text, parse_constant=refuse)
    except ValueError as error:
        raise ValueError(f"This is not a saved result: broken JSON ({error}).") from error


def _check_header(kind: type, data: Any) -> None:
    if not isinstance(data, Mapping):
        raise ValueError(f"A saved result is a JSON object, this is {_shown(data)}.")
    if data.get("format") != format_of(kind):
        raise ValueError(
            f'This is not a saved result: "format" should be "{format_of(kind)}", '
            f"it is {_shown(data.get('format'))}."
        )
    version = data.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ValueError(
            f"This result has format version {_shown(version)}; this lrfind_widget reads up to "
            f"{VERSION}. A newer lrfind_widget may read it."
        )


def format_of(kind: type) -> str:
    """Return how a file names the kind of record that it holds."""
    return f"lrfind_widget.{kind.__name__}"


def _record(kind: type[Record], data: Any, where: str) -> Record:
    """Return a record; `where` is its place in the file, "" for all of it."""
    if not isinstance(data, Mapping):
        raise _refusal(where, data, "a JSON object")
    values, hints = {}, get_type_hints(kind)
    for field in fields(kind):  # type: ignore[arg-type]
        place = f"{where}.{field.name}" if where else field.name
        if field.name in data:
            values[field.name] = _value(hints[field.name], data[field.name], place)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f'This is not a whole saved result: "{place}" is missing.')
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:
    """Return a value of the type that a field is annotated with."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # a type or None
        return None if value is None else _value(inner[0], value, where)
    if origin is np.ndarray:
        (number,) = get_args(inner[1])
        return _array(value, number, where)
    if origin is tuple:
        return tuple(_items(value, where, lambda item, place: _value(inner[0], item, place)))
    if origin in (Mapping, dict):
        if type(value) is not dict:
            raise _refusal(where, value, "a JSON object")
        if inner[1] is Any:
            return _free(value)
        return {key: _value(inner[1], value[key], f"{where}[{_shown(key)}]") for key in value}
    if is_dataclass(hint):
        return _record(hint, value, where)  # type: ignore[arg-type]
    if issubclass(hint, Enum):
        known = [word.value for word in hint]
        if type(value) is not str or value not in known:
            raise _refusal(where, value, f"one of {', '.join(known)}")
        return hint(value)
    return _leaf(hint, value, where)


def _items(value: Any, where: str, read: Callable[[Any, str], Any]) -> list[Any]:
    if type(value) is not list:
        raise _refusal(where, value, "a list")
    return [read(item, f"{where}[{n}]") for n, item in enumerate(value)]


def _array(value: Any, number: type, where: str) -> Any:
    kind = int if issubclass(number, np.integer) else float

    def read(item: Any, place: str) -> Any:
        return _items(item, place, read) if type(item) is list else _leaf(kind, item, place)

    values = _items(value, where, read)
    try:
        return np.array(values, number)
    except ValueError as error:
        raise ValueError(f'"{where}" holds rows that differ in length.') from error


def _leaf(kind: type, value: Any, where: str) -> Any:
    if kind is float:
        return _float(value, where)
    fits = type(value) is kind
    if not fits or (kind is int and not 0 <= value < 2**63):
        raise _refusal(where, value, _NAMES[kind])
    return value


def _float(value: Any, where: str) -> float:
    if type(value) is str and value in _NAMED:
        return _NAMED[value]
    if type(value) not in (int, float):
        raise _refusal(where, value, "a number")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(f'"{where}" is a number too large for a float.') from error


def _free(value: Any) -> Any:
    """Return what was written of a free-form mapping."""
    if isinstance(value, dict):
        named = value.get("$float") if len(value) == 1 else None
        if isinstance(named, str) and named in _NAMED:
            return _NAMED[named]
        return {key[key.startswith("$$") :]: _free(item) for key, item in value.items()}
    return [_free(item) for item in value] if isinstance(value, list) else value


def _refusal(where: str, value: Any, expected: str) -> ValueError:
    return ValueError(f'"{where}" is {_shown(value)}, expected {expected}.')


def _shown(value: Any) -> str:
    """Return a value of unknown size and kind, short enough for a message."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "an object"
    is_huge = isinstance(value, int) and abs(value) >= 10**30
    return "a huge number" if is_huge else shown(value)
