"""The tasks that no choice has seen, and what is measured on the way of a training."""

from __future__ import annotations

import json
import math

import pytest
import torch

from benchmarks.regret import store, sweeps, truth
from benchmarks.regret.curves import load_sweeps, load_truths
from benchmarks.regret.fresh import FRESH
from benchmarks.regret.held_out import HELD_OUT
from benchmarks.regret.optimizers import OPTIMIZERS, Lion, default_lr
from benchmarks.regret.tasks import TASKS
from benchmarks.regret.training import Task
from tests.unit.regret_task import tiny_task

pytestmark = pytest.mark.slow


@pytest.fixture
def tiny() -> Task:
    return tiny_task()


class TestTasks:
    def test_are_others_than_those_that_rules_are_chosen_on(self) -> None:
        assert len(HELD_OUT) >= 20
        assert not {t.name for t in HELD_OUT} & {t.name for t in TASKS}
        assert not {t.split for t in HELD_OUT} & {t.split for t in TASKS}

    def test_of_the_search_are_others_than_both(self) -> None:
        others = (*TASKS, *HELD_OUT)
        assert len(FRESH) >= 20
        assert not {t.name for t in FRESH} & {t.name for t in others}
        assert not {t.split for t in FRESH} & {t.split for t in others}
        assert not {t.loss for t in FRESH} <= {t.loss for t in others}

    def test_cover_every_optimizer_together(self) -> None:
        assert {task.optimizer for task in (*TASKS, *HELD_OUT, *FRESH)} == set(OPTIMIZERS)

    @pytest.mark.parametrize("task", [*HELD_OUT, *FRESH], ids=lambda task: task.name)
    def test_can_be_trained_and_validated(self, task: Task) -> None:
        training = task.start(0)
        assert math.isfinite(training.step(1e-4))
        assert math.isfinite(training.step(1e-4))
        assert math.isfinite(training.validation_loss())


class TestOptimizers:
    def test_the_default_rate_is_that_of_the_optimizer(self) -> None:
        assert default_lr("momentum") == 1e-3
        assert default_lr("RMSprop") == 1e-2
        assert default_lr("Lion") == 1e-4

    def test_lion_moves_every_weight_by_the_rate_against_its_gradient(self) -> None:
        weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        weight.grad = torch.tensor([0.3, -5.0])
        Lion([weight], lr=0.1).step()
        torch.testing.assert_close(weight.data, torch.tensor([0.9, -1.9]))

    def test_lion_decays_weights_by_a_share(self) -> None:
        weight = torch.nn.Parameter(torch.tensor([1.0]))
        weight.grad = torch.zeros(1)
        Lion([weight], lr=0.1, weight_decay=0.5).step()
        torch.testing.assert_close(weight.data, torch.tensor([0.95]))


class TestLooks:
    def test_are_taken_after_each_share_of_the_steps(self, tiny: Task) -> None:
        at_half, at_end = truth.looks(tiny, 0, 1e-2, shares=(0.5, 1.0))
        training = tiny.start(0)
        losses = [training.step(1e-2) for _ in range(10)]
        assert at_half.valid == training.validation_loss()
        assert at_half.train == pytest.approx(sum(losses[-2:]) / 2)
        assert at_end.valid < at_half.valid

    def test_do_not_change_the_training(self, tiny: Task) -> None:
        assert truth.looks(tiny, 0, 1e-2, (0.1, 0.5, 1.0))[-1] == truth.looks(tiny, 0, 1e-2)[0]

    def test_of_a_diverged_training_are_nan(self, tiny: Task) -> None:
        assert all(math.isnan(x) for look in truth.looks(tiny, 0, 1e30, (0.5, 1.0)) for x in look)

    def test_are_stored_beside_the_truth(self, tiny: Task, tmp_path) -> None:
        path = tmp_path / "truth.json"
        truth.measure(path, [tiny], rates=(1e-3, 1e30), seeds=(0,), shares=(0.5, 1.0))
        entry = json.loads(path.read_text())["tasks"]["tiny"]
        assert entry["valid 0 at 50%"][0] > entry["losses 0"][0]
        assert entry["train 0 at 100%"][1] is None
        assert load_truths(path)["tiny"].best == entry["losses 0"][0]


def test_a_range_test_keeps_its_critical_rate_and_validation_losses(tiny: Task, tmp_path) -> None:
    path, setting = tmp_path / "curves.json", sweeps.Setting(1e-4, 6, (0,))
    sweeps.measure(path, [tiny], [setting])
    (loaded,) = load_sweeps(path, settings=[setting])
    assert loaded.key == ("tiny", setting.name, 0)
    assert loaded.val_losses is not None
    assert len(loaded.val_losses) == len(loaded.losses) == 6
    entry = json.loads(path.read_text())["tasks"]["tiny"]
    assert loaded.critical_lr == entry[f"critical {setting.name} seed=0"]


def test_a_range_test_of_the_package_is_the_plain_loop(tiny: Task) -> None:
    setting = sweeps.Setting(1e-4, 10, (0,))
    training = tiny.start(0)
    plain = [training.step(lr) for lr in sweeps.rates(setting)]
    assert sweeps.sweep(tiny, 0, setting, validated=True).losses.tolist() == plain


class TestStored:
    @pytest.mark.parametrize(
        ("path", "tasks"), [(store.HELD_OUT_TRUTH, HELD_OUT), (store.FRESH_TRUTH, FRESH)]
    )
    def test_truth_has_the_grid_and_the_seeds_of_the_other_tasks(self, path, tasks) -> None:
        stored = json.loads(path.read_text())
        other = json.loads(store.TRUTH.read_text())["settings"]
        assert {name: stored["settings"][name] for name in other} == other
        assert list(stored["tasks"]) == [task.name for task in tasks]

    @pytest.mark.parametrize("path", [store.HELD_OUT_TRUTH, store.FRESH_TRUTH])
    def test_every_task_can_be_learned(self, path) -> None:
        for name, entry in load_truths(path).items():
            assert entry.best < entry.start - 0.05 * abs(entry.start), name

    def test_there_are_five_range_tests_of_every_task(self) -> None:
        loaded = load_sweeps(store.HELD_OUT_CURVES, settings=[sweeps.DEFAULT])
        assert len(loaded) == 5 * len(HELD_OUT)
        assert all(one.val_losses is not None for one in loaded)
