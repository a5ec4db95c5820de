"""The code of README.md and docs/guide.md, as it stands there, from the first line to the last."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch
from torch import nn

from lrfind_widget import LRFinderWidget, lr_find
from tests.unit.toys import loader

ROOT = Path(__file__).resolve().parents[2]


def yours() -> dict[str, Any]:
    """Return what the pages take as given."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))
    groups = zip(("body", "neck", "head"), model[::2], strict=True)
    optimizer = torch.optim.SGD(
        [{"params": part.parameters(), "name": name} for name, part in groups], lr=1e-3
    )
    return {
        "model": model,
        "optimizer": optimizer,
        "loader": loader(),
        "train_loader": loader(),
        "val_loader": loader(16),
        "other": lr_find(model, loader(), optimizer, num_it=50, progress=False),
        "mine": lambda lrs, losses: lrs[losses.argmin()] / 10,
        "axes": plt.subplots()[1],
        "display": lambda shown: shown.start(),
        "lr_find": lr_find,
    }


@pytest.mark.parametrize("page", ["README.md", "docs/guide.md"])
def test_its_code_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    names = yours()
    first = LRFinderWidget(names["model"], names["loader"], names["optimizer"])
    names |= {"widget": first, "LRFinderWidget": LRFinderWidget}
    first.start()
    for code in re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S):
        names["widget"].wait()
        exec(code, names)
    for widget in {first, names["widget"]}:
        widget.close()
    plt.close("all")


def test_the_readme_tells_the_versions_that_the_tests_have() -> None:
    pins = (ROOT / "requirements/constraints.txt").read_text()
    told = "torch", "ipywidgets", "bqplot", "ipykernel", "jupyterlab", "notebook", "nbclassic"
    for package in (*told, "voila"):
        (version,) = re.findall(rf"^{package}==([\d.]+)", pins, re.M)[:1]
        assert f" {version} " in (ROOT / "README.md").read_text(), package
