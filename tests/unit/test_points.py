"""The words and counts of the seam."""

from __future__ import annotations

import json

import pytest

from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.points import Plan, Progress


@pytest.mark.parametrize("word", [*Status, *StopReason])
def test_a_word_is_written_as_itself_on_every_python(word: Status | StopReason) -> None:
    """`str` and `format` of an enum with a mixed-in `str` differ between 3.10, 3.11 and 3.12."""
    assert f"{word}" == str(word) == word.value == "%s" % word == "{}".format(word)  # noqa: UP031, UP032
    assert f"{word:>12}|" == f"{word.value:>12}|"
    assert word == word.value
    assert json.loads(json.dumps({word: word})) == {word.value: word.value}


def test_a_status_is_a_word_in_a_sentence() -> None:
    assert f"{Status.FINISHED}" == "finished"
    assert f"The sweep is {Status.SWEEPING}." == "The sweep is sweeping."


@pytest.mark.parametrize("reason", StopReason)
def test_every_end_is_a_status_that_does_not_run(reason: StopReason) -> None:
    status = Status.after(reason)
    assert not status.is_running
    assert status == ("diverged" if reason is StopReason.NON_FINITE else reason.value)


def test_what_sweeps_or_pauses_runs() -> None:
    assert [status for status in Status if status.is_running] == [Status.SWEEPING, Status.PAUSED]


def test_a_plan_counts_the_steps_of_all_passes() -> None:
    assert Plan("sweep", (1e-7, 10.0), 100).steps == 100
    assert Plan("comparison", (1e-3, 1e-2, 0.1), 50, passes=3).steps == 150


def test_progress_begins_with_nothing() -> None:
    assert Progress() == (Status.WAITING, 0, None, "", "", "")
