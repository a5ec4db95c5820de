"""What several sweeps are called: by what differs between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lrfind_widget.curves.formatting import format_lr, listed, written_as
from lrfind_widget.curves.group_ranges import groups_of
from lrfind_widget.curves.schedule import sweeps_of
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import SweepOptions
from lrfind_widget.results.recorded_curve import RecordedCurve

_DEFAULTS = {name: option.default for name, option in options_of(SweepOptions).items()}

_KNOWN = ("optimizer", "batch_size")
"""What of a result differs besides its settings."""

_JOINED = {"refine": "refined", "extend": "extended"}


def differences(results: Sequence[RecordedCurve]) -> list[str]:
    """Return of each result in what it differs from the others, as text.

    "SGD, batch size 256", "wd 0.5, end_lr 1", without what is a default; where all of it is, "own
    wd", "repeats 1" or, of several settings, "defaults"; "" for all where they are the same.
    """
    settings = [_as_swept(each.settings) for each in results]
    hidden = {"num_it"} if any(each.get("num_it", 0) is None for each in settings) else ()
    known = [name for name in _KNOWN if all(getattr(each, name) for each in results)]
    facts = [
        {key: getattr(each, key) for key in known} | of_it
        for each, of_it in zip(results, settings, strict=True)
    ]
    keys = dict.fromkeys(key for each in facts for key in each if key not in hidden)
    differing = [key for key in keys if any(f.get(key) != facts[0].get(key) for f in facts)]
    return [
        _name(differing, each) if each or not differing else "settings unknown" for each in facts
    ]


def different(results: Sequence[RecordedCurve]) -> list[str]:
    """Return the same, but no two alike: with what was joined to a curve, else a number."""
    same = differences(results)
    names = [
        ", ".join(filter(None, [name, _joined(each)])) if same.count(name) > 1 else name
        for name, each in zip(same, results, strict=True)
    ]
    seen, numbered = Counter[str](), []
    for name in names:
        seen[name] += 1
        with_number = f"{name} ({seen[name]})" if name else f"result {seen[name]}"
        numbered.append(with_number if names.count(name) > 1 else name or "not refined")
    return numbered


def _as_swept(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without what was joined to a curve, which is seen on it.

    The steps are those of the sweep that it was joined to, None where these are not known.
    """
    swept = {key: value for key, value in settings.items() if key != "joined"}
    first, *_ = sweeps_of(settings) or [{}]
    return swept | {"num_it": first.get("num_it")} if "joined" in settings else swept


def _name(differing: Sequence[str], settings: Mapping[str, Any]) -> str:
    in_groups = ("start_lr", "end_lr") if isinstance(settings.get("groups"), Mapping) else ()
    values = {key: settings.get(key) for key in differing if key not in in_groups}
    usual = {key: value for key, value in values.items() if value in (None, _DEFAULTS.get(key))}
    with written_as(settings.get("mode")):
        if unusual := [_said(key, value) for key, value in values.items() if key not in usual]:
            return ", ".join(unusual)
        return "defaults" if len(usual) > 1 else "".join(_said(*item) for item in usual.items())


def _said(key: str, value: Any) -> str:
    if key == "optimizer":
        return str(value)
    if value is None:
        return "own wd" if key == "wd" else f"no {key}"
    if key == "groups":
        return f"{key} {groups_of({key: value})}"
    if isinstance(value, float):
        text = format_lr(value) if key.endswith("_lr") else f"{value:g}".replace("e-0", "e-")
        return f"{key} {text}"
    return f"{key.replace('batch_size', 'batch size')} {value}"


def _joined(result: RecordedCurve) -> str:
    """Return what sweeps have added to a curve: "refined", "refined and extended"; or nothing."""
    kinds = [each.get("kind") for each in sweeps_of(result.settings)]
    return listed([word for kind, word in _JOINED.items() if kind in kinds])
