"""Pictures of the held-out tasks, all made from the digits, the same on every run."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from benchmarks.regret.data import Split, digits
from benchmarks.regret.held_out_data import cut, seeded

SMALL = 14  # pixels of a side of the small digits


@cache
def small_digits() -> Split:
    """Return the digits at half their size, as their own targets, at most 1."""
    x, _, x_valid, _ = digits()
    small, small_valid = (torch.nn.functional.avg_pool2d(part, 2) / 3 for part in (x, x_valid))
    return Split(small, small, small_valid, small_valid)


@cache
def spoilt_digits(noise: float = 0.5) -> Split:
    """Return small digits with noise and with squares cut out, and what they were."""
    clean, _, clean_valid, _ = small_digits()
    generator = seeded(101)
    spoilt = []
    for part in (clean, clean_valid):
        x = part + noise * torch.randn(part.shape, generator=generator)
        for row, (top, left) in enumerate(
            torch.randint(SMALL - 4, (len(x), 2), generator=generator).tolist()
        ):
            x[row, :, top : top + 4, left : left + 4] = 0
        spoilt.append(x)
    return Split(spoilt[0], clean, spoilt[1], clean_valid)


@cache
def rotated_digits(
    noise: float = 0.0, train: int | None = None, *, inverted: bool = False
) -> Split:
    """Return small digits turned by quarters, and by how many; `noise` of the labels are wrong."""
    generator = seeded(103)
    x, _, x_valid, _ = small_digits()
    parts: list[Tensor] = []
    for part in (x[:train], x_valid):
        turns = torch.randint(4, (len(part),), generator=generator)
        turned = torch.stack(
            [torch.rot90(p, int(t), (1, 2)) for p, t in zip(part, turns, strict=True)]
        )
        parts += [1 - turned if inverted else turned, turns]
    if noise:
        wrong = torch.rand(len(parts[1]), generator=generator) < noise
        parts[1] = torch.where(
            wrong, torch.randint(4, parts[1].shape, generator=generator), parts[1]
        )
    return Split(*parts)


@cache
def placed_digits() -> Split:
    """Return small digits somewhere in a larger picture, and where, from -1 to 1."""
    generator = seeded(107)
    x, _, x_valid, _ = small_digits()
    parts: list[Tensor] = []
    for part in (x, x_valid):
        places = torch.randint(11, (len(part), 2), generator=generator)
        canvas = part.min() * torch.ones(len(part), 1, SMALL + 10, SMALL + 10)
        for row, (top, left) in enumerate(places.tolist()):
            canvas[row, :, top : top + SMALL, left : left + SMALL] = part[row]
        parts += [canvas, places / 5 - 1]
    return Split(*parts)


@cache
def triplets(train: int = 1024) -> Split:
    """Return small digits in threes: one, another of its class, one of the other class."""
    _, y, _, y_valid = digits()
    x, _, x_valid, _ = small_digits()
    generator = seeded(109)
    parts = []
    for pictures, labels, count in ((x, y, train), (x_valid, y_valid, 200)):
        classes = [torch.nonzero(labels == label).flatten() for label in (0, 1)]
        rows = []
        for label in torch.randint(2, (count,), generator=generator).tolist():
            own, other = classes[label], classes[1 - label]
            drawn = [
                group[int(torch.randint(len(group), (1,), generator=generator))]
                for group in (own, own, other)
            ]
            rows.append(pictures[torch.stack(drawn)])
        parts.append(torch.stack(rows))
    return Split(parts[0], torch.zeros(train), parts[1], torch.zeros(200))


@cache
def views(train: int = 1024, valid: int = 64) -> Split:
    """Return small digits in pairs, each half shifted, scaled and made noisy in its own way."""
    x, _, x_valid, _ = small_digits()
    generator = seeded(113)

    def view(pictures: Tensor) -> Tensor:
        moves = torch.randint(-2, 3, (len(pictures), 2), generator=generator).tolist()
        moved = torch.stack(
            [torch.roll(p, m, (1, 2)) for p, m in zip(pictures, moves, strict=True)]
        )
        scale = 0.7 + 0.6 * torch.rand(len(moved), 1, 1, 1, generator=generator)
        return scale * moved + 0.3 * torch.randn(moved.shape, generator=generator)

    pairs = [torch.stack((view(part), view(part)), 1) for part in (x[:train], x_valid[:valid])]
    return Split(pairs[0], torch.zeros(len(pairs[0])), pairs[1], torch.zeros(valid))


@cache
def coordinates() -> Split:
    """Return places in a picture of four digits side by side, and the grey there."""
    x = digits().x[:4, 0] / 3
    picture = torch.cat((torch.cat((x[0], x[1]), 1), torch.cat((x[2], x[3]), 1)))
    side = torch.linspace(-1, 1, len(picture))
    places = torch.cartesian_prod(side, side)
    order = torch.randperm(len(places), generator=seeded(127))
    return cut(places[order], picture.flatten()[order].unsqueeze(1), 2400)
