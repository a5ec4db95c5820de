"""The critical rate: what it is, where there is none, and when it is looked for."""

from __future__ import annotations

import copy
import itertools
import math
import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrfind_widget import SweepResult
from lrfind_widget.training import critical_rate
from lrfind_widget.training.optimizer_step import OptimizerStep
from lrfind_widget.training.range_test import Sweep
from tests.unit.test_critical_rate_unnoticed import update
from tests.unit.toys import batches, classifier, loader, loss_of, seed_everything, sgd
from tests.unit.user_state import state_of

# ------------------------------------------------------------------------------ what it is


class Bowl(nn.Module):
    """A parabola with a curvature of its own: one update raises its loss from 2 / curvature on."""

    def __init__(self, curvature: float) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.ones(3))
        self.curvature = curvature

    def forward(self, batch: Tensor) -> Tensor:
        return self.curvature * (self.place - batch.mean()).square().sum() / 2


@pytest.mark.parametrize("curvature", [1e-1, 1.0, 30.0, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_it_is_two_over_the_curvature(curvature: float, dtype: torch.dtype) -> None:
    model = Bowl(curvature).to(dtype)
    sweep = Sweep(
        *(model, [torch.zeros(4, dtype=dtype)], sgd(model)),
        step_fn=lambda model, batch: model(batch),
        num_it=100,
    )
    list(sweep)
    found = sweep.result()
    assert found.critical_note == ""
    assert found.critical_lr == pytest.approx(2 / curvature, rel=0.4)


def test_a_group_that_keeps_its_rate_does_not_move() -> None:
    """The other group alone is swept, so the curvature is that of its half."""

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.flat, self.steep = Bowl(1.0), Bowl(1e6)

        def forward(self, batch: Tensor) -> Tensor:
            return self.flat(batch) + self.steep(batch)

    model = Two()
    groups = [
        {"params": model.flat.parameters(), "name": "flat"},
        {"params": model.steep.parameters(), "lr": 1e-9},
    ]
    sweep = Sweep(
        *(model, [torch.zeros(4)], torch.optim.SGD(groups, lr=0.1)),
        step_fn=lambda model, batch: model(batch),
        groups="flat",
    )
    list(sweep)
    assert sweep.result().critical_lr == pytest.approx(2.0, rel=0.4)


def test_bisection_ends_within_its_resolution() -> None:
    for crossing in (3e-6, 1e-3, 0.7, 40.0):
        found = critical_rate.bisect(lambda rate, at=crossing: rate > at, 1e-7, 100.0, 5)
        assert abs(math.log10(found / crossing)) <= 9 / 2**6


# ------------------------------------------------------------------------------ where there is none


def note(model: nn.Module | None = None, batches: Any = None, **options: Any) -> str:
    model = classifier() if model is None else model
    batches = loader() if batches is None else batches
    sweep = Sweep(model, batches, sgd(model), **{"num_it": 46, **options})
    list(sweep)
    assert sweep.result().critical_lr is None
    return sweep.result().critical_note


def test_a_short_sweep_has_none() -> None:
    assert "at least 46 steps" in note(num_it=45)


def test_a_sweep_that_ends_before_has_none() -> None:
    assert "ended before" in note(batches=iter(batches(3)))


def test_a_sweep_that_begins_high_has_none() -> None:
    bowl = Bowl(1.0)
    found = note(bowl, [torch.zeros(4)], step_fn=lambda model, batch: model(batch), start_lr=0.1)
    assert "Sweep from a lower rate" in found


def test_a_sweep_that_diverges_at_once_has_none() -> None:
    assert "ended before" in note(loss_fn=lambda output, _: output.sum() * math.nan)


def test_an_update_without_a_loss_has_none() -> None:
    assert "Pass loss_fn or step_fn too" in note(update_fn=update)


def test_what_only_moves_forward_is_not_read() -> None:
    more = itertools.count()

    def counted(model: nn.Module, batch: Any) -> Tensor:
        next(more)
        return loss_of(model, batch)

    assert "could not be put back: iterators" in note(step_fn=counted)
    assert next(more) == 46


def test_a_lock_is_not_taken() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.lock, self.calls = threading.Lock(), 0

        def loss(self, model: nn.Module, batch: Any) -> Tensor:
            self.calls += 1
            return loss_of(model, batch)

    trainer = Trainer()
    assert "could not be put back: attributes of a Trainer" in note(step_fn=trainer.loss)
    assert trainer.calls == 46


def test_batches_that_a_step_writes_to_are_not_used_again() -> None:
    def scaled(batch: Any) -> Any:
        batch[0].mul_(0.5)
        return batch

    assert "changes the values of its batches" in note(prepare_batch=scaled)


def test_an_error_that_comes_only_then_is_no_error_of_the_sweep() -> None:
    class Once(nn.Module):
        """Refuses parameters that are far from where they began."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = classifier()
            self.start = copy.deepcopy(self.inner[0].weight).detach()

        def forward(self, inputs: Tensor) -> Tensor:
            if (self.inner[0].weight - self.start).abs().max() > 1e-4:
                raise ValueError("too far")
            return self.inner(inputs)

    sweep = Sweep(model := Once(), loader(), sgd(model), num_it=46, end_lr=1e-4)
    assert len(list(sweep)) == 46
    assert "raised ValueError: too far" in sweep.result().critical_note


# ------------------------------------------------------------------------- when it is looked for


def test_it_can_be_stopped_while_it_is_looked_for() -> None:
    model = classifier()
    before = state_of(model)
    calls = 0

    def stops(output: Tensor, target: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if calls > 8:
            sweep.stop()
        return F.cross_entropy(output, target)

    sweep = Sweep(model, loader(), sgd(model), loss_fn=stops, num_it=46, isolation="in_place")
    assert len(list(sweep)) <= 9
    assert sweep.stop_reason == "stopped"
    assert sweep.receipt is not None
    assert state_of(model) == before


def test_a_pause_while_it_is_looked_for_waits_there_and_changes_nothing() -> None:
    """What a person draws meanwhile is theirs, and the sweep's numbers go on where they were."""
    losses = []
    for pauses in (False, True):
        seed_everything(3)
        model = classifier()
        sweep = Sweep(model, loader(), sgd(model), num_it=100, stop_div=False)
        asked, waited = [], []

        def aside(what: str, sweep: Any = sweep, asked: Any = asked) -> None:
            asked.append(what)
            if what and pauses:  # noqa: B023 - called within this turn
                sweep.pause()

        def wait(waiting: bool, sweep: Any = sweep, waited: Any = waited) -> None:
            waited.append(waiting)
            if waiting:
                torch.rand(3)
                threading.Timer(0.01, sweep.resume).start()

        sweep.control.on_aside, sweep.on_wait = aside, wait
        losses.append([point.loss for point in sweep])
        assert asked == ["looking for the critical rate", ""]
        assert waited == [True, False] * pauses
        assert sweep.result().critical_lr is not None
    assert losses[0] == losses[1]


def test_it_costs_no_more_passes_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluated, tried = [], []
    loss_of, try_step = OptimizerStep.loss_of, OptimizerStep.try_step

    def counted_loss(self: OptimizerStep, batch: Any) -> Any:
        evaluated.append(batch)
        return loss_of(self, batch)

    def counted_step(self: OptimizerStep, lr: float, batches: Any) -> bool:
        tried.append(self.steps_alone)
        return try_step(self, lr, batches)

    monkeypatch.setattr(OptimizerStep, "loss_of", counted_loss)
    monkeypatch.setattr(OptimizerStep, "try_step", counted_step)
    list(Sweep(model := classifier(), loader(), sgd(model), num_it=100))
    assert len(evaluated) == 18
    assert tried == [True, True]  # without a forward or backward pass


def test_it_is_kept_in_files(tmp_path: Any) -> None:
    sweep = Sweep(model := classifier(), loader(), sgd(model), num_it=100)
    list(sweep)
    found = sweep.result()
    found.save(tmp_path / "found.json")
    assert found.critical_lr is not None
    assert SweepResult.load(tmp_path / "found.json").critical_lr == found.critical_lr
