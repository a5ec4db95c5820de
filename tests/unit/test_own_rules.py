"""A function of the user's as a rule: its name, what it is given and what it may return."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget import rules
from lrfind_widget.curves.smoothing import exponential_average
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, Rule, entry_of, suggest
from tests.unit.curves import valley
from tests.unit.results import LRS, result, three


def middle(lrs: np.ndarray, losses: np.ndarray, share: float = 0.5) -> float:
    return float(lrs[int(lrs.size * share)])


def last(lrs: torch.Tensor, losses: torch.Tensor, num_it: int) -> tuple[float, tuple[float, float]]:
    """As fastai's functions are: a rate, and the point to draw."""
    return float(lrs[-1]), (float(lrs[-1]), float(losses[-1]))


class Own:
    def __call__(self, lrs: np.ndarray, losses: np.ndarray) -> float:
        return 2.0

    def tell(self, lrs: np.ndarray, losses: np.ndarray) -> float:
        return 3.0


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (middle, "middle"),
        (partial(middle, share=0.2), "middle(share=0.2)"),
        (partial(partial(middle, share=0.2), share=0.3), "middle(share=0.3)"),
        (lambda lrs, losses: 1.0, "your rule"),
        (Own(), "Own"),
        (Own().tell, "tell"),
        (partial(Own()), "Own()"),
    ],
)
def test_a_function_stands_under_its_own_name(rule: Any, name: str) -> None:
    assert entry_of(rule).name == name
    assert result().suggestion(rule).rule == name
    assert list(result().suggestions(rule)) == [name]


def test_chosen_rules_are_asked_in_the_order_given() -> None:
    said = result().suggestions(["slide", middle, rules.valley])
    assert list(said) == ["slide", "middle", "valley"]
    assert said["valley"] == result().suggestion("valley")
    assert said["middle"].lr == LRS[50]
    assert list(result().suggestions()) == list(RULES)
    assert list(result().suggestions("steep")) == ["steep"]
    assert result().suggestions([]) == {}


def test_functions_of_one_name_are_told_apart() -> None:
    def named_like_a_rule(lr: float) -> Callable[..., float]:
        def valley(lrs: np.ndarray, losses: np.ndarray) -> float:
            return lr

        return valley

    own: list[Rule] = ["valley", named_like_a_rule(1), named_like_a_rule(2), middle, middle]
    said = result().suggestions(own)
    names = ["valley", "valley (yours)", "valley (yours) 2", "middle", "middle 2"]
    assert [each.rule for each in said.values()] == list(said) == names
    assert [said[name].lr for name in names[1:3]] == [1, 2]


def test_a_long_name_is_shortened() -> None:
    assert len(entry_of(partial(middle, share=np.arange(1000))).name) <= 60


def test_settings_in_json_name_the_function() -> None:
    options = AnalysisOptions(rule=partial(middle, share=0.2))
    assert options.settings_of(AnalysisOptions)["rule"] == "middle(share=0.2)"
    assert AnalysisOptions(rule=rules.valley).settings_of(AnalysisOptions)["rule"] == "valley"


def test_a_plot_marks_them_under_their_names() -> None:
    figure = result().plot(suggestion=[partial(middle, share=0.2), last, "valley"], return_fig=True)
    assert figure is not None
    named = " ".join(text.get_text() for text in figure.axes[0].get_legend().get_texts())
    assert all(name in named for name in ("middle(share=0.2)", "last", "valley"))


def test_what_is_no_rule_is_refused_among_others() -> None:
    wrong: Any = ["valley", "vally"]
    with pytest.raises(ValueError, match='Did you mean "valley"'):
        result().suggestions(wrong)
    wrong = 3
    with pytest.raises(TypeError, match="rule must be a name or a function, got int"):
        result().suggestions(wrong)
    wrong = [middle, 3]
    with pytest.raises(TypeError, match="rule must be a name or a function, got int"):
        result().suggestions(wrong)


@pytest.mark.parametrize(
    "answer",
    [
        2.0,
        (2.0, (2.0, 0.5)),
        namedtuple("SuggestedLRs", ["mine"])(2.0),
        np.float32(2),
        torch.tensor(2.0),
        Suggestion(2.0, "Mine."),
        Suggestion(torch.tensor(2.0), "Mine."),  # type: ignore[arg-type]
    ],
)
def test_a_rate_may_come_in_many_forms(answer: Any) -> None:
    found = suggest(LRS, valley(LRS), lambda lrs, losses: answer)
    assert found.lr == 2.0
    assert type(found.lr) is float


@pytest.mark.parametrize("answer", [None, (), (None, None), "x", [], -1.0, float("nan"), (0, 1)])
def test_what_is_no_rate_is_a_reason(answer: Any) -> None:
    found = suggest(LRS, valley(LRS), lambda lrs, losses: answer)
    assert found.lr is None
    assert found.reason.startswith("No recommendation: your rule r")


def test_a_function_that_cannot_take_a_curve_is_refused() -> None:
    for wrong in (lambda: 1.0, lambda lrs: 1.0):
        with pytest.raises(TypeError, match=r"expected a function of rates and losses"):
            result().suggestion(wrong)


def test_a_plot_warns_of_what_a_rule_among_others_raised() -> None:
    def broken(lrs: np.ndarray, losses: np.ndarray) -> float:
        raise ValueError("no such key")

    with pytest.warns(UserWarning, match="broken raised ValueError: no such key") as seen:
        result().plot(suggestion=["valley", broken])
    assert seen[0].filename == __file__


def test_a_function_made_for_fastai_v2_is_given_what_fastai_gives() -> None:
    given: list[Any] = []

    def keeps(lrs: torch.Tensor, losses: torch.Tensor, num_it: int) -> Any:
        given.extend([lrs, losses, num_it])
        return last(lrs, losses, num_it)

    swept = result(settings={"num_it": 200, "beta": 0.9})
    found = swept.suggestion(keeps)
    lrs, losses, num_it = given
    assert num_it == 200
    assert lrs.dtype == losses.dtype == torch.float32
    averaged = exponential_average(swept.losses, 0.9)
    assert lrs.tolist() == torch.tensor(LRS[20:-5]).float().tolist()
    assert losses.tolist() == torch.tensor(averaged[20:-5]).float().tolist()
    assert found.lr == pytest.approx(LRS[-6])


def test_the_third_argument_may_have_another_name() -> None:
    def at(lrs: Any, losses: Any, n: int, /) -> float:
        return float(n)

    assert suggest(LRS, valley(LRS), at).lr == 100  # as many as there are, where nobody knows


def test_a_third_argument_with_a_default_is_an_option() -> None:
    assert suggest(LRS, valley(LRS), middle).lr == LRS[50]
    assert suggest(LRS, valley(LRS), middle, share=0.2).lr == LRS[20]


def test_a_partial_of_fastais_kind_is_one_too() -> None:
    def with_option(lrs: Any, losses: Any, num_it: int, factor: float = 1.0) -> Any:
        return lrs[-1] * factor, None

    whole, half = (result().suggestion(partial(with_option, factor=f)).lr for f in (1, 0.5))
    assert whole is not None
    assert half == pytest.approx(whole / 2)


def test_each_of_repeated_sweeps_is_read_by_a_function_of_fastais_kind() -> None:
    assert three().suggestion(last).lr == pytest.approx(LRS[-6])


def test_a_curve_too_short_for_it_is_a_reason() -> None:
    found = result(valley(LRS)[:5]).suggestion(last)
    assert found.lr is None
    assert found.reason.startswith("No recommendation: last raised IndexError")


def test_a_built_in_function_without_a_signature_is_a_rule() -> None:
    assert suggest(LRS, valley(LRS), max).lr is None
