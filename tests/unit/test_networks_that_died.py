"""Real sweeps of the example's network, which explodes and is dead at its starting level then.

Each of the stored curves once had no suggestion, or one at which nothing trains.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from lrfind_widget.curves.features import chance, fit_curve
from lrfind_widget.rules.fastai_v1 import min_gradient
from lrfind_widget.rules.table import RULES, suggest
from tests.unit.curves import exponential

STORED = json.loads((Path(__file__).parents[1] / "reference" / "digits_that_died.json").read_text())
TRAINS = 1e-3, 5e-2
"""Between these rates the example's network trains well."""

every_curve = pytest.mark.parametrize("name", STORED)


class Curve(NamedTuple):
    lrs: np.ndarray
    losses: np.ndarray


def curve(name: str) -> Curve:
    losses = np.array(STORED[name])
    return Curve(exponential(losses.size), losses)


def usable(lr: float | None) -> bool:
    return lr is not None and TRAINS[0] <= lr <= TRAINS[1]


@every_curve
@pytest.mark.parametrize("rule", ["balanced", "median_of_three"])
def test_the_valley_is_not_where_the_network_is_dead(name: str, rule: str) -> None:
    assert usable(suggest(*curve(name), rule).lr)


@every_curve
def test_the_fall_before_the_explosion_is_evident(name: str) -> None:
    found = fit_curve(*curve(name))
    assert found is not None
    assert found.evidence > chance(found.count)


@every_curve
def test_a_steepest_fall_after_the_explosion_is_doubted(name: str) -> None:
    found = min_gradient(*curve(name))
    assert usable(found.lr) or found.certainty == "unsure"


def test_the_steepest_fall_of_a_clean_curve_is_sure() -> None:
    x = np.log10(exponential(200))
    losses = 2 - 1.5 / (1 + np.exp(-3 * (x + 3))) + np.exp(np.clip(6 * (x + 0.5), -30, 5))
    assert RULES["min_gradient"](exponential(200), losses).certainty == "sure"


def test_the_steepest_fall_of_noise_is_doubted() -> None:
    losses = np.random.default_rng(0).normal(size=100)
    assert "may be noise" in min_gradient(exponential(), losses).caveats[0]


def test_a_steepest_fall_before_the_losses_fall_is_doubted() -> None:
    x = np.log10(exponential())
    losses = 2 - 0.1 * np.clip(x + 3, 0, None)
    losses[:12] += np.linspace(1, 0, 12)  # chance, in the first losses
    said = min_gradient(exponential(), losses).caveats
    assert len(said) == 1
    assert "the losses only from" in said[0]
