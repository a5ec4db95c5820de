"""The search by short trainings that go on side by side."""

from __future__ import annotations

import itertools
import json
import math
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, WeightedRandomSampler

from lrfind_widget import SearchResult, StopReason, compare_lrs, search_lr
from lrfind_widget.isolation.loaders import live_workers
from lrfind_widget.options import SearchOptions
from lrfind_widget.outcomes import Status
from lrfind_widget.training import search as module
from lrfind_widget.training import track
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from lrfind_widget.training.search import Search
from lrfind_widget.training.trainers import training_of
from tests.unit.toys import batches, classifier, data, loader, seed_everything, sgd


def adam(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=1e-3)


def searched(
    lr: float | None = 0.03,
    steps: int = 24,
    data: Any = None,
    optimizer: Callable[..., Any] = adam,
    **options: Any,
) -> SearchResult:
    seed_everything(0)
    model = classifier()
    data = loader(480) if data is None else data
    given = {"progress": False, "lr": lr, "steps": steps, **options}
    return search_lr(model, data, optimizer(model), **given)


def searching(lr: float = 0.03, **options: Any) -> Search:
    seed_everything(0)
    model = classifier()
    training = training_of(model, loader(480), adam(model))
    return Search(training, lr, SearchOptions(steps=24, **options))


def compared(found: SearchResult, **options: Any) -> np.ndarray[Any, Any]:
    """The losses of plain short trainings at the rates of a search, one after the other."""
    seed_everything(0)
    model = classifier()
    optimizer = options.pop("optimizer", adam)(model)
    data = options.pop("data", None)
    data = loader(480) if data is None else data
    plain = compare_lrs(model, data, optimizer, found.lrs, found.steps, progress=False, **options)
    return plain.losses


def same(found: SearchResult, losses: np.ndarray[Any, Any]) -> bool:
    return all(
        found.losses[n, :taken].tolist() == losses[n, :taken].tolist()
        for n, taken in enumerate(found.taken)
    )


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("lr", [3e-4, 0.03, 1.0])
def test_each_training_is_the_plain_one_at_its_rate(
    isolation: str, seed: int | None, lr: float
) -> None:
    """To the bit, with dropout and shuffled batches, whatever was trained in between."""
    found = searched(lr, isolation=isolation, seed=seed)
    assert len(found.lrs) >= 3
    assert same(found, compared(found, seed=seed))


@pytest.mark.parametrize(
    "options",
    [
        {"accumulate": 2},
        {"clip_grad_norm": 0.1, "wd": 0.1},
        {"amp": "bf16"},
        {"amp": "fp16", "isolation": "in_place"},
        {"closure": True},
        {"optimizer": lambda model: torch.optim.LBFGS(model.parameters(), max_iter=3)},
        {"optimizer": lambda model: sgd(model, momentum=0.9), "groups": "same"},
    ],
    ids=str,
)
def test_also_where_steps_are_of_another_kind(options: dict[str, Any]) -> None:
    found = searched(data=batches(8), **options)
    assert same(found, compared(found, data=batches(8), **options))


def test_what_functions_keep_is_that_of_each_training() -> None:
    """A moving average that the loss depends on."""

    def made() -> Callable[..., Tensor]:
        kept = {"mean": torch.zeros(3), "steps": 0}

        def loss_fn(output: Tensor, target: Tensor) -> Tensor:
            kept["steps"] += 1
            kept["mean"].mul_(0.9).add_(output.detach().mean(0), alpha=0.1)
            return nn.functional.cross_entropy(output - kept["mean"], target) / kept["steps"]

        return loss_fn

    found = searched(loss_fn=made())
    assert same(found, compared(found, loss_fn=made()))


def test_an_update_whose_gradients_stay_from_step_to_step() -> None:
    def update_fn(model: nn.Module, batch: Any, optimizer: torch.optim.Optimizer) -> Tensor:
        loss = nn.functional.cross_entropy(model(batch[0]), batch[1])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss

    found = searched(update_fn=update_fn)
    assert same(found, compared(found, update_fn=update_fn))


def test_a_step_may_write_into_its_batch() -> None:
    given = batches(4)
    before = [inputs.clone() for inputs, _ in given]

    def prepare_batch(batch: Any) -> Any:
        batch[0].mul_(0.5)
        return batch

    found = searched(data=given, prepare_batch=prepare_batch)
    again = [[(x.clone(), y)] for x, y in batches(4)]
    halved = [(x / 2, y) for ((x, y),) in again]
    assert same(found, compared(found, data=halved))
    assert all(torch.equal(old, new) for old, (new, _) in zip(before, given, strict=True))


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_everything_comes_back(isolation: str) -> None:
    seed_everything(1)
    model = classifier()
    optimizer = adam(model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    options: Any = {"isolation": isolation, "num_it": 30, "steps": 16, "progress": False}
    found = search_lr(model, loader(), optimizer, **options)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not optimizer.state
    assert torch.equal(torch.get_rng_state(), state)
    assert found.receipt is not None
    assert found.receipt.identical
    assert found.sweep is not None
    assert found.origin == "suggested by the sweep" or found.origin == "the optimizer's own"


def test_a_rate_that_diverges_ends_at_once_and_alone() -> None:
    def loss_fn(output: Tensor, _target: Tensor) -> Tensor:
        return (output**2).sum() * (output.abs().mean() + 1)

    found = searched(1e-2, loss_fn=loss_fn, optimizer=sgd)
    assert any(found.diverged)
    assert found.best_lr is not None
    assert all(taken < 24 for taken, lost in zip(found.taken, found.diverged, strict=True) if lost)


def test_the_ladder_goes_on_to_where_the_best_rate_is() -> None:
    found = searched(1e-5, steps=48)
    assert len(found.lrs) > 3
    assert max(found.lrs) > 1e-3
    assert found.cost <= 8 * 48
    assert found.ending in ("bracketed", "noise")
    rates = sorted(found.lrs)
    assert np.allclose(np.diff(np.log10(rates)), 0.5)


def test_from_a_rate_that_throws_the_network_off_it_goes_down_to_one_that_trains() -> None:
    found = searched(30.0, steps=48)
    assert found.is_settled
    assert found.best_lr is not None
    assert found.best_lr < 1
    assert np.nanmin(found.final_losses) < 0.9 * found.losses[0, 0]


def test_a_search_in_which_nothing_trains_says_so_and_is_not_settled() -> None:
    found = searched(1e9, steps=16)
    assert found.ending == "untrained"
    assert not found.is_settled
    assert found.verdict.startswith("Nothing has trained at rates from")
    assert found.tied_lrs == ()
    assert "Take" not in found.sentence
    assert found.cost <= 8 * 16


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes are of Python 3.11")
def test_an_error_says_that_it_came_in_a_search() -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        searched(1e-3, data=[(torch.zeros(2, 5), torch.zeros(2, dtype=torch.int64))] * 30)
    (note,) = caught.value.__notes__
    assert note.startswith("In the search, the batch was a tuple of")


def test_the_trainings_go_on_side_by_side() -> None:
    points = list(searching())
    order = [point.repeat for point in points]
    changes = sum(a != b for a, b in itertools.pairwise(order))
    assert changes > 12
    for number in set(order):
        steps = [point.step for point in points if point.repeat == number]
        assert steps == list(range(len(steps)))


def test_the_plan_grows_and_what_is_done_never_exceeds_it() -> None:
    search = searching(1e-4)
    assert search.plan.kind == "search"
    assert len(search.plan.lrs) == 3
    fates = set[str]()
    for point in search:
        fates.update(search.plan.fates)
        assert point.lr == search.plan.lrs[point.repeat]
        assert 0 < search.done() <= search.plan.steps
    assert search.done() == search.plan.steps
    assert len(search.plan.lrs) > 3
    assert "dropped" in fates  # which is known while the others go on
    dropped = tuple(fate == "dropped" for fate in search.plan.fates)
    assert dropped == search.result().dropped


@pytest.mark.parametrize("after", [1, 7, 20, 50])
def test_it_can_be_stopped_at_any_time_with_what_is_known_so_far(after: int) -> None:
    search = searching()
    for count, _ in enumerate(search, 1):
        if count == after:
            search.stop()
    found = search.result()
    assert found.stop_reason is StopReason.STOPPED
    assert sum(found.taken) == after
    assert found.sentence.startswith(f"Stopped on request after {after} step")
    assert (found.best_lr is not None) == ("So far: " in found.sentence) == (after >= 20)
    assert found.receipt is not None
    assert found.receipt.identical


def test_with_a_val_loader_the_validation_loss_decides() -> None:
    found = searched(steps=48, val_loader=loader(64, shuffle=False))
    assert found.val_losses is not None
    assert "validation loss" in found.sentence
    assert "training loss decided" not in found.sentence
    known = ~np.isnan(found.val_losses)
    complete = [n for n, taken in enumerate(found.taken) if taken == 48]
    assert all((known[n] == known[complete[0]]).all() for n in complete)
    assert known[complete[0]].sum() < 24
    assert known[complete[0], -1]


def test_without_it_is_said_that_overfitting_is_not_seen() -> None:
    assert "The training loss decided, which does not show overfitting." in searched().sentence


def test_a_part_of_the_data_can_be_held_back() -> None:
    found = searched(hold_back=0.25)
    assert found.val_losses is not None
    assert found.hold_back == 0.25
    assert "25% of the data were held back" in found.sentence


def test_as_many_batches_of_it_are_taken_as_asked_for_after_a_sweep_without() -> None:
    found = searched(lr=None, num_it=20, hold_back=0.25, val_batches=2)
    assert found.sweep is not None
    assert found.sweep.val_losses is None
    assert found.settings["val_batches"] == 2


def test_what_is_held_back_is_not_trained_on() -> None:
    seen: set[float] = set()
    held: set[float] = set()

    def loss_fn(output: Tensor, target: Tensor) -> Tensor:
        (seen if torch.is_grad_enabled() else held).update(target.tolist())
        return nn.functional.mse_loss(output[:, 0], target)

    numbered = TensorDataset(data(80).tensors[0], torch.arange(80.0))
    searched(data=DataLoader(numbered, batch_size=8, shuffle=True), hold_back=0.2, loss_fn=loss_fn)
    assert len(held) == 16
    assert not seen & held
    assert len(seen) == 64


def test_of_a_list_batches_are_held_back() -> None:
    found = searched(data=batches(10), hold_back=0.3)
    assert found.val_losses is not None


class Endless(IterableDataset[Any]):
    def __iter__(self) -> Any:
        while True:
            yield torch.randn(4), 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda: DataLoader(Endless(), batch_size=4), "reads a stream"),
        (
            lambda: DataLoader(data(), sampler=WeightedRandomSampler([1.0] * 48, 48)),
            "draws with a WeightedRandomSampler",
        ),
        (lambda: DataLoader(data(), batch_size=None), "makes its batches in a way of its own"),
        (lambda: {1, 2}, "only a DataLoader or a list is split"),
    ],
)
def test_what_cannot_be_split_is_refused_in_words(given: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"hold_back=0.2 is not possible here: .*{words}"):
        searched(data=given(), hold_back=0.2)


@pytest.mark.parametrize("share", [0.01, 0.99])
def test_a_part_that_leaves_nothing_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="leaves nothing"):
        searched(data=batches(4), hold_back=share)


def test_hold_back_beside_a_val_loader_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one"):
        searched(hold_back=0.2, val_loader=batches(2))


def test_a_loader_that_can_be_read_only_once_is_refused() -> None:
    with pytest.raises(TypeError, match="can be read only once"):
        searched(data=iter(batches(4)))


def test_an_error_of_the_users_is_raised_and_everything_comes_back() -> None:
    calls = iter(range(1000))

    def loss_fn(output: Tensor, _target: Tensor) -> Tensor:
        if next(calls) == 8:
            raise ZeroDivisionError("odd")
        return output.sum()

    search = searching(loss_fn=loss_fn)
    with pytest.raises(ZeroDivisionError):
        list(search)
    assert search.result().stop_reason is StopReason.FAILED
    assert "step 9 of 72" in search.stop_sentence
    assert search.receipt is not None
    assert search.receipt.identical


def test_batches_for_which_there_is_no_room_are_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same ones, to the bit, for a rate that is added later."""
    with_room = searched(1e-4)
    monkeypatch.setattr(module, "ROOM", 0.0)
    without = searched(1e-4)
    assert len(without.lrs) > 3
    assert np.array_equal(without.losses, with_room.losses, equal_nan=True)


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_where_memory_is_short_the_rates_are_tried_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, isolation: str
) -> None:
    monkeypatch.setattr(track, "fits", lambda _: "a copy needs much")
    monkeypatch.setattr(module, "ROOM", 0.0)
    search = searching(isolation=isolation)
    order = [point.repeat for point in search]
    assert order == sorted(order)
    found = search.result()
    assert "one after the other, since a copy needs much" in found.isolation
    assert same(found, compared(found))


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


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_few_steps_will_do(steps: int) -> None:
    found = searched(steps=steps, val_loader=batches(1))
    assert found.best_lr is not None
    assert found.ending
    assert found.sentence


def test_no_more_steps_are_taken_than_the_real_training_has() -> None:
    assert searched(for_steps=9).steps == 9


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


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("persistent", [False, True])
def test_worker_processes_load_the_batches_and_end(persistent: bool) -> None:
    more: Any = {"num_workers": 1, "persistent_workers": persistent}
    before = live_workers()
    found = searched(data=loader(480, **more))
    assert same(found, compared(found, data=loader(480, **more)))
    assert live_workers() == before


def test_what_is_drawn_during_a_pause_makes_no_difference() -> None:
    expected = list(searching())
    run = RunThread(searching())
    paused = threading.Event()
    run.pause()
    run.start(lambda: paused.set() if run.progress.status is Status.PAUSED else None)
    assert paused.wait(30)
    torch.rand(5)
    np.random.rand()  # noqa: NPY002 - the global generator is the point
    run.resume()
    assert run.wait(30)
    assert list(run.points) == expected
    assert run.result.receipt.identical


def test_a_search_beside_a_sweep_finds_what_it_finds_alone() -> None:
    expected = list(searching(seed=3))
    model = classifier()
    sweep = Sweep(model, loader(), sgd(model), num_it=40, seed=5, stop_div=False)
    alone = list(sweep)
    runs = [RunThread(searching(seed=3)), RunThread(sweep)]
    for run in runs:
        run.start()
    assert all(run.wait(60) for run in runs)
    assert [list(run.points) for run in runs] == [expected, alone]


def test_the_plan_and_what_is_done_are_those_of_one_moment() -> None:
    """For whoever reads them from another thread."""
    run = RunThread(searching(1e-4))
    seen: list[tuple[int, int]] = []
    run.start(lambda: seen.append((run.progress.done, run.plan.steps)))
    assert run.wait(60)
    assert all(done <= steps for done, steps in seen)
    assert seen[-1][0] == seen[-1][1]
