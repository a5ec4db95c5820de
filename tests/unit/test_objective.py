"""From a batch to a loss, and what is said where there is none."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.objective import Objective
from tests.unit.toys import batches

CPU = torch.device("cpu")


def net():
    return nn.Linear(4, 3)


def test_the_forward_pass_that_shows_the_loss_is_the_training_pass():
    """No pass is made to find out: it would move random numbers and running statistics."""
    calls = []
    model = net()
    model.register_forward_hook(lambda *_: calls.append(1))

    Objective(model, CPU)(batches()[0])

    assert len(calls) == 1


def test_the_loss_is_settled_on_the_first_batch():
    objective = Objective(net(), CPU)
    first = batches()[0]
    objective(first)
    said = objective.sentence

    with pytest.raises(Exception, match=r"."):
        objective((first[0], torch.randn(8, 3).bool()))
    assert objective.sentence == said


def test_the_sentence_says_which_loss_was_taken():
    objective = Objective(net(), CPU)
    assert objective.sentence == ""

    objective(batches()[0])

    assert objective.sentence == (
        "cross entropy (from targets int64 tensor (8,), outputs float32 tensor (8, 3))"
    )


def test_a_given_loss_function_is_used_and_named():
    objective = Objective(net(), CPU, loss_fn=nn.MultiMarginLoss())
    inputs, target = batches()[0]

    loss = objective((inputs, target))

    assert loss.item() == nn.MultiMarginLoss()(objective.model(inputs), target).item()
    assert objective.sentence == "your loss_fn"


def test_step_fn_gets_the_model_and_the_batch():
    model, batch = net(), batches()[0]
    seen = []

    def step(model, batch):
        seen.append((model, batch))
        return model(batch[0]).sum()

    objective = Objective(model, CPU, step_fn=step)
    objective(batch)

    assert seen[0][0] is model
    assert seen[0][1] is batch
    assert objective.sentence == "your step_fn"


def test_step_fn_may_return_a_dict_with_the_loss():
    objective = Objective(net(), CPU, step_fn=lambda m, b: {"loss": m(b[0]).sum(), "extra": 1})

    assert objective(batches()[0]).dim() == 0


def test_prepare_batch_comes_first():
    def prepare(batch):
        return batch["deep"]["x"], batch["deep"]["y"]

    inputs, target = batches()[0]

    loss = Objective(net(), CPU, prepare_batch=prepare)({"deep": {"x": inputs, "y": target}})

    assert loss.requires_grad


def test_a_batch_that_was_not_returned_is_told():
    with pytest.raises(TypeError, match=r"prepare_batch returned None.*return missing"):
        Objective(net(), CPU, prepare_batch=lambda batch: None)(batches()[0])


@pytest.mark.parametrize(
    ("returned", "kind", "message"),
    [
        (lambda out: 1.5, TypeError, r"returned a 1\.5.*Leave out \.item"),
        (lambda out: "loss", TypeError, "returned a str"),
        (lambda out: out, ValueError, r"shape \(8, 3\).*\.mean\(\)"),
        (lambda out: out.sum().detach(), ValueError, "no gradient"),
        (lambda out: out.argmax(), TypeError, "floating-point"),
        (lambda out: out.sum() * 1j, TypeError, "floating-point"),
    ],
)
@pytest.mark.parametrize("keyword", ["loss_fn", "step_fn"])
def test_a_loss_that_is_none_is_refused(returned, kind, message, keyword):
    functions = {
        "loss_fn": lambda output, target: returned(output),
        "step_fn": lambda model, batch: returned(model(batch[0])),
    }

    with pytest.raises(kind, match=f"(?s){keyword}.*{message}"):
        Objective(net(), CPU, **{keyword: functions[keyword]})(batches()[0])


def test_a_loss_function_returns_a_loss():
    """It sees no batch that it might leave out."""
    with pytest.raises(TypeError, match=r"loss_fn returned None.*return missing"):
        Objective(net(), CPU, loss_fn=lambda output, target: None)(batches()[0])


def test_a_loss_of_one_element_is_a_scalar():
    objective = Objective(net(), CPU, loss_fn=lambda output, target: output.mean().reshape(1))

    assert objective(batches()[0]).dim() == 0


def test_a_loss_function_without_a_target_says_so():
    with pytest.raises(ValueError, match=r"no.*target|has none"):
        Objective(net(), CPU, loss_fn=nn.MSELoss())(torch.zeros(8, 4))


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"prepare_batch": lambda batch: 1 / 0}, "prepare_batch"),
        ({"step_fn": lambda model, batch: 1 / 0}, "step_fn"),
        ({"loss_fn": lambda output, target: 1 / 0}, "The loss"),
    ],
)
def test_an_error_is_laid_at_the_right_door(options, part):
    where = ErrorContext()

    with pytest.raises(ZeroDivisionError) as caught:
        Objective(net(), CPU, context=where, **options)(batches()[0])

    assert where.failed(caught.value, 100) == (
        f"{part} raised ZeroDivisionError in step 1 of 100: division by zero"
    )


def test_the_last_line_of_a_worker_error_is_what_is_told():
    where = ErrorContext()
    where.part = "The dataloader"
    error = ValueError(
        "Caught ValueError in DataLoader worker process 0.\n"
        "Original Traceback (most recent call last):\n  File...\nValueError: bad"
    )

    assert where.failed(error, 10).endswith("in step 1 of 10: ValueError: bad")


def test_a_very_long_message_is_shortened():
    where = ErrorContext()

    assert len(where.failed(ValueError("x" * 10_000), 10)) < 500
