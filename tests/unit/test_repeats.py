"""Several sweeps from the same state, each with another data order."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget import StopReason, Sweep, SweepResult, lr_find, messages
from lrfind_widget.rules.table import suggest_from_repeats
from tests.unit.toys import ScriptedLoss, batches, classifier, loader, seed_everything, sgd


def swept(**options: Any) -> SweepResult:
    seed_everything(0)
    model = classifier()
    given = {"end_lr": 1.0, "num_it": 20, "stop_div": False} | options
    return lr_find(model, loader(), sgd(model), progress=False, **given)


def losses_of(result: SweepResult, repeat: int) -> list[float]:
    assert result.repeats is not None
    return result.losses[result.repeats == repeat].tolist()


def scripted(values: list[list[float]], **options: Any) -> Sweep:
    model = classifier()
    script = [loss for repeat in values for loss in repeat]
    given = {"num_it": len(values[0]), "repeats": len(values)} | options
    return Sweep(model, batches(), sgd(model), loss_fn=ScriptedLoss(script), **given)


@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_the_first_repeat_is_exactly_the_single_sweep(seed: int | None, isolation: str) -> None:
    single = swept(seed=seed, isolation=isolation)
    repeated = swept(seed=seed, isolation=isolation, repeats=3)
    assert losses_of(repeated, 0) == single.losses.tolist()
    assert single.repeats is None


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_a_repeat_is_the_sweep_with_the_next_seed(isolation: str) -> None:
    """So it starts from the same weights, statistics and optimizer state, to the bit."""
    repeated = swept(seed=3, repeats=3, isolation=isolation)
    for repeat in (1, 2):
        assert losses_of(repeated, repeat) == swept(seed=3 + repeat).losses.tolist()


def test_repeats_without_a_seed_differ_from_each_other_and_from_time_to_time() -> None:
    first, again = swept(repeats=2), swept(repeats=2)
    assert losses_of(first, 0) == losses_of(again, 0)
    assert losses_of(first, 1) != losses_of(first, 0)
    assert losses_of(first, 1) != losses_of(again, 1)


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("seed", [None, 3])
def test_everything_comes_back_after_repeats(seed: int | None, isolation: str) -> None:
    seed_everything(1)
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = (torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate())  # noqa: NPY002
    result = lr_find(
        model, loader(), optimizer, progress=False, num_it=8, repeats=3, seed=seed,
        isolation=isolation,
    )  # fmt: skip
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not optimizer.state
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002
    assert random.getstate() == states[2]
    assert result.receipt.identical


def test_every_point_says_which_repeat_it_belongs_to() -> None:
    points = list(scripted([[1.0, 1.0, 1.0]] * 2, stop_div=False))
    assert [(point.repeat, point.step) for point in points] == [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2),
    ]  # fmt: skip


def test_a_repeat_that_diverges_ends_itself_alone() -> None:
    sweep = scripted([[1.0, float("nan")], [1.0, 1.0], [1.0, 1.0]], num_it=2)
    list(sweep)
    result = sweep.result()
    assert [len(losses_of(result, repeat)) for repeat in range(3)] == [2, 2, 2]
    assert result.stop_reason is StopReason.FINISHED
    assert "the loss diverged in 1 of 3 repeats, at" in result.stop_sentence


def test_where_most_repeats_diverge_the_sweep_has_diverged() -> None:
    sweep = scripted([[1.0, float("nan")], [1.0, float("inf")], [1.0, 1.0]], num_it=2)
    list(sweep)
    assert sweep.stop_reason is StopReason.NON_FINITE
    assert "in 2 of 3 repeats" in sweep.stop_sentence


def test_smoothing_and_the_stop_rule_begin_anew_in_each_repeat() -> None:
    sweep = scripted([[1.0, 1.0], [9.0, 9.0]])
    points = list(sweep)
    assert [point.smoothed for point in points] == pytest.approx([1, 1, 9, 9])
    assert sweep.stop_reason is StopReason.FINISHED


def test_stop_ends_all_repeats() -> None:
    sweep = scripted([[1.0] * 4] * 3, stop_div=False)
    points = []
    for point in sweep:
        points.append(point)
        if point.repeat == 1 and point.step == 1:
            sweep.stop()
    assert len(points) == 6
    assert sweep.stop_reason is StopReason.STOPPED
    assert "repeat 2" in sweep.stop_sentence


def test_an_error_in_a_later_repeat_keeps_what_was_found() -> None:
    sweep = scripted([[1.0, 2.0], [3.0]], num_it=2, repeats=2, stop_div=False)
    with pytest.raises(RuntimeError):  # the script has no fourth loss
        list(sweep)
    result = sweep.result()
    assert result.losses.tolist() == [1.0, 2.0, 3.0]
    assert result.stop_reason is StopReason.FAILED
    assert "step 4 of 4" in result.stop_sentence


def test_the_suggestion_comes_from_all_repeats_with_their_spread() -> None:
    result = swept(repeats=3, seed=0, num_it=60, end_lr=10.0, start_lr=1e-4)
    expected = suggest_from_repeats(result.lrs, result.losses, result.repeats, "min_gradient")
    assert result.suggestion("min_gradient") == expected
    assert "of 3 sweeps suggest a rate of their own" in expected.reason
    factor = f"within a factor of {10**expected.spread:.2g}."
    assert factor in messages.suggested(expected)
    assert "factor" not in expected.reason  # it stands in the headline


def test_a_result_of_repeats_is_saved_without_loss(tmp_path: Any) -> None:
    result = swept(repeats=2)
    result.save(tmp_path / "sweep.json")
    stored = SweepResult.load(tmp_path / "sweep.json")
    assert stored.repeats.tolist() == result.repeats.tolist()
    assert stored.settings["repeats"] == 2


@pytest.mark.parametrize(
    ("repeats", "error"), [(0, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_a_number_of_repeats_that_is_none_is_refused(repeats: Any, error: type) -> None:
    model = classifier()
    with pytest.raises(error, match="repeats"):
        Sweep(model, batches(), sgd(model), repeats=repeats)


def test_a_loader_that_can_be_read_only_once_cannot_be_repeated() -> None:
    model = classifier()
    with pytest.raises(TypeError, match="for each repeat"):
        Sweep(model, iter(batches()), sgd(model), repeats=2)
