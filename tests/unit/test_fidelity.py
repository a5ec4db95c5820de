"""A sweep's raw losses are those of a plain loop, bit for bit."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.training.range_test import Sweep
from tests.unit.toys import classifier, data, endless, loader, plain_loop, seed_everything, sgd

OPTIMIZERS = {
    "SGD": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "Adam": (torch.optim.Adam, {}),
    "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
    "AdamW": (torch.optim.AdamW, {"weight_decay": 0.1}),
    "Adamax": (torch.optim.Adamax, {}),
    "NAdam": (torch.optim.NAdam, {}),
    "RAdam": (torch.optim.RAdam, {}),
    "Adagrad": (torch.optim.Adagrad, {}),
    "Adadelta": (torch.optim.Adadelta, {}),
    "RMSprop": (torch.optim.RMSprop, {}),
    "Rprop": (torch.optim.Rprop, {}),
    "ASGD": (torch.optim.ASGD, {}),
}


def swept(model, batches, optimizer, **options):
    return [point.loss for point in Sweep(model, batches, optimizer, **options)]


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_losses_equal_those_of_a_plain_loop_with_every_optimizer(name, isolation):
    make, options = OPTIMIZERS[name]
    model = classifier()
    optimizer = make(model.parameters(), lr=0.1, **options)
    twin = copy.deepcopy(model)
    twin_optimizer = make(twin.parameters(), lr=0.1, **options)
    schedule = Schedule(1e-4, 1.0, 20)

    expected = plain_loop(twin, loader(), twin_optimizer, schedule, seed=5)
    found = swept(
        model,
        loader(),
        optimizer,
        start_lr=1e-4,
        end_lr=1.0,
        num_it=20,
        stop_div=False,
        seed=5,
        isolation=isolation,
    )

    assert found == expected


class Augmented(torch.utils.data.Dataset):
    """Draws a random number for each example, as augmentation does."""

    def __init__(self):
        self.inner = data(24)

    def __len__(self):
        return 24

    def __getitem__(self, index):
        inputs, target = self.inner[index]
        return inputs + 0.1 * torch.rand(()), target


@settings(max_examples=25)
@given(
    widths=st.lists(st.integers(1, 9), max_size=3),
    norm=st.booleans(),
    dropout=st.sampled_from([0.0, 0.5]),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    batch_size=st.integers(3, 9),
    shuffle=st.booleans(),
    augmented=st.booleans(),
    num_it=st.integers(1, 12),
    mode=st.sampled_from(["exp", "linear"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_losses_equal_those_of_a_plain_loop_for_any_small_model(
    widths, norm, dropout, optimizer, batch_size, shuffle, augmented, num_it, mode, seed
):
    torch.manual_seed(0)
    layers = []
    width = 4
    for wider in widths:
        layers += [nn.Linear(width, wider), nn.Tanh(), nn.Dropout(dropout)]
        layers += [nn.BatchNorm1d(wider)] if norm else []
        width = wider
    model = nn.Sequential(*layers, nn.Linear(width, 3))
    make, options = OPTIMIZERS[optimizer]
    trained = copy.deepcopy(model)
    batches = torch.utils.data.DataLoader(
        Augmented() if augmented else data(24),
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=True,
    )
    schedule = Schedule(1e-5, 0.1, num_it, mode)

    expected = plain_loop(
        trained, batches, make(trained.parameters(), lr=1.0, **options), schedule, seed=seed
    )
    found = swept(
        model,
        batches,
        make(model.parameters(), lr=1.0, **options),
        start_lr=1e-5,
        end_lr=0.1,
        num_it=num_it,
        mode=mode,
        stop_div=False,
        seed=seed,
    )

    assert found == expected


def test_a_sweep_without_a_seed_goes_on_from_the_present_random_state():
    model, twin = classifier(), classifier()
    schedule = Schedule(1e-4, 1.0, 10)
    expected = plain_loop(twin, loader(), sgd(twin), schedule, seed=11)

    seed_everything(11)
    found = swept(model, loader(), sgd(model), start_lr=1e-4, end_lr=1.0, num_it=10)

    assert found == expected


def test_training_after_a_sweep_is_training_without_one():
    schedule = Schedule(1e-3, 0.5, 15)
    expected = plain_loop(model := classifier(), loader(), sgd(model), schedule, seed=2)

    model = classifier()
    optimizer = sgd(model)
    seed_everything(2)
    swept(model, loader(), optimizer, num_it=20)
    states = torch.get_rng_state()
    seed_everything(2)

    assert torch.equal(states, torch.get_rng_state())
    assert plain_loop(model, loader(), optimizer, schedule, seed=2) == expected


def test_a_warm_optimizer_goes_on_from_its_own_state():
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    plain_loop(model, loader(), optimizer, Schedule(0.01, 0.011, 10))
    optimizer.param_groups[0]["lr"] = 0.01
    twin, twin_optimizer = copy.deepcopy((model, optimizer))

    found = swept(model, loader(), optimizer, num_it=15, stop_div=False, seed=4)
    expected = plain_loop(twin, loader(), twin_optimizer, Schedule(num_it=15), seed=4)

    assert found == expected


def test_recorded_rates_are_those_the_steps_were_taken_with():
    """Weights move by exactly rate times gradient."""
    model = nn.Linear(1, 1, bias=False)
    optimizer = sgd(model)
    rates = []
    batches = [(torch.ones(1, 1), -torch.ones(1, 1))]

    def remember(used, *_):
        rates.append([group["lr"] for group in used.param_groups])

    optimizer.register_step_pre_hook(remember)
    points = list(Sweep(model, batches, optimizer, num_it=8, isolation="in_place"))

    assert rates == [[point.lr] for point in points]
    assert [point.lr for point in points] == Schedule(num_it=8).lrs().tolist()


def test_accumulated_batches_give_the_gradient_of_their_mean():
    model, twin = classifier(), classifier()
    optimizer = sgd(twin)
    expected = []
    seed_everything(9)
    source = endless(loader())
    for lr in Schedule(1e-3, 1.0, 6).lrs().tolist():
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        losses = []
        for _ in range(3):
            inputs, target = next(source)
            loss = nn.functional.cross_entropy(twin(inputs), target)
            (loss / 3).backward()
            losses.append(loss.detach())
        optimizer.step()
        expected.append(torch.stack(losses).mean().item())

    found = swept(
        model, loader(), sgd(model), start_lr=1e-3, end_lr=1.0, num_it=6, accumulate=3, seed=9
    )

    assert found == expected


def decay_groups(model):
    parameters = list(model.parameters())
    decayed = [p for p in parameters if p.dim() > 1]
    others = [p for p in parameters if p.dim() < 2]
    return torch.optim.SGD([{"params": others, "weight_decay": 0.0}, {"params": decayed}], lr=0.1)


def head_only(model):
    return torch.optim.SGD(model[-1].parameters(), lr=0.1)


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
@pytest.mark.parametrize("make", [sgd, decay_groups, head_only])
def test_clipping_is_that_of_a_plain_loop_over_the_model(make, isolation):
    model, twin = classifier(), classifier()
    optimizer = make(twin)
    expected = []
    seed_everything(1)
    for lr, (inputs, target) in zip(
        Schedule(1.0, 9.0, 30).lrs().tolist(), endless(loader()), strict=False
    ):
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(twin(inputs), target)
        loss.backward()
        nn.utils.clip_grad_norm_(twin.parameters(), 0.01)
        optimizer.step()
        expected.append(loss.item())

    found = swept(
        model,
        loader(),
        make(model),
        start_lr=1.0,
        end_lr=9.0,
        num_it=30,
        clip_grad_norm=0.01,
        seed=1,
        stop_div=False,
        isolation=isolation,
    )

    assert found == expected


def test_lbfgs_records_the_first_evaluation_of_each_step():
    model, twin = classifier(0.0), classifier(0.0)
    optimizer = torch.optim.LBFGS(twin.parameters(), lr=1.0, max_iter=3)
    expected = []
    seed_everything(1)
    schedule = Schedule(1e-3, 0.5, 6)
    for lr, (inputs, target) in zip(schedule.lrs().tolist(), endless(loader()), strict=False):
        optimizer.param_groups[0]["lr"] = lr
        evaluations = []

        def closure(inputs=inputs, target=target, evaluations=evaluations):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(twin(inputs), target)
            loss.backward()
            evaluations.append(loss.item())
            return loss

        optimizer.step(closure)
        expected.append(evaluations[0])

    found = swept(
        model,
        loader(),
        torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=3),
        start_lr=1e-3,
        end_lr=0.5,
        num_it=6,
        seed=1,
    )

    assert found == expected


def test_bf16_is_that_of_a_loop_under_autocast():
    model, twin = classifier(), classifier()
    optimizer = sgd(twin)
    expected = []
    seed_everything(1)
    schedule = Schedule(1e-3, 1.0, 8)
    for lr, (inputs, target) in zip(schedule.lrs().tolist(), endless(loader()), strict=False):
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = nn.functional.cross_entropy(twin(inputs), target)
        loss.backward()
        optimizer.step()
        expected.append(loss.item())

    found = swept(
        model, loader(), sgd(model), start_lr=1e-3, end_lr=1.0, num_it=8, amp="bf16", seed=1
    )

    assert found == expected
    assert found != swept(model, loader(), sgd(model), start_lr=1e-3, end_lr=1.0, num_it=8, seed=1)
