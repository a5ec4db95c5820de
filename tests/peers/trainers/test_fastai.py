"""fastai's `Learner`, taken as it is: the losses are those of its own `fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from fastai.basics import Learner, OptimWrapper, accuracy
from fastai.callback.all import MixUp
from torch import nn

from lrfind_widget import Sweep, lr_find
from tests.peers.trainers.learners import CASES, RANGE, Rates, fitted, learner
from tests.unit.isolating import both_isolations
from tests.unit.toys import seed_everything
from tests.unit.user_state import state_of


@both_isolations
@pytest.mark.parametrize("case", CASES)
def test_the_losses_are_those_of_fit(case: str, isolation: Any, tmp_path: Path) -> None:
    expected = fitted(CASES[case](tmp_path))
    learn = CASES[case](tmp_path)
    sweep = Sweep(learn, isolation=isolation, stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert sweep.receipt.identical, sweep.receipt
    assert fitted(learn) == expected


def test_an_optimizer_that_was_made_before_is_taken(tmp_path: Path) -> None:
    def wrapped() -> Learner:
        learn = learner(tmp_path)
        inner = torch.optim.AdamW(learn.model.parameters(), lr=0.3)
        learn.opt_func = OptimWrapper(opt=inner)
        learn.model(torch.randn(8, 4)).sum().backward()
        inner.step()  # whose moments a fit forgets
        inner.zero_grad()
        return learn

    expected = fitted(wrapped())
    for isolation in ("copy", "in_place"):
        learn = wrapped()
        before = state_of(learn.opt_func.opt)
        sweep = Sweep(learn, isolation=isolation, stop_div=False, **RANGE)
        assert [point.loss for point in sweep] == expected
        assert sweep.receipt.identical, sweep.receipt
        assert state_of(learn.opt_func.opt) == before
        assert learn.opt is None


@both_isolations
def test_a_loss_that_uses_the_learner_is_followed(isolation: Any, tmp_path: Path) -> None:
    def decayed() -> Learner:
        learn = learner(tmp_path)

        def loss(output: Any, target: Any) -> Any:
            weights = sum(p.square().sum() for p in learn.model.parameters())
            return nn.functional.cross_entropy(output, target) + 1e-2 * weights

        learn.loss_func = loss
        return learn

    expected = fitted(decayed())
    learn = decayed()
    if isolation == "copy":
        with pytest.raises(ValueError, match="is not possible here"):
            list(Sweep(learn, isolation="copy", **RANGE))
        isolation = "auto"
    assert [p.loss for p in Sweep(learn, isolation=isolation, stop_div=False, **RANGE)] == expected


def test_another_weight_decay_is_that_of_the_fit(tmp_path: Path) -> None:
    expected = fitted(learner(tmp_path), wd=0.5)
    sweep = Sweep(learner(tmp_path), wd=0.5, stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert expected != fitted(learner(tmp_path))


def test_a_seed_repeats_a_fit_that_was_seeded(tmp_path: Path) -> None:
    def seeded(learn: Learner) -> Learner:
        seed_everything(3)
        for loader in learn.dls.loaders:
            loader.rng.seed(3)
        return learn

    expected = fitted(seeded(learner(tmp_path)))
    sweep = Sweep(learner(tmp_path), seed=3, stop_div=False, **RANGE)
    assert [point.loss for point in sweep] == expected
    assert [point.loss for point in sweep] == expected


def test_the_validation_loss_is_the_learners(tmp_path: Path) -> None:
    learn = learner(tmp_path, MixUp(), metrics=accuracy)
    points = list(Sweep(learn, val_loader=True, **RANGE))
    plain = [point.loss for point in Sweep(learn, **RANGE)]
    assert [point.loss for point in points] == plain[: len(points)]
    with learn.no_bar(), learn.no_logging():
        rates = Rates([RANGE["start_lr"]])
        learn.fit(1, cbs=rates)
    assert points[0].val_loss == pytest.approx(learn.validate()[0], rel=1e-6)


def test_repeats_go_on_with_the_next_fit(tmp_path: Path) -> None:
    result = lr_find(learner(tmp_path, MixUp()), repeats=2, progress=False, stop_div=False, **RANGE)
    first, second = (result.losses[result.repeats == repeat].tolist() for repeat in (0, 1))
    assert first == fitted(learner(tmp_path, MixUp()))
    assert len(second) == len(first)
    assert second != first
