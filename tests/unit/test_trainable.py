"""An optimizer that does not train the model is refused, with the likely cause."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from lrfind_widget.isolation.training_objects import TrainingObjects


def check(model: Any, optimizer: Any, **more: Any) -> None:
    TrainingObjects(model, optimizer, [], **more).check()


def test_a_model_that_is_no_module_is_refused() -> None:
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    made: Any = nn.Linear
    with pytest.raises(TypeError, match=r"model is the class Linear, expected a torch.nn.Module"):
        check(made, optimizer)


def test_an_optimizer_class_is_refused() -> None:
    made: Any = torch.optim.Adam
    with pytest.raises(TypeError, match=r"optimizer is the class Adam, .*an instance, not a class"):
        check(nn.Linear(2, 2), made)


def test_parameters_of_a_model_made_again_are_counted() -> None:
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"2 of the optimizer's 2 .* made again.*ModuleList"):
        check(copy.deepcopy(model), optimizer)


def test_one_foreign_parameter_is_enough() -> None:
    model, other = nn.Linear(2, 2), nn.Linear(2, 2, bias=False)
    optimizer = torch.optim.SGD([*model.parameters(), *other.parameters()], lr=0.1)
    with pytest.raises(ValueError, match="1 of the optimizer's 3 parameters"):
        check(model, optimizer)


def test_parameters_of_the_loss_are_allowed() -> None:
    model, loss = nn.Linear(2, 2), nn.Linear(2, 1)
    optimizer = torch.optim.SGD([*model.parameters(), *loss.parameters()], lr=0.1)
    check(model, optimizer, loss_fn=loss)


def test_a_part_of_the_model_is_enough() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).requires_grad_(False))
    check(model, torch.optim.SGD(model[0].parameters(), lr=0.1))


def test_some_frozen_parameters_are_fine() -> None:
    model = nn.Linear(2, 2)
    model.bias.requires_grad_(False)
    check(model, torch.optim.SGD(model.parameters(), lr=0.1))


def test_an_optimizer_over_nothing_but_frozen_parameters_is_refused() -> None:
    model = nn.Linear(2, 2).requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="None of the optimizer's 2 parameters requires a grad"):
        check(model, optimizer)


def test_a_model_without_parameters_is_refused() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    with pytest.raises(ValueError, match="model has no parameters"):
        check(nn.ReLU(), optimizer)
