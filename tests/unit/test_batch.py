"""Batches: moving, measuring, describing. The meta device stands in for a GPU."""

from __future__ import annotations

from collections import UserDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from lrfind_widget.training.batch import batch_size, describe, model_device, tensors_in, to_device

META = torch.device("meta")
CPU = torch.device("cpu")
Pair = namedtuple("Pair", ["inputs", "target"])


class Encoding(UserDict):
    """A mapping with attributes, as tokenizers return."""

    def __getattr__(self, name):
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None

    def to(self, device):
        self.data = {name: part.to(device) for name, part in self.data.items()}
        return self


@dataclass(frozen=True)
class Frozen:
    inputs: torch.Tensor
    names: list


class Graph:
    """An object that moves itself in place."""

    def __init__(self):
        self.x = torch.zeros(2)

    def to(self, device):
        self.x = self.x.to(device)
        return self


def a():
    return torch.zeros(2, 3)


BATCHES = {
    "tensor": lambda: a(),
    "tuple": lambda: (a(), a()),
    "list": lambda: [a(), [a(), (a(),)]],
    "dict": lambda: {"x": a(), "more": {"y": a()}},
    "encoding": lambda: Encoding({"ids": a()}),
    "named tuple": lambda: Pair(a(), a()),
    "dataclass": lambda: Frozen(a(), [a(), "name"]),
    "packed": lambda: pack_sequence([torch.zeros(3, 1), torch.zeros(1, 1)]),
    "strings beside": lambda: (a(), "text", 3, None),
}


@pytest.mark.parametrize("name", BATCHES)
def test_every_tensor_is_moved_and_the_kind_of_batch_is_kept(name):
    batch = BATCHES[name]()

    moved = to_device(batch, META)

    assert type(moved) is type(batch)
    assert [t.device for t in tensors_in(moved)] == [META] * len(list(tensors_in(batch)))


@pytest.mark.parametrize("name", BATCHES)
def test_the_given_batch_stays_where_it_is(name):
    batch = BATCHES[name]()

    to_device(batch, META)

    assert {t.device for t in tensors_in(batch)} == {CPU}


@pytest.mark.parametrize("name", sorted(set(BATCHES) - {"packed"}))
def test_a_batch_that_is_there_already_is_the_same_object(name):
    batch = BATCHES[name]()

    assert to_device(batch, CPU) is batch


def test_a_moved_encoding_still_has_its_attributes():
    assert to_device(Encoding({"ids": a()}), META).ids.device == META


def test_an_object_with_its_own_to_is_copied_before_it_moves_itself():
    graph = Graph()

    assert to_device(graph, META).x.device == META
    assert graph.x.device == CPU


@pytest.mark.parametrize(
    ("batch", "size"),
    [
        (torch.zeros(5, 2), 5),
        ((torch.zeros(4, 2), torch.zeros(9)), 4),
        ({"labels": torch.tensor(1.0), "ids": torch.zeros(3, 2)}, 3),
        (pack_sequence([torch.zeros(3, 1), torch.zeros(1, 1)]), 2),
        (torch.tensor(1.0), 1),
        ("text", 1),
    ],
)
def test_the_batch_size_is_the_first_extent_of_the_first_tensor(batch, size):
    assert batch_size(batch) == size


def test_the_description_names_kinds_types_and_shapes():
    batch = ({"ids": torch.zeros(2, 3, dtype=torch.int64)}, Pair(torch.zeros(2), [1, "x"]))

    assert describe(batch) == (
        "tuple of (dict with {ids: int64 tensor (2, 3)}, "
        "Pair with {inputs: float32 tensor (2,), target: list of (1, str)})"
    )


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_nested_tensor_has_a_size_and_a_description():
    nested = torch.nested.nested_tensor([torch.zeros(2, 3), torch.zeros(1, 3)])

    assert describe(nested) == "nested float32 tensor of 2"
    assert batch_size(nested) == 2


def test_a_long_batch_is_described_briefly():
    assert describe([1] * 20) == "list of (1, 1, 1, 1, 1, 1, 1, 1, and 12 more)"


def test_inputs_belong_on_the_device_of_the_parameters():
    assert model_device(nn.Linear(2, 2, device=META)) == META
    assert model_device(nn.ReLU()) == CPU
