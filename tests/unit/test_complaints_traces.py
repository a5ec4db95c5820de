"""What users of other finders reported about what it left behind, one test a complaint.

Weights, random state, files, the loop around it, several at once. The numbers are those of the
issues in the projects named.
"""

from __future__ import annotations

import builtins
import copy
import io
import math
import os
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.training.lr_find import lr_find
from lrfind_widget.training.param_groups import set_lr
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.run_thread import RunThread
from tests.unit.isolating import both_isolations
from tests.unit.toys import batches, classifier, data, loader, plain_loop, seed_everything, sgd
from tests.unit.user_state import state_of

pytestmark = pytest.mark.slow

RATES = Schedule(1e-3, 0.5, 10)


def sweep(model, optimizer, **options):
    return lr_find(model, loader(), optimizer, progress=False, **options)


def trained_after(before):
    """Return the losses of a training, with something done between seeding and training."""
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    data = loader(generator=torch.Generator().manual_seed(5))
    seed_everything(0)
    before(model, data, optimizer)
    return plain_loop(model, data, optimizer, RATES, seed=None)


def nothing(model, data, optimizer):
    pass


class Mistake(Exception):
    pass


def failing(at, error):
    """Return a loss function that raises in its call number `at`."""
    calls = []

    def loss_fn(output, target):
        calls.append(1)
        if len(calls) == at:
            raise error
        return nn.functional.cross_entropy(output, target)

    return loss_fn


# Weights, optimizer, random state.


@both_isolations
def test_torch_lr_finder_11_lightning_6675_weights_are_restored(isolation):
    model = classifier()
    before = copy.deepcopy(model.state_dict())

    sweep(model, sgd(model), isolation=isolation)

    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_torch_lr_finder_1_what_is_saved_does_not_change_with_the_model():
    """A state_dict refers to the weights; what was saved as one is trained along."""
    model = classifier()
    reference = model.state_dict()
    values = {name: value.clone() for name, value in reference.items()}
    swept = Sweep(model, loader(), sgd(model), isolation="in_place", start_lr=0.1, num_it=5)

    moved = [
        any(not torch.equal(value, values[name]) for name, value in reference.items())
        for _ in swept
    ]

    assert all(moved)
    assert all(torch.equal(value, values[name]) for name, value in model.state_dict().items())


@both_isolations
def test_lightning_6675_an_exception_restores_too(isolation):
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters())
    before = state_of(model, optimizer)

    with pytest.raises(Mistake):
        sweep(model, optimizer, isolation=isolation, loss_fn=failing(4, Mistake()))

    assert state_of(model, optimizer) == before


@both_isolations
def test_fastai_v2_ignite_torch_lr_finder_an_interrupt_restores(isolation):
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters())
    before = state_of(model, optimizer)

    result = sweep(model, optimizer, isolation=isolation, loss_fn=failing(4, KeyboardInterrupt()))

    assert (result.stop_reason, len(result)) == (StopReason.STOPPED, 3)
    assert state_of(model, optimizer) == before


def test_fastai_2892_3185_lightning_9672_two_runs_in_a_row_give_the_same_curve():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    runs = [sweep(model, optimizer, seed=1) for _ in range(2)]

    assert np.array_equal(runs[0].losses, runs[1].losses)
    assert optimizer.state_dict()["state"] == {}


@both_isolations
def test_fastai_3013_3295_2206_course_v3_301_inserting_a_sweep_does_not_change_the_training(
    isolation,
):
    def swept(model, data, optimizer):
        lr_find(model, data, optimizer, progress=False, isolation=isolation, seed=4)

    assert trained_after(swept) == trained_after(nothing)


@both_isolations
def test_lightning_12670_training_after_a_sweep_that_diverged(isolation):
    def diverged(model, data, optimizer):
        result = lr_find(model, data, optimizer, progress=False, isolation=isolation, end_lr=1e4)
        assert result.stop_reason in (StopReason.DIVERGED, StopReason.NON_FINITE)

    assert trained_after(diverged) == trained_after(nothing)


def test_lightning_3088_sweeps_at_several_batch_sizes_start_from_the_same_state():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters())
    before = state_of(model, optimizer)
    with torch.no_grad():
        x, y = next(iter(loader(batch_size=48, shuffle=False)))
        first = nn.functional.cross_entropy(classifier(dropout=0)(x), y)

    found = {}
    for size in (8, 16, 48, 8):
        held = loader(batch_size=size, shuffle=False)
        plain = classifier(dropout=0)
        plain.load_state_dict(model.state_dict())
        result = lr_find(plain, held, sgd(plain), num_it=3, progress=False)
        again = lr_find(model, held, optimizer, num_it=3, progress=False, seed=1)
        assert found.setdefault(size, again.losses.tolist()) == again.losses.tolist()
        assert size != 48 or result.losses[0] == pytest.approx(float(first), rel=1e-6)

    assert state_of(model, optimizer) == before


# The loop around it.


@both_isolations
def test_lightning_15603_19818_19575_20355_nothing_is_shared_with_the_users_loop(isolation):
    """An epoch under way, its sampler and its counters go on as if nothing had been."""

    def loop(sweeps):
        seed_everything(0)
        model = classifier()
        optimizer = sgd(model, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
        sampler = DistributedSampler(data(), num_replicas=2, rank=0, seed=3)
        held = DataLoader(data(), batch_size=8, sampler=sampler)
        seen = []
        for epoch in range(3):
            sampler.set_epoch(epoch)
            for number, (inputs, target) in enumerate(held):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(inputs), target)
                loss.backward()
                optimizer.step()
                seen.append(loss.item())
                if sweeps and number == epoch:
                    lr_find(model, held, optimizer, progress=False, isolation=isolation)
            scheduler.step(loss.item())
            seen += [scheduler.num_bad_epochs, scheduler.best, optimizer.param_groups[0]["lr"]]
        return seen

    assert loop(sweeps=True) == loop(sweeps=False)


@both_isolations
def test_lightning_14113_the_users_schedule_is_the_one_they_made(isolation):
    def rates(swept):
        model = classifier()
        optimizer = sgd(model, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=12)
        if swept:
            sweep(model, optimizer, isolation=isolation)
        assert scheduler.base_lrs == [pytest.approx(0.02)]
        found = []
        for _ in range(11):
            optimizer.step()
            scheduler.step()
            found.append((scheduler.get_last_lr(), dict(scheduler.state_dict())))
        return [(rate, state["last_epoch"]) for rate, state in found]

    assert rates(swept=True) == rates(swept=False)


@both_isolations
def test_lightning_21068_a_rate_applied_after_the_sweep_stays(isolation):
    model = classifier()
    optimizer = sgd(model)
    swept = Sweep(model, loader(), optimizer, isolation=isolation, num_it=20)
    runner = RunThread(swept)
    runner.start()
    assert runner.wait(60)

    set_lr(optimizer, 0.0625)
    sweep(model, optimizer, isolation=isolation, num_it=5)

    assert optimizer.param_groups[0]["lr"] == 0.0625


def test_lightning_5487_13844_16787_no_rate_is_never_written():
    model = classifier()
    optimizer = sgd(model)
    flat = sweep(model, optimizer, loss_fn=lambda output, target: output.sum() * 0 + 1.0)
    assert flat.suggestion().lr is None

    with pytest.raises(TypeError):
        set_lr(optimizer, flat.suggestion().lr)

    assert optimizer.param_groups[0]["lr"] == 0.1


# Files and several at once.


def test_lightning_8_13856_21162_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = classifier()

    sweep(model, sgd(model), num_it=5)
    with pytest.raises(Mistake):
        sweep(model, sgd(model), loss_fn=failing(3, Mistake()), isolation="in_place")

    assert list(tmp_path.iterdir()) == []


@both_isolations
def test_fastai_1751_1073_pytorch_forecasting_180_nothing_needs_to_be_writable(
    isolation, monkeypatch
):
    opened, low = builtins.open, os.open

    def read_only(file, mode="r", *args, **kwargs):
        if set(mode) & set("wax+"):
            raise PermissionError(f"read-only file system: {file}")
        return opened(file, mode, *args, **kwargs)

    def read_only_low(path, flags, *args, **kwargs):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise PermissionError(f"read-only file system: {path}")
        return low(path, flags, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", read_only)
    monkeypatch.setattr(io, "open", read_only)
    monkeypatch.setattr(os, "open", read_only_low)
    model = classifier()

    assert sweep(model, sgd(model), isolation=isolation, num_it=5).receipt.identical


@both_isolations
def test_fastai_2445_a_directory_that_is_removed_meanwhile(isolation, tmp_path, monkeypatch):
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    model = classifier()
    swept = Sweep(model, loader(), sgd(model), isolation=isolation, num_it=5)

    for point in swept:
        if point.step == 1:
            place.rmdir()

    assert swept.stop_reason is StopReason.FINISHED
    assert swept.receipt.identical
    os.chdir(tmp_path)


@both_isolations
def test_fastai_3240_two_at_once_in_one_directory(isolation, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = [classifier(), classifier()]
    optimizers = [sgd(models[0]), torch.optim.Adam(models[1].parameters())]
    held = batches()
    before = [state_of(*pair) for pair in zip(models, optimizers, strict=True)]
    sweeps = [
        Sweep(model, held, optimizer, isolation=isolation, num_it=40, stop_div=False)
        for model, optimizer in zip(models, optimizers, strict=True)
    ]
    runners = [RunThread(swept) for swept in sweeps]

    for runner in runners:
        runner.start()
    for runner in runners:
        assert runner.wait(60)
        assert runner.progress.status is Status.FINISHED
        assert len(runner.result) == 40

    assert [state_of(*pair) for pair in zip(models, optimizers, strict=True)] == before
    assert list(Path.cwd().iterdir()) == []


@both_isolations
def test_lightning_21757_21401_neural_prophet_1686_nothing_is_pickled(isolation, monkeypatch):
    def refused(*_, **__):
        raise AssertionError("something was pickled")

    for module, names in ((pickle, ("dump", "dumps", "load", "loads")), (torch, ("save", "load"))):
        for name in names:
            monkeypatch.setattr(module, name, refused)
    model = classifier()

    assert sweep(model, sgd(model), isolation=isolation, num_it=5).receipt.identical


@pytest.mark.parametrize("name", ["DistributedDataParallel", "FullyShardedDataParallel"])
def test_fastai_2485_3688_lightning_8983_13370_several_processes_are_refused(name, monkeypatch):
    """Instead of a deadlock once one of them stops."""
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 4)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    inner = classifier()
    model = type(name, (nn.Sequential,), {})(inner)

    with pytest.raises(ValueError, match=rf"{name} over 4 processes.*model\.module"):
        sweep(model, sgd(model))

    assert math.isfinite(sweep(inner, sgd(inner), num_it=2).losses[0])
