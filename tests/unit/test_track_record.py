"""What a result says of its own suggestion: how often others like it held, what it assumes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lrfind_widget import SweepResult, lr_find
from lrfind_widget.results.track_record import HELD, NOT_ESTABLISHED
from tests.unit.curves import valley
from tests.unit.results import LRS, result
from tests.unit.toys import batches, classifier, sgd


def test_a_sure_suggestion_says_how_often_sure_ones_held() -> None:
    said = result().track_record
    held = HELD["sure", False]
    assert f"{held.sweeps} of 130 suggestions were sure like this one: {held.good:.0%}" in said


def test_an_unsure_one_says_how_often_unsure_ones_held() -> None:
    unsure = result(valley(LRS)[:60], lrs=LRS[:60])
    assert f"were not sure like this one: {HELD['unsure', False].good:.0%}" in unsure.track_record


def test_with_validation_losses_it_is_the_record_with_validation_losses() -> None:
    said = replace(result(), val_losses=valley(LRS)).track_record
    assert f"{HELD['sure', True].sweeps} of 130" in said


def test_without_a_suggestion_there_is_no_record_of_any() -> None:
    said = result(np.full(100, 2.3)).track_record
    assert "suggestions" not in said
    assert said.endswith(NOT_ESTABLISHED)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 64}, "batches of 64 in one process, 100 steps of sweep"),
        ({"batch_size": 8, "settings": {"accumulate": 4}}, "batches of 8, 4 to a step in one"),
        ({}, "batches as in the sweep in one process"),
    ],
)
def test_it_says_what_is_assumed(changes: dict, words: str) -> None:
    said = result(**changes).track_record
    assert words in said
    assert "a constant rate" in said


def test_it_says_what_a_range_test_does_not_establish() -> None:
    assert result().track_record.endswith(NOT_ESTABLISHED)


def test_a_sweep_records_the_size_of_its_first_batch(tmp_path) -> None:
    model = classifier()
    found = lr_find(model, batches(), sgd(model), num_it=5, progress=False)
    assert found.batch_size == len(batches()[0][0])
    found.save(tmp_path / "run.json")
    assert SweepResult.load(tmp_path / "run.json").batch_size == found.batch_size
