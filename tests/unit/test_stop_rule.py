"""When a sweep ends because the loss ran away."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.smoothing import ExponentialAverage
from lrfind_widget.curves.stop_rule import StopRule
from lrfind_widget.outcomes import StopReason


def run(losses: Iterable[float], **options: float) -> tuple[int, StopReason | None]:
    """Return after how many steps a sweep with these losses ends, and why."""
    average, divergence = ExponentialAverage(), StopRule(**options)  # type: ignore[arg-type]
    count = 0
    for loss in losses:
        count += 1
        reason = divergence.update(loss, average.update(loss))
        if reason is not None:
            return count, reason
    return count, None


@given(st.lists(st.floats(1e-6, 1e6), max_size=60))
def test_positive_losses_stop_exactly_where_fastai_v1_stops(losses: list[float]) -> None:
    average, best = ExponentialAverage(), math.inf
    stop = None
    for n, loss in enumerate(losses, start=1):
        smoothed = average.update(loss)
        best = min(best, smoothed)
        if smoothed > 4 * best:
            stop = n
            break
    assert run(losses) == ((stop, StopReason.DIVERGED) if stop else (len(losses), None))


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("step", [0, 5])
def test_loss_that_is_not_finite_ends_the_sweep_at_once(
    broken: float, enabled: bool, step: int
) -> None:
    assert run([1.0] * step + [broken, 1.0], enabled=enabled) == (step + 1, StopReason.NON_FINITE)


def test_switched_off_rule_never_stops() -> None:
    assert run([1.0, *np.geomspace(1, 1e300, 50)], enabled=False)[1] is None


@pytest.mark.parametrize("value", [-1.0, 0.0, -1e-9, -1e9])
def test_constant_loss_that_is_not_positive_does_not_stop(value: float) -> None:
    assert run([value] * 100) == (100, None)


def test_loss_that_crosses_zero_does_not_stop() -> None:
    assert run(np.linspace(2, -2, 100)) == (100, None)


def test_loss_that_flickers_around_zero_does_not_stop() -> None:
    for seed in range(50):
        losses = np.random.default_rng(seed).normal(size=200)
        losses[0] = -abs(losses[0])  # until one is not positive, fastai's rule holds
        assert run(losses) == (200, None), f"seed {seed}"


def test_noisy_loss_below_zero_does_not_stop() -> None:
    losses = -1 + 0.5 * np.random.default_rng(0).normal(size=200)
    assert run(losses) == (200, None)


@pytest.mark.parametrize("start", [-1.0, -100.0, 0.0])
def test_explosion_of_a_loss_that_is_not_positive_stops(start: float) -> None:
    losses = [start] * 50 + list(start + np.geomspace(0.1, 1e9, 50))
    count, reason = run(losses)
    assert reason is StopReason.DIVERGED
    assert 50 < count < 100


@pytest.mark.parametrize("zeros", [1, 8, 20])
def test_loss_that_begins_with_zeros_does_not_stop(zeros: int) -> None:
    losses = [0.0] * zeros + [1.0, 0.0, 0.5, 1.5] * 20
    assert run(losses) == (len(losses), None)


def test_explosion_after_a_fall_through_zero_stops() -> None:
    losses = [*np.linspace(2, -2, 60), *(-2 + np.geomspace(0.1, 1e9, 40))]
    assert run(losses)[1] is StopReason.DIVERGED


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=60))
def test_rule_does_not_depend_on_the_scale_of_the_loss(losses: list[float]) -> None:
    assert run([1024.0 * loss for loss in losses]) == run(losses)


def test_rule_for_losses_below_zero_is_never_stricter_than_fastais() -> None:
    divergence = StopRule()
    divergence.update(1.0, 1.0)
    before = divergence.threshold
    divergence.update(-0.5, 1.0)
    assert divergence.threshold >= before == 4.0
