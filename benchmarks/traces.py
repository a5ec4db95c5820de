"""What a range test may leave changed, recorded independently of this package's own receipt."""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import signal
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.tasks import Job

KINDS = (
    "weights",
    "buffers",
    "gradients",
    "train/eval mode",
    "hooks",
    "optimizer state",
    "optimizer groups",
    "optimizer's methods",
    "torch's random state",
    "numpy's random state",
    "Python's random state",
    "files",
    "threads",
    "Ctrl-C",
)


def state(job: Job) -> dict[str, Any]:
    """Return everything that a later training or the rest of a notebook depends on."""
    named = list(job.model.named_parameters())
    groups = [
        {key: value for key, value in group.items() if key != "params"}
        for group in job.optimizer.param_groups
    ]
    return {
        "weights": [(name, id(p), _bits(p)) for name, p in named],
        "buffers": [(name, _bits(buffer)) for name, buffer in job.model.named_buffers()],
        "gradients": [(name, _bits(p.grad)) for name, p in named],
        "train/eval mode": [module.training for module in job.model.modules()],
        "hooks": [
            (name, key, len(value))
            for name, module in job.model.named_modules()
            for key, value in vars(module).items()
            if key.endswith("_hooks")
        ],
        "optimizer state": [
            (number, [(key, _bits(value)) for key, value in job.optimizer.state[p].items()])
            for number, (_, p) in enumerate(named)
            if p in job.optimizer.state
        ],
        "optimizer groups": repr(groups),
        "optimizer's methods": sorted(k for k, v in vars(job.optimizer).items() if callable(v)),
        "torch's random state": _bits(torch.get_rng_state()),
        "numpy's random state": pickle.dumps(np.random.get_state()),  # noqa: NPY002 - users' own
        "Python's random state": random.getstate(),
        "files": sorted(
            str(path) for folder in (Path.cwd(), tempfile.gettempdir()) for path in _files(folder)
        ),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "Ctrl-C": signal.getsignal(signal.SIGINT),
    }


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what differs."""
    return [what for what in KINDS if before[what] != after[what]]


def _files(folder: str | os.PathLike[str]) -> list[Path]:
    return list(Path(folder).rglob("*"))


def _bits(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    tensor = value.detach().cpu().contiguous()
    return hashlib.sha256(tensor.view(-1).view(torch.uint8).numpy().tobytes()).hexdigest()
