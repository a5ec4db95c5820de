"""The validation loss beside the training loss."""

from __future__ import annotations

import multiprocessing

import pytest
import torch
from torch import nn
from torch.utils.data import IterableDataset

from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import batches, classifier, loader, loss_of, sgd


def points(model=None, **options):
    model = classifier() if model is None else model
    return list(Sweep(model, loader(), sgd(model), **{"num_it": 8, "seed": 1, **options}))


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_training_is_the_same_with_and_without_it(workers):
    """A shuffling validation loader draws its own random numbers."""
    options = {"num_it": 3} if workers else {}
    without = [point.loss for point in points(**options)]
    with_it = points(val_loader=loader(num_workers=workers), **options)

    assert [point.loss for point in with_it] == without


def test_it_is_the_loss_after_the_step_at_that_rate():
    held_out = batches(3)
    model, twin = nn.Linear(4, 3), nn.Linear(4, 3)
    twin.load_state_dict(model.state_dict())
    found = points(model, val_loader=held_out, num_it=1, start_lr=0.5)

    torch.manual_seed(1)
    optimizer = sgd(twin, lr=0.5)
    inputs, target = next(iter(loader()))
    nn.functional.cross_entropy(twin(inputs), target).backward()
    optimizer.step()
    with torch.no_grad():
        expected = [nn.functional.cross_entropy(twin(x), y).item() for x, y in held_out]

    assert found[0].val_loss == pytest.approx(sum(expected) / 3, rel=1e-6)


def test_batches_count_by_their_size():
    whole = list(loader(20, shuffle=False, batch_size=20))
    uneven = list(loader(20, shuffle=False, batch_size=8))
    assert [len(batch[0]) for batch in uneven] == [8, 8, 4]

    of_whole = [point.val_loss for point in points(val_loader=whole)]
    of_uneven = [point.val_loss for point in points(val_loader=uneven)]

    assert of_uneven == pytest.approx(of_whole, rel=1e-6)


def test_val_batches_limits_how_many_are_read():
    read = []

    class Counted:
        def __iter__(self):
            for batch in batches(10):
                read.append(1)
                yield batch

    points(val_loader=Counted(), val_batches=2, num_it=3)

    assert len(read) == 6


def test_a_shuffling_loader_gives_the_same_batches_at_every_rate():
    """At rates too small to move a weight, the loss stays the same to the bit."""
    found = points(
        nn.Linear(4, 3), val_loader=loader(), val_batches=1, start_lr=1e-30, end_lr=1.1e-30
    )

    assert len({point.val_loss for point in found}) == 1
    assert len({point.loss for point in found}) > 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_shuffling_loader_with_persistent_workers_gives_the_same_batches_at_every_rate():
    held_out = loader(num_workers=1, persistent_workers=True)

    found = points(
        nn.Linear(4, 3),
        val_loader=held_out,
        val_batches=1,
        num_it=4,
        start_lr=1e-30,
        end_lr=1.1e-30,
    )

    assert len({point.val_loss for point in found}) == 1
    assert held_out._iterator is None
    assert not multiprocessing.active_children()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_the_loader_of_the_training_may_be_that_of_the_validation_too():
    """Even where its workers persist, which serve one iterator at a time."""
    options = {"num_it": 4, "start_lr": 0.1, "seed": 1}
    losses = []
    for other in ("none", "itself"):
        data = loader(num_workers=1, persistent_workers=True)
        more = {"val_loader": data} if other == "itself" else {}
        model = classifier()
        losses.append([p.loss for p in Sweep(model, data, sgd(model), **options, **more)])

    assert losses[0] == losses[1]


def test_a_generator_of_the_loader_is_given_back_too():
    generator = torch.Generator().manual_seed(5)
    before = generator.get_state()

    points(val_loader=loader(generator=generator))

    assert torch.equal(generator.get_state(), before)


def test_the_model_is_in_eval_mode_and_every_submodule_gets_its_own_back():
    model = classifier()
    model[1].eval()
    seen = []
    model.register_forward_pre_hook(
        lambda module, _: seen.append([m.training for m in module.modules()])
    )
    own = [m.training for m in model.modules()]

    points(model, val_loader=batches(1), num_it=2, isolation="in_place")

    assert seen == [own, [False] * 6] * 2


def test_running_statistics_are_not_moved_by_it():
    without = [point.loss for point in points()]

    assert [point.loss for point in points(val_loader=batches(5))] == without


def test_it_runs_under_the_same_autocast():
    model = classifier()
    seen = []
    model[0].register_forward_hook(lambda m, i, output: seen.append(output.dtype))

    points(model, val_loader=batches(1), num_it=2, amp="bf16", isolation="in_place")

    assert seen == [torch.bfloat16] * 4


def test_no_graph_is_kept():
    seen = []

    def loss_fn(output, target):
        seen.append(output.requires_grad)
        return nn.functional.cross_entropy(output, target)

    points(val_loader=batches(1), num_it=2, loss_fn=loss_fn)

    assert seen == [True, False] * 2


def test_a_loader_without_a_length_works():
    class Stream(IterableDataset):
        def __iter__(self):
            yield from batches(2)

    assert all(point.val_loss is not None for point in points(val_loader=Stream(), num_it=2))


def test_a_loader_that_gives_nothing_is_an_error():
    class Nothing:
        def __iter__(self):
            return iter(())

    with pytest.raises(ValueError, match="val_loader gave no batch"):
        points(val_loader=Nothing())


def test_an_error_in_it_leaves_the_model_in_its_modes():
    model = classifier()

    def broken():
        raise OSError("no file")
        yield

    class Loader:
        __iter__ = staticmethod(broken)

    with pytest.raises(OSError, match="no file"):
        points(model, val_loader=Loader(), isolation="in_place")

    assert all(module.training for module in model.modules())


def test_the_result_has_one_for_each_point():
    model = classifier()
    sweep = Sweep(model, loader(), sgd(model), num_it=4, val_loader=batches(2))
    found = list(sweep)

    assert sweep.result().val_losses.tolist() == [point.val_loss for point in found]


class Explodes(nn.Module):
    """Trains well, and does badly in eval mode from some evaluation on."""

    def __init__(self, values):
        super().__init__()
        self.layer, self.values, self.count = nn.Linear(4, 1), values, 0

    def forward(self, inputs):
        output = self.layer(inputs).squeeze(1) * 0
        if self.training:
            return output + 1
        self.count += 1
        return output + self.values[min(self.count, len(self.values)) - 1]


def swept_with(values, **options):
    model, held_out = Explodes(values), [(torch.zeros(2, 4), torch.zeros(2))]
    loss = {"loss_fn": nn.functional.mse_loss, "num_it": 30, "beta": 0.0}
    given = loss | {"val_loader": held_out} | options
    sweep = Sweep(model, [(torch.zeros(2, 4), torch.zeros(2))], sgd(model), **given)
    return len(list(sweep)), sweep


def test_one_that_explodes_ends_the_sweep():
    taken, sweep = swept_with([1.0] * 10 + [3.0])

    assert taken == 12
    assert sweep.stop_reason == "diverged"
    assert "the smoothed validation loss passed 4 × its minimum" in sweep.stop_sentence


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_one_that_is_not_finite_any_more_ends_the_sweep(bad):
    taken, sweep = swept_with([1.0] * 10 + [bad])

    assert taken == 11
    assert sweep.stop_reason == "non_finite"
    assert "the validation loss was" in sweep.stop_sentence


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([1.0] * 10 + [3.0], {"stop_div": False}),
        ([1.0] * 10 + [3.0], {"stop_div": 20.0}),
        ([float("inf")] * 5 + [1.0], {}),  # running statistics that have seen little yet
    ],
)
def test_one_that_does_not_explode_ends_nothing(values, options):
    assert swept_with(values, **options)[0] == 30


def as_dicts(given):
    return [{"x": inputs, "y": target} for inputs, target in given]


def pair(batch):
    return batch["x"], batch["y"]


def test_its_batches_may_be_prepared_in_a_way_of_their_own():
    expected = points(val_loader=batches(3))
    found = points(val_loader=as_dicts(batches(3)), prepare_val_batch=pair)
    assert [point.val_loss for point in found] == [point.val_loss for point in expected]
    assert [point.loss for point in found] == [point.loss for point in expected]


def test_they_are_prepared_as_those_of_training_by_default():
    model = classifier()
    found = list(
        Sweep(
            *(model, as_dicts(batches()), sgd(model)),
            val_loader=as_dicts(batches(3)),
            prepare_batch=pair,
            num_it=3,
        )
    )
    assert all(point.val_loss is not None for point in found)


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_what_prepares_them_leaves_nothing_behind(isolation):
    counts = {"seen": 0}

    def counting(batch):
        counts["seen"] = counts["seen"] + 1
        return batch

    sweep_points = points(val_loader=batches(2), prepare_val_batch=counting, isolation=isolation)
    assert len(sweep_points) == 8
    assert counts == {"seen": 0}


def test_what_prepares_them_must_return_a_batch():
    with pytest.raises(TypeError, match="prepare_val_batch returned None"):
        points(val_loader=batches(2), prepare_val_batch=lambda _batch: None)


def test_what_prepares_them_takes_one_batch():
    with pytest.raises(TypeError, match=r"prepare_val_batch takes \(\), expected.*\(batch\)"):
        points(val_loader=batches(2), prepare_val_batch=lambda: None)


def test_without_a_val_loader_there_is_nothing_to_prepare():
    with pytest.raises(ValueError, match="prepare_val_batch was given without a val_loader"):
        points(prepare_val_batch=pair)


def error_rate(output, target):
    return (output.argmax(-1) != target).float().mean()


def test_it_may_be_another_than_that_of_training():
    expected = points(val_loader=batches(3))
    found = points(val_loader=batches(3), val_loss_fn=error_rate)
    assert [point.loss for point in found] == [point.loss for point in expected]
    shares = [point.val_loss * 3 * len(batches(1)[0][0]) for point in found]
    assert shares == pytest.approx([round(share) for share in shares], abs=1e-4)


def test_it_serves_where_the_update_does_not_say_a_loss():
    def update(model, batch, optimizer):
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        return loss

    found = points(val_loader=batches(3), val_loss_fn=loss_of_pair, update_fn=update)
    assert [p.val_loss for p in found] == [p.val_loss for p in points(val_loader=batches(3))]


def loss_of_pair(output, target):
    return torch.nn.functional.cross_entropy(output, target)


def test_its_function_is_named_where_it_is_wrong():
    with pytest.raises(TypeError, match=r"val_loss_fn returned a 0\.5"):
        points(val_loader=batches(2), val_loss_fn=lambda output, target: 0.5)
    with pytest.raises(ValueError, match="val_loss_fn was given without a val_loader"):
        points(val_loss_fn=error_rate)
