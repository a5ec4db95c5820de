"""Plain loops of the recipes in docs/loops.md, and what a person has before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

from tests.unit.lightning_module import Manual, Module
from tests.unit.toys import endless


class Loop(NamedTuple):
    """`names` makes what a recipe takes as given; `plain` trains that at some rates."""

    names: Callable[[], dict[str, Any]]
    plain: Callable[[SimpleNamespace, Iterable[float]], Iterator[float]]


LOOPS: dict[str, Loop] = {}
"""By the headings of the page."""


def loop(title: str, names: Callable[[], dict[str, Any]]) -> Callable[[Any], Any]:
    def listed(plain: Any) -> Any:
        LOOPS[title] = Loop(names, plain)
        return plain

    return listed


def rated(
    optimizer: Optimizer, lrs: Iterable[float], batches: Iterable[Any]
) -> Iterator[tuple[float, Any]]:
    """Yield batch after batch, with the next rate set."""
    for lr, batch in zip(lrs, endless(batches), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = lr
        yield batch


def step(optimizer: Optimizer, loss: Tensor) -> float:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def shuffled(*tensors: Tensor, size: int = 8) -> torch.utils.data.DataLoader[Any]:
    dataset = torch.utils.data.TensorDataset(*tensors)
    return torch.utils.data.DataLoader(dataset, batch_size=size, shuffle=True)


def adam(model: nn.Module) -> Optimizer:
    return torch.optim.Adam(model.parameters(), lr=1e-3)


def network(inputs: int, outputs: int) -> nn.Sequential:
    """A model with statistics and with random numbers of its own."""
    return nn.Sequential(
        nn.Linear(inputs, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, outputs)
    )


def trained_on(model: nn.Module, loader: Any, **more: Any) -> dict[str, Any]:
    return {"model": model, "loader": loader, "optimizer": adam(model), **more}


def images() -> dict[str, Any]:
    data = torch.rand(32, 6)
    return trained_on(network(6, 6), shuffled(data, torch.arange(32) % 3))


@loop("A loss that the batch does not show", images)
def autoencoder(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for inputs, _ in rated(my.optimizer, lrs, my.loader):
        yield step(my.optimizer, F.binary_cross_entropy_with_logits(my.model(inputs), inputs))


class Variational(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(6, 4), nn.Linear(2, 6)

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = self.encoder(inputs).chunk(2, dim=1)
        drawn = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        return self.decoder(drawn), mean, log_variance


def variational() -> dict[str, Any]:
    return trained_on(Variational(), images()["loader"])


@loop("Several losses", variational)
def several_losses(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for inputs, _ in rated(my.optimizer, lrs, my.loader):
        output, mean, log_variance = my.model(inputs)
        error = F.binary_cross_entropy_with_logits(output, inputs, reduction="sum")
        divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()
        yield step(my.optimizer, (error + divergence) / len(inputs))


def half_labelled() -> dict[str, Any]:
    return classes(unlabelled_loader=shuffled(torch.randn(40, 4)))


@loop("Several loaders", half_labelled)
def pseudo_labels(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    lrs = iter(lrs)
    while True:
        # Of 32 and 40 examples: one batch of the labelled ones comes twice in an epoch.
        labelled, unlabelled = iter(my.loader), iter(my.unlabelled_loader)
        for number in range(5):
            lr = next(lrs, None)
            if lr is None:
                return
            my.optimizer.param_groups[0]["lr"] = lr
            if number == 4:
                labelled = iter(my.loader)
            inputs, target = next(labelled)
            (more,) = next(unlabelled)
            with torch.no_grad():
                guess = my.model(more).argmax(dim=1)
            noisy = more + 0.1 * torch.randn_like(more)
            loss = F.cross_entropy(my.model(inputs), target)
            yield step(my.optimizer, loss + F.cross_entropy(my.model(noisy), guess))


def lightning() -> dict[str, Any]:
    return {"module": Module(), "loader": classes()["loader"]}


@loop("A LightningModule", lightning)
def training_steps(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    optimizer = my.module.configure_optimizers()
    batches = ((batch, number) for number, batch in enumerate(my.loader))
    for lr in lrs:
        optimizer.param_groups[0]["lr"] = lr
        batch, number = next(batches, (None, 0))
        if batch is None:
            batches = ((batch, number) for number, batch in enumerate(my.loader))
            batch, number = next(batches)
        loss = 3 * F.cross_entropy(my.module(batch[0]), batch[1]) + number
        yield step(optimizer, loss)


def manual() -> dict[str, Any]:
    return {"module": Manual(), "loader": classes()["loader"]}


@loop("A LightningModule that does its own update", manual)
def updates_of_its_own(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    optimizer = my.module.configure_optimizers()
    for inputs, target in rated(optimizer, lrs, my.loader):
        yield step(optimizer, F.cross_entropy(my.module(inputs), target))


def full_batch() -> dict[str, Any]:
    inputs = torch.randn(16, 4)
    made = trained_on(network(4, 1), None, inputs=inputs, target=inputs.sum(1, keepdim=True))
    del made["loader"]
    return made


@loop("Full batch", full_batch)
def epochs(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for inputs, target in rated(my.optimizer, lrs, [(my.inputs, my.target)]):
        yield step(my.optimizer, F.mse_loss(my.model(inputs), target))


@dataclass
class Graph:
    x: Tensor
    edge_index: Tensor
    y: Tensor
    train_mask: Tensor


class GraphConvolution(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.dropout, self.second = nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 3)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        source, target = edge_index
        hidden = self.first(x)
        hidden = hidden.index_add(0, target, hidden[source]).relu()
        return self.second(self.dropout(hidden))


def graph() -> dict[str, Any]:
    nodes = torch.arange(12)
    edges = torch.stack([nodes, nodes.roll(1)])
    one = Graph(torch.randn(12, 4), edges, nodes % 3, nodes < 7)
    model = GraphConvolution()
    return {"model": model, "graph": one, "optimizer": adam(model)}


@loop("Graphs with a mask", graph)
def masked(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for one in rated(my.optimizer, lrs, [my.graph]):
        output = my.model(one.x, one.edge_index)
        yield step(my.optimizer, F.cross_entropy(output[one.train_mask], one.y[one.train_mask]))


def text() -> dict[str, Any]:
    tokens = torch.arange(60) * 7 % 11

    def get_batch() -> tuple[Tensor, Tensor]:
        starts = torch.randint(len(tokens) - 6, (4,))
        pieces = torch.stack([tokens[start : start + 6] for start in starts])
        return pieces[:, :-1], pieces[:, 1:]

    model = nn.Sequential(nn.Embedding(11, 6), nn.Dropout(0.1), nn.Linear(6, 11))
    return {"model": model, "get_batch": get_batch, "optimizer": adam(model)}


@loop("Batches from a function", text)
def language_model(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    for tokens, following in rated(my.optimizer, lrs, iter(my.get_batch, None)):
        output = my.model(tokens).flatten(0, 1)
        yield step(my.optimizer, F.cross_entropy(output, following.flatten()))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.output = nn.Embedding(11, 6), nn.Linear(5, 11)
        self.rnn = nn.LSTM(6, 5, batch_first=True)

    def forward(self, tokens: Tensor, hidden: Any) -> tuple[Tensor, Any]:
        states, hidden = self.rnn(self.embedding(tokens), hidden)
        return self.output(states), hidden


def recurrent() -> dict[str, Any]:
    pieces = torch.arange(4 * 31).reshape(4, 31) * 7 % 11
    loader = [(pieces[:, at : at + 5], pieces[:, at + 1 : at + 6]) for at in range(0, 30, 5)]
    return trained_on(Recurrent(), loader)


@loop("Recurrent state carried over batches", recurrent)
def truncated_backpropagation(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    hidden = None
    for tokens, following in rated(my.optimizer, lrs, my.loader):
        output, hidden = my.model(tokens, hidden)
        hidden = tuple(part.detach() for part in hidden)
        yield step(my.optimizer, F.cross_entropy(output.flatten(0, 1), following.flatten()))


def classes(**more: Any) -> dict[str, Any]:
    inputs = torch.randn(32, 4)
    return trained_on(network(4, 3), shuffled(inputs, torch.arange(32) % 3), **more)


def taught() -> dict[str, Any]:
    teacher = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 3))
    return classes(teacher=teacher)


@loop("Distillation", taught)
def distillation(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    my.teacher.eval()
    for inputs, target in rated(my.optimizer, lrs, my.loader):
        with torch.no_grad():
            soft_target = F.softmax(my.teacher(inputs) / 4, dim=-1)
        output = my.model(inputs)
        soft_loss = F.kl_div(F.log_softmax(output / 4, -1), soft_target, reduction="batchmean")
        yield step(my.optimizer, 0.9 * 16 * soft_loss + 0.1 * F.cross_entropy(output, target))


class Corridor:
    """A corridor of seven places, left at either end; the right one is rewarded."""

    def reset(self) -> tuple[Tensor, dict[str, Any]]:
        self.place, self.steps = 3, 0
        return self._seen(), {}

    def step(self, action: int) -> tuple[Tensor, float, bool, bool, dict[str, Any]]:
        self.place += 2 * action - 1
        self.steps += 1
        return self._seen(), float(self.place == 6), self.place in (0, 6), self.steps > 12, {}

    def _seen(self) -> Tensor:
        return F.one_hot(torch.tensor(self.place), 7).float()


def corridor() -> dict[str, Any]:
    model = nn.Sequential(nn.Linear(7, 8), nn.Tanh(), nn.Linear(8, 2))
    return {"model": model, "make_env": Corridor, "optimizer": adam(model)}


@loop("Reinforcement learning without a loader", corridor)
def policy_gradient(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    env = my.make_env()
    for _ in rated(my.optimizer, lrs, [None]):
        observation, _ = env.reset()
        log_probs, rewards, ended = [], [], False
        while not ended:
            policy = torch.distributions.Categorical(logits=my.model(observation))
            action = policy.sample()
            observation, reward, terminated, truncated, _ = env.step(action.item())
            log_probs.append(policy.log_prob(action))
            rewards.append(reward)
            ended = terminated or truncated
        rewards_to_go = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
        yield step(my.optimizer, -(torch.stack(log_probs) * rewards_to_go).mean())


def equation() -> dict[str, Any]:
    points = torch.linspace(0, torch.pi, 8)[:, None]
    model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    return {"model": model, "points": points, "ends": points[[0, -1]]}


@loop("Physics with LBFGS", equation)
def physics(my: SimpleNamespace, lrs: Iterable[float]) -> Iterator[float]:
    optimizer = torch.optim.LBFGS(my.model.parameters(), max_iter=3)
    for points in rated(optimizer, lrs, [my.points]):
        losses: list[float] = []

        def closure(points: Tensor = points, losses: list[float] = losses) -> Tensor:
            x = points.clone().requires_grad_()
            (du,) = torch.autograd.grad(my.model(x).sum(), x, create_graph=True)
            (d2u,) = torch.autograd.grad(du.sum(), x, create_graph=True)
            loss = (d2u + torch.sin(x)).square().mean() + my.model(my.ends).square().mean()
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
            return loss

        optimizer.step(closure)
        yield losses[0]
