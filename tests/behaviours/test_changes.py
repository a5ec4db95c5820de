"""What changes in the optimizer meanwhile."""

from __future__ import annotations

from lrfind_widget import lr_find
from tests.behaviours.card import behaviour
from tests.unit.toys import classifier, loader, loss_of, rates, sgd


@behaviour(
    "The rate in the optimizer is at each step the one that is recorded for it",
    "result.lrs",
    fastai_v1="Recorder.on_batch_begin",
    fastai_v2="ParamScheduler.after_batch",
    deepspeed="TestGetLrBeforeTrain.test; TestSchedulerOptimizerParity.test",
    catalyst="ILRUpdater.update_optimizer",
    torch_lr_finder="README: history",
    keras_lr_finder="on_batch_end",
    torchtuples="LRFinder.lrs",
)
def test_the_recorded_rate_is_that_of_the_step():
    net, seen = classifier(), []

    def update(model, batch, optimizer):
        seen.extend(rates(optimizer))
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        return loss

    result = lr_find(net, loader(), sgd(net), update_fn=update, num_it=20, progress=False)
    assert seen == result.lrs.tolist()


@behaviour(
    "Momentum is recorded beside the rate, one value a step",
    'optimizer.param_groups[0]["momentum"]',
    on_purpose="a sweep changes the rate and nothing else, so there is nothing to record",
    fastai_v1="test_lr_find; Recorder.moms",
    catalyst="ILRUpdater.update_optimizer",
)
def test_momentum_is_what_the_optimizer_has():
    net, seen = classifier(), set()

    def update(model, batch, optimizer):
        seen.add(optimizer.param_groups[0]["momentum"])
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        return loss

    lr_find(net, loader(), sgd(net, momentum=0.9), update_fn=update, num_it=5, progress=False)
    assert seen == {0.9}


@behaviour(
    "Weight decay for the sweep is an argument",
    "lr_find(..., wd=0.002)",
    fastai_v1="lr_find(wd); test_lr_find",
    lr_range_test="lr_range_test(wd_values)",
)
@behaviour(
    "That weight decay stays in the optimizer afterwards",
    "optimizer",
    on_purpose="what the optimizer has afterwards is what it had",
    fastai_v1="test_lr_find",
)
def test_weight_decay_holds_for_the_sweep_alone():
    net, seen = classifier(), set()
    optimizer = sgd(net, weight_decay=0.1)

    def update(model, batch, own):
        seen.add(own.param_groups[0]["weight_decay"])
        loss = loss_of(model, batch)
        loss.backward()
        own.step()
        return loss

    lr_find(net, loader(), optimizer, update_fn=update, wd=0.002, num_it=5, progress=False)
    assert seen == {0.002}
    assert optimizer.param_groups[0]["weight_decay"] == 0.1
