"""Other ways to find a rate, played through on trainings with known ends; tasks as real parts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.regret.parts import parts
from benchmarks.regret.strategies import (
    ShortRuns,
    halving,
    keep_the_best,
    load_short_runs,
    random_search,
)
from benchmarks.regret.training import Task
from lrfind_widget import compare_lrs
from tests.unit.regret_task import tiny_task

pytestmark = pytest.mark.slow


@pytest.fixture
def tiny() -> Task:
    return tiny_task(optimizer="momentum")


@pytest.fixture
def runs() -> ShortRuns:
    """Return trainings that are best at 1e-1 after a tenth, at 1e-2 later; 1 diverges."""
    decades = np.linspace(-5, 1, 25)
    losses = {
        (kind, share): np.where(decades >= 0, np.inf, (decades - best) ** 2)
        for kind in ("valid", "train")
        for share, best in ((0.1, -1.0), (0.25, -2.0), (0.5, -2.0))
    }
    return ShortRuns(decades, losses)


def test_keeping_the_best_of_five_takes_every_decade(runs: ShortRuns) -> None:
    assert keep_the_best(runs, "valid", 0.1, 5) == (pytest.approx(1e-1), pytest.approx(0.5))
    assert keep_the_best(runs, "valid", 0.5, 5) == (pytest.approx(1e-2), pytest.approx(2.5))


def test_a_random_search_gets_nearer_with_more_draws(runs: ShortRuns) -> None:
    few, many = (
        np.mean([abs(np.log10(found.lr) + 2) for found in random_search(runs, "train", 0.5, count)])
        for count in (2, 8)
    )
    assert many < few


def test_halving_pays_only_for_what_goes_on(runs: ShortRuns) -> None:
    found = halving(runs, "valid", (0.1, 0.25), 4)
    assert found.cost == pytest.approx(4 * 0.1 + 2 * 0.15)
    assert found.lr == pytest.approx(10**-1.25)


def test_trainings_are_read_back_by_task_and_seed(tmp_path) -> None:
    path = tmp_path / "truth.json"
    entry = {"losses 0": [0.5, None]}
    entry |= {f"{k} 0 at {s}": [1.0, 2.0] for k in ("valid", "train") for s in ("50%", "100%")}
    settings = {"rates": [1e-3, 1e-2], "seeds": [0], "shares": [0.5, 1.0]}
    path.write_text(json.dumps({"settings": settings, "tasks": {"task": entry}}))
    runs = load_short_runs(path)["task", 0]
    assert runs.losses["valid", 1.0].tolist() == [0.5, np.inf]
    assert runs.losses["train", 0.5].tolist() == [1.0, 2.0]


def test_the_parts_of_a_task_train_as_the_task_does(tiny: Task) -> None:
    made = parts(tiny, 1)
    found = compare_lrs(
        made.model,
        made.batches,
        made.optimizer,
        [1e-3, 1e-2],
        steps=10,
        **made.commanded(validated=True),
    )
    for row, lr in enumerate((1e-3, 1e-2)):
        training = tiny.start(1)
        assert found.losses[row].tolist() == [training.step(lr) for _ in range(10)]
        assert found.val_losses is not None
        assert found.val_losses[row, -1] == training.validation_loss()


def test_the_parts_begin_at_the_optimizers_own_rate(tiny: Task) -> None:
    assert parts(tiny, 0).optimizer.param_groups[0]["lr"] == 1e-3
