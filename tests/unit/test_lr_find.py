"""`lr_find`: the same sweep without a notebook."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import threading

import pytest
import torch

from lrfind_widget import messages
from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.lr_find import lr_find
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import batches, classifier, loader, rates, sgd


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
    assert f" Loss: {result.objective}. Finished: 5 steps." in repr(result)
    assert result.objective.startswith("cross entropy (from targets int64 tensor (8,)")


def squared(model, batch):
    return (model[0].weight - 1).square().mean()


def last_line(capsys) -> str:
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err.rstrip().splitlines()[-1]


@pytest.mark.parametrize("end_lr", [1e-6, 1e-2])
def test_all_there_is_to_doubt_is_said_in_the_line_under_the_bar(capsys, end_lr):
    model = classifier()
    result = lr_find(model, loader(), sgd(model), step_fn=squared, end_lr=end_lr, seed=0)

    suggestion, said = result.suggestion(), last_line(capsys)
    assert all(said.count(doubt) == 1 for doubt in suggestion.caveats or [suggestion.reason])


def test_the_line_says_what_is_suggested_of_which_loss_and_why_it_ended(capsys):
    model = classifier(dropout=0)
    result = lr_find(model, loader(4800, batch_size=400), sgd(model), seed=0)

    assert result.suggestion().caveats == ()
    assert last_line(capsys) == (
        f"{messages.suggested(result.suggestion())} Loss: {result.objective}. "
        f"{result.stop_sentence}"
    )


def test_the_line_says_that_the_curve_never_turned_up(capsys):
    model = classifier()
    lr_find(model, loader(), sgd(model), step_fn=squared, end_lr=1e-2, seed=0)

    assert "The loss has not turned up by" in last_line(capsys)


def test_the_line_says_the_rate_of_each_group_where_they_differ(capsys):
    model = classifier(dropout=0)
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters(), "name": "body"},
         {"params": model[4].parameters(), "lr": 1.0}], lr=0.1
    )  # fmt: skip
    result = lr_find(model, loader(4800, batch_size=400), optimizer, seed=0)

    body, head = map(format_lr, result.group_lrs())
    assert last_line(capsys).endswith(f" By group: body {body}, 1 {head}.")


@pytest.mark.parametrize("progress", [True, False])
def test_the_suggestion_is_applied_when_all_is_restored(capsys, progress):
    model = classifier(dropout=0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = sgd(model)
    data = loader(4800, batch_size=400)
    result = lr_find(model, data, optimizer, seed=0, apply=True, progress=progress)

    lr = result.suggested_lr
    assert rates(optimizer) == [lr]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    err = capsys.readouterr().err
    assert err.endswith(f" Applied: lr went from 1e-1 to {format_lr(lr)}.\n") or not progress
    assert bool(err) is progress


def test_a_suggestion_that_is_not_sure_is_applied_with_its_doubt_in_the_line(capsys):
    model = classifier()
    optimizer = sgd(model)
    result = lr_find(model, loader(), optimizer, step_fn=squared, end_lr=1e-2, seed=0, apply=True)

    assert rates(optimizer) == [result.suggested_lr]
    said = last_line(capsys)
    assert said.startswith("Recommended ")
    assert " Applied: " in said


def test_without_a_line_a_doubtful_rate_is_applied_in_silence_and_the_result_has_the_doubt(capsys):
    model = classifier()
    optimizer = sgd(model)
    given = {"step_fn": squared, "end_lr": 1e-2, "seed": 0, "progress": False}
    result = lr_find(model, loader(), optimizer, apply=True, **given)

    assert rates(optimizer) == [result.suggested_lr]
    assert capsys.readouterr().err == ""
    assert result.suggestion().caveats[0].startswith("The loss has not turned up")


@pytest.mark.parametrize("progress", [True, False])
def test_without_a_suggestion_nothing_is_applied_and_that_is_said(capsys, progress):
    model = classifier()
    optimizer = sgd(model)
    flat = {"step_fn": lambda model, batch: 0 * squared(model, batch), "progress": progress}
    result = lr_find(model, loader(), optimizer, apply=True, **flat)

    assert rates(optimizer) == [0.1]
    reason = result.suggestion().reason.partition(": ")[2]
    err = capsys.readouterr().err
    assert bool(err) is progress
    assert not progress or (reason[1:] in err and err.endswith("Not applied: there is no rate.\n"))


def test_after_an_interrupt_nothing_is_applied_and_that_is_said(capsys):
    def data():
        yield from batches(60)
        raise KeyboardInterrupt

    model = classifier()
    optimizer = sgd(model)
    lr_find(model, data(), optimizer, apply=True)

    assert rates(optimizer) == [0.1]
    said = last_line(capsys)
    assert "Stopped on request" in said
    assert said.endswith(" Not applied: it was interrupted.")


def test_what_may_undo_the_applied_rate_is_said(capsys):
    model = classifier(dropout=0)
    optimizer = sgd(model)
    scheduler = torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.5)
    lr_find(model, loader(4800, batch_size=400), optimizer, seed=0, apply=True)

    assert f"{type(scheduler).__name__} goes to its own swa_lr" in last_line(capsys)


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


def test_a_standard_error_that_is_closed_costs_no_result(monkeypatch):
    closed = io.StringIO()
    monkeypatch.setattr("sys.stderr", closed)
    model = classifier()

    def step_fn(model, batch):
        closed.close()
        return squared(model, batch)

    assert len(lr_find(model, loader(), sgd(model), num_it=5, step_fn=step_fn).lrs) == 5
