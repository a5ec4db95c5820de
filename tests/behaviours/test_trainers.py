"""Trainers, and objects of their own."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from lrfind_widget import Sweep, lr_find
from lrfind_widget.training.plain_training import PlainTraining
from lrfind_widget.training.trainers import LIBRARIES
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import classifier, loader, loss_of, sgd
from tests.unit.user_state import state_of


class Lit(nn.Module):
    """What a LightningModule has that its finder asks for."""

    def __init__(self, **hparams: float) -> None:
        super().__init__()
        self.net = classifier()
        self.hparams = SimpleNamespace(**hparams)

    def forward(self, inputs):
        return self.net(inputs)

    def training_step(self, batch, batch_idx):
        return loss_of(self.net, batch)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


class Counting:
    """A callback, and a logger, that the model calls: it counts the batches of training."""

    def __init__(self) -> None:
        self.count, self.seen = 0, []

    def __call__(self, model, inputs, outputs):
        self.count += 1
        self.seen.append(outputs.detach().mean().item())


class Trainer:
    """A trainer of no library's: it holds what it trains, and counts."""

    def __init__(self) -> None:
        self.model = classifier()
        self.loader, self.optimizer = loader(), sgd(self.model, momentum=0.9)
        self.callbacks, self.loggers = [Counting()], [Counting()]
        self.limits, self.global_step = {"max_steps": 7}, 0
        for each in (*self.callbacks, *self.loggers):
            self.model.register_forward_hook(each)

    def fit_one(self) -> None:
        self.optimizer.zero_grad()
        loss_of(self.model, next(iter(self.loader))).backward()
        self.optimizer.step()
        self.global_step += 1

    def state(self) -> object:
        """Return all of it, by content."""
        parts = (self, self.model, self.optimizer, *self.callbacks, *self.loggers)
        return state_of(*parts), self.model.training


class TrainersTraining(PlainTraining):
    def __init__(self, trainer, *_: None):
        super().__init__(trainer.model, trainer.loader, trainer.optimizer)


@pytest.fixture
def _known(monkeypatch):
    """Known as Hugging Face's and the others are, who are not installed here: see `real`."""
    module = SimpleNamespace(Training=TrainersTraining)
    monkeypatch.setitem(sys.modules, "lrfind_widget.training.trainers.toy", module)
    monkeypatch.setitem(LIBRARIES, f"{__name__}.Trainer", "toy.Training")


@pytest.mark.usefixtures("_known")
@behaviour(
    "A trainer is given, and its model, data, loss and optimizer are taken from it",
    "`lr_find(trainer)`, of Hugging Face, TRL, fastai v2, Lightning, Ignite and Accelerate",
    real="test_lightning.py::test_the_losses_are_those_of_fit; "
    "test_fastai.py::test_the_losses_are_those_of_fit; "
    "test_ignite.py::test_the_losses_are_those_of_run",
    lightning="Tuner(trainer).lr_find; test_tuner_lr_find",
    fastai_v2="Learner.lr_find",
    lr_range_test="ModelOrEngineLRRangeTest(train_engine, test_engine); test_valid_testers",
)
def test_a_trainer_is_enough():
    assert len(lr_find(Trainer(), num_it=5, progress=False).lrs) == 5


@pytest.mark.parametrize(
    "trainer",
    [
        "fastai.basic_train.Learner",
        "catalyst.core.runner.IRunner",
        "neuralprophet.forecaster.NeuralProphet",
    ],
)
@behaviour(
    "The trainer of fastai v1, Catalyst or NeuralProphet is given, and what it trains is taken "
    "from it",
    "lr_find(model, loader, optimizer)",
    missing="their trainers are not known: model, loader and optimizer are given",
    fastai_v1="Learner.lr_find; test_lrfind",
    catalyst="dl.LRFinder",
    neural_prophet="fit(learning_rate=None)",
)
def test_the_trainer_of_another_library_is_known(trainer):
    assert trainer in LIBRARIES


@behaviour(
    "The finder is a callback of the trainer's own fit",
    "for point in Sweep(model, loader, optimizer)",
    on_purpose="a loop needs no callback: a `Sweep` is an iterator of points that takes a step "
    "each time, and a trainer's fit would bring its checkpoints and logs with it",
    lightning="LearningRateFinder",
    fastai_v1="LRFinder(learn)",
    fastai_v2="learn.fit(cbs=LRFinder())",
    catalyst="dl.LRFinder",
    deepspeed="LRRangeTest(optimizer)",
)
def test_a_sweep_is_an_iterator():
    net = classifier()
    assert [point.step for point in Sweep(net, loader(), sgd(net), num_it=3)] == [0, 1, 2]


@behaviour(
    "A data module stands for the loaders",
    "lr_find(model, datamodule, optimizer)",
    missing="without its Trainer, where `datamodule.train_dataloader()` is given",
    lightning="lr_find(datamodule); test_datamodule_parameter",
)
def test_a_data_module_stands_for_its_loader():
    net = classifier()
    module = SimpleNamespace(train_dataloader=loader)
    lr_find(net, module, sgd(net), num_it=5, progress=False)


@pytest.mark.parametrize("name", ["lr", "learning_rate"])
@behaviour(
    "The suggestion is set as the `lr` or `learning_rate` of the module, or of its hyperparameters",
    "model.lr = result.suggested_lr",
    missing="without its Trainer, where the optimizer is written into",
    lightning="lr_find(update_attr); test_tuner_lr_find",
)
def test_the_suggestion_is_set_on_the_module(name):
    lit = Lit(**{name: 1e-3})
    result = lr_find(lit, loader(), lit.configure_optimizers(), seed=0, progress=False, apply=True)
    assert getattr(lit.hparams, name) == result.suggested_lr


@behaviour(
    "It is set under another name where one is given",
    "model.my_lr = result.suggested_lr",
    missing="`attr_name`: the module's own attribute is not written",
    lightning="lr_find(attr_name); test_trainer_arg_str",
)
def test_the_suggestion_is_set_under_a_name():
    lit = Lit(my_lr=1e-3)
    lr_find(lit, loader(), lit.configure_optimizers(), apply=True, attr_name="my_lr")


@pytest.mark.usefixtures("_known")
@behaviour(
    "The trainer's callbacks, loggers, counters, limits and optimizers are afterwards what they "
    "were",
    "lr_find(trainer)",
    real="test_lightning.py::test_a_trainer_that_has_trained_goes_on_where_it_is; "
    "test_lightning_callbacks.py::test_callbacks_take_part_and_neither_save_nor_stop",
    lightning="test_trainer_reset_correctly; test_logger_reset_correctly; "
    "test_lr_finder_callback_val_batches; test_lr_finder_callback_restarting; "
    "test_init_optimizers_resets_lightning_optimizers",
)
def test_a_trainer_is_what_it_was():
    trainer = Trainer()
    trainer.fit_one()
    before = trainer.state()
    lr_find(trainer, num_it=5, progress=False)
    assert trainer.state() == before
    trainer.fit_one()
    assert trainer.state() != before


@behaviour(
    "A trainer that only tries itself out skips the finder, with a warning",
    "lr_find(trainer)",
    missing="it is refused, with what to do",
    lightning="test_skip_on_fast_dev_run_tuner",
)
def test_a_trial_run_skips_the_finder():
    trainer = SimpleNamespace(lightning_module=Lit(), fast_dev_run=True)
    with pytest.warns(UserWarning, match="fast_dev_run"):
        assert lr_find(trainer, progress=False) is None


@behaviour(
    "A trainer with a finder among its callbacks is refused a second one",
    "lr_find(trainer)",
    missing="the other finder is left out, unasked",
    lightning="test_tuner_with_already_configured_learning_rate_finder",
)
def test_a_second_finder_is_refused():
    finder = type("LearningRateFinder", (), {})()
    trainer = SimpleNamespace(lightning_module=Lit(), callbacks=[finder])
    with pytest.raises(ValueError, match="LearningRateFinder"):
        lr_find(trainer, progress=False)


@behaviour(
    "A method of the trainer other than training is refused",
    "there is only training: `method=` is no keyword",
    lightning="lr_find(method)",
)
def test_only_training_is_swept():
    with pytest.raises(TypeError, match="does not know the keyword 'method'"):
        found(method="validate")


@behaviour(
    "The finder can run in the middle of a training, at epochs of one's choice, and the training "
    "goes on from where it was",
    "`lr_find(...)` between two epochs",
    lightning="FineTuneLearningRateFinder; test_lr_finder_callback_restarting",
)
def test_a_training_goes_on_as_if_nothing_had_been_swept():
    def losses(*, finds: bool) -> list[float]:
        torch.manual_seed(0)
        net = classifier()
        optimizer, seen = sgd(net, momentum=0.9), []
        for _ in range(3):
            if finds:
                lr_find(net, loader(), optimizer, num_it=5, progress=False)
            for batch in loader():
                optimizer.zero_grad()
                loss = loss_of(net, batch)
                loss.backward()
                optimizer.step()
                seen.append(loss.item())
        return seen

    assert losses(finds=True) == losses(finds=False)


@behaviour(
    "Over several processes one of them decides and tells the others, so that all train on with "
    "one rate",
    "lr_find(wrapped.module, loader, optimizer)",
    missing="sweeps over several processes; a model wrapped for them is refused, with what to do",
    lightning="training_tricks.html#learning-rate-finder; test_lr_finder_with_ddp",
    fastai_v1="LRFinder.on_batch_end(num_distrib)",
)
def test_several_processes_agree(monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    wrapped = type("DistributedDataParallel", (nn.Sequential,), {})(classifier())
    lr_find(wrapped, loader(), sgd(wrapped), num_it=5, progress=False)


@behaviour(
    "A sweep that the process did not live to end is taken up where it was",
    "`lr_find(...)` anew",
    missing="a sweep is not stored half done: what it has found is, by `result.save`, and the "
    "training itself was never touched",
    deepspeed="LRRangeTest.state_dict; LRRangeTest(last_batch_iteration)",
)
def test_a_sweep_has_a_state_to_go_on_from():
    model = classifier()
    Sweep(model, loader(), sgd(model)).state_dict()


@behaviour(
    "The sweep ends the training that it is part of, by a keyboard interrupt",
    "lr_find(model, loader, optimizer)",
    on_purpose="it ends by itself and returns what it has found; the program goes on",
    catalyst="LRFinder.on_batch_end",
)
def test_a_sweep_returns():
    assert len(found(num_it=3)) == 3
