"""An Ignite engine and its loader, beside its own run."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from ignite.engine import Engine, Events
from ignite.handlers import Checkpoint, DiskSaver, EarlyStopping
from torch.nn import functional as F

from lrfind_widget import Sweep, compare_lrs, lr_find, search_lr
from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.trainers import training_of
from tests.peers.test_lightning_module import loader as in_order
from tests.peers.trainers.engines import (
    ALL,
    FEW,
    accumulating,
    clipping,
    left_by,
    loader,
    losses,
    optimizer_of,
    supervised,
)
from tests.unit.isolating import both_isolations
from tests.unit.toys import seed_everything


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
@both_isolations
def test_the_losses_are_those_of_run(make: Any, isolation: str) -> None:
    """Of five batches an epoch: with two for a step, one goes from each epoch to the next."""
    engine = make()
    before = left_by(engine)
    result = lr_find(engine, loader(), isolation=isolation, **FEW)
    assert left_by(engine) == before
    assert result.receipt is not None
    assert result.receipt.identical
    each = 2 if make is accumulating else 1
    assert result.losses.tolist() == losses(make(), loader(), result.lrs.tolist(), each)


@both_isolations
def test_handlers_neither_save_nor_stop_nor_run(isolation: str) -> None:
    engine, called = clipping(), []
    optimizer = optimizer_of(engine)
    saver = Checkpoint({"optimizer": optimizer}, DiskSaver("saved", create_dir=True))
    engine.add_event_handler(Events.ITERATION_COMPLETED, saver)
    stopping = EarlyStopping(patience=1, score_function=lambda _: 0.0, trainer=engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED, stopping)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: schedule.step())
    engine.add_event_handler(Events.EPOCH_COMPLETED, called.append, 1)
    before = left_by(engine)
    result = lr_find(engine, loader(), isolation=isolation, **FEW)
    assert left_by(engine) == before
    assert not called
    assert not list(Path("saved").glob("*"))
    assert stopping.counter == 0
    assert result.losses.tolist() == losses(clipping(), loader(), result.lrs.tolist())
    assert "its handlers are not called" in result.objective


@both_isolations
def test_an_engine_that_has_run_goes_on_where_it_is(isolation: str) -> None:
    engines = [clipping(), clipping()]
    for engine in engines:
        seed_everything(1)
        engine.run(loader(), max_epochs=2)
    before = left_by(engines[0])
    result = lr_find(engines[0], loader(), isolation=isolation, **FEW)
    assert left_by(engines[0]) == before
    assert result.losses.tolist() == losses(engines[1], loader(), result.lrs.tolist())


@pytest.mark.parametrize("search", [False, True])
@both_isolations
def test_each_short_training_is_a_run_of_its_own(search: bool, isolation: str) -> None:
    given: Any = {"steps": 12, "seed": 2, "isolation": isolation, "progress": False}
    if search:
        found: Any = search_lr(clipping(), loader(), lr=0.05, **given)
    else:
        found = compare_lrs(clipping(), loader(), lrs=[0.01, 0.1], **given)
    for row, lr, taken in zip(found.losses, found.lrs, found.taken, strict=True):
        assert row.tolist()[:taken] == losses(clipping(), loader(), [lr] * 12)[:taken]


def test_applying_writes_into_its_optimizer() -> None:
    engine = supervised()
    result = lr_find(engine, loader(), num_it=60, seed=2, progress=False, apply=True)
    assert optimizer_of(engine).param_groups[0]["lr"] == result.suggested_lr


def test_the_validation_loss_is_that_of_its_evaluator() -> None:
    engine = supervised()
    val_loader = in_order(24)
    given: Any = {**FEW, "val_loader": val_loader}
    result = lr_find(engine, loader(), **given)
    plain = lr_find(engine, loader(), **FEW)
    assert result.losses.tolist() == plain.losses.tolist()
    assert result.val_losses is not None
    assert result.critical_note == plain.critical_note
    trained = supervised()
    losses(trained, loader(), result.lrs.tolist()[:1])
    model = training_of(trained, loader())._model.eval()
    with torch.no_grad():
        inputs, target = val_loader.dataset.tensors
        expected = F.cross_entropy(model(inputs), target).item()
    assert result.val_losses[0] == pytest.approx(expected, rel=1e-5)


def test_a_search_holds_back_a_part_of_the_loader() -> None:
    given: Any = {"lr": 0.05, "steps": 8, "hold_back": 0.2, "seed": 1, "progress": False}
    assert search_lr(supervised(), loader(80), **given).val_losses is not None
    assert training_of(supervised(), loader(80)).can_hold_back
    with pytest.raises(ValueError, match="Both hold_back and val_loader were given"):
        search_lr(supervised(), loader(80), val_loader=loader(16), **given)


def test_nothing_is_held_back_from_a_function_of_ones_own() -> None:
    given: Any = {"lr": 0.05, "steps": 8, "hold_back": 0.2, "progress": False}
    with pytest.raises(ValueError, match="does not say how the loss of val_loader"):
        search_lr(clipping(), loader(80), **given)
    assert not training_of(clipping(), loader(80)).can_hold_back


def test_the_critical_rate_leaves_no_trace() -> None:
    sweep, plain = (Sweep(supervised(), loader(), num_it=50, seed=2) for _ in range(2))
    plain.finds_critical_rate = False
    assert [point.loss for point in sweep] == [point.loss for point in plain]
    assert sweep.result().critical_lr is not None, sweep.result().critical_note


def test_data_that_ends_ends_the_sweep() -> None:
    result = lr_find(clipping(), iter(list(loader())), num_it=20, progress=False)
    assert len(result) == 5
    assert "gave 5 batches and cannot be started again" in result.stop_sentence


def test_an_error_is_the_one_that_was_raised(caplog: Any) -> None:
    def fail(engine: Engine, batch: Any) -> Any:
        if next(count) == 3:
            raise ZeroDivisionError("on purpose")
        return step(engine, batch)

    step, count = clipping()._process_function, itertools.count()
    sweep = Sweep(Engine(fail), loader(), isolation="in_place")
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        list(sweep)
    assert sweep.stop_reason is StopReason.FAILED
    assert "function raised ZeroDivisionError in step 4" in sweep.stop_sentence
    assert not caplog.records


def test_a_sweep_that_is_not_read_to_the_end_leaves_nothing(caplog: Any) -> None:
    engine = clipping()
    before = left_by(engine)
    points = iter(Sweep(engine, loader(), isolation="in_place", seed=2))
    for _ in range(3):
        next(points)
    points.close()
    assert left_by(engine) == before
    assert not caplog.records
