"""A finished curve in words."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrfind_widget.outcomes import StopReason
from lrfind_widget.results.result import SweepResult
from tests.unit.results import result

X = np.linspace(-7, 1, 100)
LRS = 10**X
FALL = 0.69 - 0.59 / (1 + np.exp(-(X + 2) / 0.2))
EXPLODES = np.where(X > -0.7, FALL + np.exp(6 * (X + 0.7)) - 1, FALL)

NUMBER = r"-?[\d.]+(?:e-?\d+)?"
PAIR = re.compile(rf"(?:flat at|near|to|at) ({NUMBER}) (?:at|up to) ({NUMBER})")


def words(losses: Any, **changes: Any) -> str:
    losses = np.asarray(losses, float)
    given: dict[str, Any] = {"lrs": LRS[: losses.size], "settings": {"end_lr": 10.0}}
    return result(losses, **given | changes).describe()


def noisy(losses: Any, noise: float = 0.02, seed: int = 0) -> Any:
    return losses + noise * np.random.default_rng(seed).normal(size=np.size(losses))


def test_a_curve_that_falls_and_explodes():
    assert words(EXPLODES) == (
        "The loss is flat at 0.69 up to 2.8e-3, falls to 0.11 at 1.4e-1, explodes at 2.9e-1."
    )


def test_a_curve_that_falls_and_stays():
    assert words(FALL) == (
        "The loss is flat at 0.69 up to 2.8e-3, falls to 0.15 at 3.8e-2, stays near 0.1 up to 10."
    )


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.3])
def test_a_flat_curve_is_flat_whatever_its_noise(noise):
    said = [words(noisy(0 * X + 0.69, noise, seed)) for seed in range(40)]
    assert sum("flat" in each and "falls" not in each for each in said) >= 38


def test_a_constant_loss():
    assert words(0 * X + 0.69) == "The loss is flat at 0.69 from 1e-7 to 10."


def test_a_loss_that_only_rises_does_not_fall_or_explode():
    said = words(noisy(0.5 + 0.1 * (X + 7)))
    assert "rises to 1.3" in said
    assert not re.search("falls|explodes", said)


def test_every_dip_is_told():
    said = words(np.sin(2 * X))
    assert said.count("falls to -0.88") == 2
    assert said.count("rises to") == 3


def test_a_sweep_that_was_stopped_says_where():
    said = words(FALL[:60], stop_reason=StopReason.STOPPED)
    assert said.endswith("; the sweep was stopped at 5.9e-3.")


def test_a_sweep_that_diverged_says_where():
    said = words(EXPLODES[:83], stop_reason=StopReason.DIVERGED)
    assert said.endswith("at 4.2e-1, where the loss diverged.")


def test_a_sweep_without_data_says_where_it_ended():
    assert words(FALL[:60]).endswith("; the sweep ended early, at 5.9e-3.")


def test_a_loss_that_becomes_nan():
    losses = [*FALL[:80], math.nan]
    assert words(losses, stop_reason=StopReason.NON_FINITE).endswith(", and is NaN at 2.9e-1.")


def test_nan_at_the_first_step():
    said = words([math.nan], stop_reason=StopReason.NON_FINITE)
    assert said == "There is no curve: the loss was NaN at 1e-7."


def test_no_points():
    assert words([]) == "There is no curve."


def test_one_point_and_few():
    assert words([1.0], settings={}) == "The loss is 1 at 1e-7, the only rate."
    assert words([1.0, 0.5], settings={}) == (
        "The loss goes from 1 at 1e-7 to 0.5 at 1.2e-7, in 2 points."
    )


def test_repeats_are_told_as_their_median():
    losses = np.concatenate([noisy(EXPLODES, seed=seed) for seed in range(3)])
    said = words(losses, lrs=np.tile(LRS, 3), repeats=np.repeat([0, 1, 2], 100))
    assert said.startswith("The loss, as the median of 3 sweeps, is flat at 0.69 up to")


def test_the_validation_loss_has_its_own_sentence():
    said = words(EXPLODES, val_losses=FALL + 0.2)
    assert "The validation loss is flat at 0.89 up to 2.8e-3, falls to" in said


def test_rates_of_a_linear_sweep_are_written_in_full():
    lrs = np.linspace(0.001, 0.1, 100)
    linear = {"mode": "linear", "start_lr": 0.001, "end_lr": 0.1, "num_it": 100}
    said = words(1 - np.minimum(lrs / 0.04, 1), lrs=lrs, settings=linear)
    assert "stays near 0 up to 0.1." in said
    assert not re.search(r"\de-\d", said)


def bumpy(seed: int) -> Any:
    """Return a smooth curve with several dips, and a little noise."""
    rng = np.random.default_rng(seed)
    heights = rng.uniform(0, 1, 7)
    return noisy(np.interp(X, np.linspace(-7, 1, 7), heights), 0.01, seed)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_rate_and_loss_that_is_told_lies_on_the_curve(seed):
    found = result(bumpy(seed), lrs=LRS, settings={"end_lr": 10.0})
    pairs = PAIR.findall(found.describe())
    assert pairs
    span = np.ptp(found.fit.losses)
    for loss, lr in [(loss, lr.rstrip(".")) for loss, lr in pairs]:
        at = np.log10(float(lr))
        near = np.abs(np.log10(found.fit.lrs) - at) <= 0.05  # of two digits, and a position
        away = np.abs(found.fit.losses[near] - float(loss)).min()
        assert away <= 0.12 * span, (loss, lr)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([1e-6, 0.5, 3.0, 1e6]),
    offset=st.sampled_from([0.0, -3.0, 10.0]),
)
def test_scale_and_offset_change_the_numbers_of_the_losses_alone(seed, scale, offset):
    def shape(text: str) -> str:
        return re.sub(rf"(flat at|near|falls to|rises to|begins at) {NUMBER}", r"\1 _", text)

    losses = bumpy(seed)
    assert shape(words(scale * (losses + offset))) == shape(words(losses))


def test_a_stored_result_is_told_as_it_was(tmp_path):
    found: SweepResult = result(noisy(EXPLODES), lrs=LRS)
    found.save(tmp_path / "curve.csv")
    assert SweepResult.load(tmp_path / "curve.csv").describe() == found.describe()
