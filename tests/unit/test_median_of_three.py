"""The default rule: the median of three opinions, what it promises, and when it doubts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lrfind_widget.curves.features import fit_curve, rate_at
from lrfind_widget.rules.median_of_three import BELOW_CRITICAL, median_of_three
from lrfind_widget.rules.suggestion import Advice, Suggestion
from lrfind_widget.rules.table import RULES, suggest, suggest_from_repeats
from tests.unit.curves import exponential, valley

LRS = exponential()


def noisy(seed: int = 0, **shape: Any) -> np.ndarray:
    return valley(LRS, noise=0.05, seed=seed, **shape)


def asked(losses: np.ndarray | None = None, **known: Any) -> Suggestion:
    return median_of_three(LRS, noisy() if losses is None else losses, **known)


def of_rule(name: str, losses: np.ndarray | None = None) -> float:
    lr = RULES[name](LRS, noisy() if losses is None else losses).lr
    assert lr is not None
    return lr


@pytest.mark.parametrize("critical", [1e-6, 1e-3, 10**-1.7, 1e-1, 1e3])
def test_it_is_the_middle_of_balance_valley_and_a_share_of_the_critical_rate(
    critical: float,
) -> None:
    rates = [of_rule("balanced"), of_rule("valley"), BELOW_CRITICAL * critical]
    assert asked(critical_lr=critical).lr == pytest.approx(np.median(rates))


def test_without_a_critical_rate_the_least_loss_has_the_third_say() -> None:
    rates = [of_rule("balanced"), of_rule("valley"), of_rule("min_over_10")]
    answer = asked()
    assert answer.lr == pytest.approx(np.median(rates))
    assert answer.certainty == "sure"
    assert "No critical rate" in answer.notes[0]


def test_without_a_critical_rate_the_least_of_a_noisy_average_has_no_say() -> None:
    losses = valley(LRS, depth=0.5, noise=0.6, seed=1)
    answer = asked(losses)
    middle = math.sqrt(of_rule("balanced", losses) * of_rule("valley", losses))
    assert answer.lr == pytest.approx(middle)
    assert "two opinions are left" in answer.notes[0]


def test_one_absurd_opinion_is_outvoted() -> None:
    found = [asked(critical_lr=critical).lr for critical in (1e-12, 1e12)]
    assert found == pytest.approx(sorted([of_rule("balanced"), of_rule("valley")]))


def test_the_reason_names_every_opinion() -> None:
    reason = asked(critical_lr=0.05).reason
    assert reason.startswith("The median of ")
    for source in ("valley of the losses", "fastai's valley", "critical rate"):
        assert source in reason


def test_the_balance_is_that_of_the_validation_losses_where_there_are_any() -> None:
    later = valley(LRS, onset=-4.0, bottom=-1.0)
    answer = asked(val_losses=later, critical_lr=1.0)
    rates = [of_rule("balanced", later), of_rule("valley"), BELOW_CRITICAL]
    assert answer.lr == pytest.approx(np.median(rates))
    assert "validation losses" in answer.reason
    assert answer.band == RULES["balanced"](LRS, later).band


def test_it_never_lies_above_the_least_loss() -> None:
    x = np.log10(LRS)
    losses = 2 - np.clip(10 * (x + 5), 0, 1) + 0.2 * np.clip(x + 4.5, 0, None)
    curve = fit_curve(LRS, losses)
    assert curve is not None
    assert asked(losses, critical_lr=10.0).lr <= rate_at(curve.lowest) * (1 + 1e-12)


def test_a_curve_without_a_valley_has_no_suggestion_whatever_the_critical_rate() -> None:
    answer = asked(np.full(100, 2.3), critical_lr=0.1)
    assert answer.reason == RULES["balanced"](LRS, np.full(100, 2.3)).reason
    assert (answer.lr, answer.certainty) == (None, "none")


def test_of_repeats_the_middle_of_the_averages_counts() -> None:
    each = [noisy(seed) for seed in range(3)]
    lrs, which = np.tile(LRS, 3), np.repeat([0, 1, 2], 100)
    joined = suggest_from_repeats(
        lrs, np.concatenate(each), which, "median_of_three", critical_lr=1e12
    )
    balance = RULES["balanced"](lrs, np.concatenate(each)).lr
    middle = np.median([of_rule("valley", losses) for losses in each])
    assert joined.lr == pytest.approx(max(balance, middle))
    assert joined.spread is not None


def test_of_repeats_each_has_its_own_validation_losses() -> None:
    each = [noisy(seed) for seed in range(2)]
    lrs, which = np.tile(LRS, 2), np.repeat([0, 1], 100)
    losses = np.concatenate(each)
    read = suggest_from_repeats(lrs, losses, which, "balanced", val_losses=losses)
    assert read.lr == suggest_from_repeats(lrs, losses, which, "balanced").lr
    assert read.spread is not None


# -------------------------------------------------------------------------------------- doubts


def test_a_clean_curve_and_a_critical_rate_that_agrees_raise_no_doubt() -> None:
    answer = asked(critical_lr=of_rule("balanced") / BELOW_CRITICAL)
    assert (answer.certainty, answer.caveats, answer.advice) == ("sure", (), None)


@pytest.mark.parametrize("critical", [1e-5, 1e2])
def test_a_critical_rate_that_says_quite_another_thing_is_a_doubt(critical: float) -> None:
    answer = asked(critical_lr=critical)
    assert "where the critical rate says" in answer.caveats[0]
    assert answer.advice == Advice("search")


def test_a_fall_within_the_noise_is_a_doubt_that_more_steps_may_settle() -> None:
    found = [
        median_of_three(LRS, valley(LRS, depth=0.5, noise=0.6, seed=seed), num_it=100)
        for seed in range(40)
    ]
    advice = {answer.advice for answer in found if answer.certainty == "unsure"}
    assert {each.command for each in advice} == {"sweep", "search"}
    assert all(100 < each.value <= 1000 for each in advice if each.command == "sweep")


def test_a_range_that_ends_too_early_is_to_be_gone_on_with() -> None:
    answer = median_of_three(LRS[:60], valley(LRS)[:60], end_lr=6e-3)
    assert answer.advice == Advice("extend", pytest.approx(6e-2))
    assert "Sweep to 6e-2" in answer.caveats[0]


def test_a_sweep_that_was_stopped_is_to_be_taken_to_its_end() -> None:
    answer = median_of_three(LRS[:60], valley(LRS)[:60], end_lr=10.0, stopped=True)
    assert answer.advice == Advice("sweep")


def test_few_points_are_a_doubt_with_the_number_needed() -> None:
    lrs = exponential(25)
    answer = median_of_three(lrs, valley(lrs), num_it=25)
    assert answer.advice.command == "sweep"
    assert f"Use about {answer.advice.value:.0f}." in answer.caveats[0]


def test_a_validation_loss_that_hardly_falls_is_a_doubt() -> None:
    hardly = 1 + 0.1 * valley(LRS)
    answer = asked(val_losses=hardly, critical_lr=of_rule("balanced") / BELOW_CRITICAL)
    assert answer.caveats[0].startswith("The validation loss falls less than half as far")
    assert answer.advice == Advice("search")


def test_the_noise_of_the_batches_is_a_doubt_however_smooth_the_validation_loss() -> None:
    losses = np.random.default_rng(1).normal(size=100)
    answer = asked(losses, val_losses=valley(LRS), critical_lr=0.05)
    assert any("no further than its noise" in said for said in answer.caveats)


def test_it_is_the_default() -> None:
    assert suggest(LRS, noisy()) == suggest(LRS, noisy(), "median_of_three")
    assert math.isfinite(suggest(LRS, noisy()).lr)


def test_it_never_lies_outside_the_rates_swept() -> None:
    lrs = np.geomspace(1e-3, 1.1e-3, 100)
    answer = median_of_three(lrs, np.linspace(0.7, 0.1, 100), critical_lr=1e-4)
    assert answer.lr == pytest.approx(1e-3)
    assert "below the range. Sweep from a lower rate." in answer.caveats[0]
