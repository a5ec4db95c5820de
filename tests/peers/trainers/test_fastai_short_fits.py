"""Rates compared, and searched for, by short fits of a Learner."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastai.basics import Callback
from fastai.callback.all import GradientAccumulation, MixUp

from lrfind_widget import compare_lrs, lr_find, search_lr
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


@pytest.mark.parametrize(("each", "batches"), [(1, 13), (24, 44)], ids=["plain", "accumulated"])
@pytest.mark.parametrize(
    "run",
    [
        partial(lr_find, num_it=13, stop_div=False),
        partial(compare_lrs, lrs=[0.1], steps=13),
        partial(search_lr, lr=0.1, steps=24, for_steps=13),
    ],
    ids=["sweep", "comparison", "search"],
)
def test_a_fit_is_as_long_as_is_planned_for_those_who_ask(
    run: Any, each: int, batches: int, tmp_path: Path
) -> None:
    seen: list[tuple[int, float]] = []

    class Noting(Callback):
        def after_batch(self) -> None:
            seen.append((self.learn.train_iter, self.learn.pct_train))

    run(learner(tmp_path, GradientAccumulation(each), Noting()), progress=False)
    last = {round(pct, 9) for iteration, pct in seen if iteration == batches}
    assert last == {round(batches / 8 / (batches // 8 + 1), 9)}  # of epochs of eight
    assert max(seen)[0] == batches


def test_a_search_trains_by_fits(tmp_path: Path) -> None:
    learn = learner(tmp_path, MixUp())
    before = left_by(learn)
    found = search_lr(learn, lr=0.1, steps=24, val_loader=True, progress=False, seed=0)
    assert left_by(learn) == before
    for row, lr in enumerate(found.lrs):
        alone = compare_lrs(learn, lrs=[lr], steps=24, seed=0, progress=False)
        taken = found.taken[row]
        assert found.losses[row, :taken].tolist() == alone.losses[0, :taken].tolist()
