"""Which losses the rules read where a sweep has validation losses as well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lrfind_widget import messages
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.results.analysis import analyse
from lrfind_widget.results.result import SweepResult
from lrfind_widget.rules.table import RULES, suggest
from tests.unit.curves import valley
from tests.unit.results import LRS, result, three

LATER = valley(LRS, onset=-4.0, bottom=-1.0)


@pytest.fixture
def both() -> SweepResult:
    """Return a result whose validation loss falls at higher rates than its training loss."""
    return result(val_losses=LATER)


@pytest.mark.parametrize("rule", ["median_of_three", "balanced"])
def test_ours_take_the_valley_of_the_validation_losses(both: SweepResult, rule: str) -> None:
    answer = both.suggestion(rule)
    assert answer.band == suggest(LRS, LATER, "balanced").band
    assert "validation loss" in answer.reason
    assert answer.band != both.suggestion(rule, reads="training").band


@pytest.mark.parametrize("rule", RULES)
def test_told_to_read_the_training_losses_all_do(both: SweepResult, rule: str) -> None:
    assert both.suggestion(rule, reads="training") == result().suggestion(rule)


@pytest.mark.parametrize("rule", ["valley", "min_over_10", "ignite"])
def test_the_others_read_the_validation_losses_when_told_to(both: SweepResult, rule: str) -> None:
    assert both.suggestion(rule) == result().suggestion(rule)
    of_validation = replace(result(LATER).suggestion(rule), read="validation")
    assert both.suggestion(rule, reads="validation") == of_validation


@pytest.mark.parametrize("reads", ["best", "validation"])
def test_the_red_dot_is_that_of_training(both: SweepResult, reads: str) -> None:
    found = both.suggestion("min_gradient", reads=reads)
    assert found == result().suggestion("min_gradient")
    assert both.min_grad_lr == result().min_grad_lr
    assert analyse(both, AnalysisOptions(reads=reads)).min_gradient == found


def test_an_own_rule_is_given_the_validation_losses_when_told_to(both: SweepResult) -> None:
    def least(lrs: np.ndarray, losses: np.ndarray) -> float:
        return float(lrs[losses.argmin()])

    assert both.suggestion(least, reads="validation").lr == LRS[LATER.argmin()]
    assert both.suggestion(least).lr != LRS[LATER.argmin()]


@pytest.mark.parametrize("losses", [np.full(100, np.nan), None])
def test_without_validation_losses_the_training_losses_are_read(losses: np.ndarray | None) -> None:
    kept = result(val_losses=losses)
    assert kept.suggestion(reads="validation") == result().suggestion()


def test_of_repeats_the_validation_losses_of_all_are_read() -> None:
    validated = replace(three(), val_losses=np.tile(LATER, 3))
    answer = validated.suggestion()
    assert "validation losses" in answer.reason
    assert answer.band == pytest.approx(suggest(LRS, LATER, "balanced").band, rel=0.1)
    assert answer.spread is not None


def test_a_reader_may_choose(both: SweepResult) -> None:
    read = {
        reads: analyse(both, AnalysisOptions(reads=reads)).suggested
        for reads in ("best", "training", "validation")
    }
    assert read["best"] == read["validation"] == both.suggestion()
    assert read["training"] == both.suggestion(reads="training") != read["best"]


def test_the_sentence_says_that_the_validation_loss_was_read(both: SweepResult) -> None:
    found = both.suggestion()
    assert " from the validation loss" in messages.suggested(found)
    doubted = replace(found, caveats=("A doubt.",))
    assert messages.suggested(doubted).endswith(" loss, unsure. A doubt.")
    for of_training in (both.suggestion(reads="training"), both.suggestion("valley")):
        assert "from the validation" not in messages.suggested(of_training)


def test_what_cannot_be_read_is_refused(both: SweepResult) -> None:
    with pytest.raises(ValueError, match="reads='test', expected"):
        both.suggestion(reads="test")
    with pytest.raises(ValueError, match="reads='test', expected"):
        AnalysisOptions(reads="test")
