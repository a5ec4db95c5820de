"""Rates compared, and searched for, by short fits of a Learner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastai.basics import Callback
from fastai.callback.all import GradientAccumulation, MixUp

from lrfind_widget import compare_lrs, search_lr
from tests.peers.trainers.learners import Rates, learner, left_by
from tests.unit.isolating import both_isolations


@both_isolations
def test_rates_are_compared_by_short_fits(isolation: Any, tmp_path: Path) -> None:
    lrs = [1e-3, 1e-1]
    learn = learner(tmp_path, GradientAccumulation(16), MixUp())
    found = compare_lrs(learn, lrs=lrs, steps=9, isolation=isolation, progress=False)
    for row, lr in enumerate(lrs):
        twin = learner(tmp_path, GradientAccumulation(16), MixUp())
        rates = Rates([lr] * 9)
        with twin.no_bar(), twin.no_logging():
            twin.fit(10, cbs=rates)
        assert found.losses[row].tolist() == rates.losses


def test_a_search_is_as_long_as_it_is_planned_for_those_who_ask(tmp_path: Path) -> None:
    class Noting(Callback):
        def before_fit(self) -> None:
            (folder / f"{self.learn.n_epoch}").touch()

    folder = tmp_path / "epochs"
    folder.mkdir()
    learn = learner(tmp_path, Noting())
    search_lr(learn, lr=0.1, steps=24, for_steps=10, progress=False)
    assert [each.name for each in folder.iterdir()] == ["2"]  # of eight batches


def test_a_search_trains_by_fits(tmp_path: Path) -> None:
    learn = learner(tmp_path, MixUp())
    before = left_by(learn)
    found = search_lr(learn, lr=0.1, steps=24, val_loader=True, progress=False, seed=0)
    assert left_by(learn) == before
    for row, lr in enumerate(found.lrs):
        alone = compare_lrs(learn, lrs=[lr], steps=24, seed=0, progress=False)
        taken = found.taken[row]
        assert found.losses[row, :taken].tolist() == alone.losses[0, :taken].tolist()
