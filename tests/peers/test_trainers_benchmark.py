"""The benchmark of trainers' own finders measures, on the least there is."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks import trainers
from benchmarks.tasks import TASKS


def test_fastai_and_ours_find_the_same_and_ours_leaves_nothing(monkeypatch: Any) -> None:
    monkeypatch.setattr(trainers, "TIMED", partial(TASKS["tiny linear model"].job, trainers.STEPS))
    result = trainers.measure(1, ["fastai"])
    found = result["libraries"]["fastai"]
    assert found["points"] == [100, 100]
    assert found["largest difference"] < 1e-5
    assert found["time"] > 0
    assert found["left"]["ours"] == {ending: [] for ending in trainers.ENDED}
    assert "the Learner" in found["left"]["theirs"]["an exception"]
    assert "| **ours, on fastai's object** | nothing | nothing |" in trainers.tables(result)
