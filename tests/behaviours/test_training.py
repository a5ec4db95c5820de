"""What is trained, and what has to be given for it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from lrfind_widget import lr_find
from lrfind_widget.curves.schedule import Schedule
from tests.behaviours.card import behaviour
from tests.behaviours.ours import found
from tests.unit.toys import batches, classifier, data, loader, loss_of, plain_loop, sgd


def swept(model, data=None, **options):
    return lr_find(
        model,
        loader() if data is None else data,
        sgd(model),
        **{"num_it": 5, "progress": False, **options},
    )


@behaviour(
    "It trains as a plain loop does: the losses are the same at these rates",
    "lr_find(model, loader, optimizer)",
    fastai_v1="callbacks.lr_finder.html; LRFinder",
    fastai_v2="LRFinder",
    lightning="training_tricks.html#learning-rate-finder",
    deepspeed="tutorials/lrrt",
)
def test_the_losses_are_those_of_a_plain_loop():
    net = classifier()
    expected = plain_loop(net, loader(), sgd(net), Schedule(num_it=20))
    assert found(num_it=20, stop_div=False).losses.tolist() == expected


@behaviour(
    "Several optimizers in place of one are refused before anything is trained",
    "lr_find(model, loader, [first, second])",
    lightning="test_error_with_multiple_optimizers; training_tricks.html#learning-rate-finder",
)
def test_several_optimizers_are_refused():
    net = classifier()
    with pytest.raises(TypeError, match=r"optimizer is a list.*do the steps of all in update_fn"):
        lr_find(net, loader(), [sgd(net), sgd(net)])


@behaviour(
    "Of several optimizers the one to sweep can be named",
    "lr_find(model, loader, generator_optimizer, update_fn=step_of_all)",
    catalyst="LRFinder(optimizer_key)",
)
def test_one_of_several_optimizers_is_swept():
    net, seen = classifier(), []
    mine, other = sgd(net[0], lr=0.1), sgd(net[4], lr=0.2)

    def step_of_both(model, batch, optimizer):
        seen.append(other.param_groups[0]["lr"])
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        other.step()
        return loss

    result = lr_find(net, loader(), mine, update_fn=step_of_both, num_it=4, progress=False)
    assert seen == [0.2] * 4
    assert result.lrs.size == 4


@behaviour(
    "What would fail later fails at once, before any step",
    "lr_find(model, loader, optimizer)",
    lightning="test_lr_finder_fails_fast_on_bad_config",
    lr_range_test="test_invalid_testers",
)
@pytest.mark.parametrize(
    "wrong",
    [{"num_it": 0}, {"groups": "head"}, {"loss_fn": 3}, {"val_batches": 2}, {"rule": "valley"}],
)
def test_what_is_wrong_is_refused_before_any_step(wrong):
    class Unread:
        def __iter__(self):
            pytest.fail("The data was read.")

    with pytest.raises((TypeError, ValueError)):
        found(Unread(), **wrong)


@behaviour(
    "Without a model there is an error that says so",
    "lr_find(None, loader, optimizer)",
    lr_range_test="test_invalid_testers",
)
def test_no_model_is_refused():
    with pytest.raises(TypeError, match="model is"):
        lr_find(None, loader(), sgd(classifier()))


@behaviour(
    "Without a loss function it is refused",
    "lr_find(model, loader, optimizer)",
    on_purpose="where only one loss fits outputs and targets it is taken, and named; else the "
    "error lists those that fit",
    lr_range_test="test_invalid_testers",
)
def test_a_loss_that_alone_fits_is_taken_and_named():
    assert found(num_it=3).objective.startswith("cross entropy")


@behaviour(
    "A loss function of one's own, of outputs and targets",
    "lr_find(..., loss_fn=lambda output, target: ...)",
    neural_prophet="test_loss_func_torch_lr_finder; test_callable_loss",
    lr_range_test="lr_range_test(loss_fn); test_valid_testers",
    fastai_v1="Learner(loss_func)",
)
@pytest.mark.parametrize(
    "loss_fn", [nn.CrossEntropyLoss(label_smoothing=0.1), lambda o, t: nn.functional.nll_loss(o, t)]
)
def test_any_loss_function_is_taken(loss_fn):
    result = found(loss_fn=loss_fn, num_it=3)
    assert result.objective == "your loss_fn"
    assert result.losses.size == 3


@behaviour(
    "The class of a loss in place of an instance is made into one",
    "lr_find(..., loss_fn=nn.MSELoss())",
    on_purpose="it is refused, with the two brackets that are missing: a loss has options",
    neural_prophet="test_loss_func_torch_lr_finder",
)
def test_a_class_of_losses_is_refused():
    with pytest.raises(TypeError, match=r"expected an instance: MSELoss\(\)"):
        found(loss_fn=nn.MSELoss)


@behaviour(
    "A step that gives no loss is an error that says so",
    "lr_find(..., step_fn=lambda model, batch: None)",
    lr_range_test="test_invalid_testers",
)
def test_steps_without_a_loss_are_an_error():
    with pytest.raises((TypeError, ValueError), match="None"):
        found(step_fn=lambda model, batch: None)


@behaviour(
    "A step that gives no loss now and then is a NaN among the losses",
    "lr_find(..., step_fn=...)",
    on_purpose="the batch is left out and the next one taken at the same rate, so that no point "
    "of the curve is lost",
    lightning="test_lr_finder_training_step_none_output",
)
def test_a_batch_without_a_loss_is_left_out():
    calls = iter(range(99))

    def step(model, batch):
        return None if next(calls) in (5, 12, 17) else loss_of(model, batch)

    result = found(step_fn=step, num_it=20, stop_div=False)
    assert result.lrs.tolist() == Schedule(num_it=20).lrs().tolist()
    assert "for 3 batches: left out" in result.stop_sentence


@behaviour(
    "A dict of a batch is passed by the names of the model's arguments; columns that it does not "
    "take are left out, and its output's loss is taken",
    "lr_find(model, loader, optimizer)",
    granite_tsfm="LRFinder.train_step; optimal_lr_finder(dset_train); test_lr_finder",
)
def test_a_dict_is_passed_by_name():
    class Forecaster(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 1)

        def forward(self, past_values, future_values=None):
            predicted = self.layer(past_values)
            loss = (predicted - future_values).square().mean()
            return SimpleNamespace(loss=loss, prediction=predicted)

    columns = {"past_values": torch.ones(8, 4), "future_values": torch.ones(8, 1), "id": [0] * 8}
    assert swept(Forecaster(), [columns]).losses.size == 5


@behaviour(
    "A data set is given, and batch size and order with it",
    "lr_find(model, DataLoader(dataset, batch_size=20, shuffle=True), optimizer)",
    on_purpose="the curve hangs on the batches of the training, so its own loader is wanted; a "
    "data set is refused, with that line",
    granite_tsfm="optimal_lr_finder(dset_train, batch_size, shuffle)",
)
def test_a_data_set_is_refused_with_what_to_pass():
    with pytest.raises(TypeError, match=r"pass DataLoader\(dataset, batch_size=64, shuffle=True\)"):
        swept(classifier(), data())


@behaviour(
    "Without an optimizer AdamW is taken",
    "lr_find(model, loader, torch.optim.AdamW(model.parameters()))",
    on_purpose="a rate is that of an optimizer: another one wants another rate",
    granite_tsfm="optimal_lr_finder(optimizer)",
)
def test_the_optimizer_is_asked_for():
    with pytest.raises(TypeError, match="optimizer"):
        lr_find(classifier(), loader())


@behaviour(
    "Which rate the optimizer was made with does not matter",
    "lr_find(model, loader, optimizer)",
    neural_prophet="fit(learning_rate=None)",
    granite_tsfm="LRFinder.set_lr",
)
def test_the_optimizers_own_rate_does_not_matter():
    curves = []
    for own in (1e-5, 0.7):
        net = classifier()
        curves.append(lr_find(net, batches(), sgd(net, lr=own), seed=0, progress=False).losses)
    assert curves[0].tolist() == curves[1].tolist()


@behaviour(
    "A device that is not there is replaced by one that is",
    "lr_find(model.to(device), loader, optimizer)",
    on_purpose="the model is trained where it is, and batches are moved to it",
    granite_tsfm="test_lr_finder; optimal_lr_finder(device)",
)
def test_the_model_is_trained_where_it_is():
    with pytest.raises(TypeError, match="does not know the keyword 'device'"):
        found(device="mps")


@behaviour(
    "A model inside `DataParallel` is swept, and is back afterwards",
    "lr_find(model, loader, optimizer)",
    granite_tsfm="get_model",
)
def test_a_model_in_data_parallel_is_swept():
    net = nn.DataParallel(classifier())
    before = [p.tolist() for p in net.parameters()]
    assert len(swept(net)) == 5
    assert [p.tolist() for p in net.parameters()] == before


@behaviour(
    "A short loader is warned of: fewer batches than steps may make a poor curve",
    "lr_find(model, loader, optimizer)",
    on_purpose="a loader that ends is read again, as in a training; a curve that is too noisy to "
    "be read is doubted for what it is",
    neural_prophet="find_learning_rate",
)
def test_a_short_loader_is_read_again(recwarn):
    assert len(found(batches(2), num_it=30, stop_div=False)) == 30
    assert not recwarn.list


@behaviour(
    "No validation is done unless it is asked for",
    "lr_find(model, loader, optimizer)",
    fastai_v1="LRFinder.on_train_begin",
    fastai_v2="callback.schedule.ipynb#LRFinder; LRFinder.before_validate",
)
def test_there_is_no_validation_by_default():
    assert found(num_it=3).val_losses is None


@behaviour(
    "Validation data can be given with the training data",
    "lr_find(..., val_loader=loader)",
    lightning="lr_find(val_dataloaders)",
)
@behaviour(
    "The loss at a rate is the mean over all examples of a test set",
    "lr_find(..., val_loader=test_loader)",
    lr_range_test="lr_range_test(test_loader); test_train_loss_finder; test_valid_testers",
    deepspeed="tutorials/lrrt",
)
def test_the_validation_loss_is_the_mean_over_all_examples():
    net = nn.Linear(4, 3)
    test = [(torch.rand(n, 4), torch.zeros(n, dtype=torch.long)) for n in (1, 7)]
    everything = tuple(torch.cat(parts) for parts in zip(*test, strict=True))
    expected = loss_of(net, everything).item()
    result = swept(net, val_loader=test, start_lr=1e-30, end_lr=1e-29)
    assert result.val_losses == pytest.approx([expected] * 5)


@behaviour(
    "Frozen layers stay frozen, and can be unfrozen by the training that follows",
    "lr_find(model, loader, optimizer)",
    lightning="test_lr_finder_with_backbone_finetuning_callback",
)
def test_frozen_layers_stay_frozen():
    net = classifier()
    net[0].requires_grad_(False)
    weights = net[0].weight.tolist()
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad])
    lr_find(net, loader(), optimizer, num_it=5, isolation="in_place", progress=False)
    assert net[0].weight.tolist() == weights
    assert [p.requires_grad for p in net.parameters()][:3] == [False, False, True]
