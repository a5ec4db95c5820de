"""A small training set-up on the digits, which the kernels under test import."""

from __future__ import annotations

import hashlib
import pickle
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)  # several kernels and a browser share the machine

_DIGITS = Path(__file__).resolve().parents[2] / "examples" / "data" / "mnist_3_vs_7.npz"


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Return images (1702, 1, 28, 28) from 0 to 1 and classes, 1 for a seven."""
    with np.load(_DIGITS) as arrays:
        images = torch.from_numpy(arrays["x_train"]).float().div(255).unsqueeze(1)
        sevens = torch.from_numpy(arrays["y_train"] == 7).long()
    return images, sevens


def make_model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2),
        nn.BatchNorm2d(8),  # has buffers that a forward pass changes
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 2),
    )


def make_loader() -> torch.utils.data.DataLoader[Any]:
    dataset = torch.utils.data.TensorDataset(*digits())
    return torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True)


def make_optimizer(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.99))


class Gate:
    """Batches that wait until they are let through, so that a test decides the pace."""

    def __init__(self, loader: torch.utils.data.DataLoader[Any]) -> None:
        self._loader = loader
        self._allowed = threading.Semaphore(0)
        self._open = threading.Event()

    def __iter__(self) -> Iterator[Any]:
        for batch in self._loader:
            if not self._open.is_set():
                self._allowed.acquire()
            yield batch

    def __len__(self) -> int:
        return len(self._loader)

    def let(self, steps: int) -> None:
        self._allowed.release(steps)

    def open(self) -> None:
        """Let everything through from now on."""
        self._open.set()
        self._allowed.release()


def fingerprint(model: nn.Module, optimizer: torch.optim.Optimizer) -> str:
    """Return a checksum over every bit that a sweep might leave changed."""
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode() + tensor.numpy().tobytes())
    for name, parameter in model.named_parameters():
        gradient = b"" if parameter.grad is None else parameter.grad.numpy().tobytes()
        digest.update(name.encode() + gradient)
    modes = [module.training for module in model.modules()]
    randomness = (
        torch.get_rng_state().numpy().tobytes(),
        pickle.dumps(np.random.get_state()),  # noqa: NPY002 - the state that users' code shares
        random.getstate(),
    )
    digest.update(repr((optimizer.state_dict(), modes, randomness)).encode())
    return digest.hexdigest()
