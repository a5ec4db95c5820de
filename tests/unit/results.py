"""Results made up from synthetic curves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.receipt import Receipt, ReceiptItem
from lrfind_widget.results.result import SweepResult
from tests.unit.curves import exponential, valley

LRS = exponential()


def result(losses: Any = None, **changes: Any) -> SweepResult:
    losses = valley(LRS, noise=0.05) if losses is None else np.asarray(losses)
    n = losses.size
    given: dict[str, Any] = {
        "lrs": exponential(max(n, 1))[:n],
        "losses": losses,
        "smoothed": exponential_average(losses),
        "steps": np.arange(n),
        "stop_reason": StopReason.FINISHED,
        "stop_sentence": "All steps were taken.",
    }
    return SweepResult(**{**given, **changes})


def full() -> SweepResult:
    losses = valley(LRS, noise=0.05)
    losses[-1] = math.nan
    return result(
        losses,
        stop_reason=StopReason.NON_FINITE,
        stop_sentence="The loss became NaN at 8.3.",
        val_losses=np.where(np.arange(100) % 2, math.inf, valley(LRS)),
        repeats=np.arange(100) // 50,
        settings={"num_it": 100, "wd": None, "end_lr": math.inf, "é": ["ü", {"x": math.nan}]},
        objective="cross entropy",
        isolation="copied",
        multipliers=(1.0, 0.1),
        skipped_steps=2,
        duration=3.25,
        receipt=Receipt((ReceiptItem("parameters", 3, "bit by bit", True),), 0.01),
        versions={"torch": "2.13.0"},
        created="2026-01-02T03:04:05+00:00",
    )


def three() -> SweepResult:
    curves = [valley(LRS, noise=0.1, seed=seed) for seed in range(3)]
    return result(
        np.concatenate(curves),
        lrs=np.tile(LRS, 3),
        smoothed=np.concatenate([exponential_average(c) for c in curves]),
        repeats=np.repeat([0, 1, 2], 100),
    )
