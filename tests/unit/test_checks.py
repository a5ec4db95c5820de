"""Whatever can be seen to be wrong is said before any data is read."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from lrfind_widget.keywords import refuse_unknown
from lrfind_widget.training.lr_find import lr_find
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import batches, classifier, data, endless, loader, sgd


class Untouchable:
    """A loader that must not be read."""

    def __iter__(self):
        raise AssertionError("the loader was read")


class DataModule:
    def train_dataloader(self):
        raise AssertionError


def sweep(**changes):
    model = changes.pop("model", None) or classifier()
    optimizer = changes.pop("optimizer", None) or sgd(model)
    return Sweep(model, changes.pop("dataloader", Untouchable()), optimizer, **changes)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"model": "net", "optimizer": sgd(classifier())}, TypeError, "model is a str"),
        ({"optimizer": "sgd"}, TypeError, "optimizer is a str"),
        ({"optimizer": sgd(classifier())}, ValueError, "not the model's"),
        ({"dataloader": []}, ValueError, "dataloader is empty"),
        ({"dataloader": 3}, TypeError, "dataloader is a int"),
        ({"dataloader": "data"}, TypeError, "dataloader is a str"),
        ({"dataloader": torch.zeros(3)}, TypeError, "dataloader is a Tensor"),
        ({"dataloader": data()}, TypeError, r"data set of single examples.*DataLoader\(dataset"),
        ({"dataloader": None}, TypeError, r"dataloader is None.*range\(1\).*step_fn="),
        (
            {"dataloader": DataLoader},
            TypeError,
            r"class DataLoader.*DataLoader\(dataset, batch",
        ),
        ({"dataloader": lambda: batches()}, TypeError, r"is a function.*iter\(get_batch, None\)"),
        ({"dataloader": batches}, TypeError, r"is a function.*iter\(batches, None\)"),
        ({"dataloader": endless}, TypeError, r"is a function.*Call it: endless\(\)"),
        ({"dataloader": {"x": 1}}, TypeError, r"is a dict.*\[batch\]"),
        ({"dataloader": data().tensors}, TypeError, r"is a tuple.*\[\(X, y\)\]"),
        ({"dataloader": [*data().tensors]}, TypeError, r"is a list.*\[\(data\[0\], data\[1\]\)\]"),
        ({"val_loader": batches}, TypeError, r"val_loader is a function.*iter\(batches, None\)"),
        ({"dataloader": DataModule()}, TypeError, r"a DataModule.*module\.train_dataloader\(\)"),
        ({"val_loader": DataModule()}, TypeError, r"a DataModule.*module\.val_dataloader\(\)"),
        ({"optimizer": [sgd(classifier())] * 2}, TypeError, r"a list.*optimizers\[0\].*update_fn="),
        ({"start_lr": 1.0, "end_lr": 0.1}, ValueError, "must be below"),
        ({"start_lr": 0.0}, ValueError, "start_lr"),
        ({"end_lr": float("inf")}, ValueError, "end_lr"),
        ({"start_lr": float("nan")}, ValueError, "start_lr"),
        ({"num_it": 0}, ValueError, "num_it"),
        ({"num_it": 1.5}, TypeError, "num_it"),
        ({"mode": "log"}, ValueError, "mode"),
        ({"stop_div": 1}, ValueError, "stop_div=1, expected True, False, .* a number above 1"),
        ({"stop_div": "yes"}, TypeError, "stop_div='yes', expected True, False, .fastai. or"),
        ({"wd": -1.0}, ValueError, "wd=-1.0, expected a finite number of at least 0"),
        ({"wd": "much"}, TypeError, "wd='much'"),
        ({"groups": "body"}, ValueError, "groups='body'"),
        ({"groups": 0.5}, TypeError, "groups=0.5, expected"),
        ({"accumulate": 0}, ValueError, "accumulate=0, expected at least 1"),
        ({"accumulate": 2.0}, TypeError, "accumulate=2.0"),
        ({"amp": "fp8"}, ValueError, "amp='fp8', expected 'bf16' or 'fp16' or None"),
        ({"amp": True}, ValueError, "amp=True"),
        ({"grad_scaler": 65536.0}, TypeError, "grad_scaler is a float"),
        ({"clip_grad_norm": 0}, ValueError, "clip_grad_norm=0, expected a finite number above 0"),
        ({"clip_grad_norm": True}, TypeError, "clip_grad_norm=True"),
        (
            {"loss_fn": nn.CrossEntropyLoss},
            TypeError,
            r"expected an instance: CrossEntropyLoss\(\)",
        ),
        ({"loss_fn": "mse"}, TypeError, "loss_fn is a str, expected a callable"),
        ({"step_fn": 1}, TypeError, "step_fn is a int"),
        ({"prepare_batch": ()}, TypeError, "prepare_batch is a tuple"),
        ({"loss_fn": max, "step_fn": max}, ValueError, "Both loss_fn and step_fn"),
        ({"loss_fn": lambda output: output}, TypeError, r"loss_fn takes \(output\), expected a"),
        ({"step_fn": lambda model: model}, TypeError, r"expected a callable of \(model, batch\)"),
        ({"prepare_batch": lambda: None}, TypeError, r"prepare_batch takes \(\), expected"),
        ({"loss_fn": nn.Linear(3, 1)}, TypeError, r"loss_fn takes \(input.*\(output, target\)"),
        ({"val_batches": 2}, ValueError, "without a val_loader"),
        ({"val_loader": []}, ValueError, "val_loader is empty"),
        ({"val_loader": iter([1])}, TypeError, "read only once"),
        ({"val_loader": iter(list, None)}, ValueError, "val_loader .*no end.*val_batches=10"),
        ({"val_loader": [1], "val_batches": 0}, ValueError, "val_batches=0"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"seed": 2**32}, ValueError, "seed=4294967296"),
        ({"seed": 1.0}, TypeError, r"seed=1\.0"),
        ({"isolation": "none"}, ValueError, "isolation='none'.*'auto', 'copy' or 'in_place'"),
        ({"beta": 1.0}, ValueError, "beta"),
        ({"numit": 5}, TypeError, "'numit'.*Did you mean 'num_it'"),
        ({"learning_rate": 5}, TypeError, "'learning_rate'. A sweep raises it from start_lr to"),
        ({"lr": 5}, TypeError, "'lr'. A sweep raises it from start_lr to end_lr"),
        ({"wd_values": [0]}, TypeError, "'wd_values'. Sweep once for each, with wd="),
        ({"descending": True}, TypeError, "'descending'. A range test raises the rate"),
        ({"train_engine": 1}, TypeError, "'train_engine'. Pass its model, loader and optimizer"),
    ],
)
def test_a_wrong_argument_is_refused_before_the_data_is_read(changes, kind, message):
    with pytest.raises(kind, match=f"(?s){message}"):
        sweep(**changes)


@pytest.mark.parametrize(
    "functions",
    [
        {"loss_fn": nn.functional.cross_entropy},
        {"loss_fn": nn.CrossEntropyLoss()},
        {"loss_fn": functools.partial(nn.functional.cross_entropy, label_smoothing=0.1)},
        {"loss_fn": lambda *both: sum(both)},
        {"loss_fn": torch.sub},
        {"step_fn": lambda model, batch, weight=1.0: model(batch[0]).sum() * weight},
        {"prepare_batch": tuple},
    ],
)
def test_a_function_that_can_be_called_is_accepted(functions):
    sweep(**functions)


def test_what_a_refusal_of_a_loader_advises_works():
    def get_batch():
        return batches(1)[0]

    def step_fn(model, batch):
        return model[0].weight.square().sum()

    whole = [data().tensors]
    for given, options in (
        (whole, {}),
        (iter(get_batch, None), {}),
        (range(1), {"step_fn": step_fn}),
        (loader(), {"val_loader": iter(get_batch, None), "val_batches": 2}),
    ):
        assert len(list(sweep(dataloader=given, num_it=3, **options))) == 3


@pytest.mark.parametrize("given", [torch.zeros(16, 4).split(8), [torch.zeros(8, 4)] * 2])
def test_tensors_of_one_kind_may_be_batches(given):
    sweep(dataloader=given)


def test_a_model_without_values_is_refused():
    with torch.device("meta"):
        model = classifier()

    with pytest.raises(ValueError, match=r"0\.weight is on the meta device.*to_empty"):
        sweep(model=model)


def test_a_head_in_the_loss_is_trained_as_part_of_one_model():
    model, head = classifier(), nn.Linear(3, 3)
    optimizer = torch.optim.SGD([*model.parameters(), *head.parameters()], lr=0.1)

    with pytest.raises(ValueError, match=r"2 of .* 8 par.*nn\.ModuleList\(\[model, head\]\)"):
        sweep(model=model, optimizer=optimizer)

    def step_fn(both, batch):
        body, head = both
        return nn.functional.cross_entropy(head(body(batch[0])), batch[1])

    both = nn.ModuleList([model, head])
    swept = sweep(model=both, optimizer=optimizer, dataloader=batches(), step_fn=step_fn)
    assert len(list(swept)) > 1


def test_weight_decay_for_an_optimizer_without_one_is_refused():
    model = classifier()

    with pytest.raises(ValueError, match="LBFGS has no weight_decay"):
        sweep(model=model, optimizer=torch.optim.LBFGS(model.parameters()), wd=0.1)


def test_a_scaler_with_a_closure_optimizer_is_refused():
    model = classifier()

    with pytest.raises(ValueError, match="LBFGS is given a closure"):
        sweep(model=model, optimizer=torch.optim.LBFGS(model.parameters()), amp="fp16")


def test_a_model_over_several_processes_is_refused(monkeypatch):
    """Each process would stop by its own loss, and the others would wait for ever."""
    model = classifier()
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 4)
    type_of_wrapper = type("DistributedDataParallel", (nn.Module,), {})
    wrapper = type_of_wrapper()
    wrapper.module = model

    with pytest.raises(ValueError, match=r"over 4 processes.*model\.module"):
        sweep(model=wrapper, optimizer=sgd(model))


def test_the_nearest_keyword_is_named_by_lr_find_too():
    model = classifier()

    with pytest.raises(TypeError, match=r"lr_find .*'progres'.*Did you mean 'progress'"):
        lr_find(model, batches(), sgd(model), progres=False)


def test_a_keyword_like_no_other_is_refused_with_all():
    with pytest.raises(TypeError, match="Known are alpha, beta"):
        refuse_unknown(["zzz"], ["alpha", "beta"], "It")


def test_settings_are_plain_json():
    def my_loss(output, target): ...

    settings = sweep(
        loss_fn=my_loss,
        seed=3,
        end_lr=1,
        val_loader=batches(),
        grad_scaler=torch.amp.GradScaler("cpu"),
    ).settings

    assert settings["loss_fn"] == "my_loss"
    assert settings["seed"] == 3
    assert settings["end_lr"] == 1.0
    assert settings["val_loader"] == "list"
    assert settings["grad_scaler"] == "GradScaler"
    assert settings["wd"] is None


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_a_loader_whose_length_raises_is_read_all_the_same(isolation):
    class NoLength(list):
        def __len__(self):
            raise RuntimeError("no length")

    assert len(list(sweep(dataloader=NoLength(batches(3)), num_it=3, isolation=isolation))) == 3
