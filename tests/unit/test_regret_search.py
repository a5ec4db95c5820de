"""Finding a rate by short trainings: measured on one tiny task, and put into a table."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.regret import search_report as report
from benchmarks.regret import searches, truth
from benchmarks.regret.optimizers import default_lr
from benchmarks.regret.parts import parts
from benchmarks.regret.search_report import Figures, Measured, caption, figures, table
from benchmarks.regret.searches import Case, Steps
from benchmarks.regret.training import Task
from lrfind_widget import compare_lrs
from tests.unit.regret_task import tiny_task

pytestmark = pytest.mark.slow

SHARES = (0.25, 0.5, None)


def tiny() -> Task:
    return tiny_task(steps=40)


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> tuple[Path, Path]:
    """Measure the searches and the truth of one tiny task."""
    folder = tmp_path_factory.mktemp("measured")
    paths = folder / "searches.json", folder / "truth.json"
    searches.measure(paths[0], [tiny()], seeds=(0,), shares=SHARES)
    truth.measure(paths[1], [tiny()], truth.RATES[4::4], seeds=(0,), shares=truth.SHARES)
    return paths


@pytest.fixture(scope="module")
def measured(stored: tuple[Path, Path]) -> Measured:
    return Measured(*stored, tasks=[tiny()])


def test_steps_are_counted_on_the_copy_that_is_trained() -> None:
    made = parts(tiny(), 0)
    with Steps().counted() as steps:
        compare_lrs(
            made.model, made.batches, made.optimizer, [1e-3, 1e-2], steps=7, **made.commanded()
        )
    assert steps.count == 14


def test_three_rates_cost_three_short_trainings() -> None:
    found = searches.try_three(tiny(), Case(0.5, True, 0), 1e-2)
    assert (found["steps"], found["rates"]) == (60, 3)
    assert found["lr"] in (1e-2 / 3, 1e-2, 3e-2)


def test_a_search_tells_its_answer_and_its_cost() -> None:
    found = searches.search(tiny(), Case(0.5, True, 0), 1e-2)
    assert found["lr"] > 0
    assert found["steps"] >= 20 * 3 / 2


def test_by_default_the_length_of_the_real_training_is_not_told(monkeypatch) -> None:
    told: list[dict[str, object]] = []

    def search_lr(*_: object, **keywords: object) -> SimpleNamespace:
        told.append(keywords)
        return SimpleNamespace(best_lr=1e-2, lrs=(1e-2,))

    monkeypatch.setattr(searches, "search_lr", search_lr)
    for share in (None, 0.25):
        searches.search(tiny(), Case(share, True, 0), 1e-2)
    assert [(t["steps"], t["for_steps"]) for t in told] == [(100, None), (10, 40)]


def test_searches_go_on_where_they_were_broken_off(stored: tuple[Path, Path], monkeypatch) -> None:
    before = json.loads(stored[0].read_text())["tasks"]
    monkeypatch.setattr(Task, "start", lambda *_: pytest.fail("trained again"))
    searches.measure(stored[0], [tiny()], seeds=(0,), shares=SHARES)
    assert json.loads(stored[0].read_text())["tasks"] == before


def test_figures_are_those_of_the_cases() -> None:
    found = Figures.of([report.Case("a", 0.0, 1.0, 100), report.Case("b", 0.3, 2.0, 300)])
    assert found.mean == pytest.approx(0.15)
    assert (found.low, found.high) == (pytest.approx(0.0), pytest.approx(0.3))
    assert found.bad == 0.5
    assert (found.cost, found.steps) == (1.5, 200)


def test_others_cost_no_less_than_the_search(measured: Measured) -> None:
    for length, ways in figures(measured).items():
        if length in ("none", "default"):
            continue
        searched = ways["**the search**"]["valid"].cost
        for name in report.STRATEGIES:
            assert searched <= ways[name]["valid"].cost <= searched + 0.6


def test_the_default_rate_costs_nothing(measured: Measured) -> None:
    found = measured.without_training("default", "valid")
    assert found.cost == 0
    assert default_lr("SGD") == 1e-3


def test_table_has_every_way_at_every_length(measured: Measured) -> None:
    rows = table(figures(measured)).splitlines()[2:]
    assert len(rows) == 2 * (2 + 2 * 5 + 2)
    assert "1 tasks" in caption(measured)
