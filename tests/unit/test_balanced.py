"""Our own rule: where it points, what it ignores, and when it doubts or refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.curves.schedule import Schedule
from lrfind_widget.rules.table import Suggestion, balanced
from tests.unit.curves import exponential, valley

LRS = exponential()
NOISE = np.random.default_rng(0).normal(size=400)


def log10(answer: Suggestion) -> float:
    assert answer.lr is not None, answer.reason
    return math.log10(answer.lr)


def about(answer: Suggestion, words: str) -> bool:
    """Return whether exactly one doubt holds these words."""
    return sum(words in doubt for doubt in answer.caveats) == 1


@pytest.mark.parametrize("bottom", [-2.0, -1.0, 0.0])
def test_suggestion_is_half_the_rate_on_which_the_valley_balances(bottom: float) -> None:
    # A triangle that is deepest at its right end balances after two thirds of its width.
    balance = bottom - 1
    answer = balanced(LRS, valley(LRS, onset=bottom - 3, bottom=bottom))
    assert log10(answer) == pytest.approx(balance + math.log10(0.5), abs=0.15)


def test_clean_curve_raises_no_doubt() -> None:
    assert balanced(LRS, valley(LRS)).caveats == ()


def test_healthy_noisy_curves_raise_no_doubt() -> None:
    assert [balanced(LRS, valley(LRS, noise=0.2, seed=s)).caveats for s in range(30)] == [()] * 30


def test_band_reaches_from_the_start_of_the_fall_to_the_turn() -> None:
    band = balanced(LRS, valley(LRS)).band
    assert band is not None
    assert np.log10(band) == pytest.approx([-5, -2], abs=0.4)


@settings(max_examples=50)
@given(
    scale=st.floats(1e-9, 1e9), offset=st.floats(-100, 100), noise=st.sampled_from([0.0, 0.1, 0.5])
)
def test_suggestion_band_and_doubts_do_not_depend_on_scale_and_offset(
    scale: float, offset: float, noise: float
) -> None:
    losses = valley(LRS, noise=noise)
    before, after = balanced(LRS, losses), balanced(LRS, scale * (losses + offset))
    assert after.lr == pytest.approx(before.lr, rel=1e-6)
    assert after.band == pytest.approx(before.band, rel=1e-5)
    assert len(after.caveats) == len(before.caveats)


@pytest.mark.parametrize("num_it", [50, 200, 400])
def test_number_of_steps_hardly_moves_the_suggestion(num_it: int) -> None:
    lrs = exponential(num_it)
    assert log10(balanced(lrs, valley(lrs))) == pytest.approx(
        log10(balanced(LRS, valley(LRS))), abs=0.1
    )


@pytest.mark.parametrize("start_lr", [1e-8, 1e-6])
def test_first_rate_hardly_moves_the_suggestion(start_lr: float) -> None:
    lrs = exponential(start_lr=start_lr)
    assert log10(balanced(lrs, valley(lrs))) == pytest.approx(
        log10(balanced(LRS, valley(LRS))), abs=0.1
    )


def test_step_early_or_late_does_not_move_the_suggestion() -> None:
    losses = valley(LRS)
    ends = [log10(balanced(LRS[n:m], losses[n:m])) for n in (0, 1, 5) for m in (90, 95, 100)]
    assert np.ptp(ends) < 0.05


def test_one_outlier_does_not_move_the_suggestion() -> None:
    losses = valley(LRS, noise=0.02)
    before = log10(balanced(LRS, losses))
    for step in (5, 30, 60):
        for value in (1e6, -1e6):
            spiked = losses.copy()
            spiked[step] = value
            assert log10(balanced(LRS, spiked)) == pytest.approx(before, abs=0.05)


def test_height_of_the_explosion_does_not_move_the_suggestion() -> None:
    losses = valley(LRS)
    exploded = np.where(losses > 3, losses * 1e200, losses)
    assert log10(balanced(LRS, exploded)) == pytest.approx(log10(balanced(LRS, losses)), abs=0.02)


def test_suggestion_never_lies_above_the_least_loss() -> None:
    x = np.log10(LRS)
    losses = 2 - np.clip(10 * (x + 3), 0, 1) + 0.2 * np.clip(x + 2.5, 0, None)
    answer = balanced(LRS, losses)
    assert answer.band is not None
    assert answer.band[0] <= answer.lr <= answer.band[1]


def test_dips_of_noise_far_from_where_the_loss_runs_away_do_not_count() -> None:
    found = [log10(balanced(LRS, valley(LRS, depth=0.5, noise=0.6, seed=s))) for s in range(40)]
    assert -4.5 < np.median(found) < -2.5
    assert np.mean(np.abs(np.array(found) + 3.3) < 1.5) > 0.8


def test_linear_schedule_gives_the_same_suggestion_where_it_has_points() -> None:
    lrs = Schedule(1e-4, 1.0, 200, "linear").lrs()
    curve = {"onset": -2.0, "bottom": -0.5}
    exp = exponential(200, 1e-4, 1.0)
    assert log10(balanced(lrs, valley(lrs, **curve))) == pytest.approx(
        log10(balanced(exp, valley(exp, **curve))), abs=0.1
    )


def test_refined_part_may_be_appended_in_any_order() -> None:
    closer = exponential(100, 1e-4, 1e-1)
    lrs = np.append(LRS, closer)
    losses = np.append(valley(LRS, noise=0.05), valley(closer, noise=0.05, seed=1))
    together = balanced(lrs, losses)
    order = np.argsort(lrs, kind="stable")
    assert balanced(lrs[order], losses[order]).lr == pytest.approx(together.lr)
    assert log10(together) == pytest.approx(log10(balanced(LRS, valley(LRS))), abs=0.2)


def test_after_a_closer_look_the_band_begins_where_the_loss_falls() -> None:
    lrs = np.sort(np.append(LRS, exponential(100, 10**-2.8, 10**-1.9)))
    band = balanced(lrs, 0.7 - 0.65 / (1 + np.exp(-20 * (np.log10(lrs) + 2.5)))).band
    assert band is not None
    assert math.log10(band[0]) == pytest.approx(-2.65, abs=0.05)  # 5 % of the fall


def test_a_valley_that_the_smoothing_fills_is_no_error() -> None:
    losses = np.array([-1.0, 1, 0, 0, 0, 0, 0])
    assert balanced(exponential(200)[:7], losses).reason


# ------------------------------------------------------------------------------------ refusals


def test_flat_noise_is_refused_nearly_always() -> None:
    answers = [balanced(LRS, np.random.default_rng(s).normal(size=100)) for s in range(200)]
    assert sum(answer.lr is not None for answer in answers) <= 15  # measured: about 6


def test_flat_noise_makes_hardly_ever_a_sure_suggestion() -> None:
    answers = [balanced(LRS, np.random.default_rng(s).normal(size=100)) for s in range(200)]
    assert sum(answer.certainty == "sure" for answer in answers) <= 2  # measured: 1


def test_fall_hidden_in_noise_says_to_use_larger_batches() -> None:
    answer = balanced(LRS, 1 + NOISE[:100])
    assert answer.lr is None
    assert "falls no further than its noise" in answer.reason
    assert "larger batches" in answer.reason


def test_rising_loss_says_to_lower_the_start() -> None:
    answer = balanced(LRS, 1 + 0.01 * np.arange(100.0))
    assert answer.lr is None
    assert "Sweep from a lower rate" in answer.reason


def test_flat_loss_says_to_check_the_parameters() -> None:
    answer = balanced(LRS, np.full(100, 2.3))
    assert answer.lr is None
    assert "optimizer holds the model's parameters" in answer.reason


@pytest.mark.parametrize("n", range(5))
def test_fewer_than_five_points_say_how_many_are_needed(n: int) -> None:
    answer = balanced(LRS[:n], np.linspace(2, 1, n))
    assert answer.lr is None
    assert "at least 5 are needed" in answer.reason


def test_ending_before_the_fall_is_said() -> None:
    answer = balanced(LRS[:20], np.full(20, 2.3), stopped=True)
    assert answer.lr is None
    assert answer.reason == (
        f"No recommendation: the sweep ended at {format_lr(LRS[19])}, before the loss fell. Sweep "
        "the whole range."
    )


def test_ending_after_too_few_steps_is_said_without_other_advice() -> None:
    answer = balanced(LRS[:3], np.array([2.0, 1.9, 1.8]), stopped=True)
    assert answer.reason == (
        "No recommendation: 3 steps have a finite loss, at least 5 are needed. Sweep the "
        "whole range."
    )


def test_a_loss_that_moves_is_not_said_to_stand_still() -> None:
    losses = np.where(np.arange(100) % 10 == 0, 2.02, 2.0)  # a percent, now and then
    assert balanced(LRS, losses).reason.startswith(
        "No recommendation: the loss does not fall from "
    )


# -------------------------------------------------------------------------------------- doubts


def test_least_loss_at_the_end_of_the_range_is_doubted() -> None:
    answer = balanced(LRS[:60], valley(LRS)[:60])
    assert about(answer, "has not turned up")
    assert about(answer, "Sweep to")


def test_sweep_that_ended_before_the_turn_is_doubted_in_its_own_words() -> None:
    answer = balanced(LRS[:60], valley(LRS)[:60], stopped=True)
    assert about(answer, f"The sweep ended at {format_lr(LRS[59])}, before the loss turned up")
    assert not about(answer, "Sweep to")


def test_loss_that_ends_in_nan_has_turned_up() -> None:
    losses = valley(LRS)[:60]
    losses[-1] = math.nan
    assert balanced(LRS[:60], losses).caveats == ()


def test_fall_that_starts_before_the_range_is_doubted() -> None:
    lrs = exponential(100, 1e-4)
    assert about(balanced(lrs, valley(lrs, onset=-6)), "Sweep from a lower rate")


def test_few_points_are_doubted_with_the_number_needed() -> None:
    lrs = exponential(25)
    assert about(balanced(lrs, valley(lrs)), "The curve has few points: 25 steps")


def test_fall_that_may_be_chance_is_doubted() -> None:
    found = [balanced(LRS, valley(LRS, depth=0.5, noise=0.6, seed=s)) for s in range(40)]
    assert any(about(answer, "no further than its noise") for answer in found)


def test_fall_smaller_than_the_noise_is_sure_where_there_are_enough_steps() -> None:
    lrs = exponential(400)
    assert balanced(lrs, valley(lrs, depth=0.6) + NOISE).certainty == "sure"


def test_a_band_whose_lower_end_is_a_guess_is_said_without_doubt() -> None:
    # A long, shallow fall: sure as a whole, but no part of it is steep beyond the noise.
    found = [
        balanced(LRS, valley(LRS, onset=-6.5, bottom=-0.5, depth=1.5, noise=0.4, seed=s))
        for s in range(40)
    ]
    noted = [answer for answer in found if answer.notes]
    assert noted
    assert all("lower end of the band is a guess" in answer.notes[0] for answer in noted)
    assert any(answer.certainty == "sure" for answer in noted)


def test_a_rate_outside_the_range_is_not_suggested_and_doubted() -> None:
    lrs = np.geomspace(1e-3, 1.1e-3, 100)
    answer = balanced(lrs, np.linspace(0.7, 0.1, 100))
    assert answer.lr == pytest.approx(1e-3)
    assert answer.caveats[0].endswith(
        "would be recommended, below the range. Sweep from a lower rate."
    )
    assert answer.band is not None
    assert answer.band[0] == answer.lr
