"""What leads to a model is made anew over its copy; what cannot be written is shared."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.fx.immutable_collections import immutable_dict, immutable_list

from lrfind_widget.training.trainers.stand_in import repointed


@dataclass(frozen=True)
class Frozen:
    model: nn.Module


class Pair(NamedTuple):
    model: nn.Module
    name: str


class Padded(tuple):
    def __new__(cls, *parts: Any) -> Any:
        return super().__new__(cls, (*parts, None))


class Failed(Exception):
    model: nn.Module


MODEL, COPY = nn.Linear(1, 1), nn.Linear(1, 1)
FAILED = Failed()
FAILED.model = MODEL


@pytest.mark.parametrize(
    ("value", "model_in"),
    [
        (Frozen(MODEL), lambda made: made.model),
        (SimpleNamespace(model=MODEL), lambda made: made.model),
        (Pair(MODEL, "one"), lambda made: made.model),
        (Padded(MODEL), lambda made: made[0]),
        (torch.return_types.max([MODEL, 0]), lambda made: made[0]),  # a structure of C
        ({"model": MODEL}, lambda made: made["model"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_leads_to_a_model_is_made_over_its_copy(value: Any, model_in: Any) -> None:
    made = repointed(value, {id(MODEL): COPY})
    assert type(made) is type(value)
    assert model_in(made) is COPY
    assert model_in(value) is MODEL


@pytest.mark.parametrize(
    "value",
    [
        immutable_dict(model=MODEL),
        immutable_dict(rate=1),
        immutable_list([MODEL]),
        FAILED,
    ],
    ids=repr,
)
def test_what_cannot_be_written_is_shared(value: Any) -> None:
    assert repointed(value, {id(MODEL): COPY}) is value
    assert repointed({"held": value}, {id(MODEL): COPY})["held"] is value
