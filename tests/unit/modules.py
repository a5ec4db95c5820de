"""Modules that a restoration must set back in more than their parameters."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.into = nn.Embedding(5, 4)
        self.out = nn.Linear(4, 5, bias=False)
        self.out.weight = self.into.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.out(self.into(tokens))


class OldNorm:
    """What the weight normalisation of older versions leaves on a module."""

    name = "weight"

    def __call__(self, module: Any, inputs: Any) -> None:
        module.weight = module.weight_g * F.normalize(module.weight_v, dim=1)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 5, batch_first=True)
        self.out = nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.rnn(x[:, None])[0][:, -1])


class Flat(nn.Module):
    """Parameters that are views of one buffer, which holds something else besides."""

    def __init__(self) -> None:
        super().__init__()
        self.flat = torch.linspace(-1, 1, 40)
        self.weight = nn.Parameter(self.flat[3:15].view(3, 4))
        self.bias = nn.Parameter(self.flat[15:18])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias) + self.flat[:3].sum()


class Strange(nn.Module):
    """Parameters and buffers of types that arithmetic treats with caution."""

    def __init__(self) -> None:
        super().__init__()
        self.wave = nn.Parameter(torch.linspace(0, 1, 12).reshape(3, 4).to(torch.complex64))
        self.short = nn.Parameter(torch.linspace(-1, 1, 3).to(torch.bfloat16))
        self.turned = nn.Parameter(torch.linspace(0, 1, 12).reshape(4, 3).t())
        self.register_buffer("mask", torch.tensor([True, False, True]))
        self.register_buffer("eight", torch.ones(3).to(torch.float8_e4m3fn))
        self.register_buffer("wide", torch.ones(1).expand(3))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64), persistent=False)
        self.register_buffer("few", torch.eye(3).to_sparse())
        self.register_buffer("broken", torch.tensor([float("nan"), -0.0, float("inf")]))
        self.register_buffer("nothing", torch.empty(0))
        self.register_buffer("absent", None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        self.mask.logical_not_()
        self.eight.fill_(2)
        self.broken += 1
        out = F.linear(x.to(torch.complex64), self.wave).abs() + F.linear(x, self.turned)
        return (out + self.short.float()) * self.wide @ self.few


class Remembering(nn.Module):
    """Keeps more on itself than parameters and buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.calls = 0
        self.history: list[Any] = []
        self.table = {"last": None, "means": [torch.zeros(3)]}
        self.mean = torch.zeros(3)
        self.kinds: set[int] = set()
        self.recent: deque[int] = deque([1, 2], maxlen=2)
        self.array = np.zeros(3)
        self.note = Note()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.layer(x)
        self.calls += 1
        self.history.append(out.detach().mean())
        self.table["last"] = self.calls
        self.table["means"][0] += 1
        self.mean.lerp_(out.detach().mean(0), 0.1)
        self.kinds.add(self.calls)
        self.recent.append(self.calls)
        self.array += 1
        self.note.total += 1
        self.fresh = self.calls
        return out


class Note:
    def __init__(self) -> None:
        self.total = 0


class Moving(nn.Module):
    """Puts its parameters and buffers somewhere else, and marks them, whenever it is used."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.register_buffer("scale", torch.ones(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight: Any = self.layer.weight
        weight.data = weight.data * 0.9
        weight.used = True
        if not weight._backward_hooks:
            weight.register_hook(lambda grad: grad * 2)
        self.scale = self.scale + 0.1
        return self.layer(x) * self.scale


class Guarded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.lock = threading.Lock()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with self.lock:
            return self.layer(x)


class KeepsOutput(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.last: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.last = self.layer(x)
        return self.last


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.count = 300
        self.seen = [1]
        self.running = torch.zeros(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count += 1
        self.seen.append(self.count)
        out = self.layer(x) + 0.1 * self.running
        self.running = 0.9 * self.running + out.detach().mean(0)
        return out


class Slotted(nn.Module):
    __slots__ = ("cache", "count", "late")

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.cache = {"mean": torch.zeros(3)}
        self.count = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.layer(x)
        self.count += 1
        self.cache["mean"] += out.detach().mean(0)
        self.late = out.detach()
        return out + self.cache["mean"]
