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

_AT_ONCE = "a setting counts at once for what was found before, also while another sweep runs"
_OWN_STEPS = "a closer look counts its own steps, not those of the curve that it joins"
_ONE_RATE = "every rule is given the smoothing and the skips of who reads the curve"

_PAUSED = "says what the random state of a pause is good for"
_REFUSED = "what could not start need not be a sweep"
_STEP_1 = "an error in the first step is not one before it"
_NO_RATE = "no rate is to blame for the first loss, which comes before any update"
_NOTHING = "where nothing was recorded, no keyword of the sweep helps"
_ENDED = "a sweep that ended early need not have been stopped, and one of repeats may be whole"
_ONCE = "the same reason is said once"
_NO_NOISE = "of one loss at each rate no noise can be told"
_NO_CHIPS = "four chips that cannot be pressed say nothing"

_FIXED = "parameters that are in no group stay as they are, and that is said"

MENDED: dict[str, dict[str, str]] = {
    "*": {
        "receipt.as before": "a receipt says nothing of files, which the package never writes",
        "titles": "a button that cannot be pressed says why not",
        "buttons.Apply": "what is applied while a sweep runs would be undone at its end",
        "kept": "the line follows whatever has ended or failed, and the picture what is displayed",
        "buttons.Back to the suggestion": "there is no suggestion while the next sweep runs",
    },
    "displayed_when_it_cannot_start": {"sentence": _REFUSED},
    "applied_to_groups": {"objective": _FIXED},
    "of_groups_in_their_ratio": {"objective": _FIXED},
    "of_one_group": {"objective": _FIXED},
    "failed": {"suggestion": _ENDED},
    "failed_in_the_first_step": {"sentence": _STEP_1, "suggestion": _NOTHING, "chips": _NO_CHIPS},
    "nan_in_the_first_step": {
        "dots.0.title": _NO_RATE,
        "sentence": _NO_RATE,
        "suggestion": _NO_RATE,
        "chips": _NO_CHIPS,
    },
    "of_one_step": {"suggestion": _ONCE, "chips": _NO_CHIPS},
    "out_of_data": {"suggestion": _ENDED},
    "paused_in_it": {"sentence": _PAUSED},
    "repeats_failed": {"suggestion": _ENDED},
    "repeats_paused": {"sentence": _PAUSED},
    "repeats_stopped": {"suggestion": _ENDED},
    "stopped_in_it": {"suggestion": _ENDED},
    "stopped_in_the_first_step": {"suggestion": _ENDED, "chips": _NO_CHIPS},
    "stopped_while_paused": {"suggestion": _ENDED},
    "without_a_suggestion_since_flat": {"suggestion": _ONCE, "chips": _NO_CHIPS},
    "without_a_suggestion_since_short": {"suggestion": _ONCE, "chips": _NO_CHIPS},
    "again_failed": {"suggestion": _ENDED},
    "again_failed_in_the_first_step": {
        "sentence": _STEP_1,
        "suggestion": _NOTHING,
        "chips": _NO_CHIPS,
    },
    "again_paused": {"sentence": _PAUSED},
    "again_stopped": {"suggestion": _ENDED},
    "again_when_it_cannot_start": {"sentence": _REFUSED},
    "closer_paused": {"sentence": _PAUSED},
    "further_failed": {"suggestion": _ENDED},
    "further_stopped": {"suggestion": _ENDED},
    "closed": {"comparison.sentence": _NO_NOISE},
    "comparison_failed_in_the_first_step": {"sentence": _STEP_1},
    "comparison_paused": {"sentence": _PAUSED},
    "comparison_that_cannot_start": {"sentence": _REFUSED},
    "stored_failed": {"suggestion": _ENDED},
    "stored_stopped": {"suggestion": _ENDED},
    "stored_without_a_suggestion": {"suggestion": _ONCE, "chips": _NO_CHIPS},
    "could_not_start": {"sentence": _REFUSED},
    "repeats_diverged": {"progress.done": "steps that a diverged repeat left out count as done"},
    "closer": {"progress.done": _OWN_STEPS},
    "closer_at_repeats": {"progress.done": _OWN_STEPS},
    "closer_after_a_divergence": {
        "progress.done": _OWN_STEPS,
        "status": "the status is that of what ran: the closer look was finished",
        "python.status": "the same",
    },
    "closer_over_an_earlier_run": {"progress.done": _OWN_STEPS},
    "closer_stopped": {"progress.done": _OWN_STEPS},
    "further_with_other_losses": {"progress.done": _OWN_STEPS},
    "closer_failed": {"progress.done": _OWN_STEPS, "sentence": _OWN_STEPS},
    "closer_failed_in_the_first_step": {
        "progress.done": _OWN_STEPS,
        "sentence": _OWN_STEPS,
        "dots.2": "the end of a part is not the end of the curve",
    },
    "applied_by_itself": {"message": "a marker that is dragged is answered by no message"},
    "skipped_ends_changed": {"chips": _ONE_RATE},
    "everything_skipped": {"chips": _ONE_RATE, "suggestion": _ONCE},
    "smoothing_changed": {"chips": _ONE_RATE},
    "smoothing_changed_of_repeats": {"chips": _ONE_RATE},
    "stored_and_changed": {"chips": _ONE_RATE},
    "settings_changed_before_a_sweep": {
        "chips": _ONE_RATE,
        "dots": _ONE_RATE,
        "marker": _ONE_RATE,
        "suggestion": _ONE_RATE,
        "python.suggested_lr": _ONE_RATE,
        "python.selected_lr": _ONE_RATE,
    },
    "settings_changed_during_a_sweep": {"curve.skipped": _AT_ONCE},
    "settings_changed_during_a_sweep_that_ended": {"chips": _ONE_RATE},
    "settings_changed_during_the_next_sweep": {
        "python.suggested_lr": _AT_ONCE,
        "python.min_grad_lr": _AT_ONCE,
    },
}
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
