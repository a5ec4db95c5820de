"""Data of the held-out tasks, made by the script, the same on every run."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

from benchmarks.regret.data import CONTEXT, Split


def seeded(seed: int) -> torch.Generator:
    """Return a generator that starts from `seed`."""
    return torch.Generator().manual_seed(seed)


def cut(x: Tensor, y: Tensor, train: int) -> Split:
    """Return the first `train` examples to train on, the others to validate."""
    return Split(x[:train], y[:train], x[train:], y[train:])


@cache
def brackets(*, kinds: int = 3, lines: int = 700) -> Split:
    """Return nested brackets of some kinds, windows of text and the same one character later."""
    generator = seeded(131 + kinds)
    pairs = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"))[4 - kinds :]
    text: list[str] = []
    open_: list[str] = []
    while len(text) < lines * CONTEXT // 2:
        draw, which = torch.rand(2, generator=generator).tolist()
        if open_ and (draw < 0.5 or len(open_) > 6):
            text.append(open_.pop())
        else:
            opening, closing = pairs[int(which * len(pairs))]
            text.append(opening)
            open_.append(closing)
    codes = torch.tensor([ord(c) - 31 for c in text])
    windows = codes.unfold(0, CONTEXT + 1, CONTEXT // 2)
    return cut(windows[:, :-1], windows[:, 1:], int(0.8 * len(windows)))


@cache
def documents(topics: int = 12, words: int = 400) -> Split:
    """Return word numbers of made-up documents, 24 words each, and their topic."""
    generator = seeded(137)
    taste = torch.distributions.Dirichlet(torch.full((words,), 0.1))
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(137)
        mixed = 0.45 * taste.sample((topics,)) + 0.55 * taste.sample()
    y = torch.randint(topics, (4000,), generator=generator)
    x = torch.multinomial(mixed[y], 24, replacement=True, generator=generator)
    return cut(x, y, 3000)


@cache
def firsts() -> Split:
    """Return sequences of symbols, and which symbol is the first to come a second time."""
    generator = seeded(139)
    x = torch.randint(8, (3000, 10), generator=generator)
    y = torch.tensor(
        [next((s for n, s in enumerate(row) if s in row[:n]), row[0]) for row in x.tolist()]
    )
    return cut(x, y, 2400)


@cache
def hidden_series(train: int = 1200, length: int = 32) -> Split:
    """Return sums of sines with a third of the values hidden; the targets are the hidden ones.

    The input has two channels: the values, zero where hidden, and where they are.
    """
    generator = seeded(149)
    count = train + 300
    time = torch.arange(length) / length
    wave = torch.zeros(count, length)
    for _ in range(2):
        draw = torch.rand(3, count, 1, generator=generator)
        wave += (0.5 + draw[0]) * torch.sin(2 * math.pi * ((1 + 4 * draw[1]) * time + draw[2]))
    wave += 0.1 * torch.randn(wave.shape, generator=generator)
    hidden = torch.rand(wave.shape, generator=generator) < 1 / 3
    hidden[:, 0] = True
    x = torch.stack((wave.masked_fill(hidden, 0.0), hidden.float()), 2)
    return cut(x, wave.masked_fill(~hidden, math.nan), train)


@cache
def rising_noise(length: int = 24) -> Split:
    """Return series whose noise grows with their size, and each one's next values."""
    generator = seeded(151)
    values = torch.zeros(2600, length + 1)
    values[:, 0] = torch.randn(2600, generator=generator)
    shock = torch.randn(values.shape, generator=generator)
    for n in range(1, length + 1):
        before = values[:, n - 1]
        values[:, n] = 1.2 * torch.sin(1.5 * before) + (0.1 + 0.3 * before.abs()) * shock[:, n]
    return cut(values[:, None, :-1], values[:, 1:], 2000)


@cache
def outliers() -> Split:
    """Return a smooth function of ten inputs, with noise that is rarely huge."""
    generator = seeded(157)
    x = torch.rand(4000, 10, generator=generator)
    y = 10 * torch.sin(math.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    y = y + 10 * x[:, 3] + 5 * x[:, 4] - 14  # Friedman's function, about its mean
    odd = torch.rand(4000, generator=generator) < 0.05
    y = y + torch.where(odd, 40.0, 1.0) * torch.randn(4000, generator=generator)
    return cut(x, y.unsqueeze(1), 3200)


@cache
def labels(train: int = 2400, count: int = 16) -> Split:
    """Return inputs with a few long directions, and sixteen labels that depend on them."""
    generator = seeded(163)
    x = torch.randn(train + 800, 40, generator=generator) * torch.logspace(0.7, -1, 40)
    planes = torch.randn(40, count, generator=generator)
    score = torch.tanh(x) @ planes + 1.0 * torch.randn(len(x), count, generator=generator)
    return cut(x, (score > 1.5).float(), train)


@cache
def rarities(share: float = 0.06) -> Split:
    """Return two rings of points in six dimensions, one of them rare."""
    generator = seeded(167)
    y = (torch.rand(5000, 1, generator=generator) < share).float()
    x = torch.randn(5000, 6, generator=generator)
    radius = 1.0 + 0.9 * y + 0.25 * torch.randn(5000, 1, generator=generator)
    return cut(radius * x / x.norm(dim=1, keepdim=True), y, 4000)


@cache
def ratings(users: int = 120, items: int = 90) -> Split:
    """Return who rated what, and the rating: a few hidden tastes and much noise."""
    generator = seeded(173)
    tastes, traits = (torch.randn(n, 4, generator=generator) / 1.5 for n in (users, items))
    pairs = torch.cartesian_prod(torch.arange(users), torch.arange(items))
    pairs = pairs[torch.randperm(len(pairs), generator=generator)[:3600]]
    y = (tastes[pairs[:, 0]] * traits[pairs[:, 1]]).sum(1)
    return cut(pairs, y + 0.5 * torch.randn(len(y), generator=generator), 2800)


@cache
def logged_actions(actions: int = 6) -> Split:
    """Return situations; the action that was taken in each, how likely it was, its reward."""
    generator = seeded(179)
    x = torch.randn(4000, 12, generator=generator)
    worth = torch.sigmoid(2 * torch.tanh(x) @ torch.randn(12, actions, generator=generator))
    odds = (0.5 * torch.randn(4000, actions, generator=generator)).softmax(1)
    action = torch.multinomial(odds, 1, generator=generator)
    reward = (torch.rand(4000, 1, generator=generator) < worth.gather(1, action)).float()
    return cut(x, torch.cat((action, odds.gather(1, action), reward), 1), 3200)


@cache
def inverse_function() -> Split:
    """Return a curve that turns back on itself: several answers to one input."""
    generator = seeded(181)
    y = 2 * torch.rand(3000, 1, generator=generator) - 1
    x = y + 0.6 * torch.sin(2 * math.pi * y) + 0.05 * torch.randn(3000, 1, generator=generator)
    return cut(x, y, 2400)


@cache
def events() -> Split:
    """Return counts whose logarithm is a rough function of eight inputs."""
    generator = seeded(191)
    x = torch.randn(3000, 8, generator=generator)
    rate = (0.8 * x[:, 0] + torch.sin(2 * x[:, 1]) + 0.4 * x[:, 2] * x[:, 3]).clamp(max=3)
    y = torch.poisson(rate.exp(), generator=generator)
    return cut(x, y.unsqueeze(1), 2400)


@cache
def sides() -> Split:
    """Return two overlapping clouds with correlated axes, and the side, -1 or 1."""
    generator = seeded(193)
    side = 2.0 * torch.randint(2, (3000, 1), generator=generator) - 1
    x = torch.randn(3000, 30, generator=generator) @ torch.randn(30, 30, generator=generator) / 5
    return cut(x + 0.35 * side, side, 2400)


@cache
def sets(members: int = 12) -> Split:
    """Return sets of points in the plane, and the spread of each set along its first axis."""
    generator = seeded(197)
    scale = 0.3 + 2 * torch.rand(2400, 1, 2, generator=generator)
    x = scale * torch.randn(2400, members, 2, generator=generator)
    y = torch.stack((x[..., 0].std(1).log(), x[..., 1].amax(1)), 1)
    return cut(x, y, 1800)


@cache
def few_series(train: int = 60) -> Split:
    """Return a few noisy series in four shapes; far fewer than a network can learn by heart."""
    generator = seeded(199)
    time = torch.linspace(0, 1, 32)
    y = torch.randint(4, (train + 400,), generator=generator)
    phase, pace = torch.rand(2, len(y), 1, generator=generator)
    angle = 2 * math.pi * ((2 + pace) * time + phase)
    shapes = torch.stack(
        (angle.sin(), angle.sin().sign(), 2 * (angle / 6.3 % 1) - 1, angle.cos() * time), 1
    )
    x = shapes[torch.arange(len(y)), y] + 0.5 * torch.randn(len(y), 32, generator=generator)
    return cut(torch.stack((x, torch.zeros_like(x)), 2), y, train)
