"""Our rules against what the released packages say (`tests/reference/make_peer_references.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.curves.smoothing import ExponentialAverage, exponential_average
from lrfind_widget.curves.stop_rule import StopRule
from lrfind_widget.rules.table import suggest

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "reference" / "peer_suggestions.json").read_text()
)
CURVES = REFERENCE["curves"]

OURS = {
    "min_gradient": ("min_gradient", {}),
    "min_gradient skip_start=0 skip_end=0": ("min_gradient", {"skip_start": 0, "skip_end": 0}),
    "min_over_10": ("min_over_10", {}),
    "valley": ("valley", {}),
    "slide": ("slide", {}),
    "steep": ("steep", {}),
    "minimum": ("min_over_10", {}),
    "torch_lr_finder": ("torch_lr_finder", {}),
    "lightning": ("lightning", {}),
    "ignite": ("ignite", {}),
}

REFUSED = {
    # The loss never falls; the peers name a rate all the same.
    *((curve, rule) for curve in ("constant", "rising") for rule in OURS),
    # The peers pick the NaN itself, or a point beside it.
    ("nan at 70", "min_gradient skip_start=0 skip_end=0"),
    ("nan at 70", "torch_lr_finder"),
    ("nan at 70", "ignite"),
}

SAID = [
    (curve, peer, rule)
    for curve, entry in CURVES.items()
    for peer, answers in entry["peers"].items()
    for rule in answers["suggestions"]
    if rule in OURS
]


def numbers(values: list[float | str]) -> np.ndarray:
    return np.array([float(value) for value in values])


def suggested(curve: str, peer: str, rule: str) -> float | None:
    entry = CURVES[curve]["peers"][peer]
    lrs = numbers(entry["lrs"])
    losses = numbers(CURVES[curve]["losses"])
    name, options = OURS[rule]
    options = dict(options)
    if rule == "minimum":
        options["skip_start"] = losses.size // 10
    if rule in ("valley", "slide", "steep"):
        options["num_it"] = losses.size
    if rule == "valley":
        # It counts every fall, also those that rounding makes in a flat part of the curve. So it
        # is given fastai's own average, in single precision, not to be smoothed again.
        losses, options["beta"] = numbers(entry["smoothed"]), 0.0
    return suggest(lrs, losses[: lrs.size], name, **options).lr


@pytest.mark.parametrize(
    ("curve", "peer", "rule"), [case for case in SAID if (case[0], case[2]) not in REFUSED]
)
def test_rule_says_what_the_released_package_says(curve: str, peer: str, rule: str) -> None:
    expected = CURVES[curve]["peers"][peer]["suggestions"][rule]
    if not isinstance(expected, float):  # None, or the name of the exception it raised
        assert suggested(curve, peer, rule) is None
    else:
        assert suggested(curve, peer, rule) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("curve", "peer", "rule"),
    [case for case in SAID if (case[0], case[2]) in REFUSED and case[2] != "valley"],
)
def test_rule_refuses_where_the_package_names_a_rate_without_reason(
    curve: str, peer: str, rule: str
) -> None:
    lrs = numbers(CURVES[curve]["peers"][peer]["lrs"])
    losses = numbers(CURVES[curve]["losses"])[: lrs.size]
    name, options = OURS[rule]
    answer = suggest(lrs, losses, name, **options).lr
    # Where a NaN misled the package, the part before it may still support a rate.
    assert answer is None if curve != "nan at 70" else answer < lrs[69]


@pytest.mark.parametrize("curve", CURVES)
def test_average_is_fastai_v1s_in_double_precision(curve: str) -> None:
    theirs = numbers(CURVES[curve]["peers"]["fastai v1"]["smoothed"])
    ours = exponential_average(numbers(CURVES[curve]["losses"]))[: theirs.size]
    finite = np.isfinite(theirs)  # from a NaN on theirs stays NaN
    np.testing.assert_allclose(ours[finite], theirs[finite], rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("curve", CURVES)
def test_schedule_is_fastai_v1s(curve: str) -> None:
    theirs = CURVES[curve]["peers"]["fastai v1"]["lrs"]
    ours = Schedule(num_it=len(CURVES[curve]["losses"])).lrs()[: len(theirs)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)


@pytest.mark.parametrize("curve", [name for name in CURVES if name != "crossing zero"])
def test_sweep_ends_at_the_step_where_fastai_v1s_ends(curve: str) -> None:
    losses = numbers(CURVES[curve]["losses"])
    average, divergence = ExponentialAverage(), StopRule("fastai")
    count = 0
    for loss in losses.tolist():
        count += 1
        if divergence.update(loss, average.update(loss)) is not None:
            break
    assert count == len(CURVES[curve]["peers"]["fastai v1"]["lrs"])
