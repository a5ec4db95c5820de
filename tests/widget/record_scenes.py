"""Records what a person sees in every scene: ``python -m tests.widget.record_scenes``."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import comm

from lrfind_widget import LRFinderWidget
from tests.waiting import eventually
from tests.widget.recording import RecordingComm
from tests.widget.scenes import SCENES, played
from tests.widget.shown import shown

RECORD = Path(__file__).with_name("scenes.json")


def recorded() -> dict[str, dict[str, Any]]:
    """Return what was recorded, by scene."""
    record: dict[str, dict[str, Any]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return record


def at_rest(widget: LRFinderWidget) -> dict[str, Any]:
    """Return what is shown, once it has stood still for longer than news are on their way."""
    seen, since = shown(widget), time.monotonic()

    def stands() -> bool:
        nonlocal seen, since
        now = shown(widget)
        if now != seen:
            seen, since = now, time.monotonic()
        return time.monotonic() - since > 0.5  # what a cell keeps follows a little later, too

    assert eventually(stands), "the scene does not come to rest"
    return seen


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of nested JSON, each by its path, such as ``axes.rate.from``."""
    if isinstance(value, dict) and value:
        items = [(str(name), each) for name, each in value.items()]
    elif isinstance(value, list) and value:
        items = [(str(place), each) for place, each in enumerate(value)]
    else:
        return {path: value}
    leaves: dict[str, Any] = {}
    for name, each in items:
        leaves |= flat(each, f"{path}.{name}" if path else name)
    return leaves


ABSENT = "(nothing)"


def differences(before: Any, now: Any) -> dict[str, tuple[Any, Any]]:
    """Return the leaves in which two states differ, each with both values."""
    old, new = flat(before), flat(now)
    paths = [*old, *(path for path in new if path not in old)]
    pairs = {path: (old.get(path, ABSENT), new.get(path, ABSENT)) for path in paths}
    return {path: (was, is_) for path, (was, is_) in pairs.items() if was != is_}


def main() -> None:
    """Play every scene and write what is shown."""
    comm.create_comm = RecordingComm  # type: ignore[assignment]
    record = {}
    for name in SCENES:
        began = time.monotonic()
        with played(name) as widget:
            record[name] = at_rest(widget)
        print(f"{time.monotonic() - began:5.1f} s  {name}")
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    RECORD.write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(record)} scenes")


if __name__ == "__main__":
    main()
