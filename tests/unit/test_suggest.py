"""What every rule has in common, and fastai v1's in particular."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.rules.table import DEFAULT_RULE, RULES, Suggestion, min_gradient, suggest
from tests.unit.curves import exponential, valley

LRS = exponential()
ANY = st.floats(width=64)
every_rule = pytest.mark.parametrize("rule", RULES)


@pytest.mark.slow
@every_rule
@settings(max_examples=60)
@given(data=st.data(), n=st.integers(0, 200))
def test_rule_answers_any_numbers_whatsoever(rule: str, data: st.DataObject, n: int) -> None:
    lrs = data.draw(arrays(np.float64, n, elements=ANY))
    losses = data.draw(arrays(np.float64, n, elements=ANY))
    check(suggest(lrs, losses, rule), rule)


@pytest.mark.slow
@every_rule
@settings(max_examples=60)
@given(losses=st.integers(0, 200).flatmap(lambda n: arrays(np.float64, n, elements=ANY)))
def test_rule_answers_any_losses_at_the_rates_of_a_sweep(rule: str, losses: np.ndarray) -> None:
    check(suggest(exponential(200)[: losses.size], losses, rule), rule)


@every_rule
def test_rule_answers_rates_as_large_as_numbers_are(rule: str) -> None:
    lrs = np.logspace(300, np.log10(np.finfo(np.float64).max) - 1e-3, 60)
    lrs[-1] = np.finfo(np.float64).max
    for turn in (0.5, 0.9, 0.99, 2.0):
        share = np.linspace(0.0, 1.0, 60)
        check(suggest(lrs, 1.0 - share + 9.0 * np.maximum(share - turn, 0.0), rule), rule)


@every_rule
@pytest.mark.parametrize("n", range(21))
def test_rule_answers_short_curves(rule: str, n: int) -> None:
    check(suggest(LRS[:n], valley(LRS, onset=-7, bottom=-6)[:n], rule), rule)


def check(answer: Suggestion, rule: str) -> None:
    """Hold an answer to what every answer promises."""
    assert answer.rule == rule
    assert answer.reason
    if answer.lr is None:
        assert answer.reason.startswith("No recommendation: ")
        assert answer.band is None
        assert not answer.caveats
    else:
        assert 0 < answer.lr < math.inf
        assert answer.loss is not None
        assert not math.isnan(answer.loss)


@every_rule
@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 2.302585, 1e-300, 1e300])
def test_constant_loss_supports_no_suggestion(rule: str, value: float) -> None:
    answer = suggest(LRS, np.full(100, value), rule)
    assert answer.lr is None
    assert "does not move" in answer.reason


@every_rule
@pytest.mark.parametrize("first", [math.nan, math.inf])
def test_a_first_loss_that_is_not_finite_is_not_blamed_on_the_rates(
    rule: str, first: float
) -> None:
    answer = suggest(LRS[:3], np.array([first, 1.0, 0.9]), rule)
    assert answer.reason == (
        "No recommendation: the loss is NaN or infinite before the first update, which no learning "
        "rate changes. Check the batches, the weights and the loss function."
    )


@every_rule
def test_without_a_step_there_is_nothing_to_advise(rule: str) -> None:
    assert suggest([], [], rule).reason == "No recommendation: no loss was recorded."


@every_rule
def test_rising_loss_supports_no_suggestion(rule: str) -> None:
    answer = suggest(LRS, 1 + 0.01 * np.arange(100.0), rule)
    assert answer.lr is None
    assert "only rises" in answer.reason


@every_rule
@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_nothing_after_the_first_broken_loss_is_looked_at(rule: str, broken: float) -> None:
    losses = valley(LRS)
    losses[80] = broken
    other = losses.copy()
    other[81:] = -1e6
    assert suggest(LRS, other, rule) == suggest(LRS, losses, rule)


@pytest.mark.parametrize("rule", [name for name in RULES if name not in ("slide", "lightning")])
@settings(max_examples=40)
@given(scale=st.floats(1e-6, 1e6), offset=st.floats(-100, 100))
def test_rule_does_not_depend_on_scale_and_offset(rule: str, scale: float, offset: float) -> None:
    """All but slide (an absolute threshold) and Lightning (a biased average)."""
    if rule == "valley":
        return  # counts falls that rounding makes in the flat part; the next test has none
    losses = valley(LRS, noise=0.02)
    before = suggest(LRS, losses, rule)
    after = suggest(LRS, scale * (losses + offset), rule)
    assert after.lr == pytest.approx(before.lr, rel=1e-6)


def test_valley_does_not_depend_on_scale() -> None:
    losses = valley(LRS, noise=0.02)
    assert suggest(LRS, 1024 * losses, "valley").lr == suggest(LRS, losses, "valley").lr


def test_min_gradient_is_the_steepest_central_difference_of_the_average() -> None:
    losses = valley(LRS, noise=0.05)
    slopes = np.gradient(exponential_average(losses)[10:-5])
    answer = min_gradient(LRS, losses)
    assert answer.index == 10 + int(np.argmin(slopes))
    assert answer.lr == LRS[answer.index]
    assert answer.loss == exponential_average(losses)[answer.index]


def test_a_steepest_fall_above_the_critical_rate_is_doubted_but_stays() -> None:
    x = np.log10(LRS)
    losses = 2 - 1.5 / (1 + np.exp(-6 * (x + 2.5))) + np.expm1(np.clip(6 * x, 0, 30))
    answer = min_gradient(LRS, losses)
    assert answer.lr is not None
    assert answer.certainty == "sure"
    assert min_gradient(LRS, losses, critical_lr=2 * answer.lr) == answer
    beyond = min_gradient(LRS, losses, critical_lr=answer.lr / 2)
    assert beyond.lr == answer.lr
    assert "above the critical rate" in beyond.caveats[0]


def test_a_steepest_fall_before_the_losses_fall_is_doubted_but_stays() -> None:
    losses = np.maximum(valley(LRS, noise=0.03, seed=7), 2.25)  # a floor leaves noise to fall by
    answer = min_gradient(LRS, losses)
    assert answer.lr == LRS[10 + int(np.argmin(np.gradient(exponential_average(losses)[10:-5])))]
    assert "the losses only from 3.7e-6 on" in answer.caveats[0]


def test_skipping_no_end_keeps_the_last_step() -> None:
    losses = np.append(np.ones(99), 0.0)  # falls in the last step only
    assert min_gradient(LRS, losses, skip_start=0, skip_end=0).index == 99


def test_min_gradient_needs_two_points_between_the_skips() -> None:
    falling = np.linspace(2, 1, 17)
    assert min_gradient(LRS[:17], falling).lr is not None
    refused = min_gradient(LRS[:16], falling[:16])
    assert refused.lr is None
    assert "At least 17 steps" in refused.reason


def test_skips_count_a_broken_last_step_as_fastai_does() -> None:
    losses = valley(LRS, noise=0.02)[:80]
    losses[-1] = math.nan
    before_it = min_gradient(LRS[:79], losses[:79], skip_end=4)
    assert min_gradient(LRS[:80], losses) == before_it


def test_own_function_is_given_the_raw_curve_up_to_the_first_broken_loss() -> None:
    losses = valley(LRS)
    losses[90] = math.nan
    seen: list[np.ndarray] = []

    def least(lrs: np.ndarray, values: np.ndarray) -> float:
        seen.append(values)
        return float(lrs[values.argmin()])

    answer = suggest(LRS, losses, least)
    np.testing.assert_array_equal(seen[0], losses[:90])
    assert answer.lr == LRS[losses[:90].argmin()]
    assert answer.rule == "least"


def test_own_function_that_raises_becomes_a_reason() -> None:
    def broken(lrs: np.ndarray, losses: np.ndarray) -> float:
        raise KeyError("oops")

    answer = suggest(LRS, valley(LRS), broken)
    assert answer.lr is None
    assert answer.reason == "No recommendation: broken raised KeyError: 'oops'."


@pytest.mark.parametrize("value", [None, math.nan, math.inf, 0.0, -1.0])
def test_own_function_that_returns_no_rate_becomes_a_reason(value: float | None) -> None:
    answer = suggest(LRS, valley(LRS), lambda lrs, losses: value)
    assert answer.lr is None
    assert "returned" in answer.reason


def test_own_function_cannot_change_the_curve() -> None:
    losses = valley(LRS)
    before = losses.copy()

    def careless(lrs: np.ndarray, values: np.ndarray) -> float:
        values[:] = 0
        return 1.0

    suggest(LRS, losses, careless)
    np.testing.assert_array_equal(losses, before)


def test_rule_of_the_package_may_be_passed_itself() -> None:
    assert suggest(LRS, valley(LRS), min_gradient) == suggest(LRS, valley(LRS), "min_gradient")


def test_own_rule_is_the_default() -> None:
    assert suggest(LRS, valley(LRS)).rule == DEFAULT_RULE == "median_of_three"


def test_unknown_rule_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ValueError, match='Did you mean "min_gradient"'):
        suggest(LRS, valley(LRS), "min_grad")


def test_rule_that_is_neither_name_nor_function_is_refused() -> None:
    with pytest.raises(TypeError, match="rule must be a name or a function, got int"):
        suggest(LRS, valley(LRS), 3)  # type: ignore[arg-type]


def test_rates_and_losses_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same length, got 100 and 99"):
        suggest(LRS, valley(LRS)[:-1])
