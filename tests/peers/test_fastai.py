"""fastai's finders beside ours: version 2 as it is released, version 1 by what it has recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastai.callback.schedule import minimum, slide, steep, valley
from torch import nn

from lrfind_widget import SweepResult
from tests.peers.page import both, pairs

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "peer_suggestions.json").read_text()
)["curves"]


def test_version_2_takes_the_same_steps() -> None:
    """The rates to the bit, the averages up to the single precision of theirs."""
    theirs, ours = both("fastai v2")
    recorder, result = theirs["learn"].recorder, ours["result"]
    assert list(recorder.lrs) == result.lrs.tolist()
    losses = [float(loss) for loss in recorder.losses]
    assert losses == pytest.approx(result.smoothed.tolist(), rel=2e-6)
    said = {name: found.lr for name, found in ours["suggested"].items()}
    assert said == pytest.approx(theirs["suggested"]._asdict(), rel=1e-6)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (valley, "valley"),
        (slide, "slide"),
        (steep, "steep"),
        (partial(slide, thresh=0.02, lr_diff=10), "slide"),
        (minimum, "min_over_10"),
    ],
)
def test_its_own_functions_are_rules(theirs: Callable[..., Any], ours: Any) -> None:
    result = both("fastai v2")[1]["result"]
    options = dict(getattr(theirs, "keywords", {}))
    expected = result.suggestion(ours, **options).lr
    found = result.suggestion(theirs)
    assert found.lr == pytest.approx(expected, rel=1e-6)
    assert found.reason == f"What {found.rule} returned for this curve."


def test_its_own_functions_stand_beside_those_of_their_names() -> None:
    result = both("fastai v2")[1]["result"]
    said = result.suggestions(["valley", valley, minimum, partial(slide, thresh=0.02)])
    assert list(said) == ["valley", "valley (yours)", "minimum", "slide(thresh=0.02)"]


@pytest.mark.parametrize("curve", [name for name in REFERENCE if name != "crossing zero"])
def test_version_1_finds_the_same(curve: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On the losses that its code was given; those that cross zero end it by chance at the first.

    From a loss that is NaN on, its average stays NaN, and ours is what it was.
    """
    recorded = REFERENCE[curve]["peers"]["fastai v1"]
    result, suggested, printed = swept(curve, capsys)
    lrs, smoothed = (list(map(float, recorded[name])) for name in ("lrs", "smoothed"))
    assert result.lrs.tolist() == pytest.approx(lrs, rel=1e-8)
    finite = [n for n, loss in enumerate(smoothed) if math.isfinite(loss)]
    assert result.smoothed[finite] == pytest.approx(np.array(smoothed)[finite], rel=1e-5, abs=2e-6)
    expected = recorded["suggestions"]["min_gradient"]
    if suggested is None:  # where nothing falls, it names a rate all the same
        assert "No recommendation" in printed
    else:
        assert suggested == pytest.approx(expected, rel=1e-6)
        assert f"Min numerical gradient: {expected:.2E}" in printed


def swept(curve: str, capsys: pytest.CaptureFixture[str]) -> tuple[SweepResult, Any, str]:
    """Run our code of the page on losses that are given, step by step."""
    losses = iter(map(float, REFERENCE[curve]["losses"]))

    def replay(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return output.sum() * 0 + torch.tensor(next(losses), dtype=torch.float32)

    from lrfind_widget import lr_find

    model = nn.Linear(1, 1)
    names: dict[str, Any] = {
        "lr_find": partial(lr_find, num_it=len(REFERENCE[curve]["losses"])),
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=1e-3),
        "loader": [(torch.zeros(1, 1), torch.zeros(1, 1))],
        "loss_fn": replay,
    }
    exec(pairs("fastai v1")[0][1], names)
    return names["result"], names["suggested"], capsys.readouterr().out
