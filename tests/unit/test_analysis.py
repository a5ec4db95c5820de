"""What a curve says under the options of its reader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.results.analysis import analyse
from lrfind_widget.rules.fastai_v1 import min_gradient
from lrfind_widget.rules.table import RULES
from tests.unit.results import result, three

TAKEN = {"beta": 0.5, "skip_start": 0, "skip_end": 30}
"""Options other than the defaults, under which min_gradient finds another point."""


def test_by_default_every_rule_suggests_what_the_result_does() -> None:
    for kept in (result(), three()):
        assert analyse(kept, AnalysisOptions()).suggestions == kept.suggestions()


@pytest.mark.parametrize("rule", RULES)
def test_one_rule_has_one_rate_whatever_it_is_asked_for(rule: str) -> None:
    """Today's fault: the dot, the marker and the chip each had options of their own."""
    options = AnalysisOptions(**TAKEN, rule=rule)
    read = analyse(result(), options)
    assert read.suggested == read.suggestions[rule]
    assert read.suggested == analyse(result(), options.changed(rule="valley")).suggestions[rule]
    assert read.min_gradient == read.suggestions["min_gradient"]
    assert {said.rule: said for said in read.offered}[rule] == read.suggested


def test_the_readers_options_reach_every_rule_that_has_them() -> None:
    read = analyse(result(), AnalysisOptions(**TAKEN)).suggestions
    for rule in ("min_gradient", "min_over_10"):
        assert read[rule] == result().suggestion(rule, **TAKEN)
        assert read[rule] != result().suggestion(rule)
    for rule in ("valley", "slide", "steep"):  # whose skips are a tenth of the steps planned
        assert read[rule] == result().suggestion(rule, beta=TAKEN["beta"])
    skips = {"skip_start": 0, "skip_end": 30}
    assert read["torch_lr_finder"] == result().suggestion("torch_lr_finder", **skips)
    for rule in ("balanced", "ignite", "lightning"):
        assert read[rule] == result().suggestion(rule)


def test_the_dot_lies_on_the_curve_that_is_drawn() -> None:
    read = analyse(result(), AnalysisOptions(**TAKEN))
    assert read.min_gradient.index is not None
    assert read.min_gradient.loss == read.curve.smoothed[read.min_gradient.index]


def test_how_it_is_drawn_is_no_other_reading_but_is_not_forgotten() -> None:
    """A figure was saved on the scale of before."""
    kept = result()
    before, after = (analyse(kept, AnalysisOptions(y_scale=y)) for y in ("linear", "log"))
    assert (before.options.y_scale, after.options.y_scale) == ("linear", "log")
    assert after.curve is before.curve


def test_the_suggestions_that_have_a_button_begin_with_the_chosen_rules() -> None:
    def names(**changes: Any) -> list[str]:
        return [said.rule for said in analyse(result(), AnalysisOptions(**changes)).offered]

    ours = "median_of_three"
    assert names() == [ours, "min_gradient", "min_over_10", "valley"]
    assert names(rule="min_over_10") == ["min_over_10", "min_gradient", ours, "valley"]
    assert names(rule="steep") == ["steep", "min_gradient", ours, "min_over_10", "valley"]


def test_the_chosen_suggestion_is_the_very_one_among_those_offered() -> None:
    for rule in (*RULES, min_gradient):
        read = analyse(result(), AnalysisOptions(rule=rule))
        assert read.offered[0] is read.suggested
        assert read.suggestions[read.suggested.rule] is read.suggested


def test_the_suggestions_are_computed_once() -> None:
    read = analyse(result(), AnalysisOptions())
    assert read.suggestions is read.suggestions
    assert read.suggestions["min_gradient"] is read.min_gradient


def test_a_function_of_ones_own_is_given_the_curve_alone() -> None:
    def middle(lrs: np.ndarray, losses: np.ndarray) -> float:
        return float(lrs[lrs.size // 2])

    read = analyse(result(), AnalysisOptions(**TAKEN, rule=middle))
    assert read.suggested.lr == result().lrs[50]
    assert read.offered[0].rule == "middle"
    assert list(read.suggestions) == [*RULES, "middle"]
    assert read.suggestions["middle"] is read.suggested


def test_a_function_of_ones_own_may_be_called_like_a_rule() -> None:
    def valley(lrs: np.ndarray, losses: np.ndarray) -> float:
        return 1.0

    read = analyse(result(), AnalysisOptions(rule=valley))
    assert [said.rule for said in read.offered].count("valley") == 1
    assert read.offered[0].rule == "valley (yours)"
    assert read.suggestions["valley (yours)"].lr == 1.0
    assert read.suggestions["valley"] == result().suggestion("valley")


@pytest.mark.parametrize("rule", ["balanced", "min_gradient", "ignite"])
@pytest.mark.parametrize("name", ["skip_start", "skip_end"])
def test_a_negative_skip_is_refused(name: str, rule: str) -> None:
    with pytest.raises(ValueError, match=f"{name}=-1, expected at least 0"):
        analyse(result(), AnalysisOptions(rule=rule, **{name: -1}))


@pytest.mark.parametrize(
    ("rule", "error", "words"),
    [
        ("min_grad", ValueError, 'Did you mean "min_gradient"'),
        (3, TypeError, "got int"),
        (None, TypeError, "got NoneType"),
    ],
)
def test_a_rule_that_is_none_is_refused(rule: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        analyse(result(), AnalysisOptions(rule=rule))


def test_the_options_are_changed_into_others() -> None:
    options = AnalysisOptions()
    assert options.changed(beta=0.5) == AnalysisOptions(beta=0.5)
    assert options == AnalysisOptions(
        beta=0.98, skip_start=10, skip_end=5, rule="median_of_three", y_scale="linear"
    )
    with pytest.raises(TypeError):
        options.changed(colour="red")


def test_an_empty_result_is_read() -> None:
    read = analyse(result(np.ones(0)), AnalysisOptions())
    assert read.suggested.lr is None
    assert read.curve.lrs.size == 0
    assert all(said.lr is None for said in read.offered)


def test_a_curve_is_smoothed_anew() -> None:
    light = replace(result(), settings={"beta": 0.9})
    assert analyse(light, AnalysisOptions(beta=0.5)).curve.smoothed.tolist() == (
        light.curve(0.5).smoothed.tolist()
    )
