"""What a search found: its evidence, the advice for the real training, and its file."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from lrfind_widget import SearchResult
from tests.unit.searching import searched
from tests.unit.toys import batches


def test_a_longer_training_wants_a_lower_rate_and_a_schedule_a_higher_one() -> None:
    plain = searched()
    longer = searched(for_steps=240)
    cycle = searched(for_schedule="one_cycle")
    assert plain.best_lr is not None
    assert longer.best_lr == pytest.approx(plain.best_lr * 10**-0.32)
    assert cycle.best_lr == pytest.approx(plain.best_lr * 10**0.42)
    assert "2.1 times lower for 240 steps, since the best rate falls" in longer.sentence
    assert "2.6 times higher as the maximum of a one_cycle schedule" in cycle.sentence
    assert "about as long as these trainings and at a constant rate" in plain.sentence


def test_it_is_saved_without_loss(tmp_path: Path) -> None:
    found = searched(lr=None, num_it=20, val_loader=batches(2), for_steps=100)
    found.save(tmp_path / "found.json")
    back = SearchResult.load(tmp_path / "found.json")
    assert json.dumps(back.to_json()) == json.dumps(found.to_json())
    assert (back.sentence, back.best_lr, back.tried[0].lr) == (
        found.sentence,
        found.best_lr,
        found.tried[0].lr,
    )
    assert repr(back).startswith("<SearchResult of ")


def test_what_was_tried_is_the_evidence() -> None:
    found = searched()
    assert [each.lr for each in found.tried] == sorted(found.lrs)
    complete = [each for each in found.tried if not each.fate]
    assert min(complete, key=lambda each: each.loss).lr == found.tried_lr
    assert all(math.isfinite(each.loss) for each in complete)
    assert found.cost == sum(each.steps for each in found.tried)
