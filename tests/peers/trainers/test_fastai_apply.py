"""A rate is applied where a Learner's next `fit` reads it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from fastai.basics import SGD, OptimWrapper

from lrfind_widget import LRFinderWidget, Sweep, lr_find
from tests.peers.trainers.learners import RANGE, body_and_head, learner, trained


@pytest.mark.parametrize("has_opt", [False, True])
def test_a_rate_is_applied_where_a_fit_reads_it(has_opt: bool, tmp_path: Path) -> None:
    learn = learner(tmp_path)
    if has_opt:
        trained(learn)
    result = lr_find(learn, apply=True, progress=False, seed=0)
    assert learn.lr == result.suggested_lr
    assert (learn.opt is None) != has_opt
    trained(learn)
    assert learn.recorder.lrs == [result.suggested_lr] * len(learn.dls.train)


def test_the_ratios_of_groups_are_kept(tmp_path: Path) -> None:
    learn = learner(tmp_path, splitter=body_and_head, lr=slice(1e-4, 1e-2))
    sweep = Sweep(learn, **RANGE)
    assert sweep.multipliers == pytest.approx((1, 100))
    lr_find(learn, apply=True, progress=False, seed=0)
    low, high = learn.lr
    assert high == pytest.approx(100 * low)
    trained(learn)
    assert [h["lr"] for h in learn.opt.hypers] == learn.lr


def test_a_rate_in_the_function_of_the_optimizer_is_written_there(tmp_path: Path) -> None:
    learn = learner(tmp_path, opt_func=partial(SGD, lr=0.7))
    result = lr_find(learn, apply=True, progress=False, seed=0)
    trained(learn)
    assert learn.recorder.lrs[0] == result.suggested_lr


def test_the_widget_takes_a_learner(tmp_path: Path) -> None:
    learn = learner(tmp_path)
    widget = LRFinderWidget(learn, auto_start=False, **RANGE)
    widget.start()
    assert widget.wait(60)
    widget.selected_lr = 0.02
    widget.apply()
    assert learn.lr == 0.02


@pytest.mark.parametrize("kind", ["native", "wrapped", "the wrapped one"])
def test_its_own_optimizer_is_no_other_one(kind: str, tmp_path: Path) -> None:
    """Also where it is named, and though it makes its groups anew whenever they are read."""
    made = {} if kind == "native" else {"opt_func": partial(OptimWrapper, opt=torch.optim.AdamW)}
    learn = trained(learner(tmp_path, **made))
    widget = LRFinderWidget(learn, auto_start=False, **RANGE)
    widget.select(0.02)
    widget.apply(learn.opt.opt if kind == "the wrapped one" else learn.opt)
    assert "another optimizer" not in widget.state.message
    assert learn.lr == 0.02
    assert [hypers["lr"] for hypers in learn.opt.hypers] == [0.02]
    widget.close()


def test_another_learners_optimizer_is_refused(tmp_path: Path) -> None:
    learn, other = learner(tmp_path), trained(learner(tmp_path))
    result = lr_find(learn, progress=False, seed=0)
    with pytest.raises(TypeError, match="rate that is written there is lost"):
        result.apply(other.opt)
