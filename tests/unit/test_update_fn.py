"""A function that does the whole update itself, with optimizers of its own beside."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrfind_widget import Sweep, compare_lrs
from lrfind_widget.curves.schedule import Schedule
from tests.unit.toys import batches, classifier, loader, plain_loop, sgd
from tests.unit.user_state import state_of

RANGE = {"start_lr": 1e-3, "end_lr": 1.0, "num_it": 8}
BATCHES = batches(8)


def update(model: nn.Module, batch: Any, optimizer: torch.optim.Optimizer) -> Tensor:
    inputs, target = batch
    optimizer.zero_grad()
    loss = F.cross_entropy(model(inputs), target)
    loss.backward()
    optimizer.step()
    return loss


class Gan:
    """A generator and a discriminator, each with its optimizer: the update of every tutorial."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.generator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 4))
        self.critic = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
        self.optimizer = torch.optim.Adam(self.generator.parameters(), lr=1e-3)
        self.other = torch.optim.Adam(self.critic.parameters(), lr=1e-3)

    def update(self, generator: nn.Module, batch: Any, optimizer: Any) -> float:
        real, _ = batch
        fake = generator(torch.randn(len(real), 2))
        self.other.zero_grad()
        (self.critic(fake.detach()) - self.critic(real)).mean().backward()
        self.other.step()
        optimizer.zero_grad()
        loss = -self.critic(fake).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    @property
    def state(self) -> Any:
        return [
            state_of(self.generator, self.optimizer),
            state_of(self.critic, self.other),
        ]


class GanModule(nn.Module):
    """The same as one module, which holds the other optimizer."""

    def __init__(self, gan: Gan) -> None:
        super().__init__()
        self.generator, self.critic = gan.generator, gan.critic
        self.other = gan.other

    def update(self, model: GanModule, batch: Any, optimizer: Any) -> float:
        return Gan.update(model, model.generator, batch, optimizer)  # type: ignore[arg-type]


def plain_gan(gan: Gan, lrs: list[float]) -> list[float]:
    gan = copy.deepcopy(gan)
    torch.manual_seed(5)
    losses = []
    for lr, batch in zip(lrs, BATCHES, strict=False):
        gan.optimizer.param_groups[0]["lr"] = lr
        losses.append(gan.update(gan.generator, batch, gan.optimizer))
    return losses


def trained_gan() -> Gan:
    gan = Gan()
    for batch in batches(2):
        gan.update(gan.generator, batch, gan.optimizer)
    return gan


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_its_losses_are_those_of_the_plain_loop(isolation: Any) -> None:
    expected = plain_loop((model := classifier()), batches(), sgd(model), Schedule(**RANGE), seed=3)
    model = classifier()
    sweep = Sweep(
        model, batches(), sgd(model), update_fn=update, seed=3, isolation=isolation, **RANGE
    )

    assert [point.loss for point in sweep] == expected
    assert sweep.objective == "your update_fn"
    assert sweep.settings["update_fn"] == "update"


def gan_sweep(gan: Any, model: nn.Module, update: Any, **options: Any) -> Sweep:
    options = {"seed": 5, "stop_div": False, **RANGE, **options}
    return Sweep(model, BATCHES, gan.optimizer, update_fn=update, **options)


def test_with_two_optimizers_too_and_both_come_back() -> None:
    gan = trained_gan()
    before = gan.state
    sweep = gan_sweep(gan, gan.generator, gan.update)
    losses = [point.loss for point in sweep]

    assert gan.state == before
    assert losses == plain_gan(gan, Schedule(**RANGE).lrs().tolist())
    assert "the update function uses a" in sweep.isolation_sentence
    assert sweep.receipt is not None
    assert sweep.receipt.identical


@pytest.mark.parametrize("isolation", ["copy", "in_place"])
def test_an_optimizer_that_the_model_holds_is_copied_or_comes_back(isolation: Any) -> None:
    gan = trained_gan()
    before = gan.state
    model = GanModule(gan)
    sweep = gan_sweep(gan, model, model.update, isolation=isolation)
    losses = [point.loss for point in sweep]

    assert gan.state == before
    assert losses == plain_gan(gan, Schedule(**RANGE).lrs().tolist())


def test_a_copy_that_cannot_take_the_other_optimizer_along_is_refused() -> None:
    gan = trained_gan()
    sweep = gan_sweep(gan, gan.generator, gan.update, isolation="copy")
    with pytest.raises(ValueError, match="the update function uses a"):
        list(sweep)


def test_a_comparison_starts_each_training_from_the_same_two_networks() -> None:
    gan = trained_gan()
    before = gan.state
    found = compare_lrs(
        gan.generator,
        BATCHES,
        gan.optimizer,
        [1e-3, 1e-1],
        4,
        update_fn=gan.update,
        seed=5,
        progress=False,
    )

    assert gan.state == before
    assert found.losses.tolist() == [plain_gan(gan, [lr] * 4) for lr in (1e-3, 1e-1)]


def test_an_optimizer_that_takes_a_closure_is_called_by_the_function() -> None:
    def lbfgs(model: nn.Module, batch: Any, optimizer: Any) -> Tensor:
        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(batch[0]), batch[1])
            loss.backward()
            return loss

        return optimizer.step(closure)

    def losses(**options: Any) -> list[float]:
        model = classifier(dropout=0)
        optimizer = torch.optim.LBFGS(model.parameters(), max_iter=3)
        return [point.loss for point in Sweep(model, batches(), optimizer, **options, **RANGE)]

    assert losses(update_fn=lbfgs, seed=1) == losses(seed=1)


def test_validation_takes_its_loss_from_loss_fn_or_step_fn() -> None:
    def points(**options: Any) -> Any:
        model = classifier()
        common = {"seed": 1, "val_loader": batches(2), **RANGE}
        return list(Sweep(model, loader(), sgd(model), **common, **options))

    expected = points(loss_fn=F.cross_entropy)
    assert points(update_fn=update, loss_fn=F.cross_entropy) == expected

    def step(model: nn.Module, batch: Any) -> Tensor:
        return F.cross_entropy(model(batch[0]), batch[1])

    assert points(update_fn=update, step_fn=step) == expected


@pytest.mark.parametrize(
    "option",
    [
        {"accumulate": 2},
        {"closure": True},
        {"create_graph": True},
        {"amp": "bf16"},
        {"grad_scaler": torch.amp.GradScaler("cpu")},
        {"clip_grad_norm": 1.0},
    ],
)
def test_what_it_would_do_itself_is_refused(option: Any) -> None:
    (name,) = option
    with pytest.raises(ValueError, match=f"update_fn does .* {name} would not be used"):
        Sweep(model := classifier(), batches(), sgd(model), update_fn=update, **option)


def test_a_validation_loader_without_a_loss_is_refused() -> None:
    with pytest.raises(ValueError, match=r"val_loader .* loss_fn, step_fn or val_loss_fn"):
        Sweep(model := classifier(), batches(), sgd(model), update_fn=update, val_loader=batches())


def test_the_batch_is_prepared_and_an_error_names_the_function() -> None:
    def broken(model: nn.Module, batch: Any, optimizer: Any) -> Tensor:
        assert batch == "prepared"
        raise KeyError("missing")

    model = classifier()
    sweep = Sweep(
        model, batches(), sgd(model), update_fn=broken, prepare_batch=lambda batch: "prepared"
    )
    with pytest.raises(KeyError):
        list(sweep)
    assert sweep.stop_sentence.startswith("update_fn raised KeyError in step 1")


@pytest.mark.parametrize("returned", ["loss", torch.ones(2)])
def test_what_is_no_loss_is_refused_by_its_name(returned: Any) -> None:
    model = classifier()
    sweep = Sweep(model, batches(), sgd(model), update_fn=lambda *_: returned)
    with pytest.raises((TypeError, ValueError), match="update_fn returned a"):
        list(sweep)


def test_an_update_that_trains_nothing_is_said() -> None:
    def forgetful(model: nn.Module, batch: Any, optimizer: Any) -> Tensor:
        return F.cross_entropy(model(batch[0]), batch[1])

    class SecondStep(torch.optim.SGD):
        def second_step(self) -> None:
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.add_(parameter.grad, alpha=-group["lr"])

    @torch.no_grad()
    def by_another_name(model: nn.Module, batch: Any, optimizer: Any) -> Tensor:
        with torch.enable_grad():
            loss = F.cross_entropy(model(batch[0]), batch[1])
            loss.backward()
        optimizer.second_step()
        return loss

    def objective(update_fn: Any) -> str:
        model = classifier()
        optimizer = SecondStep(model.parameters(), lr=0.1)
        list(sweep := Sweep(model, batches(), optimizer, update_fn=update_fn, **RANGE))
        return sweep.objective

    assert objective(forgetful) == (
        "your update_fn; nothing is trained: it has not called optimizer.step()"
    )
    assert objective(update) == "your update_fn"
    assert objective(by_another_name) == "your update_fn"
