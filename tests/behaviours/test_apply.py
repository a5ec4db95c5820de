"""How a rate gets into an optimizer."""

from __future__ import annotations

import torch

from tests.behaviours.card import behaviour
from tests.unit.curves import exponential, valley
from tests.unit.results import result
from tests.unit.toys import classifier, rates, sgd


def grouped(*lrs):
    model = classifier()
    layers = (model[0], model[1], model[4])
    return torch.optim.SGD(
        [{"params": layer.parameters(), "lr": lr} for layer, lr in zip(layers, lrs, strict=False)]
    )


@behaviour(
    "The suggestion can be written into the optimizer",
    "result.apply(optimizer)",
    ignite="test_apply_suggested_lr_single_param_groups; apply_suggested_lr",
    pycox="examples/cox-ph",
    lightning="lr_find(update_attr); test_lr_finder_callback_applies_lr_after_restore",
)
def test_the_suggestion_is_written_into_the_optimizer():
    curve, optimizer = result(valley(exponential())), sgd(classifier())

    curve.apply(optimizer)

    assert rates(optimizer) == [curve.suggested_lr]


@behaviour(
    "A rate of one's own can be written instead",
    "result.apply(optimizer, 0.01)",
    pycox="examples/cox-ph",
    torch_lr_finder="README",
)
def test_a_rate_of_ones_own_is_written():
    optimizer = sgd(classifier())

    result(valley(exponential())).apply(optimizer, 0.01)

    assert rates(optimizer) == [0.01]
