"""The small networks of the tasks."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from benchmarks.regret.data import CHARACTERS, CONTEXT


def mlp(*widths: int, activation: type[nn.Module] = nn.ReLU, norm: bool = False) -> nn.Module:
    """Return a multilayer perceptron over flattened inputs, with batch norm where asked."""
    layers: list[nn.Module] = [nn.Flatten()]
    for index, (fan_in, fan_out) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(fan_in, fan_out))
        if index < len(widths) - 2:
            layers += [nn.BatchNorm1d(fan_out), activation()] if norm else [activation()]
    return nn.Sequential(*layers)


def dropout_mlp() -> nn.Module:
    """Return a perceptron for digits that drops half its hidden units."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 96), nn.ReLU(), nn.Dropout(0.5), nn.Linear(96, 2)
    )


def cnn(*, norm: bool = False, channels: int = 8) -> nn.Module:
    """Return a three-layer convolutional network for 28 x 28 digits, two classes."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in ((1, channels), (channels, 2 * channels), (2 * channels, 2 * channels)):
        layers.append(nn.Conv2d(fan_in, fan_out, 3, stride=2, padding=1, bias=not norm))
        layers += [nn.BatchNorm2d(fan_out), nn.ReLU()] if norm else [nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(8 * channels, 2))


class Transformer(nn.Module):
    """A character language model: pre-norm causal self-attention, tied to no library's block."""

    def __init__(self, width: int = 48, depth: int = 1, heads: int = 4) -> None:
        super().__init__()
        self.tokens = nn.Embedding(CHARACTERS, width)
        self.places = nn.Parameter(0.02 * torch.randn(CONTEXT, width))
        layer = nn.TransformerEncoderLayer
        self.blocks = nn.ModuleList(
            layer(width, heads, 3 * width, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(depth)
        )
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CHARACTERS))
        self.register_buffer("mask", torch.full((CONTEXT, CONTEXT), -torch.inf).triu(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (batch, characters, length), as `cross_entropy` takes them."""
        hidden = self.tokens(x) + self.places
        for block in self.blocks:
            hidden = block(hidden, src_mask=self.mask)
        return self.head(hidden).transpose(1, 2)  # type: ignore[no-any-return]


class WindowModel(nn.Module):
    """A character language model that reads the last eight characters with a perceptron."""

    def __init__(self, width: int = 64, reach: int = 8) -> None:
        super().__init__()
        self.reach = reach
        self.tokens = nn.Embedding(CHARACTERS, 12)
        self.layers = nn.Sequential(
            nn.Linear(12 * reach, width), nn.Tanh(), nn.Linear(width, CHARACTERS)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (batch, characters, length)."""
        padded = nn.functional.pad(x, (self.reach - 1, 0))
        seen = self.tokens(padded.unfold(1, self.reach, 1)).flatten(2)
        return self.layers(seen).transpose(1, 2)  # type: ignore[no-any-return]


class Recurrent(nn.Module):
    """A character language model with one gated recurrent layer."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.tokens = nn.Embedding(CHARACTERS, 24)
        self.cells = nn.GRU(24, width, batch_first=True)
        self.head = nn.Linear(width, CHARACTERS)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (batch, characters, length)."""
        hidden, _ = self.cells(self.tokens(x))
        return self.head(hidden).transpose(1, 2)  # type: ignore[no-any-return]
