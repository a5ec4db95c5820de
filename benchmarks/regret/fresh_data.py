"""Data of the fresh tasks, made by the script, the same on every run."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

from benchmarks.regret.data import Split
from benchmarks.regret.held_out_data import cut, seeded


@cache
def moons() -> Split:
    """Return points on two crescents; they are their own targets."""
    generator = seeded(211)
    angle = math.pi * torch.rand(2600, generator=generator)
    upper = torch.randint(2, (2600,), generator=generator) * 2 - 1
    x = torch.stack((upper * angle.cos() + (1 - upper) / 2, upper * (angle.sin() - 0.25)), 1)
    x = 2 * x + 0.15 * torch.randn(2600, 2, generator=generator)
    return cut(x, x, 2000)


@cache
def graphs(nodes: int = 8) -> Split:
    """Return adjacency matrices of random graphs, and the logarithm of their triangles."""
    generator = seeded(223)
    density = 0.2 + 0.5 * torch.rand(2200, 1, 1, generator=generator)
    edges = (torch.rand(2200, nodes, nodes, generator=generator) < density).float().triu(1)
    x = edges + edges.transpose(1, 2)
    triangles = (x @ x @ x).diagonal(dim1=1, dim2=2).sum(1, keepdim=True) / 6
    return cut(x, (1 + triangles).log(), 1600)


def _chain(generator: torch.Generator, rows: int, length: int, kinds: int, seed: int) -> Tensor:
    """Return sequences of a random Markov chain, whose law `seed` draws."""
    law = (2.5 * torch.randn(kinds, kinds, generator=seeded(seed))).softmax(1)
    text = torch.randint(kinds, (rows, length), generator=generator)
    for n in range(1, length):
        text[:, n] = torch.multinomial(law[text[:, n - 1]], 1, generator=generator)[:, 0]
    return text


@cache
def neighbours(words: int = 60) -> Split:
    """Return pairs of words, and whether the second came soon after the first in a text."""
    generator = seeded(227)
    text = _chain(generator, 3000, 4, words, 229)
    near = torch.stack((text[:, 0], text[:, 1]), 1)
    far = torch.stack((text[:, 0], text[torch.randperm(3000, generator=generator), 2]), 1)
    order = torch.randperm(6000, generator=generator)
    y = torch.arange(6000).lt(3000).float()
    return cut(torch.cat((near, far))[order], y[order], 5000)


@cache
def lifetimes() -> Split:
    """Return features of things, how long they lasted, and whether the end was seen."""
    generator = seeded(233)
    x = torch.randn(2000, 12, generator=generator)
    risk = torch.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3]
    time = -torch.rand(2000, generator=generator).log() / risk.exp()
    watched = -2 * torch.rand(2000, generator=generator).log()
    y = torch.stack((torch.minimum(time, watched), (time <= watched).float()), 1)
    return cut(x, y, 1600)


@cache
def preferences() -> Split:
    """Return pairs of things, and which was preferred, +1 or -1, now and then at random."""
    generator = seeded(239)
    x = torch.randn(2400, 2, 10, generator=generator)
    worth = (x[..., 0] * x[..., 1] + x[..., 2].abs() + x[..., 3]).diff(dim=1)[:, 0]
    y = -(worth + 0.7 * torch.randn(2400, generator=generator)).sign()
    return cut(x, y, 1800)


@cache
def grades(levels: int = 5) -> Split:
    """Return features, and ordered grades that depend on them."""
    generator = seeded(241)
    x = torch.randn(2600, 10, generator=generator) * torch.logspace(0.5, -0.5, 10)
    score = torch.tanh(x[:, 0]) + (2 * x[:, 5]).cos() + 0.3 * x[:, 1]
    score = score + 0.4 * torch.randn(2600, generator=generator)
    bounds = score.quantile(torch.arange(1, levels) / levels)
    return cut(x, torch.bucketize(score, bounds), 2000)


@cache
def blobs(side: int = 16) -> Split:
    """Return noisy pictures with some discs, and where the discs are."""
    generator = seeded(251)
    axis = torch.arange(side)
    y = torch.zeros(900, 1, side, side)
    for _ in range(3):
        row, column = side * torch.rand(2, 900, 1, 1, generator=generator)
        radius = 1 + 2 * torch.rand(900, 1, 1, generator=generator)
        inside = (axis[:, None] - row) ** 2 + (axis - column) ** 2 < radius**2
        y = torch.maximum(y, inside.float().unsqueeze(1))
    return cut(y + 0.8 * torch.randn(y.shape, generator=generator), y, 700)


@cache
def soft_answers(classes: int = 6) -> Split:
    """Return inputs, and what a larger network thinks of them."""
    generator = seeded(257)
    x = torch.randn(2400, 16, generator=generator)
    hidden = torch.relu(x @ torch.randn(16, 40, generator=generator) / 3)
    logits = 0.7 * hidden @ torch.randn(40, classes, generator=generator)
    return cut(x, logits.softmax(1), 1800)


@cache
def stretched() -> Split:
    """Return inputs with very unequal directions, and linear functions of them, with noise."""
    generator = seeded(263)
    turn = torch.linalg.qr(torch.randn(16, 16, generator=generator))[0]
    x = torch.randn(2000, 16, generator=generator) * torch.logspace(0.5, -1, 16)
    y = x @ torch.randn(16, 4, generator=generator)
    return cut(x @ turn, y + 0.3 * torch.randn(y.shape, generator=generator), 1500)


@cache
def delayed(length: int = 10, kinds: int = 4) -> Split:
    """Return sequences of vectors, and what kind the one was that a flag marked."""
    generator = seeded(269)
    kind = torch.randint(kinds, (2400, length), generator=generator)
    marked = torch.randint(length // 2, (2400,), generator=generator)
    x = torch.nn.functional.one_hot(kind, kinds).float()
    flag = torch.nn.functional.one_hot(marked, length).unsqueeze(2).float()
    return cut(torch.cat((x, flag), 2), kind[torch.arange(2400), marked], 1800)


@cache
def gaps(law: int = 271, train: int = 1500, kinds: int = 12) -> Split:
    """Return sequences with symbols left out, and the sequences."""
    generator = seeded(277)
    y = _chain(generator, train + 400, 16, kinds, law)
    hidden = torch.rand(y.shape, generator=generator) < 0.3
    return cut(y.masked_fill(hidden, kinds), y, train)


@cache
def gratings(train: int = 160, turned: float = 0.0, noise: float = 1.0) -> Split:
    """Return noisy gratings of four directions, and which."""
    generator = seeded(281)
    y = torch.randint(4, (train + 400,), generator=generator)
    angle = (math.pi / 4 * y + turned).view(-1, 1, 1)
    axis = torch.arange(12.0)
    place = angle.cos() * axis + angle.sin() * axis[:, None]
    phase = 2 * math.pi * torch.rand(len(y), 1, 1, generator=generator)
    x = (1.3 * place + phase).sin()
    return cut(x + noise * torch.randn(x.shape, generator=generator), y, train)


@cache
def uneven_noise() -> Split:
    """Return a place, and values whose noise depends on it as their mean does."""
    generator = seeded(283)
    x = 4 * torch.rand(2400, 2, generator=generator) - 2
    size = 0.05 + 0.5 * torch.sigmoid(3 * x[:, 1])
    y = torch.sin(2 * x[:, 0]) * x[:, 1] + size * torch.randn(2400, generator=generator)
    return cut(x, y.unsqueeze(1), 1800)


@cache
def waits() -> Split:
    """Return features, and positive values whose mean they give, over decades."""
    generator = seeded(293)
    x = torch.randn(2200, 6, generator=generator)
    mean = (1.2 * x[:, 0] - torch.relu(x[:, 1]) + 0.6 * x[:, 2] * x[:, 3]).exp()
    draws = -torch.rand(2200, 2, generator=generator).log().mean(1)
    return cut(x, (mean * draws).unsqueeze(1), 1700)


@cache
def generated() -> Split:
    """Return noise, and points of a ring of eight clusters that it is to be turned into."""
    generator = seeded(307)
    angle = math.pi / 4 * torch.randint(8, (2000,), generator=generator)
    y = 1.5 * torch.stack((angle.cos(), angle.sin()), 1)
    y = y + 0.1 * torch.randn(2000, 2, generator=generator)
    return cut(torch.randn(2000, 4, generator=generator), y, 1600)


@cache
def pairs_of_views() -> Split:
    """Return each hidden thing as it is seen from two sides, with noise."""
    generator = seeded(311)
    hidden = torch.randn(1600, 6, generator=generator)
    sides = torch.randn(2, 6, 20, generator=generator)
    x = torch.tanh(torch.einsum("nh,shf->nsf", hidden, sides) / 2)
    return cut(x + 0.3 * torch.randn(x.shape, generator=generator), torch.zeros(1600), 1400)


@cache
def oscillators() -> Split:
    """Return states of coupled oscillators, and their states a while later."""
    generator = seeded(313)
    start = 2 * torch.randn(2000, 8, generator=generator)
    place, pace = start.chunk(2, dim=1)
    for _ in range(20):
        pull = torch.roll(place, 1, 1) + torch.roll(place, -1, 1) - 2 * place
        pace = pace + 0.05 * (pull - torch.sin(2 * place))
        place = place + 0.05 * pace
    return cut(start, torch.cat((place, pace), 1), 1500)


@cache
def seasons(length: int = 28, ahead: int = 4) -> Split:
    """Return series with a season and shocks, and their next values."""
    generator = seeded(317)
    time = torch.arange(length + ahead)
    phase = 7 * torch.rand(1800, 1, generator=generator)
    level = torch.randn(1800, length + ahead, generator=generator).cumsum(1) * 0.15
    wave = torch.sin(2 * math.pi * (time + phase) / 7) * (1 + level)
    heavy = torch.distributions.StudentT(2.5)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(317)
        values = wave + level + 0.15 * heavy.sample(wave.shape)
    return cut(values[:, None, :length], values[:, length:], 1400)


@cache
def parities(train: int = 600, wrong: float = 0.15) -> Split:
    """Return bits, and the parity of three of them; some of the labels are wrong."""
    generator = seeded(331)
    x = 2.0 * torch.randint(2, (train + 500, 12), generator=generator) - 1
    y = (x[:, :3].prod(1) > 0).long()
    flipped = torch.rand(train, generator=generator) < wrong
    y[:train] = torch.where(flipped, 1 - y[:train], y[:train])
    return cut(x, y, train)


@cache
def few_points(train: int = 48) -> Split:
    """Return a few noisy values of a wavy function of two inputs."""
    generator = seeded(337)
    x = 2 * torch.rand(train + 400, 2, generator=generator) - 1
    y = torch.sin(4 * x[:, 0]) + torch.cos(3 * x[:, 1] * x[:, 0])
    y[:train] += 0.5 * torch.randn(train, generator=generator)
    return cut(3 * x, y.unsqueeze(1), train)


@cache
def hills() -> Split:
    """Return places in the plane, and the height of the ground there."""
    generator = seeded(347)
    tops = 3 * torch.randn(12, 2, generator=generator)
    x = 3 * torch.randn(2200, 2, generator=generator)
    height = (-((x[:, None] - tops) ** 2).sum(2)).exp() @ torch.randn(12, generator=generator)
    return cut(x, 3 * height.unsqueeze(1), 1600)


@cache
def products() -> Split:
    """Return all products of ten inputs, and a side that depends on a few of them."""
    generator = seeded(349)
    x = torch.randn(2400, 10, generator=generator)
    first, second = torch.triu_indices(10, 10)
    x = torch.cat((x, x[:, first] * x[:, second]), 1)
    score = x @ (torch.randn(65, generator=generator) * (torch.rand(65, generator=generator) < 0.3))
    y = (score + torch.randn(2400, generator=generator) > 0).float()
    return cut(x, y.unsqueeze(1), 1800)


@cache
def motifs(length: int = 40) -> Split:
    """Return series with one of three motifs in noise, and which, and where."""
    generator = seeded(353)
    kinds = torch.randn(3, 8, generator=generator) * 1.5
    which = torch.randint(3, (1600,), generator=generator)
    place = torch.randint(length - 8, (1600,), generator=generator)
    x = 0.6 * torch.randn(1600, length, generator=generator)
    x.scatter_add_(1, place[:, None] + torch.arange(8), kinds[which])
    return cut(x[:, None], torch.stack((which.float(), place / length), 1), 1200)
