"""Which rules can be asked, and how."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from lrfind_widget import Sweep, rules
from lrfind_widget.rules.table import RULES, suggest
from tests.behaviours.card import behaviour
from tests.unit.curves import exponential, valley
from tests.unit.results import result
from tests.unit.toys import batches, classifier, sgd


@behaviour(
    "Several rules are asked at once, and each answer has its rule's name",
    "result.suggestions()",
    fastai_v2="Learner.lr_find(suggest_funcs)",
    neural_prophet="smooth_loss_and_suggest",
)
def test_all_rules_answer_by_name():
    answers = result().suggestions()
    assert list(answers) == list(RULES)
    assert all(answer.rule == name for name, answer in answers.items())
    assert {"valley", "slide", "steep", "min_over_10"} <= answers.keys()


@behaviour(
    "Those rules are asked that are named, and their answers come in that order",
    'result.suggestions(["min_over_10", "steep", "valley", "slide"])',
    fastai_v2="callback.schedule.ipynb#lr_find; Learner.lr_find(suggest_funcs)",
)
def test_the_rules_that_are_named_answer_in_their_order():
    answers = result().suggestions(["min_over_10", "steep", "valley", "slide"])
    minimum, steep, middle, slide = (answer.lr for answer in answers.values())
    assert list(answers) == ["min_over_10", "steep", "valley", "slide"]
    assert all(lr > 0 for lr in (minimum, steep, middle, slide))


@behaviour(
    "A function `(lrs, losses, num_it)` that returns a rate and a point to draw is a rule",
    "result.suggestion(my_rule)",
    fastai_v2="callback.schedule.html#Suggestion-Methods; Learner.lr_find(suggest_funcs)",
)
def test_a_function_made_for_fastai_v2_is_a_rule():
    given = []

    def lowest(lrs, losses, num_it):
        given.append((lrs.tolist(), num_it))
        at = losses.argmin()
        return lrs[at].item(), (lrs[at].item(), losses[at])

    kept = result(settings={"num_it": 100})
    answer = kept.suggestion(lowest)
    assert given == [(pytest.approx(kept.lrs[10:-5].tolist()), 100)]
    assert answer.rule == "lowest"
    assert answer.lr == pytest.approx(kept.lrs[10:-5][kept.smoothed[10:-5].argmin()])


@behaviour(
    "More of its arguments are given by a `partial`",
    "result.suggestions([partial(my_rule, pct_reduction=0.2)])",
    fastai_v2="callback.schedule.html#Suggestion-Methods; Learner.lr_find(suggest_funcs)",
)
@behaviour(
    "What a `partial` suggests stands under the name of its function",
    "result.suggestions([partial(my_rule, pct_reduction=0.2)])",
    on_purpose="under its name with these arguments, so that two of one function differ",
    fastai_v2="Learner.lr_find(suggest_funcs)",
)
def test_a_partial_is_a_rule():
    def reduced(lrs, losses, num_it, pct_reduction):
        return lrs[-1].item() * (1 - pct_reduction), None

    answers = result().suggestions([functools.partial(reduced, pct_reduction=0.2)])
    assert list(answers) == ["reduced(pct_reduction=0.2)"]
    assert [answer.lr for answer in answers.values()] == [pytest.approx(0.8 * exponential()[-6])]


@behaviour(
    "The names of the rules complete with Tab, and a typing error is found",
    'lrfind_widget.rules.valley; result.suggestion("valley")',
    fastai_v2="SuggestionMethod",
)
def test_the_rules_complete_with_tab():
    assert {"valley", "slide", "steep", "min_over_10"} <= set(dir(rules))
    assert result().suggestion(rules.valley).rule == "valley"
    with pytest.raises(ValueError, match=r'Did you mean "valley"'):
        result().suggestion("valey")


@behaviour(
    "Without rules there is a curve and no suggestion",
    "result.lrs, result.losses",
    fastai_v2="Learner.lr_find(suggest_funcs)",
)
def test_a_curve_needs_no_suggestion(monkeypatch):
    monkeypatch.setattr("lrfind_widget.results.recorded_curve.entry_of", pytest.fail)
    net = classifier()
    sweep = Sweep(net, batches(), sgd(net), num_it=10)
    assert len(list(sweep)) == len(sweep.result()) == 10


@behaviour(
    "fastai's rules leave out the first tenth of the steps and the last 5, and all from the first "
    "NaN on",
    'result.suggestion("valley")',
    fastai_v2="Learner.lr_find(suggest_funcs)",
)
@pytest.mark.parametrize("rule", ["valley", "slide", "steep"])
def test_the_rules_of_fastai_leave_out_both_ends(rule):
    lrs, losses = exponential(), valley(exponential(), noise=0.02)
    edged = losses.copy()
    edged[-5:] += 1
    assert suggest(lrs, edged, rule).lr == suggest(lrs, losses, rule).lr
    broken = losses.copy()
    broken[80:] = math.nan
    assert suggest(lrs, broken, rule, num_it=100).lr == (
        suggest(lrs[:80], losses[:80], rule, num_it=100).lr
    )


@behaviour(
    "How many steps are left out at both ends can be said",
    'result.suggestion("lightning", skip_begin=10, skip_end=1)',
    lightning="_LRFinder.suggestion(skip_begin, skip_end); test_suggestion_parameters_work",
    fastai_v1="Recorder.plot(skip_start, skip_end)",
)
@pytest.mark.parametrize(
    ("rule", "few", "many"),
    [
        ("lightning", {"skip_begin": 10}, {"skip_begin": 60}),
        ("min_gradient", {"skip_end": 5}, {"skip_end": 40}),
    ],
)
def test_what_is_left_out_changes_the_answer(rule, few, many):
    curve = result(valley(exponential(), noise=0.02, bottom=-1))
    assert curve.suggestion(rule, **few).lr != curve.suggestion(rule, **many).lr


@behaviour(
    "Lightning's steepest fall is taken over the rate, with the distances between the points",
    'result.suggestion("lightning")',
    lightning="test_gradient_correctness; test_exponential_vs_linear_mode_gradient_difference",
)
def test_the_slope_is_taken_over_the_rate():
    lrs = np.linspace(1e-3, 2 * math.pi, 1000)
    kept = {"skip_begin": 2, "skip_end": 2, "beta": 0.0}
    assert suggest(lrs, np.sin(lrs) + 2, "lightning", **kept).lr == pytest.approx(math.pi, abs=1e-2)


@behaviour(
    "A rule that is unknown is refused",
    'result.suggestion("valey")',
    granite_tsfm="LRFinder(suggestion)",
)
def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match=r'no rule "valey". Did you mean "valley"'):
        result().suggestion("valey")
