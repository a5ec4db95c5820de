"""Which loss follows from an output and a target."""

from __future__ import annotations

import math
import re
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional

from lrfind_widget.training.loss_inference import infer
from lrfind_widget.training.model_inputs import NO_TARGET, ModelInputs
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import sgd


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
        (floats(6, 3), torch.randn(5), ""),
        (classes(6, 3), classes(6), ""),
        (floats(6, 3), NO_TARGET, "no target"),
        ((floats(6, 3), floats(6, 3)), classes(6), "output[0]"),
        ((floats(6, 3), LOSS), classes(6), "F.cross_entropy(output[0], target)"),
        ({"out": floats(6, 3)}, classes(6), 'F.cross_entropy(output["out"], target)'),
        (Output(None, floats(6, 3)), classes(6), "F.cross_entropy(output.logits, target)"),
        (None, classes(6), "None"),
        (floats(6, 3), "cat", "str"),
        (floats(6, 3), torch.randn(6, 3).to(torch.complex64), "complex64"),
        (floats(0, 3), torch.zeros(0, dtype=torch.int64), "(0, 3)"),
    ],
)
def test_what_is_ambiguous_is_refused_with_what_was_seen(output, target, hint):
    with pytest.raises(ValueError, match="loss_fn=") as caught:
        infer(output, fed(target))

    assert hint in str(caught.value)


def test_logarithms_of_probabilities_have_their_own_loss():
    """Cross entropy would take the logarithm once more, to the same within rounding."""
    output, target = floats(6, 3).log_softmax(1), classes(6)

    loss_of, words = infer(output, fed(target))

    assert torch.equal(loss_of(output, target), functional.nll_loss(output, target))
    assert words.startswith("negative log likelihood")


class Gives(nn.Module):
    """Gives some numbers, whatever it is given."""

    def __init__(self, numbers):
        super().__init__()
        self.numbers = nn.Parameter(numbers.detach().clone())

    def forward(self, x):
        return self.numbers * 1


def sigmoid(*shape):
    return floats(*shape).sigmoid()


def softmax(*shape):
    return floats(*shape).softmax(1)


def bits(*shape):
    return torch.arange(math.prod(shape)).reshape(shape) % 2


def shares(*shape):
    return torch.rand(shape).softmax(1)


def ranks(*shape):
    return torch.arange(math.prod(shape)).reshape(shape) % 10


X = torch.randn(16, 5)
CE, NLL, MSE = "F.cross_entropy", "F.nll_loss", "F.mse_loss"
BCE, LOGITS, KL = "F.binary_cross_entropy", "F.binary_cross_entropy_with_logits", "F.kl_div"


@pytest.mark.parametrize(
    ("inputs", "output", "target", "expected"),
    [
        # What gives its input back, with labels that it does not look at.
        (torch.rand(16, 1, 7, 7), floats(16, 49), ranks(16), [CE, LOGITS, MSE]),
        (torch.rand(16, 1, 7, 7), sigmoid(16, 1, 7, 7), ranks(16), [BCE, MSE]),
        (torch.randn(16, 3, 8, 8), floats(16, 3, 8, 8), ranks(16), [MSE]),
        (torch.randn(16, 49), floats(16, 49), torch.randn(16), [MSE]),
        # Yes or no.
        (X, floats(16, 1), bits(16, 1).float(), [LOGITS, MSE]),
        (X, sigmoid(16, 1), bits(16, 1).float(), [BCE, MSE]),
        (X, floats(16, 1), bits(16), [LOGITS]),
        (X, sigmoid(16, 1), bits(16).bool(), [BCE]),
        (X, floats(16), bits(16), [LOGITS]),
        (X, floats(16, 4), bits(16, 4), [LOGITS]),
        (X, floats(16, 4), bits(16, 4).double(), [LOGITS, MSE]),
        (X, floats(16, 1), bits(16).float(), [LOGITS, MSE]),
        (X, floats(16, 2), bits(16).bool(), [CE]),
        (X, floats(16, 1, 8, 8), bits(16, 8, 8), [LOGITS]),
        (X, sigmoid(16, 1, 8, 8), torch.rand(16, 1, 8, 8), [BCE, MSE]),
        # Labels with one output are no classes.
        (X, floats(16, 1), ranks(16), [MSE]),
        (X, floats(16), ranks(16).to(torch.uint8), [MSE]),
        # Soft labels.
        (X, floats(16, 4), shares(16, 4), [CE, MSE]),
        (X, softmax(16, 4), shares(16, 4), [KL, MSE]),
        (X, softmax(16, 4).log(), shares(16, 4), [KL, MSE]),
        (X, floats(16, 4), torch.eye(4).repeat(4, 1), [CE, LOGITS, MSE]),
        # Classes in other places, of other types, counted otherwise, or left out.
        (X, floats(4, 6, 9), ranks(4, 6) % 9, [CE]),
        (X, floats(4, 6, 6), ranks(4, 6) % 6, [CE, CE]),
        (X, floats(16, 10), ranks(16, 1), [CE]),
        (X, floats(16, 10), ranks(16).float(), [CE]),
        (X, floats(16, 10), ranks(16) + 1, [CE]),
        (X, floats(2, 3, 8, 8), ranks(2, 1, 8, 8) % 3, [CE]),
        (X, floats(2, 3, 8, 8), (bits(2, 8, 8) * 255).to(torch.uint8), [CE]),
        (X, floats(4, 6, 9), ranks(4, 6) % 9 - 1, [CE]),
        (X, softmax(16, 10), ranks(16), [NLL, CE]),
        (X, floats(16, 9), ranks(16), []),
        # Places in a space.
        (X, functional.normalize(floats(16, 10)), ranks(16), [CE]),
        (X, floats(16, 128), ranks(16), [CE]),
        # Shapes that would broadcast.
        (X, floats(16, 1), torch.randn(16), [MSE]),
        (X, floats(16), torch.randn(16, 1), [MSE]),
        (X, floats(16, 4, 3), torch.randn(16, 12), [MSE]),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_each_loss_that_fits_is_a_line_that_works(inputs, output, target, expected, named):
    batch = {"image": inputs, "label": target} if named else (inputs, target)
    model = Gives(output)

    def sweep(**options):
        return list(Sweep(model, [batch], sgd(model), num_it=3, stop_div=False, **options))

    with pytest.raises(ValueError, match="cannot be told") as caught:
        sweep()
    lines = lines_of(caught.value)

    assert [re.search(r"F\.\w+", line)[0] for line in lines] == expected
    for line in lines:
        points = sweep(**eval(f"dict({line})", {"F": functional}))
        assert math.isfinite(points[0].loss), line


def test_labels_that_are_an_input_too_do_not_tell_that_the_output_are_classes():
    """A diffusion model of `(noisy, step)`, given the images and labels of a data set."""

    class Denoiser(Gives):
        def forward(self, noisy, step):
            return self.numbers * 1

    model = Denoiser(floats(16, 49))
    with pytest.raises(ValueError, match="cannot be told") as caught:
        list(Sweep(model, [(torch.randn(16, 49), ranks(16))], sgd(model)))

    assert [re.search(r"F\.\w+", line)[0] for line in lines_of(caught.value)] == [CE, MSE]


def test_the_mask_of_a_graph_that_goes_in_whole_is_said_not_to_be_used():
    class Classifier(nn.Linear):
        def forward(self, graph):
            return super().forward(graph.x)

    graph = SimpleNamespace(x=X, y=ranks(16) % 3, train_mask=bits(16).bool())
    model = Classifier(5, 3)
    sweep = Sweep(model, [graph], sgd(model), num_it=2)
    list(sweep)

    assert sweep.objective.endswith("; not used of the batch: train_mask")


def lines_of(error):
    return re.findall("^    [a-z ]+: (.*)$", str(error), re.MULTILINE)


@pytest.mark.parametrize(
    ("inputs", "output", "target"),
    [
        (X, floats(16, 10), ranks(16)),
        (X, floats(16, 2), bits(16)),
        (X, floats(16, 1), torch.randn(16, 1)),
        (torch.randn(2, 3, 8, 8), floats(2, 3, 8, 8), ranks(2, 8, 8) % 3),
        (torch.randn(2, 3, 8, 8), floats(2, 3, 8, 8), torch.randn(2, 3, 8, 8)),
        (X.long(), floats(16, 128), ranks(16)),
    ],
)
def test_what_only_one_loss_fits_needs_no_word(inputs, output, target):
    model = Gives(output)

    assert len(list(Sweep(model, [(inputs, target)], sgd(model), num_it=3, stop_div=False))) == 3


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_nested_input_is_taken_like_any_other():
    nested = torch.nested.nested_tensor([torch.randn(length, 4) for length in (3, 1, 2)])
    model = Gives(floats(3, 5))

    assert len(list(Sweep(model, [(nested, ranks(3))], sgd(model), num_it=3, stop_div=False))) == 3
