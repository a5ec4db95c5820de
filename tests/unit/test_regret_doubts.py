"""The choice of the default rule and its doubts as a detector, on made-up and on stored sweeps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.regret import choose, doubts
from benchmarks.regret.doubts import Outcome, Signs, Thresholds, rates
from benchmarks.regret.metric import Key, Sweep, Truth
from lrfind_widget.rules.median_of_three import BELOW_CRITICAL
from lrfind_widget.rules.table import DEFAULT_RULE, RULES
from tests.unit.curves import exponential, valley

pytestmark = pytest.mark.slow

QUIET = Signs(0.0, 0.0, 0.0, others=False)
LRS = exponential()


def sweep(critical_lr: float | None = None, task: str = "task") -> Sweep:
    return Sweep(Key(task, "usual", 0), LRS, valley(LRS, noise=0.05), critical_lr)


def outcome(regret: float, *, doubted: bool = False, noise: float = 0.0, task: str = "") -> Outcome:
    return Outcome(task, regret, doubted, QUIET._replace(noise=noise))


class TestChoice:
    def test_the_opinions_are_those_of_the_rules(self) -> None:
        say = choose.opinions_of(sweep(0.5))
        assert say.balance == pytest.approx(math.log10(RULES["balanced"](LRS, sweep().losses).lr))
        assert say.critical == pytest.approx(math.log10(0.5 * BELOW_CRITICAL))
        assert math.isnan(choose.opinions_of(sweep()).critical)

    def test_the_default_rule_is_what_was_chosen(self) -> None:
        found = RULES[DEFAULT_RULE](LRS, sweep().losses, critical_lr=0.5)
        candidate = choose.CANDIDATES["median of balance, valley and critical"]
        assert math.log10(found.lr) == pytest.approx(candidate(choose.opinions_of(sweep(0.5))))

    def test_a_choice_is_judged_by_the_task_it_has_not_seen(self) -> None:
        regret, taken = choose.cross_validated(
            {"steady": np.full(4, 0.2), "lucky": np.array([0.0, 0.0, 0.0, 0.9])}
        )
        # With the last task left out, the lucky one looks best, and costs 0.9 there.
        assert taken == {"steady": 3, "lucky": 1}
        assert regret == pytest.approx((3 * 0.2 + 0.9) / 4)


class TestDetector:
    def test_rates_are_shares_of_the_bad_and_of_the_good(self) -> None:
        overfitted = doubts.OVERFITTED[0]
        some = [
            outcome(0.9, doubted=True),
            outcome(0.9),
            outcome(0.9, doubted=True, task=overfitted),
            outcome(0.1, doubted=True),
            outcome(0.01),
        ]
        found = rates(some, [o.doubted for o in some])
        assert found == pytest.approx((2 / 3, 1 / 2, 1.0, 0.0))

    def test_without_a_bad_one_there_is_no_share_of_them(self) -> None:
        assert math.isnan(rates([outcome(0.0)], [False]).bad)

    @pytest.mark.parametrize(
        ("signs", "doubted"),
        [
            (QUIET, False),
            (QUIET._replace(noise=1.0), True),
            (QUIET._replace(distance=1.1), True),
            (QUIET._replace(generalisation=2.1), True),
            (QUIET._replace(others=True), True),
        ],
    )
    def test_any_sign_beyond_its_threshold_is_a_doubt(self, signs: Signs, doubted: bool) -> None:
        assert Thresholds().doubts(signs) == doubted

    def test_the_signs_are_those_that_the_package_doubts_for(self) -> None:
        truth = Truth((1e-4, 1e-3, 1e-2), [[2.0, 1.0, 2.0]], [2.0])
        for critical in (1e-6, 0.02, 1e6):
            found = doubts.outcome(truth, sweep(critical))
            assert Thresholds().doubts(found.signs) == found.doubted

    def test_thresholds_are_chosen_without_the_task_they_are_applied_to(self) -> None:
        rest = [outcome(0.9, noise=0.6, task="a"), outcome(0.0, noise=0.1, task="b")]
        found = doubts.cross_validated([*rest, outcome(0.0, noise=0.45, task="c")])
        assert (found.bad, found.in_vain) == (0.0, 0.0)


class TestStored:
    def test_the_default_rule_is_at_least_as_good_as_the_median_of_four(self) -> None:
        truths, sweeps = doubts.load_truths(), doubts.load_sweeps()
        found = choose.regrets(truths, sweeps, list(truths))
        chosen = found["median of balance, valley and critical"].mean()
        assert chosen <= found[choose.YARDSTICK].mean()
        assert chosen < found["balanced"].mean()

    def test_most_bad_suggestions_are_doubted_and_few_good_ones(self) -> None:
        outcomes = doubts.run()[False]
        found = rates(outcomes, [o.doubted for o in outcomes])
        assert found.others > 0.6
        assert found.in_vain < 0.11
