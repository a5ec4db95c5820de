"""The code of docs/from_other_finders.md, as it stands there: for each finder theirs, then ours."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PAGE = (Path(__file__).parents[2] / "docs" / "from_other_finders.md").read_text()
HEAD, *_PARTS = re.split(r"^## ", PAGE, flags=re.MULTILINE)
SECTIONS = {part.partition("\n")[0]: part for part in _PARTS}

# Models this small are slower on several threads.
torch.set_num_threads(1)


def blocks(section: str) -> list[str]:
    """Return the code of a section, block by block."""
    return re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)


def pairs(title: str) -> list[tuple[str, str]]:
    """Return the code of a section in pairs: theirs and ours."""
    found = blocks(SECTIONS[title])
    assert len(found) % 2 == 0, f"{title}: code without its counterpart"
    return list(zip(found[::2], found[1::2], strict=True))


def rows(title: str) -> list[tuple[str, str]]:
    """Return the lines of a section's table: theirs and ours."""
    found = re.findall(r"^\| (.+?) \| (.+?) \|$", SECTIONS[title], flags=re.MULTILINE)
    return [(theirs, ours) for theirs, ours in found if theirs != "theirs"]


def yours(*, lr: float = 0.1, batch_size: int = 16) -> dict[str, Any]:
    """Return what the page takes as given, in the same state each time."""
    _seed(0)
    inputs = torch.randn(256, 20)
    target = (inputs @ torch.randn(20, 5)).argmax(dim=1)
    model = nn.Sequential(nn.Linear(20, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 5))
    data = TensorDataset(inputs, target)
    # Numbers of its own: some finders draw others between two epochs.
    order = torch.Generator().manual_seed(2)
    return {
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9),
        "loader": DataLoader(data, batch_size=batch_size, shuffle=True, generator=order),
        "val_loader": DataLoader(data, batch_size=64),
        "loss_fn": nn.CrossEntropyLoss(),
    }


def run(code: str, **task: Any) -> dict[str, Any]:
    """Run code of the page as a notebook would, from the same state each time; return its names."""
    names = yours(**task) | {"__name__": "__main__"}
    exec(blocks(HEAD)[0], names)
    _seed(1)
    exec(code, names)
    return names


def both(title: str, number: int = 0, **task: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a pair of a section, theirs and ours; return the names of each."""
    theirs, ours = pairs(title)[number]
    return run(theirs, **task), run(ours, **task)


def _seed(seed: int) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is the point
    random.seed(seed)


def averaged(losses: Any, smooth_f: float = 0.05) -> list[float]:
    """Return losses smoothed as torch-lr-finder, Ignite and MONAI do."""
    smooth: list[float] = []
    for loss in map(float, losses):
        smooth.append(smooth_f * loss + (1 - smooth_f) * smooth[-1] if smooth else loss)
    return smooth
