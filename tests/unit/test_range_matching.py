"""Ranges given for parameter groups, in every kind of run."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lrfind_widget import SweepResult, lr_find, search_lr
from lrfind_widget.options import SweepOptions
from lrfind_widget.training.param_groups import GroupRates
from lrfind_widget.training.range_matching import matched
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import batches, classifier, loader, loss_of, rates


def two_groups(*lrs: float, named: bool = True) -> tuple[nn.Sequential, torch.optim.SGD]:
    model = classifier(dropout=0)
    groups: list[dict[str, Any]] = [
        {"params": list(model[0].parameters()), "lr": lrs[0]},
        {"params": list(model[4].parameters()), "lr": lrs[1]},
    ]
    if named:
        groups[0]["name"], groups[1]["name"] = "body", "head"
    return model, torch.optim.SGD(groups)


def ranges(**given: Any) -> tuple[list[float], list[float]]:
    groups = matched(two_groups(1e-3, 1e-2)[1], SweepOptions(**given)).settings()["groups"]
    return groups["start_lrs"], groups["end_lrs"]


def test_each_group_sweeps_its_own_range() -> None:
    model, optimizer = two_groups(1e-3, 1e-2)
    seen: list[list[float]] = []

    def update_fn(model: nn.Module, batch: Any, optimizer: torch.optim.Optimizer) -> Any:
        seen.append(rates(optimizer))
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        return loss

    result = Sweep(
        model,
        loader(),
        optimizer,
        start_lr=[1e-6, 1e-4],
        end_lr=[1e-2, 1e-1],
        num_it=20,
        update_fn=update_fn,
    )
    points = list(result)

    assert [lrs[0] for lrs in seen] == [point.lr for point in points]
    assert [lrs[0] for lrs in seen] == pytest.approx(np.geomspace(1e-6, 1e-2, 21)[:-1].tolist())
    assert [lrs[1] for lrs in seen] == pytest.approx(np.geomspace(1e-4, 1e-1, 21)[:-1].tolist())
    assert [list(result.result().group_lrs(point.lr)) for point in points] == seen
    assert result.axis_label == "learning rate of group body (group head from 1e-4 to 1e-1)"
    assert result.multipliers == result.result().multipliers == ()
    assert rates(optimizer) == [1e-3, 1e-2]


def test_the_losses_are_those_of_a_plain_loop_at_these_rates() -> None:
    result = lr_find(
        *(parts := two_groups(1e-3, 1e-2))[:1],
        batches(10),
        parts[1],
        start_lr=[1e-4, 1e-2],
        end_lr=[1.0, 1.0],
        num_it=10,
        progress=False,
    )
    model, optimizer = two_groups(1e-3, 1e-2)
    for lr, recorded, batch in zip(result.lrs, result.losses, batches(10), strict=True):
        for group, rate in zip(optimizer.param_groups, result.group_lrs(lr), strict=True):
            group["lr"] = rate
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        assert loss.item() == recorded


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"start_lr": [1e-7, 1e-6]}, ([1e-7, 1e-6], [10.0, 100.0])),
        ({"start_lr": (1e-7, 1e-6), "end_lr": 1}, ([1e-7, 1e-6], [1.0, 10.0])),
        ({"start_lr": 1e-6, "end_lr": np.array([1.0, 0.1])}, ([1e-6, 1e-7], [1.0, 0.1])),
        ({"start_lr": torch.tensor([0.5, 0.25])}, ([0.5, 0.25], [10.0, 5.0])),
        ({"start_lr": slice(1e-8, 1e-6), "end_lr": [1, 1]}, ([1e-8, 1e-6], [1.0, 1.0])),
        ({"start_lr": slice(1e-6), "end_lr": slice(0.1, 1)}, ([1e-7, 1e-6], [0.1, 1.0])),
    ],
)
def test_a_number_beside_a_list_is_the_recorded_groups_in_the_ratios_of_the_list(
    given: Any, expected: tuple[list[float], list[float]]
) -> None:
    starts, ends = ranges(**given)
    assert starts == pytest.approx(expected[0])
    assert ends == pytest.approx(expected[1])


def test_a_slice_spreads_rates_evenly_over_the_groups() -> None:
    optimizer = torch.optim.SGD([{"params": [nn.Parameter(torch.ones(1))]} for _ in range(4)])
    found = matched(optimizer, SweepOptions(start_lr=slice(1e-9, 1e-6)))
    assert found.settings()["groups"]["start_lrs"] == pytest.approx([1e-9, 1e-8, 1e-7, 1e-6])


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"start_lr": [1e-7] * 3}, ValueError, r"start_lr has 3 rates, .* 2 .*: 'body', 'head'"),
        ({"end_lr": [1.0]}, ValueError, "end_lr has 1 rate, and the optimizer 2"),
        ({"start_lr": []}, ValueError, "start_lr is empty"),
        ({"start_lr": {1e-7, 1e-6}}, TypeError, "start_lr is a set, .* a list of the rates in"),
        ({"end_lr": {1.0: 0, 2.0: 0}}, TypeError, "end_lr is a dict, expected a number, or a list"),
        ({"end_lr": {1.0: 0, 2.0: 0}.keys()}, TypeError, "end_lr is a dict_keys, .* a list"),
        ({"start_lr": [1e-7, -1]}, ValueError, r"start_lr\[1\] must be finite and greater than 0"),
        ({"start_lr": [1e-7, "x"]}, TypeError, r"start_lr\[1\] must be a number"),
        ({"start_lr": "1e-7"}, TypeError, "start_lr must be a number"),
        ({"start_lr": slice(1e-7, None)}, TypeError, "start_lr.stop must be a number"),
        ({"start_lr": [1e-7, 1], "end_lr": [1, 0.1]}, ValueError, "end_lr=0.1 in group 'head'"),
        ({"start_lr": [1e-7, 1e-6], "groups": "head"}, ValueError, "groups='head' was given"),
        ({"groups": [1]}, TypeError, r"groups=\[1\], expected"),
        ({"groups": True}, TypeError, "groups=True, expected"),
        ({"groups": 2}, ValueError, "groups=2 is the index of no parameter group, expected 0 to 1"),
    ],
)
def test_ranges_that_cannot_work_are_refused_in_words(
    given: Any, error: type[Exception], words: str
) -> None:
    model, optimizer = two_groups(1e-3, 1e-2)
    with pytest.raises(error, match=words):
        Sweep(model, batches(), optimizer, **given)


@pytest.mark.parametrize("options", [{"groups": "body"}, {"groups": 0}, {}])
def test_a_swept_group_without_anything_to_train_is_refused(options: Any) -> None:
    model, optimizer = two_groups(1e-3, 1e-2 if options else 0.0)
    model[0].requires_grad_(False)
    with pytest.raises(ValueError, match=r"group body is swept, where none of the 2 param"):
        Sweep(model, batches(), optimizer, **options)
    assert Sweep(model, batches(), optimizer, groups="head")


@pytest.mark.parametrize("place", [1, -1])
def test_a_group_without_a_name_is_swept_by_its_index_while_the_others_stay(place: int) -> None:
    model, optimizer = two_groups(1e-3, 1e-2, named=False)
    result = lr_find(model, batches(), optimizer, groups=place, num_it=5, progress=False)
    assert result.group_lrs(0.5) == (None, 0.5)
    assert result.apply(optimizer, 0.5) == [1e-3, 0.5]


def test_one_rate_applies_those_of_all_groups() -> None:
    model, optimizer = two_groups(1e-3, 1e-3)
    result = lr_find(
        model, batches(), optimizer, start_lr=[1e-8, 1e-6], end_lr=[1, 1], num_it=5, progress=False
    )
    assert result.group_lrs(1e-4) == (1e-4, pytest.approx(1e-3))
    assert result.apply(optimizer, 1e-4) == list(result.group_lrs(1e-4))
    other = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
    assert result.apply(other, 1e-4) == [1e-4]


def test_a_saved_result_applies_the_same(tmp_path: Any) -> None:
    model, optimizer = two_groups(1e-3, 1e-3)
    result = lr_find(
        model, batches(), optimizer, start_lr=[1e-8, 1e-6], end_lr=[1, 1], num_it=5, progress=False
    )
    result.save(tmp_path / "run.json")
    loaded = SweepResult.load(tmp_path / "run.json")
    assert loaded.settings == result.settings
    assert (loaded.ends, loaded.multipliers) == ((1e-8, 1.0), ())
    assert loaded.apply(optimizer, 1e-2) == list(result.group_lrs(1e-2))


def test_a_scheduler_starts_from_the_rate_of_each_group() -> None:
    model, optimizer = two_groups(1e-3, 1e-3)
    result = lr_find(
        model, batches(), optimizer, start_lr=[1e-8, 1e-6], end_lr=[1, 1], num_it=5, progress=False
    )
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    optimizer.step()
    scheduler.step()
    result.apply(optimizer, 1e-4)
    assert scheduler.base_lrs == pytest.approx([1e-4, 1e-3])
    assert rates(optimizer) == pytest.approx([0.5e-4, 0.5e-3])


def test_repeats_sweep_the_same_ranges() -> None:
    model, optimizer = two_groups(1e-3, 1e-3)
    result = lr_find(
        model,
        loader(),
        optimizer,
        start_lr=[1e-6, 1e-4],
        end_lr=[1e-3, 1e-3],
        num_it=5,
        repeats=2,
        seed=0,
        progress=False,
    )
    assert result.lrs[:5].tolist() == result.lrs[5:].tolist()


def test_the_critical_rate_moves_every_group_by_its_own() -> None:
    """Where only the head has gradients, its rate is what matters."""

    def step_fn(model: nn.Module, batch: Any) -> Any:
        return 100 * (model[4].weight - 1).square().sum() + 0 * model[0].weight.sum()

    found = {}
    for name, given in {
        "alone": {"groups": "head", "start_lr": 1e-6, "end_lr": 1e-2},
        "ranges": {"start_lr": [1e-9, 1e-6], "end_lr": [1e-3, 1e-2]},
    }.items():
        model, optimizer = two_groups(1e-3, 1e-3)
        found[name] = lr_find(model, batches(), optimizer, step_fn=step_fn, progress=False, **given)
    alone, together = found["alone"].critical_lr, found["ranges"].critical_lr
    assert alone is not None
    assert found["ranges"].group_lrs(together)[1] == pytest.approx(alone, rel=1)


def test_a_search_trains_and_applies_along_the_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, write = set(), GroupRates.set

    def recorded(self: GroupRates, optimizer: torch.optim.Optimizer, lr: float) -> None:
        write(self, optimizer, lr)
        seen.add(tuple(rates(optimizer)))

    monkeypatch.setattr(GroupRates, "set", recorded)
    model, optimizer = two_groups(1e-3, 1e-3)
    found = search_lr(
        model,
        batches(40),
        optimizer,
        lr=1e-2,
        steps=40,
        start_lr=[1e-8, 1e-6],
        end_lr=[1, 1],
        apply=True,
        progress=False,
    )
    assert {lr for lr, _ in seen} == set(found.lrs)
    assert rates(optimizer)[0] == pytest.approx(found.best_lr)
    for body, head in [*seen, tuple(rates(optimizer))]:
        assert head == pytest.approx(1e-6 * (body / 1e-8) ** 0.75)


def test_the_ratios_of_a_range_can_be_told_from_the_label() -> None:
    model, optimizer = two_groups(1e-3, 1e-3)
    label = Sweep(model, batches(), optimizer, start_lr=[1e-8, 1e-6]).axis_label
    assert label == "learning rate of group body (group head at 100 times)"
    same = Sweep(model, batches(), optimizer, start_lr=[1e-8, 1e-8]).axis_label
    assert same == "learning rate"


def test_both_modes_begin_at_the_first_rate() -> None:
    model, optimizer = two_groups(1e-3, 1e-3)
    for mode, start in itertools.product(("exp", "linear"), ([1e-3, 1e-2], 1e-3)):
        points = list(
            Sweep(model, batches(), optimizer, start_lr=start, end_lr=1.0, num_it=4, mode=mode)
        )
        assert points[0].lr == 1e-3
