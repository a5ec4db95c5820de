"""The networks of the fresh tasks: none of the kinds that the other tasks train."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Flow(nn.Module):
    """A density of points in the plane by affine couplings."""

    def __init__(self, layers: int = 4, width: int = 24) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 2))
            for _ in range(layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return where the points go, and the logarithm of the determinant."""
        kept, moved = x.chunk(2, dim=1)
        volume = torch.zeros_like(kept)
        for layer in self.layers:
            scale, shift = layer(kept).chunk(2, dim=1)
            scale = torch.tanh(scale) * 2
            kept, moved, volume = moved * scale.exp() + shift, kept, volume + scale
        return torch.cat((kept, moved, volume), 1)


class Messages(nn.Module):
    """A graph network: each node adds what its neighbours say."""

    def __init__(self, width: int = 24, rounds: int = 3) -> None:
        super().__init__()
        self.own = nn.ModuleList(nn.Linear(width if n else 1, width) for n in range(rounds))
        self.others = nn.ModuleList(
            nn.Linear(width if n else 1, width, bias=False) for n in range(rounds)
        )
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return one number for each graph."""
        hidden = torch.ones(*x.shape[:2], 1)
        for own, others in zip(self.own, self.others, strict=True):
            hidden = torch.relu(own(hidden) + others(x @ hidden))
        return self.head(hidden.mean(1))  # type: ignore[no-any-return]


class Neighbours(nn.Module):
    """Word vectors of two kinds, whose product says how well the words go together."""

    def __init__(self, words: int = 60, width: int = 12) -> None:
        super().__init__()
        self.first, self.second = nn.Embedding(words, width), nn.Embedding(words, width)
        nn.init.uniform_(self.first.weight, -0.5, 0.5)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return a logit for each pair."""
        return (self.first(x[:, 0]) * self.second(x[:, 1])).sum(1)  # type: ignore[no-any-return]


def gated(inputs: int, outputs: int, width: int = 32, layers: int = 2) -> nn.Module:
    """Return a perceptron with gated linear units."""
    parts: list[nn.Module] = []
    for n in range(layers):
        parts += [nn.Linear(width if n else inputs, 2 * width), nn.GLU()]
    return nn.Sequential(*parts, nn.Linear(width, outputs))


class Hourglass(nn.Module):
    """Pictures to half their size and back, with a bridge between the equal sizes."""

    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Conv2d(1, channels, 3, padding=1), nn.ReLU())
        self.inner = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(2 * channels, channels, 3, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Conv2d(2 * channels, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return a logit for each pixel."""
        entered = self.enter(x)
        return self.head(torch.cat((entered, self.inner(entered)), 1))  # type: ignore[no-any-return]


def deep_linear(inputs: int = 16, outputs: int = 4, layers: int = 5) -> nn.Module:
    """Return linear layers one after the other, with nothing between them."""
    return nn.Sequential(
        *(nn.Linear(inputs, inputs, bias=False) for _ in range(layers - 1)),
        nn.Linear(inputs, outputs),
    )


class Elman(nn.Module):
    """A plain recurrent network that answers at the end of a sequence."""

    def __init__(self, inputs: int = 5, outputs: int = 4, width: int = 32) -> None:
        super().__init__()
        self.cells = nn.RNN(inputs, width, batch_first=True)
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of each sequence."""
        return self.head(self.cells(x)[1][0])  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Attention over all places, pre-norm, without a feed-forward part."""

    def __init__(
        self, symbols: int = 13, outputs: int = 12, width: int = 24, length: int = 16
    ) -> None:
        super().__init__()
        self.enter = nn.Embedding(symbols, width)
        self.places = nn.Parameter(0.1 * torch.randn(length, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.looks = nn.ModuleList(
            nn.MultiheadAttention(width, 2, batch_first=True) for _ in range(2)
        )
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU())
        self.answer = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits at each place."""
        hidden = self.enter(x) + self.places
        for norm, look in zip(self.norms, self.looks, strict=True):
            seen = norm(hidden)
            hidden = hidden + look(seen, seen, seen, need_weights=False)[0]
        return self.answer(self.head(hidden))  # type: ignore[no-any-return]


class Mixer(nn.Module):
    """Pictures of 12 x 12 as nine patches, which perceptrons mix across and within."""

    def __init__(self, outputs: int = 4, width: int = 32) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, width, 4, stride=4)
        self.across = nn.Sequential(nn.Linear(9, 16), nn.GELU(), nn.Linear(16, 9))
        self.within = nn.Sequential(nn.Linear(width, 48), nn.GELU(), nn.Linear(48, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of each picture."""
        hidden = self.patches(x.unsqueeze(1)).flatten(2).transpose(1, 2)
        mixed = self.across(self.norms[0](hidden).transpose(1, 2)).transpose(1, 2)
        hidden = hidden + mixed
        hidden = hidden + self.within(self.norms[1](hidden))
        return self.head(hidden.mean(1))  # type: ignore[no-any-return]


class Euler(nn.Module):
    """One small network that moves a state again and again by small steps."""

    def __init__(self, size: int = 8, width: int = 32, steps: int = 5) -> None:
        super().__init__()
        self.slope = nn.Sequential(nn.Linear(size, width), nn.Tanh(), nn.Linear(width, size))
        self.steps = steps

    def forward(self, x: Tensor) -> Tensor:
        """Return the state after the last step."""
        for _ in range(self.steps):
            x = x + self.slope(x) / self.steps
        return x


def separable(outputs: int, width: int = 16, layers: int = 2) -> nn.Module:
    """Return convolutions of a series, within each channel and then across, with pooling."""
    parts: list[nn.Module] = [nn.Conv1d(1, width, 5, padding=2), nn.ReLU()]
    for _ in range(layers):
        parts += [
            nn.Conv1d(width, width, 5, padding=2, groups=width),
            nn.Conv1d(width, width, 1),
            nn.BatchNorm1d(width),
            nn.ReLU(),
        ]
    return nn.Sequential(
        *parts, nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(4 * width, outputs)
    )


class Bumps(nn.Module):
    """Radial bumps with places, widths and heights that are all learnt."""

    def __init__(self, count: int = 40) -> None:
        super().__init__()
        self.places = nn.Parameter(3 * torch.randn(count, 2))
        self.widths = nn.Parameter(torch.zeros(count))
        self.heights = nn.Linear(count, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the height at each place."""
        distance = ((x[:, None] - self.places) ** 2).sum(2)
        return self.heights((-distance * self.widths.exp()).exp())  # type: ignore[no-any-return]
