"""What several sweeps are called: by the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import groups_of
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import SweepOptions

_DEFAULTS = {name: option.default for name, option in options_of(SweepOptions).items()}


def differences(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return for the settings of each sweep those that differ from the others', as text.

    "wd 0.5, end_lr 1", without what is a default; where all of it is, "own wd", "repeats 1" or,
    of several settings, "defaults"; "" for all where they are the same.
    """
    # What was joined to a curve is seen on it, and so are the steps that it added.
    hidden = {"joined", "num_it"} if any("joined" in each for each in settings) else ()
    keys = dict.fromkeys(key for each in settings for key in each if key not in hidden)
    differing = [key for key in keys if any(s.get(key) != settings[0].get(key) for s in settings)]
    return [_name(differing, each) for each in settings]


def _name(differing: Sequence[str], settings: Mapping[str, Any]) -> str:
    in_groups = ("start_lr", "end_lr") if isinstance(settings.get("groups"), Mapping) else ()
    values = {key: settings.get(key) for key in differing if key not in in_groups}
    usual = {key: value for key, value in values.items() if value in (None, _DEFAULTS.get(key))}
    if unusual := [_said(key, value) for key, value in values.items() if key not in usual]:
        return ", ".join(unusual)
    return "defaults" if len(usual) > 1 else "".join(_said(*item) for item in usual.items())


def _said(key: str, value: Any) -> str:
    if value is None:
        return "own wd" if key == "wd" else f"no {key}"
    if key == "groups":
        return f"{key} {groups_of({key: value})}"
    if isinstance(value, float):
        text = format_lr(value) if key.endswith("_lr") else f"{value:g}".replace("e-0", "e-")
        return f"{key} {text}"
    return f"{key} {value}"
