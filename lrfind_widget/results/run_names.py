"""What several sweeps are called: by the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.group_ranges import groups_of


def differences(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return for the settings of each sweep those that differ from the others', as text.

    "wd=0.5, end_lr=1"; "" for all where they are the same.
    """
    # What was joined to a curve is seen on it, and so are the steps that it added.
    hidden = {"joined", "num_it"} if any("joined" in each for each in settings) else ()
    keys = dict.fromkeys(key for each in settings for key in each if key not in hidden)
    differing = [key for key in keys if any(s.get(key) != settings[0].get(key) for s in settings)]
    return [", ".join(f"{key}={_value(key, s.get(key))}" for key in differing) for s in settings]


def _value(key: str, value: Any) -> str:
    if key == "groups":
        return str(groups_of({key: value}))
    return format_lr(value) if key.endswith("_lr") and isinstance(value, float) else str(value)
