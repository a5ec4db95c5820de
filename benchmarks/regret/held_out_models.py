"""The networks of the held-out tasks: none of the kinds that the other tasks train."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.regret.data import CHARACTERS
from benchmarks.regret.held_out_pictures import SMALL


class Residual(nn.Module):
    """What is inside, added to what comes in."""

    def __init__(self, *inside: nn.Module) -> None:
        super().__init__()
        self.inside = nn.Sequential(*inside)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum."""
        return x + self.inside(x)  # type: ignore[no-any-return]


def residual_cnn(outputs: int, channels: int = 16, blocks: int = 2) -> nn.Module:
    """Return a small residual network with group norm, for small pictures."""

    def half() -> list[nn.Module]:
        convolution = nn.Conv2d(channels, channels, 3, padding=1)
        return [nn.GroupNorm(4, channels), nn.SiLU(), convolution]

    return nn.Sequential(
        nn.Conv2d(1, channels, 3, stride=2, padding=1),
        *(Residual(*half(), *half()) for _ in range(blocks)),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * channels, outputs),
    )


def pooled_cnn(outputs: int, width: int = 12) -> nn.Module:
    """Return a convolutional network with large kernels, max pooling and a wide end."""
    return nn.Sequential(
        nn.Conv2d(1, width, 5, padding=2),
        nn.LeakyReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, width, 3, padding=1),
        nn.LeakyReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9 * width, 64),
        nn.LeakyReLU(),
        nn.Linear(64, outputs),
    )


def convolutional_autoencoder(channels: int = 12) -> nn.Module:
    """Return small pictures through 7 x 7 and back, with transposed convolutions."""
    return nn.Sequential(
        nn.Conv2d(1, channels, 3, stride=2, padding=1),
        nn.GELU(),
        nn.Conv2d(channels, channels, 3, padding=1),
        nn.GELU(),
        nn.ConvTranspose2d(channels, 1, 4, stride=2, padding=1),
    )


class Variational(nn.Module):
    """A variational autoencoder of small digits; in evaluation it takes the mean code."""

    def __init__(self, width: int = 64, code: int = 6) -> None:
        super().__init__()
        size = SMALL * SMALL
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(size, width), nn.ReLU(), nn.Linear(width, 2 * code)
        )
        self.decoder = nn.Sequential(nn.Linear(code, width), nn.ReLU(), nn.Linear(width, size))

    def forward(self, x: Tensor) -> Tensor:
        """Return pixels, means and log variances side by side."""
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        log_variance = log_variance.clamp(-8, 8)
        code = mean
        if self.training:
            code = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return torch.cat((self.decoder(code), mean, log_variance), dim=1)


class Each(nn.Module):
    """One network for each picture of a tuple along the second axis."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: Tensor) -> Tensor:
        """Return what the network gives, tuple by tuple."""
        return self.inside(x.flatten(0, 1)).unflatten(0, x.shape[:2])  # type: ignore[no-any-return]


class Sine(nn.Module):
    """A sine of what comes in, faster or slower (Sitzmann et al. 2020, arXiv 2006.09661)."""

    def __init__(self, pace: float) -> None:
        super().__init__()
        self.pace = pace

    def forward(self, x: Tensor) -> Tensor:
        """Return the sine."""
        return torch.sin(self.pace * x)


def sine_network(width: int = 64) -> nn.Module:
    """Return a network from a place to a grey, with sines between its layers."""
    return nn.Sequential(
        nn.Linear(2, width), Sine(12.0), nn.Linear(width, width), Sine(3.0), nn.Linear(width, 1)
    )


class LongMemory(nn.Module):
    """A character language model with an LSTM of two layers."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.tokens = nn.Embedding(CHARACTERS, 16)
        self.cells = nn.LSTM(16, width, num_layers=2, batch_first=True)
        self.head = nn.Linear(width, CHARACTERS)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (batch, characters, length)."""
        hidden, _ = self.cells(self.tokens(x))
        return self.head(hidden).transpose(1, 2)  # type: ignore[no-any-return]


class Bag(nn.Module):
    """The mean of word vectors, and a layer on it."""

    def __init__(self, words: int = 400, width: int = 32, outputs: int = 12) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(words, width)
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of the topics."""
        return self.head(self.words(x))  # type: ignore[no-any-return]


class BothWays(nn.Module):
    """A recurrent network that reads a sequence of symbols from both ends."""

    def __init__(self, symbols: int = 8, width: int = 32) -> None:
        super().__init__()
        self.tokens = nn.Embedding(symbols, 16)
        self.cells = nn.GRU(16, width, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * width, symbols)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of the symbols."""
        _, last = self.cells(self.tokens(x))
        return self.head(torch.cat((last[0], last[1]), 1))  # type: ignore[no-any-return]


class SeriesTransformer(nn.Module):
    """Attention without a mask over a series of two channels, post-norm."""

    def __init__(self, outputs: int = 0, width: int = 32, length: int = 32) -> None:
        super().__init__()
        self.enter = nn.Linear(2, width)
        self.places = nn.Parameter(0.1 * torch.randn(length, width))
        self.block = nn.TransformerEncoderLayer(width, 2, 64, dropout=0.0, batch_first=True)
        self.pooled = outputs > 0
        self.head = nn.Linear(width, outputs or 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return a value for each place or, where `outputs` is given, logits of the series."""
        hidden = self.block(self.enter(x) + self.places)
        if self.pooled:
            return self.head(hidden.mean(1))  # type: ignore[no-any-return]
        return self.head(hidden).squeeze(2)  # type: ignore[no-any-return]


class Causal(nn.Module):
    """Dilated convolutions that never look ahead; three quantiles of each next value."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv1d(1 if n == 0 else width, width, 2, dilation=2**n) for n in range(3)
        )
        self.head = nn.Conv1d(width, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return quantiles of shape (batch, length, 3)."""
        for n, layer in enumerate(self.layers):
            x = torch.relu(layer(nn.functional.pad(x, (2**n, 0))))
        return self.head(x).transpose(1, 2)  # type: ignore[no-any-return]


class Factors(nn.Module):
    """Vectors of users and items whose product is the rating."""

    def __init__(self, users: int = 120, items: int = 90, width: int = 16) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(users, width), nn.Embedding(items, width)
        for vectors in (self.users, self.items):
            nn.init.normal_(vectors.weight, std=0.3)

    def forward(self, x: Tensor) -> Tensor:
        """Return ratings."""
        return (self.users(x[:, 0]) * self.items(x[:, 1])).sum(1)  # type: ignore[no-any-return]


class Sets(nn.Module):
    """One network for each member, the mean, and one network for the set."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.member = nn.Sequential(nn.Linear(2, width), nn.ELU(), nn.Linear(width, width))
        self.whole = nn.Sequential(nn.ELU(), nn.Linear(width, width), nn.ELU(), nn.Linear(width, 2))

    def forward(self, x: Tensor) -> Tensor:
        """Return what is asked of the set."""
        return self.whole(self.member(x).mean(1))  # type: ignore[no-any-return]


def residual_mlp(inputs: int, outputs: int, width: int = 64, blocks: int = 3) -> nn.Module:
    """Return a residual perceptron with layer norm."""
    inside = (
        Residual(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
        for _ in range(blocks)
    )
    return nn.Sequential(
        nn.Linear(inputs, width), *inside, nn.LayerNorm(width), nn.Linear(width, outputs)
    )
