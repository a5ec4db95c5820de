"""What is as it was after a sweep."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import pytest
import torch
from torch import nn

from lrfind_widget import lr_find
from lrfind_widget.outcomes import StopReason
from tests.behaviours.card import behaviour
from tests.unit.toys import classifier, loader, loss_of, plain_loop, rates, sgd


def states(model, optimizer):
    return copy.deepcopy((model.state_dict(), optimizer.state_dict()))


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def trained_before():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for batch in loader():
        loss_of(model, batch).backward()
        optimizer.step()
    return model, optimizer


@behaviour(
    "Model and optimizer are as before when the run is over",
    "lr_find(model, loader, optimizer)",
    ignite="test_model_optimizer_reset; attach",
    torch_lr_finder="LRFinder.reset",
    monai="TestLRFinder.test_lr_finder; reset; range_test(auto_reset)",
    ktrain="lr_find",
    keras_lr_finder="find",
    torchtuples="lr_finder",
    lightning="test_model_reset_correctly",
    fastai_v1="LRFinder.on_train_end",
    fastai_v2="callback.schedule.ipynb#LRFinder; callback.schedule.ipynb#lr_find; "
    "LRFinder.after_fit",
    lr_range_test="ModelOrEngineLRRangeTest.restore_optimizer_and_model",
    granite_tsfm="LRFinder.after_fit",
)
def test_model_and_optimizer_are_as_before():
    model, optimizer = trained_before()
    before = states(model, optimizer)

    result = lr_find(model, loader(), optimizer, progress=False)

    assert same(states(model, optimizer), before)
    assert result.receipt.identical


@behaviour(
    "The rate of each parameter group is the original again, too",
    "lr_find(model, loader, optimizer)",
    torch_lr_finder="TestReset.test_reset",
)
@pytest.mark.parametrize("ratio", [1, 100])
def test_the_rates_of_the_groups_are_the_original_ones(ratio):
    model = classifier()
    groups = [
        {"params": model[0].parameters(), "lr": 1e-5 * ratio},
        {"params": model[4].parameters()},
    ]
    optimizer = torch.optim.SGD(groups, lr=1e-5, momentum=0.5)

    lr_find(model, loader(), optimizer, progress=False)

    assert rates(optimizer) == [1e-5 * ratio, 1e-5]


@behaviour(
    "Weights and rate are put back where the run ends by an exception",
    "lr_find(model, loader, optimizer)",
    torchtuples="lr_finder",
    lightning="test_lr_finder_checkpoint_cleanup_on_error",
    fastai_v1="LRFinder.on_train_end",
)
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_all_is_put_back_after_an_exception(isolation):
    model, optimizer = trained_before()
    before = states(model, optimizer)
    calls = []

    def loss_fn(output, target):
        calls.append(1)
        if len(calls) == 6:
            raise RuntimeError("mine")
        return nn.functional.cross_entropy(output, target)

    with pytest.raises(RuntimeError, match="mine"):
        lr_find(model, loader(), optimizer, loss_fn=loss_fn, isolation=isolation, progress=False)

    assert same(states(model, optimizer), before)


@behaviour(
    "A keyboard interrupt ends the run without an error, and the weights are put back",
    "lr_find(model, loader, optimizer)",
    ktrain="lr_find",
    granite_tsfm="LRFinder.fit",
    fastai_v1="LRFinder.on_train_begin",
)
def test_all_is_put_back_after_an_interrupt():
    model, optimizer = trained_before()
    before = states(model, optimizer)
    calls = []

    def loss_fn(output, target):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return nn.functional.cross_entropy(output, target)

    result = lr_find(model, loader(), optimizer, loss_fn=loss_fn, progress=False)

    assert result.stop_reason is StopReason.STOPPED
    assert len(result) == 5
    assert same(states(model, optimizer), before)


@behaviour(
    "Only the weights can be put back, the state of the optimizer left as it is then",
    "lr_find(model, loader, optimizer)",
    on_purpose="moments of a run at a hundred rates, up to those that explode, are of no use to a "
    "training",
    ktrain="lr_find(restore_weights_only)",
)
def test_the_state_of_the_optimizer_is_always_put_back():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters())

    lr_find(model, loader(), optimizer, progress=False)
    with pytest.raises(TypeError, match="All that a sweep touches is restored"):
        lr_find(model, loader(), optimizer, restore_weights_only=True)

    assert not optimizer.state


@behaviour(
    "The trained model can be kept",
    "lr_find(model, loader, optimizer)",
    on_purpose="what is left at the end of a range test has diverged; it is put back in any case",
    monai="range_test(auto_reset)",
    torch_lr_finder="README: notes",
)
def test_the_model_of_a_sweep_is_never_kept():
    model, optimizer = trained_before()
    before = states(model, optimizer)

    lr_find(model, loader(), optimizer, num_it=20, isolation="in_place", progress=False)

    assert same(states(model, optimizer), before)


@behaviour(
    "The saved state can be in memory, or in files of a folder that is named",
    "lr_find(model, loader, optimizer)",
    missing="files: the state is in host memory, which has to have room for it",
    torch_lr_finder="LRFinder(memory_cache, cache_dir)",
    monai="LearningRateFinder(memory_cache, cache_dir)",
)
def test_the_state_can_be_in_files(tmp_path):
    model = classifier()
    lr_find(model, loader(), sgd(model), cache_dir=tmp_path, progress=False)


def test_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = classifier()

    for isolation in ("copy", "in_place"):
        lr_find(model, loader(), sgd(model), isolation=isolation, progress=False)
    with pytest.raises(TypeError, match="Nothing is written to a disk"):
        lr_find(model, loader(), sgd(model), cache_dir="somewhere")

    assert not list(Path(tmp_path).iterdir())


@behaviour(
    "How the saved state is pickled can be chosen",
    "lr_find(model, loader, optimizer)",
    on_purpose="nothing is pickled, so a model that cannot be pickled is swept too",
    monai="LearningRateFinder(pickle_module, pickle_protocol)",
    lightning="lr_find(weights_only); test_lr_finder_respects_weights_only",
)
def test_a_model_that_cannot_be_pickled_is_swept():
    model = classifier()
    model.forward_hook = lambda *args: None  # no lambda can be pickled

    result = lr_find(model, loader(), sgd(model), num_it=5, progress=False)

    assert result.receipt.identical


@behaviour(
    "All hooks and handlers of the finder are gone after the run",
    "lr_find(model, loader, optimizer)",
    ignite="test_with_attach; test_attach_without_with; attach",
)
def test_no_hook_is_left():
    model = classifier()
    optimizer = sgd(model)
    before = set(vars(optimizer)), {name: set(vars(part)) for name, part in model.named_modules()}

    lr_find(model, loader(), optimizer, isolation="in_place", progress=False)

    hooks = [
        held
        for owner in (optimizer, *model.modules())
        for name, held in vars(owner).items()
        if "hook" in name and held
    ]
    after = set(vars(optimizer)), {name: set(vars(part)) for name, part in model.named_modules()}
    assert hooks == []
    assert after == before


@behaviour(
    "A training after a run that diverged goes on as if there had been none",
    "lr_find(model, loader, optimizer)",
    ignite="test_detach_terminates",
    ktrain="TestRegression.test_bostonhousing; TestMultilabel.test_multilabel",
    lightning="test_lr_finder_with_early_stopping",
)
def test_a_training_afterwards_is_as_without_a_sweep():
    from lrfind_widget.curves.schedule import Schedule

    def trained(*, after_sweep):
        model = classifier()
        optimizer = sgd(model)
        if after_sweep:
            result = lr_find(model, loader(), optimizer, end_lr=1e4, stop_div=2, progress=False)
            assert result.stop_reason is StopReason.DIVERGED
        return plain_loop(model, loader(), optimizer, Schedule(0.1, 0.2, 18))

    assert trained(after_sweep=True) == trained(after_sweep=False)


@behaviour(
    "An optimizer that has a scheduler is refused",
    "lr_find(model, loader, optimizer)",
    on_purpose="a scheduler is no hindrance: it is as it was afterwards, and `apply` tells it the "
    "rate",
    torch_lr_finder="README: notes; LRFinder(optimizer)",
    monai="LearningRateFinder(optimizer)",
)
def test_an_optimizer_may_have_a_scheduler():
    model = classifier()
    optimizer = sgd(model)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    before = copy.deepcopy(scheduler.state_dict())

    result = lr_find(model, loader(), optimizer, num_it=20, progress=False)
    result.apply(optimizer, 0.03)

    assert len(result) == 20
    assert {**before, "base_lrs": [0.03], "_last_lr": [0.03]} == scheduler.state_dict()


@behaviour(
    "A scheduler is dropped for the run, the optimizer made anew afterwards",
    "lr_find(model, loader, optimizer)",
    on_purpose="optimizer and scheduler stay the same objects, with the state that they had",
    torchtuples="lr_finder; examples/02_general_usage",
)
def test_optimizer_and_scheduler_stay_the_same():
    model, optimizer = trained_before()
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, 100)
    before = copy.deepcopy(scheduler.state_dict()), states(model, optimizer)

    lr_find(model, loader(), optimizer, progress=False)

    assert same((scheduler.state_dict(), states(model, optimizer)), before)
    assert scheduler.optimizer is optimizer
