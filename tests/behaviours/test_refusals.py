"""What is refused, and how."""

from __future__ import annotations

import pytest
import torch

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import classifier, loader, sgd


@behaviour(
    "A weight of the average outside of its range is refused",
    "lr_find(..., beta=234)",
    ignite="test_attach_incorrect_input_args; attach(smooth_f)",
    torch_lr_finder="range_test(smooth_f)",
    monai="range_test(smooth_f)",
    granite_tsfm="LRFinder(beta)",
)
@pytest.mark.parametrize("beta", [234, -0.1, 1])
def test_a_weight_outside_of_its_range_is_refused(beta):
    with pytest.raises(ValueError, match="beta"):
        found(beta=beta)


@behaviour(
    "A factor of divergence below 1 is refused",
    "lr_find(..., stop_div=0.5)",
    ignite="test_attach_incorrect_input_args; attach(diverge_th)",
)
def test_a_factor_of_divergence_below_1_is_refused():
    with pytest.raises(ValueError, match=r"stop_div=0\.5, expected .* a number above 1"):
        found(stop_div=0.5)


@behaviour(
    "A start that is not below the end is refused",
    "lr_find(..., start_lr=10, end_lr=1)",
    ignite="test_wrong_values_start_lr_and_end_lr",
)
@pytest.mark.parametrize("end_lr", [1, 10])
def test_a_start_that_is_not_below_the_end_is_refused(end_lr):
    with pytest.raises(ValueError, match="start_lr=10 must be below end_lr"):
        found(start_lr=10, end_lr=end_lr)


@behaviour(
    "A rate that is a whole number is refused: it has to be a float",
    "lr_find(..., start_lr=1, end_lr=10)",
    on_purpose="1 is a number as well as 1.0",
    ignite="test_attach_incorrect_input_args",
)
def test_a_rate_may_be_a_whole_number():
    assert found(start_lr=1, end_lr=10, num_it=5).lrs[0] == 1


@behaviour(
    "What is given for the optimizer and is none is refused",
    "lr_find(model, loader, model)",
    ignite="test_attach_incorrect_input_args",
    lr_range_test="test_invalid_testers",
)
def test_what_is_no_optimizer_is_refused():
    model = classifier()

    with pytest.raises(TypeError, match=r"optimizer is .*Sequential, expected"):
        lr_find(model, loader(), model)


@behaviour(
    "What is to be restored has to be named, in a mapping of objects with a state dict",
    "lr_find(model, loader, optimizer)",
    on_purpose="nothing has to be named: model, optimizer, and what functions and loader keep are "
    "found",
    ignite="test_attach_incorrect_input_args; attach(to_save)",
)
def test_what_is_to_be_restored_need_not_be_named():
    model, average = classifier(), torch.nn.Linear(4, 3)
    before = average.weight.clone()

    def step_fn(model, batch):
        with torch.no_grad():
            average.weight.add_(1)
        return torch.nn.functional.cross_entropy(model(batch[0]), batch[1])

    result = lr_find(model, loader(), sgd(model), step_fn=step_fn, num_it=5, progress=False)

    assert result.receipt.identical
    assert torch.equal(average.weight, before)


@behaviour(
    "A model whose parameters are all frozen is refused",
    "lr_find(model, loader, optimizer)",
    holocron="test_classification_trainer; test_segmentation_trainer; test_detection_trainer",
)
def test_a_model_that_is_frozen_is_refused():
    model = classifier()
    optimizer = sgd(model)
    model.requires_grad_(requires_grad=False)

    with pytest.raises((TypeError, ValueError, RuntimeError), match=r"requires_grad|gradient"):
        lr_find(model, loader(), optimizer, progress=False)


@behaviour(
    "More steps than there are batches are refused",
    "lr_find(..., num_it=30)",
    on_purpose="the loader is started again, as in a training of several epochs",
    holocron="test_classification_trainer; test_segmentation_trainer; test_detection_trainer",
)
def test_more_steps_than_batches_are_taken():
    assert len(found(num_it=30, end_lr=1e-2)) == 30
