"""What a sweep leaves of itself: in files, memory, gradients, schedulers and random numbers."""

from __future__ import annotations

import copy
import gc
import tempfile
import weakref

import pytest
import torch
from torch import nn

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import batches, classifier, loader, loss_of, sgd


def sweep(model, **options):
    return lr_find(model, loader(), sgd(model), num_it=5, progress=False, **options)


@behaviour(
    "No file is left behind, also where the run ends by an exception",
    "lr_find(model, loader, optimizer)",
    lightning="test_lr_finder_checkpoint_cleanup_on_error; test_model_reset_correctly",
    fastai_v2="LRFinder.after_fit",
    granite_tsfm="LRFinder.after_fit",
)
def test_no_file_is_left_after_an_exception(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    calls = iter([1, 1, 0])

    def step_fn(model, batch):
        return loss_of(model, batch) * (1 // next(calls))

    with pytest.raises(ZeroDivisionError):
        sweep(classifier(), step_fn=step_fn, isolation="in_place")
    assert not list(tmp_path.iterdir())


@behaviour(
    "A scheduler of the optimizer does nothing meanwhile, and goes on afterwards",
    "lr_find(model, loader, optimizer)",
    lightning="_LRFinder._exchange_scheduler; test_lr_finder_with_early_stopping",
)
def test_a_scheduler_goes_on_afterwards():
    model = classifier()
    optimizer = sgd(model)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    scheduler.step(1.0)
    before = copy.deepcopy(scheduler.state_dict())

    lr_find(model, loader(), optimizer, num_it=5, progress=False)

    assert scheduler.state_dict() == before
    scheduler.step(2.0)
    assert optimizer.param_groups[0]["lr"] == 0.05


@behaviour(
    "The random numbers of the process are afterwards where they were",
    "lr_find(model, loader, optimizer)",
    lightning="LearningRateFinder.lr_find",
)
def test_the_random_state_is_untouched():
    net = classifier()
    before = torch.get_rng_state()
    sweep(net)
    assert torch.equal(torch.get_rng_state(), before)


@behaviour(
    "Gradients are cleared afterwards",
    "lr_find(model, loader, optimizer)",
    on_purpose="they are put back as they were, so that a step that was begun goes on",
    fastai_v2="LRFinder.after_fit",
    granite_tsfm="LRFinder.after_fit",
)
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_gradients_are_put_back(isolation):
    net = classifier()
    loss_of(net, batches()[0]).backward()
    before = [p.grad.tolist() for p in net.parameters()]
    sweep(net, isolation=isolation)
    assert [p.grad.tolist() for p in net.parameters()] == before


@behaviour(
    "An optimizer that has not stepped has no state afterwards; one that has keeps its own",
    "lr_find(model, loader, optimizer)",
    fastai_v2="callback.schedule.ipynb#LRFinder",
    lr_range_test="ModelOrEngineLRRangeTest.restore_optimizer_and_model",
)
@pytest.mark.parametrize("steps", [0, 2])
def test_the_state_of_the_optimizer_is_what_it_was(steps):
    net = classifier()
    optimizer = torch.optim.Adam(net.parameters())
    for batch in batches(steps):
        loss_of(net, batch).backward()
        optimizer.step()
    before = str(optimizer.state_dict())
    lr_find(net, loader(), optimizer, num_it=5, isolation="in_place", progress=False)
    assert str(optimizer.state_dict()) == before


@behaviour(
    "A recurrent model is reset afterwards",
    "lr_find(model, loader, optimizer)",
    on_purpose="its hidden state is put back as it was, like all that the model keeps",
    fastai_v1="LRFinder.on_train_end",
)
def test_a_hidden_state_is_put_back():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)
            self.hidden = torch.zeros(3)

        def forward(self, x):
            out = self.layer(x) + self.hidden
            self.hidden = out.detach().mean(0)
            return out

    net = Recurrent()
    sweep(net, isolation="in_place")
    assert net.hidden.tolist() == [0, 0, 0]


@behaviour(
    "Nothing of the model is held once the caller has let go of it",
    "lr_find(model, loader, optimizer)",
    fastai_v1="test_mem_leak",
)
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_nothing_of_the_model_is_held(isolation):
    net = classifier()
    result = sweep(net, isolation=isolation)
    held = weakref.ref(net)
    del net
    gc.collect()
    assert held() is None
    assert len(result) == 5


@behaviour(
    "The model to go on with is returned, as the one that was given has changed",
    "lr_find(model, loader, optimizer)",
    on_purpose="the one that was given has not changed",
    granite_tsfm="optimal_lr_finder; test_lr_finder",
)
def test_the_model_that_was_given_has_not_changed():
    net = classifier()
    before = [p.tolist() for p in net.parameters()]
    sweep(net)
    assert [p.tolist() for p in net.parameters()] == before


@behaviour(
    "Model and optimizer can be saved to a file and read again by the finder",
    "torch.save(model.state_dict(), path)",
    on_purpose="that is PyTorch's; the finder saves what it has found",
    granite_tsfm="LRFinder.save; LRFinder.load; test_lr_finder_save_load",
)
def test_the_finder_saves_what_it_has_found(tmp_path):
    result = found(num_it=5)
    result.save(tmp_path / "sweep.json")
    assert type(result).load(tmp_path / "sweep.json").losses.tolist() == result.losses.tolist()
