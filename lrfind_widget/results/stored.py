"""Results as JSON: lossless out, checked in.

Doubles are written with as many digits as it takes to read them back unchanged. JSON has no NaN
and no infinity, so these are the strings "NaN", "Infinity" and "-Infinity" in arrays of numbers,
and ``{"$float": "NaN"}`` inside free-form settings. Everything read is checked before use:
a file may come from anyone.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrfind_widget.points import StopReason
from lrfind_widget.results.receipt import Receipt

if TYPE_CHECKING:
    from lrfind_widget.results.result import SweepResult

FORMAT = "lrfind_widget.SweepResult"
VERSION = 1
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; a sweep of 100,000 steps is a tenth of it."""

_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def encode(result: SweepResult) -> dict[str, Any]:
    """Return `result` as values that `json.dumps` takes with ``allow_nan=False``."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "created": result.created,
        "stop_reason": result.stop_reason.value,
        "stop_sentence": result.stop_sentence,
        "lrs": _numbers(result.lrs),
        "losses": _numbers(result.losses),
        "smoothed": _numbers(result.smoothed),
        "steps": result.steps.tolist(),
        "val_losses": None if result.val_losses is None else _numbers(result.val_losses),
        "repeats": None if result.repeats is None else result.repeats.tolist(),
        "parts": None if result.parts is None else result.parts.tolist(),
        "settings": _plain(dict(result.settings), "settings"),
        "objective": result.objective,
        "isolation": result.isolation,
        "multipliers": [_number(m) for m in result.multipliers],
        "skipped_steps": result.skipped_steps,
        "duration": _number(result.duration),
        "receipt": None if result.receipt is None else _plain(result.receipt.to_json(), "receipt"),
        "versions": dict(result.versions),
    }


def decode(data: Any) -> dict[str, Any]:
    """Return the arguments of `SweepResult` that `data`, a dict or its JSON text, describes.

    Raises
    ------
    ValueError
        If it does not describe one.
    """
    if isinstance(data, (str, bytes)):
        data = _parse(data)
    if not isinstance(data, Mapping):
        raise ValueError(f"A saved result is a JSON object, this is a {_kind(data)}.")
    if data.get("format") != FORMAT:
        raise ValueError(
            f'This is not a saved result: "format" should be "{FORMAT}", '
            f"it is {_shown(data.get('format'))}."
        )
    version = data.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ValueError(
            f"This result has format version {_shown(version)}; this lrfind_widget reads up to "
            f"{VERSION}. A newer lrfind_widget may read it."
        )
    lrs = _array(data, "lrs")
    if not (np.isfinite(lrs) & (lrs > 0)).all():
        raise ValueError('"lrs" must hold learning rates, finite and greater than 0.')
    return {
        "lrs": lrs,
        "losses": _array(data, "losses", lrs.size),
        "smoothed": _array(data, "smoothed", lrs.size),
        "steps": _whole_numbers(data, "steps", lrs.size),
        "val_losses": None
        if data.get("val_losses") is None
        else _array(data, "val_losses", lrs.size),
        "repeats": None
        if data.get("repeats") is None
        else _whole_numbers(data, "repeats", lrs.size),
        "parts": None if data.get("parts") is None else _whole_numbers(data, "parts", lrs.size),
        "stop_reason": _stop_reason(data),
        "stop_sentence": _typed(data, "stop_sentence", str),
        "settings": _unplain(_typed(data, "settings", dict, {})),
        "objective": _typed(data, "objective", str, ""),
        "isolation": _typed(data, "isolation", str, ""),
        "multipliers": tuple(_array({"multipliers": [], **data}, "multipliers").tolist()),
        "skipped_steps": _typed(data, "skipped_steps", int, 0),
        "duration": _duration(data),
        "receipt": _receipt(data),
        "versions": _versions(data),
        "created": _typed(data, "created", str, ""),
    }


def write(result: SweepResult, path: str | os.PathLike[str]) -> None:
    """Write `result` to `path`."""
    text = json.dumps(encode(result), allow_nan=False, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arguments of `SweepResult` that the file describes; ValueError if it does not."""
    return decode(read_text(path))


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a file that is not too large, or say what is wrong with it."""
    size = Path(path).stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(
            f"{os.fspath(path)} has {size / 2**20:.0f} MiB; a saved result has at most "
            f"{LARGEST_FILE / 2**20:.0f}. Is it the right file?"
        )
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{os.fspath(path)} is not a text file in UTF-8.") from error


def _parse(text: str | bytes) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is not JSON; a saved result writes it as a string")

    try:
        return json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("This is not a saved result: it is nested too deeply.") from error
    except ValueError as error:
        raise ValueError(f"This is not a saved result: broken JSON ({error}).") from error


def _number(value: float) -> float | str:
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _numbers(values: Any) -> list[float | str]:
    return [_number(value) for value in values.tolist()]


def _plain(value: Any, where: str) -> Any:
    """Return free-form `value` in JSON's own types."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = _number(float(value))
        return {"$float": number} if isinstance(number, str) else number
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{where} has the key {key!r}; keys must be strings.")
        return {key: _plain(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{where}[{n}]") for n, item in enumerate(value)]
    raise TypeError(
        f"{where} is a {type(value).__name__} and cannot be kept in JSON. Keep its text instead."
    )


def _unplain(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$float"} and value["$float"] in _NAMED:
            return _NAMED[value["$float"]]
        return {key: _unplain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unplain(item) for item in value]
    return value


def _array(data: Mapping[str, Any], key: str, length: int | None = None) -> Any:
    values = _list(data, key, length)
    for n, value in enumerate(values):
        if type(value) not in (int, float) and not (type(value) is str and value in _NAMED):
            raise ValueError(f'"{key}"[{n}] is {_shown(value)}, expected a number.')
    try:
        return np.array([float(_NAMED[v] if type(v) is str else v) for v in values], np.float64)
    except OverflowError as error:
        raise ValueError(f'"{key}" holds a number too large for a float.') from error


def _whole_numbers(data: Mapping[str, Any], key: str, length: int) -> Any:
    values = _list(data, key, length)
    for n, value in enumerate(values):
        if type(value) is not int or not 0 <= value < 2**63:
            raise ValueError(f'"{key}"[{n}] is {_shown(value)}, expected a count from 0.')
    return np.array(values, np.int64)


def _list(data: Mapping[str, Any], key: str, length: int | None) -> list[Any]:
    values: list[Any] = _typed(data, key, list)
    if length is not None and len(values) != length:
        raise ValueError(f'"{key}" has {len(values)} values, "lrs" has {length}.')
    return values


def _typed(data: Mapping[str, Any], key: str, kind: type, default: Any = None) -> Any:
    if key not in data and default is not None:
        return default
    if key not in data:
        raise ValueError(f'This is not a whole saved result: "{key}" is missing.')
    value = data[key]
    if type(value) is not kind:
        raise ValueError(f'"{key}" is {_shown(value)}, expected a {_NAMES[kind]}.')
    return value


_NAMES: dict[type, str] = {str: "text", dict: "JSON object", list: "list", int: "whole number"}


def _stop_reason(data: Mapping[str, Any]) -> StopReason:
    known = [reason.value for reason in StopReason]
    value = _typed(data, "stop_reason", str)
    if value not in known:
        raise ValueError(f'"stop_reason" is {_shown(value)}, expected one of {", ".join(known)}.')
    return StopReason(value)


def _duration(data: Mapping[str, Any]) -> float:
    return float(_array({"duration": [data.get("duration", 0.0)]}, "duration")[0])


def _versions(data: Mapping[str, Any]) -> dict[str, str]:
    versions: dict[str, Any] = _typed(data, "versions", dict, {})
    for name, version in versions.items():
        if not isinstance(version, str):
            raise ValueError(f'"versions" has {_shown(version)} for {_shown(name)}, not text.')
    return versions


def _receipt(data: Mapping[str, Any]) -> Any:
    saved = data.get("receipt")
    if saved is None:
        return None
    try:
        return Receipt.from_json(_unplain(saved))
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(f'"receipt" cannot be read: {error}') from error


_KINDS: dict[type, str] = {
    list: "list",
    str: "text",
    int: "number",
    float: "number",
    bool: "true/false value",
}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), type(value).__name__)


def _shown(value: Any) -> str:
    """Return a value of unknown size and kind, short enough for a message."""
    if isinstance(value, (dict, list)):
        return f"a {_kind(value)}" if isinstance(value, list) else "an object"
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**30 else "a huge number"
    return text if len(text) <= 40 else text[:37] + "..."
