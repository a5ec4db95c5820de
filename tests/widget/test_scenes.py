"""What a person sees in every scene is what was recorded.

``python -m tests.widget.record_scenes`` records it anew. Where a scene differs on purpose,
name the field in `MENDED`, with the reason, until the record is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.waiting import eventually
from tests.widget.record_scenes import differences, recorded
from tests.widget.scenes import SCENES, played
from tests.widget.shown import shown

MENDED: dict[str, dict[str, str]] = {}
"""By scene: the fields that differ from the record on purpose, each with the reason. A field is
a path such as "sentence", "axes.rate" or "buttons.Apply", with all that is below it; the scene
"*" stands for all scenes in which the field differs."""

EVERYWHERE = "*"
PATIENCE = 3.0
"""Seconds that what runs may take to show what was recorded, since it is told now and then."""

_PLAYED: set[str] = set()
_MENDED_SOMEWHERE: set[str] = set()


def test_the_record_has_these_scenes_and_no_others() -> None:
    assert sorted(recorded()) == sorted(SCENES)
    assert set(MENDED) <= {*SCENES, EVERYWHERE}


@pytest.mark.parametrize("name", SCENES)
def test_a_person_sees_what_was_recorded(name: str) -> None:
    before = recorded()[name]
    with played(name) as widget:
        eventually(lambda: not _unforeseen(name, before, shown(widget)), PATIENCE)
        now = shown(widget)
    unforeseen = _unforeseen(name, before, now)
    assert not unforeseen, _told(unforeseen)
    differing = differences(before, now)
    stale = [
        field for field in MENDED.get(name, {}) if not any(_is_in(p, field) for p in differing)
    ]
    assert not stale, f"no longer different from the record, so not to be excused: {stale}"


def _unforeseen(name: str, before: Any, now: Any) -> dict[str, tuple[Any, Any]]:
    """Return the differences that are not mended."""
    excused = [*MENDED.get(EVERYWHERE, {}), *MENDED.get(name, {})]
    return {
        path: pair
        for path, pair in differences(before, now).items()
        if not any(_is_in(path, field) for field in excused)
    }


def _touches(differing: Iterable[str], field: str) -> bool:
    return any(_is_in(path, field) for path in differing)


def _is_in(path: str, field: str) -> bool:
    return path == field or path.startswith(f"{field}.")


def _told(unforeseen: dict[str, tuple[Any, Any]]) -> str:
    lines = [f"{path}\n    was {was!r}\n    is  {is_!r}" for path, (was, is_) in unforeseen.items()]
    return "\n".join(["a person sees something else:", *lines])
