"""`lr_find`: the same sweep without a notebook."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

import pytest
import torch

from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.lr_find import lr_find
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import batches, classifier, loader, sgd


def test_it_gives_what_the_sweep_gives():
    model = classifier()
    expected = [point.loss for point in Sweep(model, loader(), sgd(model), num_it=15, seed=1)]

    result = lr_find(model, loader(), sgd(model), num_it=15, seed=1, progress=False)

    assert result.losses.tolist() == expected


def test_the_bar_is_on_standard_error_and_can_be_switched_off(capsys):
    model = classifier()
    lr_find(model, loader(), sgd(model), num_it=5)
    shown = capsys.readouterr()
    lr_find(model, loader(), sgd(model), num_it=5, progress=False)
    hidden = capsys.readouterr()

    assert shown.out == ""
    assert "5/5" in shown.err
    assert hidden == ("", "")


def test_the_loss_that_is_taken_is_named_by_the_bar_and_by_the_result(capsys):
    model = classifier()

    result = lr_find(model, loader(), sgd(model), num_it=5)

    assert re.search(r"loss=[0-9.]+, cross entropy", capsys.readouterr().err)
    assert f" Loss: {result.objective}. Finished: all 5 steps were taken." in repr(result)
    assert result.objective.startswith("cross entropy (from targets int64 tensor (8,)")


@pytest.mark.parametrize("end_lr", [1e-6, 1e-2])
def test_what_gives_cause_to_doubt_the_suggestion_is_said_under_the_bar(capsys, end_lr):
    def step_fn(model, batch):
        return (model[0].weight - 1).square().mean()

    model = classifier()
    result = lr_find(model, loader(), sgd(model), step_fn=step_fn, end_lr=end_lr, seed=0)
    shown = capsys.readouterr()
    lr_find(model, loader(), sgd(model), step_fn=step_fn, end_lr=end_lr, progress=False)
    hidden = capsys.readouterr()

    suggestion = result.suggestion()
    said = shown.err.rstrip().splitlines()[-1]
    assert said.startswith("Finished: all 100 steps were taken. ")
    assert all(doubt in said for doubt in suggestion.caveats or [suggestion.reason])
    assert shown.out == ""
    assert hidden == ("", "")


def test_where_nothing_is_doubted_nothing_is_said_under_the_bar(capsys):
    model = classifier(dropout=0)
    result = lr_find(model, loader(4800, batch_size=400), sgd(model), seed=0)

    assert result.suggestion().caveats == ()
    assert "100/100" in capsys.readouterr().err.rstrip().splitlines()[-1]


def test_a_loss_that_is_always_zero_is_said_to_teach_nothing(capsys):
    model = torch.nn.Linear(4, 1)
    data = [(inputs, torch.zeros_like(target)) for inputs, target in batches()]

    lr_find(model, data, sgd(model), loss_fn=torch.nn.CrossEntropyLoss())

    assert "The loss was 0 at every rate, so there was nothing to learn" in capsys.readouterr().err


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("place", ["loss", "data"])
def test_an_interrupt_gives_the_partial_result_and_everything_back(isolation, place):
    model = classifier()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random_state = torch.get_rng_state()
    calls = []

    def loss_fn(output, target):
        calls.append(1)
        if place == "loss" and len(calls) == 6:
            raise KeyboardInterrupt
        return torch.nn.functional.cross_entropy(output, target)

    def data():
        for count, batch in enumerate(batches(20)):
            if place == "data" and count == 5:
                raise KeyboardInterrupt
            yield batch

    result = lr_find(
        model,
        data(),
        sgd(model),
        loss_fn=loss_fn,
        start_lr=0.5,
        progress=False,
        isolation=isolation,
    )

    assert len(result) == 5
    assert result.stop_reason is StopReason.STOPPED
    assert result.receipt.identical
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random_state)


def test_an_interrupt_before_the_first_step_gives_an_empty_result():
    model = classifier()

    def step_fn(model, batch):
        raise KeyboardInterrupt

    result = lr_find(model, batches(), sgd(model), step_fn=step_fn, progress=False)

    assert len(result) == 0
    assert result.stop_reason is StopReason.STOPPED


def test_an_error_is_raised_as_it_is():
    error = ValueError("mine")

    def step_fn(model, batch):
        raise error

    model = classifier()
    with pytest.raises(ValueError, match="mine") as caught:
        lr_find(model, batches(), sgd(model), step_fn=step_fn, progress=False)

    assert caught.value is error


@pytest.mark.slow
def test_it_imports_nothing_of_jupyter():
    code = (
        "import sys, lrfind_widget.training.lr_find;"
        "print([m for m in ('ipywidgets', 'bqplot', 'traitlets', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )

    assert done.stdout.strip() == "[]"


def test_no_thread_is_left_behind():
    model = classifier()
    before = set(threading.enumerate())

    lr_find(model, loader(), sgd(model), num_it=5)

    assert set(threading.enumerate()) == before
    assert not any(type(thread).__name__ == "TMonitor" for thread in before)


def test_an_interrupt_before_the_sweep_begins_is_raised(monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    model = classifier()
    monkeypatch.setattr(Sweep, "__iter__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lr_find(model, loader(), sgd(model), progress=False)


def test_without_standard_error_there_is_no_bar(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    model = classifier()

    assert len(lr_find(model, loader(), sgd(model), num_it=5).lrs) == 5
