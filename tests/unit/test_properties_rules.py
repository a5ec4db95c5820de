"""What the rules promise on losses of any kind: negative, huge, tiny, constant, spiked, noisy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lrfind_widget.curves.features import FEWEST_POINTS, fit_curve, rate_at
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, suggest
from tests.unit.curves import exponential, valley

Floats = npt.NDArray[np.float64]

OURS = ("median_of_three", "balanced")
CRITICAL = 0.05
finite = st.floats(allow_nan=False, allow_infinity=False)
normal = st.floats(-1e300, 1e300, allow_subnormal=False)
ours = pytest.mark.parametrize("rule", OURS)
every_rule = pytest.mark.parametrize("rule", RULES)


@st.composite
def curves(draw: Any) -> tuple[Floats, Floats]:
    """Return rates and the losses of a plausible sweep: a valley, perhaps shallow or noisy."""
    lrs = exponential(draw(st.integers(30, 150)), 10 ** draw(st.floats(-8, -5)))
    onset = draw(st.floats(-5, -2.5))
    shape = {
        "onset": onset,
        "bottom": onset + draw(st.floats(0.5, 3)),
        "start": draw(st.floats(0.1, 10)),
        "depth": draw(st.floats(0, 10)),
        "noise": draw(st.sampled_from([0.0, 0.01, 0.1, 1.0])),
    }
    losses = valley(lrs, **shape, seed=draw(st.integers(0, 1000)))
    for _ in range(draw(st.integers(0, 3))):  # rare spikes
        losses[draw(st.integers(0, lrs.size - 1))] += draw(st.floats(-1e6, 1e6))
    if draw(st.booleans()):  # a floor
        losses = np.maximum(losses, draw(st.floats(0, 1)))
    return lrs, losses


anything = st.lists(
    st.one_of(finite, st.sampled_from([math.nan, math.inf, -math.inf])), max_size=60
)


def asked(rule: str, lrs: Floats, losses: Floats, shift: float = 1.0) -> Suggestion:
    """Ask a rule, ours with a critical rate, which goes with the rates."""
    known = RULES[rule].wanted(critical_lr=CRITICAL * shift, num_it=lrs.size)
    return suggest(lrs, losses, rule, **known)


def with_rates(losses: Floats) -> Floats:
    return exponential(max(losses.size, 1))[: losses.size]


@every_rule
@settings(max_examples=60)
@given(values=anything)
def test_any_losses_have_a_rate_or_a_reason(rule: str, values: list[float]) -> None:
    losses = np.array(values)
    answer = asked(rule, with_rates(losses), losses)
    assert answer.reason
    assert answer.certainty in ("sure", "unsure", "none")
    if answer.lr is None:
        assert answer.band is None
    else:
        assert 0 < answer.lr < math.inf


@ours
@settings(max_examples=100)
@given(curve=curves())
def test_the_suggestion_lies_in_its_band_and_that_in_the_range(
    rule: str, curve: tuple[Floats, Floats]
) -> None:
    lrs, losses = curve
    answer = asked(rule, lrs, losses)
    if answer.lr is not None:
        low, high = answer.band
        assert low <= answer.lr <= high
        assert lrs.min() * 0.99 <= low
        assert high <= lrs.max() * 1.01


@ours
@settings(max_examples=100)
@given(curve=curves())
def test_a_sure_suggestion_never_lies_above_the_least_loss(
    rule: str, curve: tuple[Floats, Floats]
) -> None:
    answer, fitted = asked(rule, *curve), fit_curve(*curve)
    if answer.certainty == "sure" and fitted is not None and fitted.evidence > 4:
        assert answer.lr <= rate_at(fitted.lowest) * (1 + 1e-9)


@ours
@settings(max_examples=100)
@given(curve=curves(), power=st.integers(-100, 100))
def test_a_scale_of_any_size_changes_nothing(
    rule: str, curve: tuple[Floats, Floats], power: int
) -> None:
    """Powers of 2, which add no rounding: 1e-30 to 1e30."""
    lrs, losses = curve
    before, after = asked(rule, lrs, losses), asked(rule, lrs, losses * 2.0**power)
    assert (after.lr, after.certainty, after.band) == (before.lr, before.certainty, before.band)


@ours
@settings(max_examples=60)
@given(seed=st.integers(0, 100), offset=st.floats(-1e3, 1e3))
def test_an_offset_changes_nothing_so_a_loss_may_be_negative(
    rule: str, seed: int, offset: float
) -> None:
    lrs = exponential()
    losses = valley(lrs, noise=0.05, seed=seed)
    before, after = asked(rule, lrs, losses), asked(rule, lrs, losses + offset)
    assert after.lr == pytest.approx(before.lr, rel=1e-6)
    assert after.certainty == before.certainty


@ours
@settings(max_examples=60)
@given(curve=curves(), decades=st.integers(-3, 3))
def test_rates_moved_by_decades_move_the_suggestion_as_far(
    rule: str, curve: tuple[Floats, Floats], decades: int
) -> None:
    lrs, losses = curve
    shift = 10.0**decades
    before, after = asked(rule, lrs, losses), asked(rule, lrs * shift, losses, shift)
    assume(before.lr is not None)
    assert after.lr == pytest.approx(before.lr * shift, rel=1e-3)
    assert after.certainty == before.certainty


@every_rule
@settings(max_examples=20)
@given(value=normal, count=st.integers(1, 120))
def test_a_constant_loss_supports_no_suggestion(rule: str, value: float, count: int) -> None:
    assert asked(rule, exponential(count), np.full(count, value)).lr is None


@ours
@settings(max_examples=60)
@given(seed=st.integers(0, 1000), step=st.integers(10, 60), height=st.floats(-1e9, 1e9))
def test_a_rare_spike_hardly_moves_the_suggestion(
    rule: str, seed: int, step: int, height: float
) -> None:
    """Of ours: the valley of an average, one of the opinions, is moved by it, and is outvoted."""
    lrs = exponential()
    losses = valley(lrs, noise=0.02, seed=seed)
    spiked = losses.copy()
    spiked[step] += height
    before, after = asked("balanced", lrs, losses), asked("balanced", lrs, spiked)
    assert after.lr == pytest.approx(before.lr, rel=0.15)
    assert asked(rule, lrs, spiked).lr <= max(before.lr, after.lr, CRITICAL) * 1.01


@ours
@settings(max_examples=60)
@given(seed=st.integers(0, 1000))
def test_noise_alone_is_hardly_ever_sure(rule: str, seed: int) -> None:
    """Of batches of one example, say: with the critical rate as well, less than one in ten."""
    sure = 0
    for number in range(20):
        noise = np.random.default_rng([seed, number]).standard_exponential(100)
        sure += asked(rule, exponential(), noise).certainty == "sure"
    assert sure <= 4


@ours
@settings(max_examples=60)
@given(curve=curves(), cut=st.integers(0, 100))
def test_what_comes_after_a_broken_loss_changes_nothing(
    rule: str, curve: tuple[Floats, Floats], cut: int
) -> None:
    lrs, losses = curve
    cut = min(cut, losses.size - 1)
    one, other = losses.copy(), losses.copy()
    one[cut], other[cut:] = math.nan, math.nan
    assert asked(rule, lrs, one) == asked(rule, lrs, other)
    if cut < FEWEST_POINTS:
        assert asked(rule, lrs, one).lr is None


@ours
@settings(max_examples=40)
@given(curve=curves(), scale=st.integers(-60, 60))
def test_validation_losses_are_read_on_a_scale_of_their_own(
    rule: str, curve: tuple[Floats, Floats], scale: int
) -> None:
    """How far they fall is compared with the training losses, so both are scaled."""
    lrs, losses = curve
    validation = losses[::-1].copy()
    known = RULES[rule].wanted(critical_lr=CRITICAL, num_it=lrs.size)
    before = suggest(lrs, losses, rule, val_losses=validation, **known)
    factor = 2.0**scale
    after = suggest(lrs, losses * factor, rule, val_losses=validation * factor, **known)
    assert (after.lr, after.certainty) == (before.lr, before.certainty)
