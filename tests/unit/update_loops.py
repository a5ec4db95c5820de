"""More plain loops of recipes: of a second order, and those that do the whole update."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.unit.loops import adam, classes, loop, network, rated, shuffled, step, trained_on
from tests.unit.toys import Curvature, endless


def tasks() -> dict[str, Any]:
    def task() -> list[tuple[Tensor, Tensor]]:
        slope = 1 + torch.rand(1)
        return [(x, slope * x.sin()) for x in torch.randn(2, 5, 1)]

    model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    return trained_on(model, [[task() for _ in range(3)] for _ in range(4)])


@loop("Meta-learning", tasks)
def model_agnostic(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    names = [name for name, _ in my.model.named_parameters()]
    for some in rated(my.optimizer, lrs, my.loader):
        losses = []
        for (inputs, target), (later_inputs, later_target) in some:
            weights = list(my.model.parameters())
            inner_loss = F.mse_loss(my.model(inputs), target)
            gradients = torch.autograd.grad(inner_loss, weights, create_graph=True)
            adapted = [w - 0.1 * g for w, g in zip(weights, gradients, strict=True)]
            named = dict(zip(names, adapted, strict=True))
            output = torch.func.functional_call(my.model, named, (later_inputs,))
            losses.append(F.mse_loss(output, later_target))
        yield step(my.optimizer, torch.stack(losses).mean())


def curved() -> dict[str, Any]:
    made = classes()
    return made | {"optimizer": Curvature(made["model"].parameters(), lr=0.1)}


@loop("Second-order optimizers", curved)
def second_order(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for inputs, target in rated(my.optimizer, lrs, my.loader):
        my.optimizer.zero_grad()
        loss = F.cross_entropy(my.model(inputs), target)
        loss.backward(create_graph=True)
        my.optimizer.step()
        yield loss.item()


def averaged() -> dict[str, Any]:
    made = classes()
    return made | {"teacher": copy.deepcopy(made["model"]).requires_grad_(False)}


@loop("Moving averages: mean teachers, BYOL", averaged)
def mean_teacher(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for inputs, target in rated(my.optimizer, lrs, my.loader):
        output = my.model(inputs)
        with torch.no_grad():
            soft_target = my.teacher(inputs + 0.1 * torch.randn_like(inputs)).softmax(dim=-1)
        consistency = F.mse_loss(output.softmax(dim=-1), soft_target)
        yield step(my.optimizer, F.cross_entropy(output, target) + consistency)
        with torch.no_grad():
            for average, parameter in zip(
                my.teacher.parameters(), my.model.parameters(), strict=True
            ):
                average.lerp_(parameter, 0.01)


class SignedMomentum(torch.optim.Optimizer):
    """Stands for an optimizer of matrices."""

    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                momentum = self.state[parameter].setdefault("momentum", parameter.grad.clone())
                momentum.lerp_(parameter.grad, 0.1)
                parameter.sub_(momentum / momentum.norm(), alpha=group["lr"])


def two_optimizers() -> dict[str, Any]:
    made = classes()
    del made["optimizer"]
    parameters = list(made["model"].parameters())
    matrices, rest = ([p for p in parameters if (p.dim() == 2) is is_2d] for is_2d in (True, False))
    return made | {
        "muon": SignedMomentum(matrices, lr=0.02),
        "adamw": torch.optim.AdamW(rest, lr=0.003),
    }


@loop("Two optimizers for one model", two_optimizers)
def muon_and_adamw(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for inputs, target in rated(my.muon, lrs, my.loader):
        my.adamw.param_groups[0]["lr"] = 0.003 / 0.02 * my.muon.param_groups[0]["lr"]
        my.adamw.zero_grad()
        yield step(my.muon, F.cross_entropy(my.model(inputs), target))
        my.adamw.step()


def adversaries() -> dict[str, Any]:
    generator, other = network(2, 4), nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    return {
        "generator": generator,
        "generator_optimizer": adam(generator),
        "discriminator": other,
        "discriminator_optimizer": adam(other),
        "loader": classes()["loader"],
    }


@loop("GAN", adversaries)
def gan(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for real, _ in rated(my.generator_optimizer, lrs, my.loader):
        fake = my.generator(torch.randn(len(real), 2))
        real_score, fake_score = my.discriminator(real), my.discriminator(fake.detach())
        loss = F.softplus(-real_score).mean() + F.softplus(fake_score).mean()
        step(my.discriminator_optimizer, loss)
        yield step(my.generator_optimizer, F.softplus(-my.discriminator(fake)).mean())


def wasserstein() -> dict[str, Any]:
    made = adversaries()
    data = torch.randn(64, 4)
    return {
        "generator": made["generator"],
        "generator_optimizer": made["generator_optimizer"],
        "critic": made["discriminator"],
        "critic_optimizer": made["discriminator_optimizer"],
        "loader": shuffled(data, size=32),
    }


@loop("Gradient penalty", wasserstein)
def gradient_penalty(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for (batch,) in rated(my.critic_optimizer, lrs, my.loader):
        losses = []
        for real in batch.chunk(4):
            fake = my.generator(torch.randn(len(real), 2)).detach()
            between = torch.lerp(real, fake, torch.rand(len(real), 1)).requires_grad_()
            (slopes,) = torch.autograd.grad(my.critic(between).sum(), between, create_graph=True)
            penalty = (slopes.norm(dim=1) - 1).square().mean()
            loss = my.critic(fake).mean() - my.critic(real).mean() + 10 * penalty
            losses.append(step(my.critic_optimizer, loss))
        step(
            my.generator_optimizer,
            -my.critic(my.generator(torch.randn(len(batch), 2))).mean(),
        )
        yield torch.tensor(losses).mean().item()


def tokens() -> dict[str, Any]:
    pieces = torch.arange(64 * 6).reshape(64, 6) * 7 % 11
    labels = pieces.roll(-1, dims=1).masked_fill(pieces < 4, -100)
    model = nn.Sequential(nn.Embedding(11, 6), nn.Dropout(0.1), nn.Linear(6, 11))
    return trained_on(model, shuffled(pieces, labels, size=32))


@loop("Language models that count tokens", tokens)
def token_counted(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    """Accumulate over four small batches of a loader, as trainers do."""
    small = iter(endless(torch.utils.data.DataLoader(my.loader.dataset, 8, shuffle=True)))
    for _ in rated(my.optimizer, lrs, [None]):
        accumulated = [next(small) for _ in range(4)]
        count = sum((labels != -100).sum() for _, labels in accumulated)
        total = torch.tensor(0.0)
        my.optimizer.zero_grad()
        for inputs, labels in accumulated:
            output = my.model(inputs).flatten(0, 1)
            loss = F.cross_entropy(output, labels.flatten(), reduction="sum") / count
            loss.backward()
            total += loss.detach()
        nn.utils.clip_grad_norm_(my.model.parameters(), 1.0)
        my.optimizer.step()
        yield total.item()


class SharpnessAware(torch.optim.Optimizer):
    """Steps of `base` with the gradient of a place nearby, as that of Foret et al. 2021."""

    def __init__(self, params: Any, lr: float) -> None:
        super().__init__(params, {"lr": lr})
        self.base = torch.optim.SGD(self.param_groups, momentum=0.9)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def first_step(self, zero_grad: bool = False) -> None:
        parameters = [p for group in self.param_groups for p in group["params"]]
        norm = torch.stack([p.grad.norm() for p in parameters]).norm()
        for parameter in parameters:
            self.state[parameter]["from"] = parameter.clone()
            parameter.add_(0.05 * parameter.grad / norm)
        if zero_grad:
            self.zero_grad()

    @torch.no_grad()
    def second_step(self, zero_grad: bool = False) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.copy_(self.state[parameter]["from"])
        self.base.step()
        if zero_grad:
            self.zero_grad()

    def step(self, closure: Any = None) -> None:
        raise RuntimeError("call first_step and second_step")


def sharpness_aware() -> dict[str, Any]:
    made = classes()
    del made["optimizer"]
    return made | {"sam": SharpnessAware(made["model"].parameters(), lr=0.1)}


@loop("Two passes a step", sharpness_aware)
def two_passes(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for inputs, target in rated(my.sam, lrs, my.loader):
        loss = F.cross_entropy(my.model(inputs), target)
        loss.backward()
        my.sam.first_step(zero_grad=True)
        F.cross_entropy(my.model(inputs), target).backward()
        my.sam.second_step(zero_grad=True)
        yield loss.item()
