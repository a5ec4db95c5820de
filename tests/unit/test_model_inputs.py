"""How batches go into models."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from lrfind_widget.training.model_inputs import NO_TARGET, Forward, feed

X, Y, Z = torch.zeros(2, 3), torch.ones(2), torch.full((2,), 2.0)


def model(forward):
    return type("Model", (nn.Module,), {"forward": forward})()


def fed(forward, batch, own_loss=True):
    result = feed(Forward(model(forward)), batch, own_loss=own_loss)
    return result.args, dict(result.kwargs), result.target, result.target_passed


def one(self, x): ...
def two(self, a, b): ...
def any_places(self, *xs): ...
def any_names(self, **kw): ...
def with_targets(self, x, targets=None): ...
def hugging_face(self, input_ids, attention_mask=None, labels=None): ...
def teacher_forced(self, source, target): ...
def whole(self, batch): ...


@dataclass
class Record:
    x: torch.Tensor
    label: torch.Tensor


Named = namedtuple("Named", ["b", "a", "y"])
Plain = namedtuple("Plain", ["image", "digit"])


@pytest.mark.parametrize(
    ("forward", "batch", "expected"),
    [
        (one, (X, Y), ((X,), {}, Y, False)),
        (one, [X, Y], ((X,), {}, Y, False)),
        (two, (X, Z, Y), ((X, Z), {}, Y, False)),
        (two, ((X, Z), Y), ((X, Z), {}, Y, False)),
        (any_places, ((X, Z), Y), ((X, Z), {}, Y, False)),
        (one, ((X, Z), Y), (((X, Z),), {}, Y, False)),
        (one, (X,), ((X,), {}, NO_TARGET, False)),
        (one, X, ((X,), {}, NO_TARGET, False)),
        (two, (X, Y), ((X, Y), {}, Y, True)),
        (with_targets, (X, Y), ((X,), {"targets": Y}, Y, True)),
        (with_targets, ([X, X], [Y, Y]), (([X, X],), {"targets": [Y, Y]}, [Y, Y], True)),
        (teacher_forced, (X, Y), ((X,), {"target": Y}, Y, True)),
        (one, {"x": X, "label": Y}, ((), {"x": X}, Y, False)),
        (one, {"image": X, "label": Y}, ((X,), {}, Y, False)),
        (one, {"x": X, "label": Y, "index": Z}, ((), {"x": X}, Y, False)),
        (two, ({"a": X, "b": Z}, Y), ((), {"a": X, "b": Z}, Y, False)),
        (hugging_face, {"input_ids": X, "labels": Y}, ((), {"input_ids": X, "labels": Y}, Y, True)),
        (hugging_face, (X, Y), ((X,), {"labels": Y}, Y, True)),
        (any_names, {"p": X, "labels": Y}, ((), {"p": X, "labels": Y}, Y, True)),
        (one, Record(X, Y), ((), {"x": X}, Y, False)),
        (two, Named(Z, X, Y), ((), {"b": Z, "a": X}, Y, False)),
        (one, Plain(X, Y), ((X,), {}, Y, False)),
    ],
)
def test_batches_are_sorted_into_inputs_and_target(forward, batch, expected):
    assert same(fed(forward, batch), expected)


def same(found, expected):
    if isinstance(expected, torch.Tensor):
        return found is expected
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[k], expected[k]) for k in found)
    if isinstance(expected, (tuple, list)):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found is expected


def test_a_loss_function_keeps_the_target_from_models_that_can_do_without():
    assert same(fed(with_targets, (X, Y), own_loss=False), ((X,), {}, Y, False))
    assert same(
        fed(hugging_face, {"input_ids": X, "labels": Y}, own_loss=False),
        ((), {"input_ids": X}, Y, False),
    )
    assert same(fed(teacher_forced, (X, Y), own_loss=False), ((X,), {"target": Y}, Y, True))


def test_a_model_of_one_parameter_gets_a_dict_that_it_takes_apart_itself():
    batch = {"image": X, "mask": Z, "label": Y}

    assert same(fed(whole, batch), ((batch,), {}, Y, True))


def test_an_object_with_labels_goes_in_whole():
    graph = type("Graph", (), {"x": X, "y": Y})()

    assert same(fed(one, graph), ((graph,), {}, Y, False))


@pytest.mark.parametrize(
    ("forward", "batch"),
    [
        (one, (X, Z, Y)),
        (two, (X,)),
        (one, ()),
        (two, {"a": X, "label": Y}),
        (one, None),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_with_its_structure_and_the_way_out(forward, batch):
    with pytest.raises(ValueError, match="batch") as caught:
        fed(forward, batch)

    ways_out = ("prepare_batch=", "step_fn=(model, batch) -> loss")
    assert all(way in str(caught.value) for way in ways_out) or "empty" in str(caught.value)


def test_the_refusal_says_what_was_seen_and_what_forward_takes():
    with pytest.raises(ValueError, match=r"tuple of \(float32 tensor \(2, 3\), .*forward takes x"):
        fed(one, (X, Z, Y))


def test_wrapped_and_compiled_models_are_looked_through():
    inner = model(with_targets)
    compiled = torch.compile(inner, backend="eager")
    parallel = nn.DataParallel(inner)

    for outer in (compiled, parallel):
        assert Forward(outer).target_name == "targets"
