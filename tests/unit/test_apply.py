"""A result writes its rate into an optimizer, without a widget."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget import SweepResult, lr_find
from lrfind_widget.options import SweepOptions
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.trainable import TorchTrainable
from tests.unit.curves import valley
from tests.unit.results import LRS, result
from tests.unit.toys import batches, classifier, rates


def optimizer(*lrs: Any, **options: Any) -> torch.optim.SGD:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in lrs]
    return torch.optim.SGD(groups, lr=1.0, **options)


def test_the_selected_rate_is_written_else_the_suggested_one() -> None:
    plain, chosen = result(multipliers=(1.0,)), result(multipliers=(1.0,), selected_lr=3e-3)
    target = optimizer(0.1)
    assert plain.apply(target) == rates(target) == [plain.suggested_lr]
    assert chosen.apply(target) == rates(target) == [3e-3]
    assert chosen.apply(target, lr=2e-2) == rates(target) == [2e-2]


def test_a_suggestion_that_is_not_sure_is_written_with_a_warning() -> None:
    unsure = result(valley(LRS)[:60], lrs=LRS[:60], multipliers=(1.0,))
    target = optimizer(0.1)
    with pytest.warns(UserWarning, match="not sure. The loss has not turned up"):
        assert unsure.apply(target) == rates(target) == [unsure.suggested_lr]
    assert unsure.apply(target, lr=1e-3) == [1e-3]
    assert unsure.with_choice(1e-2).apply(target) == [1e-2]


def test_the_rates_of_the_groups_are_the_multiples_of_the_sweep() -> None:
    kept = result(multipliers=(1.0, 0.1, 0.0), selected_lr=1e-2)
    assert kept.group_lrs() == (1e-2, pytest.approx(1e-3), None)
    assert kept.group_lrs(1.0) == (1.0, 0.1, None)


def test_where_multipliers_are_not_known_the_ratios_are_kept() -> None:
    target = optimizer(0.2, 0.1)
    assert result().apply(target, 1e-2) == [1e-2, pytest.approx(5e-3)]
    assert result().group_lrs(1e-2) == ()


@pytest.mark.parametrize(
    ("groups", "written"),
    [
        ("ratio", [0.5, 0.25, 1.0]),
        ("same", [0.5, 0.5, 0.5]),
        ("1", [0.2, 0.5, 0.4]),
        ("no such group", [0.5, 0.25, 1.0]),
    ],
)
def test_it_is_what_the_widgets_apply_writes_into_any_optimizer(
    groups: str, written: list[float]
) -> None:
    model = classifier()
    own = torch.optim.SGD([{"params": model.parameters(), "name": groups}], lr=1.0)
    trainable = TorchTrainable(model, batches(), own, SweepOptions(groups=groups))
    swept = result(multipliers=(1.0,), settings={"groups": groups})
    for lrs in ((0.2, 0.1, 0.4), (0.2, 0.1)):
        mine, theirs = optimizer(*lrs), optimizer(*lrs)
        assert swept.apply(mine, 0.5) == pytest.approx(written[: len(lrs)])
        assert trainable.apply(0.5, theirs)[1] == rates(mine) == rates(theirs)


def test_a_rate_that_is_a_tensor_stays_one() -> None:
    lr = torch.tensor(0.1)
    target = optimizer(lr, foreach=False)
    assert result(multipliers=(1.0,)).apply(target, 0.5) == [0.5]
    assert target.param_groups[0]["lr"] is lr


def test_without_a_rate_it_is_said_why() -> None:
    flat = result(np.ones(100), multipliers=(1.0,))
    for call in (lambda: flat.apply(optimizer(0.1)), flat.group_lrs):
        with pytest.raises(RuntimeError, match="There is no rate: give lr, or select one"):
            call()


@pytest.mark.parametrize(
    ("lr", "error"), [(0, ValueError), (-1.0, ValueError), (np.nan, ValueError), ("1", TypeError)]
)
def test_what_is_no_rate_is_not_written(lr: Any, error: type[Exception]) -> None:
    target = optimizer(0.1)
    with pytest.raises(error, match="lr must be"):
        result(selected_lr=1e-3).apply(target, lr)
    assert rates(target) == [0.1]


@pytest.mark.parametrize("given", [0.01, classifier()])
def test_what_is_no_optimizer_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match=r"expected an optimizer: apply\(optimizer, lr\)"):
        result().apply(given, optimizer(0.1))  # type: ignore[arg-type]


def test_a_result_that_was_saved_is_applied_like_the_sweep(tmp_path: Any) -> None:
    model = classifier()
    target = torch.optim.SGD(
        [{"params": list(model.parameters())[:1], "lr": 0.1},
         {"params": list(model.parameters())[1:], "lr": 0.01}], lr=0.1
    )  # fmt: skip
    found = lr_find(model, batches(), target, num_it=5, progress=False)
    found.save(tmp_path / "run.json")
    assert SweepResult.load(tmp_path / "run.json").apply(target, 0.5) == [0.5, pytest.approx(0.05)]


@pytest.mark.parametrize("isolation", ["in_place", "copy"])
def test_an_optimizer_that_is_trained_in_place_is_refused_until_the_end(isolation: str) -> None:
    model = classifier()
    target = torch.optim.SGD(model.parameters(), lr=0.1)
    points = iter(Sweep(model, batches(), target, isolation=isolation))
    next(points)
    before = rates(target)
    if isolation == "in_place":
        with pytest.raises(RuntimeError, match="at its end, or stop it"):
            result().apply(target, 1e-2)
        assert rates(target) == before
    else:
        assert result().apply(target, 1e-2) == [1e-2]
    points.close()
    assert result().apply(target, 2e-2) == rates(target) == [2e-2]
