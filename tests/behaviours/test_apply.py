"""How a rate gets into an optimizer."""

from __future__ import annotations

import warnings

import pytest
import torch

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.unit.curves import exponential, valley
from tests.unit.results import result
from tests.unit.toys import classifier, loader, rates, sgd


def grouped(model, *lrs):
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


@behaviour(
    "The suggestion is written in the same call, after all has been put back",
    "lr_find(..., apply=True)",
    lightning="lr_find(update_attr); test_lr_finder_callback_applies_lr_after_restore",
    neural_prophet="fit(learning_rate=None)",
    torchtuples="lr_finder",
)
def test_the_suggestion_is_written_in_the_same_call():
    net = classifier()
    optimizer = sgd(net)
    before = [p.tolist() for p in net.parameters()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # so short a sweep is not sure
        found = lr_find(net, loader(), optimizer, seed=0, progress=False, apply=True)

    assert rates(optimizer) == [found.suggested_lr]
    assert [p.tolist() for p in net.parameters()] == before


@behaviour(
    "The suggestion is written unless one says otherwise",
    "lr_find(..., apply=True)",
    on_purpose="a rate changes when it is asked to",
    lightning="Tuner.lr_find(update_attr); LearningRateFinder(update_attr)",
)
def test_nothing_is_written_unasked():
    net = classifier()
    optimizer = sgd(net)
    lr_find(net, loader(), optimizer, seed=0, progress=False)

    assert rates(optimizer) == [0.1]


@behaviour(
    "All parameter groups get the suggested rate",
    'lr_find(..., groups="same", apply=True)',
    on_purpose="groups keep the ratios that they have; one keyword makes them one",
    lightning="Tuner.lr_find(update_attr)",
)
def test_groups_keep_their_ratios_when_a_rate_is_written():
    net = classifier()
    groups = [{"params": net[0].parameters()}, {"params": net[4].parameters(), "lr": 0.01}]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    kept = result(valley(exponential())).apply(optimizer, 0.5)

    assert kept == pytest.approx([0.5, 0.05])


@behaviour(
    "Each parameter group gets the rate that was suggested for it",
    "result.apply(optimizer)",
    ignite="test_apply_suggested_lr_multiple_param_groups; apply_suggested_lr",
)
def test_each_group_gets_its_rate():
    model = classifier()
    optimizer = grouped(model, 0.4, 0.03, 0.003)
    ranges = {"start_lr": [0.01] * 3, "end_lr": [1, 2, 3]}
    found = lr_find(model, loader(), optimizer, num_it=9, progress=False, **ranges)

    assert found.apply(optimizer, 0.1) == list(found.group_lrs(0.1)) == rates(optimizer)


@behaviour(
    "An optimizer with another number of groups than that of the run is refused",
    "result.apply(optimizer)",
    on_purpose="its own ratios are kept, so that the rate can go into an optimizer made anew",
    ignite="test_apply_suggested_lr_unmatched_optimizers",
)
def test_an_optimizer_with_other_groups_keeps_its_ratios():
    optimizer = grouped(classifier(), 0.4, 0.03)

    result(valley(exponential())).apply(optimizer, 0.1)

    assert rates(optimizer) == pytest.approx([0.1, 0.0075])
