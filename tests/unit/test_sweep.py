"""The range test: what it yields and how it ends."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.outcomes import StopReason
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import ScriptedLoss, batches, classifier, loader, sgd


def sweep(batches_=None, model=None, **options):
    model = classifier() if model is None else model
    return Sweep(model, loader() if batches_ is None else batches_, sgd(model), **options)


def scripted(*values, **options):
    return sweep(batches(), loss_fn=ScriptedLoss(values), **{"num_it": len(values), **options})


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def unchanged(model, before):
    return all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


# What comes out.


def test_every_planned_step_is_taken():
    swept = sweep(num_it=30, stop_div=False)

    points = list(swept)

    assert [point.step for point in points] == list(range(30))
    assert [point.lr for point in points] == Schedule(num_it=30).lrs().tolist()
    assert swept.stop_reason is StopReason.FINISHED
    assert swept.stop_sentence == "Finished: 30 steps."


def test_a_linear_sweep_has_equal_differences():
    points = list(sweep(num_it=10, start_lr=0.1, end_lr=1.1, mode="linear", stop_div=False))

    assert np.allclose(np.diff([point.lr for point in points]), 0.1)


def test_the_result_holds_the_points():
    swept = sweep(num_it=12, seed=1, stop_div=False)
    points = list(swept)
    result = swept.result()

    assert result.lrs.tolist() == [point.lr for point in points]
    assert result.losses.tolist() == [point.loss for point in points]
    assert result.smoothed.tolist() == [point.smoothed for point in points]
    assert result.objective.startswith("cross entropy")
    assert result.settings["seed"] == 1
    assert result.multipliers == (1.0,)
    assert result.receipt.identical
    assert result.val_losses is None
    assert result.versions["torch"] == torch.__version__
    assert result.duration > 0


def test_there_is_no_result_before_the_end():
    swept = sweep()
    with pytest.raises(RuntimeError, match="not ended yet"):
        swept.result()


def test_a_sweep_can_be_run_again_with_the_same_outcome():
    swept = sweep(num_it=10, seed=3)

    assert list(swept) == list(swept)


def test_weight_decay_of_the_sweep_does_not_stay():
    model = classifier()
    optimizer = sgd(model, weight_decay=0.01)
    seen = []
    optimizer.register_step_pre_hook(lambda o, *_: seen.append(o.param_groups[0]["weight_decay"]))

    list(Sweep(model, loader(), optimizer, num_it=3, wd=0.5, isolation="in_place"))

    assert seen == [0.5] * 3
    assert optimizer.param_groups[0]["weight_decay"] == 0.01


# How it ends.


def test_a_loss_above_four_times_its_best_ends_it():
    swept = scripted(1.0, 0.5, 2.0, 2.1, 9.0, beta=0.0, stop_div="fastai")

    assert [point.loss for point in swept] == pytest.approx([1.0, 0.5, 2.0, 2.1])
    assert swept.stop_reason is StopReason.DIVERGED
    assert "the smoothed loss passed 4 × its minimum" in swept.stop_sentence


@pytest.mark.parametrize(("stop_div", "taken", "factor"), [(True, 15, "4"), (2.0, 14, "2")])
def test_it_ends_where_the_loss_is_above_the_factor_times_its_best(stop_div, taken, factor):
    swept = scripted(*[1.0] * 11, 2.0, 3.0, 5.0, 5.0, beta=0.0, stop_div=stop_div)

    assert len(list(swept)) == taken
    assert f"the smoothed loss passed {factor} × its minimum" in swept.stop_sentence


def test_an_end_within_the_first_tenth_says_what_to_do():
    late = scripted(*[1.0] * 7, 10.0, 10.0, 10.0, beta=0.0)
    early = scripted(*[1.0] * 7, *[10.0] * 93, beta=0.0)

    assert [len(list(swept)) for swept in (late, early)] == [9, 9]
    assert "first tenth" not in late.stop_sentence
    assert "sweep from a lower rate, or, if the losses merely vary" in early.stop_sentence


def test_stop_div_false_goes_on_to_the_end():
    assert len(list(scripted(1.0, 0.5, 1e9, 1e10, stop_div=False))) == 4


@pytest.mark.parametrize(("bad", "word"), [("nan", "NaN"), ("inf", "infinite"), ("-inf", "infi")])
@pytest.mark.parametrize("stop_div", [True, False])
def test_a_loss_that_is_not_finite_ends_it_at_once(bad, word, stop_div):
    swept = scripted(2.0, 1.0, float(bad), 1.0, stop_div=stop_div)

    points = list(swept)

    assert len(points) == 3
    assert not np.isfinite(points[-1].loss)
    assert points[-1].smoothed == points[-2].smoothed
    assert swept.stop_reason is StopReason.NON_FINITE
    assert f"the loss was {word}" in swept.stop_sentence


def test_nan_in_the_very_first_step_leaves_one_point():
    swept = scripted(float("nan"), 1.0)

    assert len(list(swept)) == 1
    assert swept.result().receipt.identical


def test_a_loss_that_never_moves_is_reported():
    swept = scripted(*[0.75] * 10)
    list(swept)

    assert "The loss was 0.75 at every rate, to the bit" in swept.stop_sentence


def test_stop_takes_effect_before_the_next_step():
    swept = sweep()
    points = []
    for point in swept:
        points.append(point)
        if point.step == 4:
            swept.stop()

    assert len(points) == 5
    assert swept.stop_reason is StopReason.STOPPED
    assert swept.stop_sentence == ("Stopped on request at 2.1e-7, after 5 of 100 steps.")


def test_stop_before_the_start_takes_no_step():
    swept = sweep()
    swept.stop()

    assert list(swept) == []
    assert swept.stop_reason is StopReason.STOPPED


def test_stop_after_the_end_does_not_spoil_the_next_run():
    swept = sweep(num_it=3)
    list(swept)
    swept.stop()

    assert len(list(swept)) == 3


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_leaving_the_loop_early_gives_everything_back(isolation):
    model = classifier()
    before = state(model)
    swept = sweep(model=model, start_lr=1.0, isolation=isolation)

    for point in swept:
        if point.step == 3:
            break

    assert unchanged(model, before)
    assert swept.stop_reason is StopReason.STOPPED
    assert swept.result().receipt.identical


class Boom(Exception):
    pass


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_the_error_of_the_user_is_raised_itself(isolation):
    error = Boom("in the loss")
    calls = []

    def loss_fn(output, target):
        calls.append(1)
        if len(calls) == 4:
            raise error
        return nn.functional.cross_entropy(output, target)

    model = classifier()
    before = state(model)
    swept = sweep(model=model, loss_fn=loss_fn, start_lr=1.0, isolation=isolation)
    with pytest.raises(Boom) as caught:
        list(swept)

    assert caught.value is error
    assert any(frame.name == "loss_fn" for frame in caught.traceback)
    assert swept.stop_reason is StopReason.FAILED
    assert swept.stop_sentence == "The loss raised Boom in step 4 of 100: in the loss"
    assert len(swept.result()) == 3
    assert unchanged(model, before)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes are of Python 3.11")
def test_an_error_of_the_model_tells_what_the_batch_was():
    data = [(torch.zeros(2, 5), torch.zeros(2, dtype=torch.int64))]
    swept = sweep(data)
    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        list(swept)

    (note,) = caught.value.__notes__
    assert note.startswith(
        "In the sweep, the batch was a tuple of (float32 tensor (2, 5), int64 tensor (2,))."
    )


def test_a_model_that_is_fed_the_wrong_thing_names_the_batch_and_the_keyword():
    swept = sweep([{"pixels": torch.zeros(2, 4), "kind": torch.zeros(2, dtype=torch.int64)}])
    with pytest.raises(TypeError):
        list(swept)

    assert swept.stop_sentence.endswith(
        ". The batch was a dict with {pixels: float32 tensor (2, 4), kind: int64 tensor (2,)}. If "
        "that is not what the model takes, pass prepare_batch=batch -> (inputs, target), or "
        "step_fn=(model, batch) -> loss."
    )


def unpacked(x):
    _images, _channels, _height, _width = x.shape


def looked_up(x):
    nn.functional.embedding(x.long() + 9, torch.zeros(3, 2))


def asserted(x):
    assert x.dim() == 4


@pytest.mark.parametrize("forward", [unpacked, looked_up, asserted])
def test_whatever_a_wrong_input_makes_a_model_raise_the_keyword_is_named(forward):
    model = nn.Linear(4, 3)
    model.forward = forward
    swept = sweep(model=model)
    with pytest.raises((ValueError, IndexError, AssertionError)):
        list(swept)

    assert "step_fn=(model, batch) -> loss" in swept.stop_sentence


def test_a_model_that_fails_later_was_not_fed_the_wrong_thing():
    class Late(nn.Linear):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls == 3:
                raise TypeError("late")
            return super().forward(x)

    model = Late(4, 3)
    swept = Sweep(model, batches(), sgd(model))
    with pytest.raises(TypeError):
        list(swept)

    assert swept.stop_sentence == "The model raised TypeError in step 3 of 100: late"


def test_one_step_is_told_as_one():
    swept = sweep(num_it=1)
    list(swept)

    assert swept.stop_sentence == "Finished: 1 step."


def test_a_seed_may_be_a_number_of_numpy():
    swept, other = sweep(num_it=3, seed=np.int64(3)), sweep(num_it=3, seed=3)

    assert [point.loss for point in swept] == [point.loss for point in other]


def test_an_error_of_the_optimizer_is_laid_at_its_door():
    class Weird(torch.optim.SGD):
        def step(self, closure=None):
            raise Boom("no step")

    model = classifier()
    swept = Sweep(model, loader(), Weird(model.parameters(), lr=0.1))
    with pytest.raises(Boom):
        list(swept)

    assert swept.stop_sentence.startswith("The optimizer raised Boom in step 1")


def test_an_empty_loader_is_an_error_before_any_step():
    with pytest.raises(ValueError, match="gave no batch"):
        list(sweep(iter(())))


def test_a_generator_that_runs_out_ends_the_sweep_with_what_there_was():
    swept = sweep(batch for batch in batches(4))

    assert len(list(swept)) == 4
    assert swept.stop_reason is StopReason.FINISHED
    assert swept.stop_sentence == (
        "Ended early, after 4 of 100 steps. The dataloader gave 4 batches and cannot be started "
        "again. Pass a list or a DataLoader."
    )


def test_a_generator_too_short_for_one_step_is_an_error():
    with pytest.raises(ValueError, match="gave 2 batches and cannot"):
        list(sweep((batch for batch in batches(2)), accumulate=3))


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_a_process_may_end_with_a_sweep_half_read(isolation):
    script = f"""
import torch
from torch import nn
from lrfind_widget.training.range_test import Sweep
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
optimizer = torch.optim.Adam(model.parameters())
data = [(torch.randn(8, 4), torch.randint(0, 3, (8,)))]
points = iter(Sweep(model, data, optimizer, isolation={isolation!r}))
print([next(points).step for _ in range(3)])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "[0, 1, 2]\n", "")
