"""Small data sets, made by the script or carried by the repository, the same on every run."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

DIGITS = Path(__file__).parents[2] / "examples" / "data" / "mnist_3_vs_7.npz"
# Modules whose docstrings have hardly changed from Python 3.10 on.
DOCUMENTED = ("argparse", "datetime", "random", "fractions", "statistics", "textwrap", "threading")
CHARACTERS = 96  # printable ASCII and the line end
CONTEXT = 32


class Split(NamedTuple):
    """Training and validation data: inputs and targets, first axis the examples."""

    x: Tensor
    y: Tensor
    x_valid: Tensor
    y_valid: Tensor


def _normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator)


@cache
def digits(*, noise: float = 0.0, train: int | None = None) -> Split:
    """Return the 3s and 7s of MNIST, with a share `noise` of training labels made wrong."""
    with np.load(DIGITS) as stored:
        arrays = {name: torch.from_numpy(stored[name]) for name in stored.files}
    x, x_valid = (
        ((arrays[name].float() / 255 - 0.13) / 0.31).unsqueeze(1) for name in ("x_train", "x_valid")
    )
    y, y_valid = ((arrays[name] == 7).long() for name in ("y_train", "y_valid"))
    if noise:
        wrong = torch.rand(len(y), generator=torch.Generator().manual_seed(5)) < noise
        y = torch.where(wrong, 1 - y, y)
    return Split(x[:train], y[:train], x_valid, y_valid)


@cache
def turned_digits(train: int = 256) -> Split:
    """Return a few of the digits turned by a quarter: the shift that fine-tuning meets."""
    x, y, x_valid, y_valid = digits()
    return Split(
        torch.rot90(x[:train], 1, (2, 3)), y[:train], torch.rot90(x_valid, 1, (2, 3)), y_valid
    )


@cache
def clusters(classes: int = 10, dimensions: int = 20, train: int = 4096) -> Split:
    """Return overlapping Gaussian clusters, three to a class, seen through a fixed warp."""
    generator = torch.Generator().manual_seed(11)
    centres = 1.3 * _normal(generator, 3 * classes, dimensions)
    which = torch.randint(3 * classes, (train + 1024,), generator=generator)
    x = centres[which] + 1.2 * _normal(generator, len(which), dimensions)
    x = torch.tanh(x @ _normal(generator, dimensions, dimensions) / math.sqrt(dimensions)) + 0.3 * x
    y = which % classes
    return Split(x[:train], y[:train], x[train:], y[train:])


@cache
def spirals(train: int = 1500) -> Split:
    """Return three interleaved spiral arms in the plane, with noise."""
    generator = torch.Generator().manual_seed(13)
    y = torch.randint(3, (train + 750,), generator=generator)
    radius = torch.rand(len(y), generator=generator).sqrt()
    angle = 5 * radius + 2 * math.pi / 3 * y
    x = torch.stack((radius * angle.cos(), radius * angle.sin()), 1) * 2
    x = x + 0.08 * _normal(generator, len(y), 2)
    return Split(x[:train], y[:train], x[train:], y[train:])


@cache
def teacher(scale: float = 1.0, noise: float = 0.1, shift: float = 0.0) -> Split:
    """Return the answers of a fixed random network to 16 inputs, times `scale`, with noise.

    `shift` moves the network's weights: a neighbouring function, for fine-tuning.
    """
    generator = torch.Generator().manual_seed(17)
    first, second = _normal(generator, 16, 24) / 4, _normal(generator, 24, 1) / math.sqrt(24)
    move = _normal(generator, 16, 24) / 4
    x = _normal(generator, 5120, 16)
    y = torch.tanh(2 * x @ (first + shift * move)) @ second
    y = scale * (y / y.std() + noise * _normal(generator, len(y), 1))
    return Split(x[:4096], y[:4096], x[4096:], y[4096:])


@cache
def waves() -> Split:
    """Return a sum of sines of eight badly scaled inputs."""
    generator = torch.Generator().manual_seed(19)
    x = _normal(generator, 3072, 8)
    y = torch.sin(2 * x[:, :4]).sum(1) + x[:, 4] * x[:, 5] + 0.2 * _normal(generator, 3072)
    y = y.unsqueeze(1)
    x = x * torch.logspace(-1, 0.5, 8)
    return Split(x[:2048], y[:2048], x[2048:], y[2048:])


def docstring_text() -> str:
    """Return the docstrings of some modules of Python's standard library, one after the other."""
    parts: list[str] = []
    for name in DOCUMENTED:
        module = importlib.import_module(name)
        parts.append(inspect.getdoc(module) or "")
        for _, member in sorted(vars(module).items()):
            if getattr(member, "__module__", None) != name:
                continue
            parts.append(inspect.getdoc(member) or "")
            if inspect.isclass(member):
                parts += (inspect.getdoc(f) or "" for _, f in sorted(vars(member).items()))
    return "\n".join(dict.fromkeys(part for part in parts if part))


_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def _words(n: int) -> str:
    if n >= 100:
        return f"{_ONES[n // 100]} hundred {_words(n % 100)}"
    return _ONES[n] if n < 10 else f"{_TENS[n // 10]} {_ONES[n % 10]}"


def sums_text(lines: int = 1200) -> str:
    """Return sums written out in words, a small made-up language."""
    pairs = np.random.RandomState(23).randint(1, 400, (lines, 2)).tolist()
    return "\n".join(f"{_words(a)} plus {_words(b)} is {_words(a + b)}." for a, b in pairs)


@cache
def characters(source: str = "docstrings", context: int = CONTEXT) -> Split:
    """Return windows of text as character numbers, and the same windows one character later."""
    text = docstring_text() if source == "docstrings" else sums_text()
    codes = torch.tensor([ord(c) - 31 if " " <= c <= "~" else 0 for c in text])
    windows = codes.unfold(0, context + 1, context // 2)
    order = torch.randperm(len(windows), generator=torch.Generator().manual_seed(29))
    windows = windows[order]
    # Neighbouring windows overlap by half, so the validation part is cut from the end of the text.
    held_out = order >= int(0.9 * len(windows))
    train, valid = windows[~held_out], windows[held_out][:192]
    return Split(train[:, :-1], train[:, 1:], valid[:, :-1], valid[:, 1:])


def text_fingerprint() -> str:
    """Return a short hash of the docstrings: they belong to the Python that runs the script."""
    return hashlib.sha256(docstring_text().encode()).hexdigest()[:12]
