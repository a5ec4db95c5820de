"""One optimizer step: an update with its checkpoints."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from lrfind_widget.isolation.isolation import Isolation
from lrfind_widget.isolation.training_objects import TrainingObjects
from lrfind_widget.options import SweepOptions
from lrfind_widget.points import Losses, Update
from lrfind_widget.training.error_context import ErrorContext
from lrfind_widget.training.optimizer_step import OptimizerStep
from lrfind_widget.training.range_test import Sweep
from lrfind_widget.training.update import Found, Pass
from tests.unit.toys import batches, classifier, sgd

ONE = ["The dataloader", "fetched", "The model", "forward", "The backward pass", "backward"]


class Watched:
    """A loader that writes down when it is asked for a batch."""

    def __init__(self, parts: list[str]) -> None:
        self.batches = batches(4)
        self.parts = parts

    def __iter__(self) -> Iterator[Any]:
        for batch in self.batches:
            self.parts.append("fetched")
            yield batch


@contextlib.contextmanager
def made(
    parts: list[str], make_optimizer: Any = sgd, **options: Any
) -> Iterator[tuple[OptimizerStep, ErrorContext, Found]]:
    model = classifier()
    model.register_forward_hook(lambda *_: parts.append("forward"))
    model[0].weight.register_hook(lambda gradient: parts.append("backward"))
    optimizer = make_optimizer(model)
    optimizer.register_step_pre_hook(lambda *_: parts.append("step"))
    objects = TrainingObjects(model, optimizer, Watched(parts))
    context, found = ErrorContext(), Found()
    with Isolation(objects, "in_place") as isolation:
        update = OptimizerStep(Pass(isolation, SweepOptions(**options), context, found, 1))
        update._checkpoint = parts.append  # type: ignore[method-assign]
        with contextlib.closing(update):
            yield update, context, found


def test_the_checkpoint_is_called_before_fetching_forward_and_backward() -> None:
    parts: list[str] = []
    with made(parts) as (update, _, _):
        update.step(0, 0.1)

    assert parts == [*ONE, "step"]


def test_with_accumulated_batches_it_is_called_for_each() -> None:
    parts: list[str] = []
    with made(parts, accumulate=2) as (update, _, _):
        update.step(0, 0.1)

    assert parts == [*ONE, *ONE, "step"]


def test_with_a_closure_it_is_called_in_each_evaluation() -> None:
    parts: list[str] = []

    def lbfgs(model: Any) -> Any:
        return torch.optim.LBFGS(model.parameters(), lr=1e-3, max_iter=2)

    with made(parts, lbfgs) as (update, _, _):
        update.step(0, 0.1)

    assert parts == [*ONE[:2], "step", *ONE[2:], *ONE[2:]]


def test_an_error_of_the_checkpoint_ends_the_step() -> None:
    parts: list[str] = []
    with made(parts) as (update, _, _):
        update._checkpoint = lambda part: 1 / 0  # type: ignore[assignment]
        with pytest.raises(ZeroDivisionError):
            update.step(0, 0.1)
    assert parts == []


def test_an_iterator_that_ends_inside_a_step_is_named() -> None:
    rest = iter(batches(2))

    def step(model: Any, batch: Any) -> Any:
        inputs, target = next(rest)
        return torch.nn.functional.cross_entropy(model(inputs), target)

    model = classifier()
    sweep = Sweep(model, batches(), sgd(model), step_fn=step)
    with pytest.raises(RuntimeError, match=r"step_fn raised StopIteration: an iterator .*cycle"):
        list(sweep)
    assert sweep.stop_sentence.startswith("step_fn raised RuntimeError in step 3 of 100: step_fn")


def test_it_is_an_update_that_says_what_it_found() -> None:
    with made([]) as (made_update, context, found):
        update: Update = made_update
        context.steps_before = 10
        assert update.step(3, 0.5)
        losses = list(update.arrived())

    assert losses == [Losses(3, 0.5, True, losses[0].loss, None)]
    assert list(update.rest()) == []
    assert context.step == 13
    assert found.objective.startswith("cross entropy")
    assert found.skipped_steps == 0
