"""The benchmark of suggestions: its metric on curves with known answers, and one tiny round."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.regret import page, report, store, sweeps, truth
from benchmarks.regret.curves import load_sweeps, load_truths, recorded
from benchmarks.regret.metric import Key, Sweep, Truth, evaluate
from benchmarks.regret.tasks import TASKS
from benchmarks.regret.training import Task
from tests.unit.regret_task import tiny_task

pytestmark = pytest.mark.slow

RATES = (1e-4, 1e-3, 1e-2, 1e-1)


@pytest.fixture
def valley() -> Truth:
    """Return a truth whose best rate is 1e-2: from a loss of 2 down to 1, then diverged."""
    return Truth(RATES, [[2.0, 1.5, 1.0, None]], [2.0])


@pytest.fixture
def tiny() -> Task:
    return tiny_task(steps=5)


def sweep(seed: int = 0, setting: str = "usual", best: float = 1e-2) -> Sweep:
    """Return a noiseless parabola over log10(rate)."""
    lrs = np.logspace(-6, 0, 61)
    return Sweep(Key("task", setting, seed), lrs, (np.log10(lrs) - math.log10(best)) ** 2 + 1)


def argmin(lrs: np.ndarray, losses: np.ndarray) -> float:
    return float(lrs[losses.argmin()])


class TestRegret:
    def test_is_zero_at_the_best_rate(self, valley: Truth) -> None:
        assert valley.regret(1e-2) == 0

    def test_is_one_where_training_gains_nothing(self, valley: Truth) -> None:
        assert valley.regret(1e-4) == 1

    def test_counts_a_diverged_training_as_the_initial_model(self, valley: Truth) -> None:
        assert valley.regret(1e-1) == 1

    def test_is_interpolated_over_the_logarithm_of_the_rate(self, valley: Truth) -> None:
        assert valley.regret(10**-2.5) == pytest.approx(0.25)

    def test_stays_that_of_the_last_rate_beyond_the_grid(self, valley: Truth) -> None:
        assert valley.regret(1e-7) == 1
        assert valley.regret(100.0) == 1

    @pytest.mark.parametrize("nothing", [None, math.nan, 0.0, -1.0])
    def test_of_no_suggestion_is_one(self, valley: Truth, nothing: float | None) -> None:
        assert valley.regret(nothing) == 1

    def test_of_one_diverged_seed_in_two_is_half(self) -> None:
        truth_of_two = Truth((1e-3, 1e-2), [[1.0, 1.0], [1.0, None]], [2.0, 2.0])
        assert truth_of_two.regret(1e-2) == pytest.approx(0.5)

    def test_knows_how_far_a_rate_is_from_the_best(self, valley: Truth) -> None:
        assert valley.distance(1e-3) == pytest.approx(-1)


class TestFigures:
    def test_a_perfect_rule_has_no_regret_and_does_not_move(self, valley: Truth) -> None:
        figures = evaluate(argmin, {"task": valley}, [sweep(0), sweep(1)], "usual")
        assert figures["mean"] == pytest.approx(0, abs=1e-9)
        assert figures["under_005"] == 1
        assert figures["spread"] == 0
        assert figures["scale"] == 0

    def test_spread_is_the_standard_deviation_between_seeds(self, valley: Truth) -> None:
        both = [sweep(0, best=1e-3), sweep(1, best=1e-2)]
        figures = evaluate(argmin, {"task": valley}, both, "usual")
        assert figures["spread"] == pytest.approx(np.std([-3, -2], ddof=1))

    def test_a_rule_with_an_absolute_threshold_is_found_out(self, valley: Truth) -> None:
        def threshold(lrs: np.ndarray, losses: np.ndarray) -> float:
            return float(lrs[np.flatnonzero(losses < 2)[0]]) if (losses < 2).any() else 1.0

        assert evaluate(threshold, {"task": valley}, [sweep()], "usual")["scale"] > 0.5

    def test_a_rule_that_goes_by_the_step_moves_with_num_it(self, valley: Truth) -> None:
        usual, longer = "start_lr=1e-06 num_it=61", "start_lr=1e-06 num_it=122"
        short, long = sweep(setting=usual), sweep(setting=longer)
        halved = Sweep(long.key, np.repeat(long.lrs, 2), np.repeat(long.losses, 2))
        figures = evaluate(lambda x, _: float(x[30]), {"task": valley}, [short, halved], usual)
        assert figures["num_it"] == pytest.approx(1.5)
        assert figures["start_lr"] is None

    def test_an_abstention_is_counted_and_costs_everything(self, valley: Truth) -> None:
        figures = evaluate(
            lambda *_: SimpleNamespace(lr=None), {"task": valley}, [sweep()], "usual"
        )
        assert (figures["mean"], figures["abstained"]) == (1, 1)


class TestRound:
    def test_truth_holds_the_final_loss_of_every_rate(self, tiny: Task, tmp_path) -> None:
        path = tmp_path / "truth.json"
        truth.measure(path, [tiny], rates=(1e-3, 1e-1), seeds=(0,))
        loaded = load_truths(path)["tiny"]
        assert loaded.losses.shape == (2,)
        assert loaded.best < loaded.start

    def test_truth_goes_on_where_it_was_broken_off(self, tiny: Task, tmp_path, monkeypatch) -> None:
        path = tmp_path / "truth.json"
        truth.measure(path, [tiny], rates=(1e-3, 1e-1), seeds=(0,))
        before = path.read_text()
        monkeypatch.setattr(Task, "start", lambda *_: pytest.fail("trained again"))
        truth.measure(path, [tiny], rates=(1e-3, 1e-1), seeds=(0,))
        assert path.read_text() == before

    def test_truth_of_other_settings_is_not_mixed(self, tiny: Task, tmp_path) -> None:
        path = tmp_path / "truth.json"
        truth.measure(path, [tiny], rates=(1e-3,), seeds=(0,))
        with pytest.raises(ValueError, match="delete it"):
            truth.measure(path, [tiny], rates=(1e-2,), seeds=(0,))

    def test_a_diverged_training_ends_at_once_as_nan(self, tiny: Task) -> None:
        (look,) = truth.looks(tiny, 0, 1e30)
        assert math.isnan(look.valid)

    def test_range_tests_are_the_same_twice(self, tiny: Task, tmp_path) -> None:
        setting = sweeps.Setting(1e-4, 6, (0,))
        paths = [tmp_path / "one.json", tmp_path / "two.json"]
        for path in paths:
            sweeps.measure(path, [tiny], [setting])
        assert paths[0].read_text() == paths[1].read_text()
        assert len(json.loads(paths[0].read_text())["tasks"]["tiny"][f"{setting.name} seed=0"]) == 6

    def test_the_stop_rule_is_fastai_v1s(self) -> None:
        assert recorded(np.array([1.0] * 20 + [1e3] * 9)) == 21
        assert recorded(np.array([1.0, math.nan, 1.0])) == 2
        assert recorded(np.ones(30)) == 30


class TestStored:
    def test_truth_has_four_rates_a_decade_and_three_seeds_of_every_task(self) -> None:
        stored = json.loads(store.TRUTH.read_text())
        assert np.diff(np.log10(stored["settings"]["rates"])).max() < 0.2501
        assert list(stored["tasks"]) == [task.name for task in TASKS]
        for entry in stored["tasks"].values():
            assert sum(key.startswith("losses") for key in entry) == 3

    def test_every_task_can_be_learned(self) -> None:
        for name, entry in load_truths().items():
            assert entry.best < 0.95 * entry.start, name

    def test_there_are_curves_of_every_task_and_setting(self) -> None:
        found = {(s.key.task, s.key.setting) for s in load_sweeps(rounds=1)}
        assert found == {(t.name, s.name) for t in TASKS for s in sweeps.SETTINGS}


class TestReport:
    @pytest.fixture
    def measured(self, valley: Truth) -> dict:
        rules = {"argmin": argmin, "constant": report.constant}
        return report.measure(rules, {"task": valley}, [sweep(0), sweep(1)], "usual")

    def test_table_has_a_row_for_each_rule_the_best_first(self, measured: dict) -> None:
        rows = report.table(measured).splitlines()[2:]
        assert [row.split("`")[1] for row in rows] == ["argmin", "constant"]

    def test_json_can_be_read_back(self, measured: dict, tmp_path) -> None:
        report.write_json(measured, tmp_path / "out.json")
        assert json.loads((tmp_path / "out.json").read_text())["rules"]["constant"]["mean"] > 0.4


class TestPage:
    @pytest.fixture
    def path(self, tmp_path) -> Path:
        path = tmp_path / "page.md"
        path.write_text("before\n<!-- one: begin -->old<!-- one: end -->\nafter")
        return path

    def test_keeps_what_is_around_a_table(self, path: Path) -> None:
        page.put("one", "table", "caption", path=path)
        page.put("one", "table", "caption", path=path)
        text = path.read_text()
        assert text.startswith("before\n<!-- one: begin -->\n\ntable\n\ncaption\n\n")
        assert text.endswith("<!-- one: end -->\nafter")

    def test_gives_back_what_it_holds(self, path: Path) -> None:
        page.put("one", "table", "caption", path=path)
        assert page.between("one", path) == "table\n\ncaption"

    def test_without_the_marks_is_left_alone(self, path: Path) -> None:
        before = path.read_text()
        with pytest.raises(ValueError, match="marks"):
            page.put("two", "table", path=path)
        assert path.read_text() == before
