"""Which loss follows from an output and a target."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional

from lrfind_widget.training.loss_inference import infer
from lrfind_widget.training.model_inputs import NO_TARGET, ModelInputs


def fed(target=NO_TARGET, passed=False):
    return ModelInputs((), {}, target, passed)


def floats(*shape):
    return torch.randn(*shape, requires_grad=True)


def classes(*shape):
    return torch.randint(0, 3, shape)


LOSS = torch.tensor(2.0, requires_grad=True) * 1.5


@pytest.mark.parametrize(
    ("output", "target"),
    [
        (floats(6, 3), classes(6)),
        (floats(2, 3, 5), classes(2, 5)),
        (floats(2, 3, 4, 4), classes(2, 4, 4)),
        (floats(6, 3), classes(6).to(torch.int32)),
        (floats(6, 3), classes(6).to(torch.uint8)),
    ],
)
def test_integer_targets_and_class_scores_are_cross_entropy(output, target):
    loss_of, words = infer(output, fed(target))

    assert torch.equal(loss_of(output, target), functional.cross_entropy(output, target.long()))
    assert words.startswith("cross entropy")


@pytest.mark.parametrize("shape", [(6,), (6, 1), (6, 3), (2, 3, 4)])
def test_float_targets_of_the_same_shape_are_squared_error(shape):
    output, target = floats(*shape), torch.randn(*shape)

    loss_of, words = infer(output, fed(target))

    assert torch.equal(loss_of(output, target), functional.mse_loss(output, target))
    assert words.startswith("mean squared error")


@dataclass
class Output:
    loss: torch.Tensor | None
    logits: torch.Tensor | None = None


Losses = namedtuple("Losses", ["logits", "value"])


@pytest.mark.parametrize(
    ("output", "given", "words"),
    [
        (Output(LOSS), fed(classes(2)), "output.loss"),
        ({"loss": LOSS, "logits": floats(2, 3)}, fed(classes(2)), "output['loss']"),
        ((LOSS, floats(2, 3)), fed(classes(2), passed=True), "output[0]"),
        ((floats(2, 3), LOSS), fed(classes(2), passed=True), "output[1]"),
        ([floats(2, 3), LOSS], fed(), "output[1]"),
        (Losses(floats(2, 3), LOSS), fed(), "output[1]"),
        (LOSS, fed(), "the model's output"),
    ],
)
def test_a_loss_that_the_output_carries_is_taken(output, given, words):
    loss_of, sentence = infer(output, given)

    assert loss_of(output, given.target) is LOSS
    assert words in sentence


def test_a_dict_of_losses_is_summed():
    output = {"boxes": LOSS, "classes": LOSS * 2}

    loss_of, words = infer(output, fed([{}], passed=True))

    assert loss_of(output, None).item() == 9.0
    assert "boxes, classes" in words


def test_logits_of_a_mapping_without_a_loss_are_compared():
    output, target = OrderedDict(loss=None, logits=floats(6, 3)), classes(6)

    loss_of, _ = infer(output, fed(target))

    assert torch.equal(loss_of(output, target), functional.cross_entropy(output["logits"], target))


@pytest.mark.parametrize(
    ("output", "target", "hint"),
    [
        (floats(6, 1), classes(6), "binary_cross_entropy_with_logits"),
        (floats(6, 3), classes(6, 3), "binary_cross_entropy_with_logits"),
        (floats(6), torch.ones(6, dtype=torch.bool), "binary_cross_entropy_with_logits"),
        (floats(2, 5, 9), classes(2, 5), "class scores in the last place"),
        (floats(2, 5, 5), classes(2, 5), "class scores in the last place"),
        (floats(6, 1), torch.randn(6), "would broadcast"),
        (floats(6, 3), torch.randn(5), ""),
        (classes(6, 3), classes(6), ""),
        (floats(6, 3), NO_TARGET, "no target"),
        ((floats(6, 3), floats(6, 3)), classes(6), ""),
        ((floats(6, 3), LOSS), classes(6), ""),
        ({"out": floats(6, 3)}, classes(6), ""),
        (Output(None, floats(6, 3)), classes(6), ""),
        (None, classes(6), "None"),
        (floats(6, 3), "cat", "str"),
    ],
)
def test_what_is_ambiguous_is_refused_with_what_was_seen(output, target, hint):
    with pytest.raises(ValueError, match="loss_fn=") as caught:
        infer(output, fed(target))

    assert hint in str(caught.value)


def test_the_suggested_losses_work():
    """What the error proposes can be pasted."""
    scores, target = floats(2, 5, 9), torch.randint(0, 9, (2, 5))
    assert functional.cross_entropy(scores.flatten(0, -2), target.flatten()).dim() == 0

    scores, target = floats(6, 1), torch.ones(6, dtype=torch.bool)
    loss = functional.binary_cross_entropy_with_logits(scores, target.view_as(scores).to(scores))
    assert loss.dim() == 0
