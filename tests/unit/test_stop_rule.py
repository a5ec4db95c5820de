"""When a sweep ends because the loss ran away."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.curves.smoothing import ExponentialAverage
from lrfind_widget.curves.stop_rule import StopDiv, StopRule
from lrfind_widget.outcomes import StopReason


def run(losses: Iterable[float], stop_div: StopDiv = True) -> tuple[int, StopReason | None]:
    """Return after how many steps a sweep with these losses ends, and why."""
    average, divergence = ExponentialAverage(), StopRule(stop_div)
    count = 0
    for loss in losses:
        count += 1
        reason = divergence.update(loss, average.update(loss))
        if reason is not None:
            return count, reason
    return count, None


def fastais(losses: Iterable[float], factor: float = 4) -> int | None:
    """Return after how many steps fastai v1 stops; None where it does not."""
    average, best = ExponentialAverage(), math.inf
    for n, loss in enumerate(losses, start=1):
        smoothed = average.update(loss)
        best = min(best, smoothed)
        if smoothed > factor * best:
            return n
    return None


@given(st.lists(st.floats(1e-6, 1e6), max_size=60))
def test_fastais_rule_stops_positive_losses_exactly_where_fastai_v1_stops(
    losses: list[float],
) -> None:
    stop = fastais(losses)
    assert run(losses, "fastai") == ((stop, StopReason.DIVERGED) if stop else (len(losses), None))


@given(st.lists(st.floats(1e-6, 1e6), max_size=60), st.sampled_from([True, 2.0, 10.0]))
def test_no_positive_loss_stops_before_fastais_rule(losses: list[float], stop_div: StopDiv) -> None:
    stop = fastais(losses, 4 if stop_div is True else stop_div)
    count, reason = run(losses, stop_div)
    assert reason is None or (stop is not None and count >= stop)


def regression(seed: int, batch_size: int) -> list[float]:
    """Return the losses of a linear regression, at rates that move nothing yet."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=10)
    inputs = rng.normal(size=(60, batch_size, 10))
    noise = 0.1 * rng.normal(size=(60, batch_size))
    return list(np.square(inputs @ truth + noise).mean(axis=1))


@pytest.mark.parametrize("batch_size", [1, 2, 4, 8, 16])
def test_noise_of_small_batches_ends_at_most_one_sweep_in_fifty(batch_size: int) -> None:
    sweeps = [regression(seed, batch_size) for seed in range(300)]
    assert sum(run(losses)[1] is not None for losses in sweeps) <= 6
    if batch_size == 1:
        assert sum(run(losses, "fastai")[1] is not None for losses in sweeps) > 100


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("growth", [1.5, 3.0, 30.0])
@pytest.mark.parametrize("calm", [10, 30, 80])
def test_an_explosion_is_seen_within_three_steps_of_fastais_rule(
    noise: float, growth: float, calm: int
) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        fall = np.geomspace(2.3, 0.2, calm)
        losses = np.concatenate([fall, 0.2 * growth ** np.arange(1, 30)])
        losses = losses * np.exp(noise * rng.normal(size=losses.size))
        stop = fastais(losses)
        assert stop is not None
        assert stop <= run(losses)[0] <= stop + 3


@given(
    st.lists(st.floats(0.5, 1.5), min_size=2, max_size=80),
    st.integers(0, 79),
    st.floats(4, 1e9),
    st.booleans(),
)
def test_a_single_spike_never_ends_a_sweep(
    losses: list[float], at: int, times: float, is_positive: bool
) -> None:
    losses[at % len(losses)] *= times
    assert run(losses if is_positive else [loss - 3 for loss in losses])[1] is None


def test_fastais_rule_ends_it_for_a_spike() -> None:
    losses = [0.69] * 9 + [34.66] + [0.69] * 30
    assert run(losses, "fastai") == (10, StopReason.DIVERGED)
    assert run(losses) == (40, None)


@pytest.mark.parametrize("times", [10, 50, 1000])
def test_rare_spikes_end_few_sweeps(times: float) -> None:
    ended = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        losses = 0.69 * np.exp(0.05 * rng.normal(size=100))
        ended += run(losses * np.where(rng.random(100) < 0.01, times, 1))[1] is not None
    assert ended <= 9


def test_an_explosion_from_the_first_step_on_is_seen_at_once() -> None:
    assert run([2.3, 50.0, 1e4, 1e7, 1e11]) == (4, StopReason.DIVERGED)


def test_another_factor_is_waited_for() -> None:
    losses = [1.0] * 20 + [6.0] * 40
    assert [run(losses, stop_div)[1] for stop_div in (2.0, 10.0)] == [StopReason.DIVERGED, None]


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("step", [0, 5])
def test_loss_that_is_not_finite_ends_the_sweep_at_once(
    broken: float, enabled: bool, step: int
) -> None:
    assert run([1.0] * step + [broken, 1.0], enabled) == (step + 1, StopReason.NON_FINITE)


def test_switched_off_rule_never_stops() -> None:
    assert run([1.0, *np.geomspace(1, 1e300, 50)], False)[1] is None


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
