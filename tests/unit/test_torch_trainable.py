"""A model with its loader and optimizer, of which runs are made."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lrfind_widget import Sweep
from lrfind_widget.options import SweepOptions, WidgetOptions
from lrfind_widget.outcomes import Applied, Status
from lrfind_widget.points import Plan, Trainable
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.training.trainable import TorchTrainable
from tests.unit.toys import batches, classifier, loader, sgd

LONG = 30.0


def trainable(**options: Any) -> TorchTrainable:
    model = classifier()
    return TorchTrainable(model, loader(), sgd(model), SweepOptions(**options))


def test_it_is_a_trainable_whose_sweep_is_that_of_the_options_and_changes() -> None:
    made: Trainable = trainable(num_it=5, seed=1)
    model = classifier()
    expected = list(Sweep(model, loader(), sgd(model), num_it=7, seed=1))
    run = made.sweep(num_it=7)

    assert run.plan == Plan("sweep", (1e-7, 10.0), 7)
    assert run.progress.status is Status.WAITING
    run.start(lambda: None)
    assert run.wait(LONG)
    assert list(run.points) == expected


def test_options_of_a_widget_will_do() -> None:
    model = classifier()
    made = TorchTrainable(model, loader(), sgd(model), WidgetOptions(num_it=3, rule="valley"))
    run = made.sweep()
    run.start()
    assert run.wait(LONG)
    assert "rule" not in run.result.settings


def test_a_comparison_ignores_what_belongs_to_a_schedule() -> None:
    made: Trainable = trainable(num_it=50, repeats=2, wd=0.1)
    run = made.compare([0.01, 0.1], 3, end_lr=1.0, seed=4)

    assert run.plan == Plan("comparison", (0.01, 0.1), 3, 2, label="step")
    run.start(lambda: None)
    assert run.wait(LONG)
    assert isinstance(run.result, Comparison)
    assert [(p.repeat, p.lr) for p in run.points] == [(0, 0.01)] * 3 + [(1, 0.1)] * 3
    settings = run.result.settings
    assert (settings["wd"], settings["seed"], settings["steps"]) == (0.1, 4, 3)
    assert "end_lr" not in settings


@pytest.mark.parametrize(
    ("options", "error"), [({"groups": "none"}, ValueError), ({"loss_fn": 3}, TypeError)]
)
def test_what_cannot_work_is_refused_when_it_is_made(options: Any, error: type) -> None:
    with pytest.raises(error):
        trainable(**options)


def test_a_model_that_is_none_is_refused_when_it_is_made() -> None:
    given: Any = "model"
    with pytest.raises(TypeError, match="model is a str"):
        TorchTrainable(given, batches(), sgd(classifier()), SweepOptions())


def test_a_change_that_cannot_work_is_refused_and_leaves_nothing() -> None:
    made = trainable(isolation="in_place")
    for changes in ({"num_it": 0}, {"end_lr": "1"}, {"accumulate": 0}):
        with pytest.raises((TypeError, ValueError)):
            made.sweep(**changes)
    with pytest.raises((TypeError, ValueError)):
        made.compare([], 5)
    made.sweep()


def test_two_runs_of_one_model_in_place_are_refused_when_the_second_is_made() -> None:
    made = trainable(isolation="in_place")
    first = made.sweep()
    with pytest.raises(RuntimeError, match="swept in place by another"):
        made.sweep()
    del first  # was never started, so it gives everything back
    made.sweep()


def test_a_rate_is_written_as_the_sweep_wrote_it() -> None:
    model = classifier()
    groups = [
        {"params": model[0].parameters(), "lr": 0.1, "name": "body"},
        {"params": model[4].parameters(), "lr": 0.01, "name": "head"},
    ]
    optimizer = torch.optim.SGD(groups)
    made = TorchTrainable(model, batches(), optimizer, SweepOptions(groups="head"))

    assert made.lr == 0.1
    assert made.apply(0.5) == Applied([0.1, 0.01], [0.1, 0.5])
    other = torch.optim.SGD(model.parameters(), lr=1.0)
    assert made.apply(0.5, other) == Applied([1.0], [0.5], is_other=True)
    assert made.apply(0.5, optimizer) == Applied([0.1, 0.5], [0.1, 0.5])
