"""A rule is one function and one line in the table."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from lrfind_widget.results.analysis import AnalysisOptions, analyse
from lrfind_widget.rules import table
from lrfind_widget.rules.suggestion import Suggestion
from lrfind_widget.rules.table import RULES, RuleEntry, RuleName, check_rule, entry_of
from tests.unit.curves import valley
from tests.unit.results import LRS, result, three

PACKAGE = Path(table.__file__).parents[1]


def second_step(lrs: np.ndarray, losses: np.ndarray, *, skip_start: int = 0) -> Suggestion:
    return Suggestion(float(lrs[skip_start + 1]), "The second.", index=skip_start + 1, loss=1.0)


@pytest.fixture
def _one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = RuleEntry(second_step, "second step", ("skip_start",), offered=True)
    monkeypatch.setitem(RULES, entry.name, entry)


@pytest.mark.usefixtures("_one_more")
def test_a_new_line_in_the_table_appears_everywhere() -> None:
    assert result().suggestions()["second_step"].lr == LRS[1]
    assert result().suggestion("second_step").rule == "second_step"
    assert three().suggestion("second_step").spread == pytest.approx(0)
    assert table.suggest(LRS, valley(LRS), "second_step").lr == LRS[1]
    read = analyse(result(), AnalysisOptions(skip_start=4))
    assert read.suggestions["second_step"].lr == LRS[5]
    assert [said.rule for said in read.offered][-1] == "second_step"
    assert [entry.label for entry in RULES.values()][-1] == "second step"
    assert analyse(result(), AnalysisOptions(rule="second_step")).offered[0].rule == "second_step"
    with pytest.raises(ValueError, match='Did you mean "second_step"'):
        check_rule("secondstep")


def test_the_name_of_a_rule_stands_in_the_table_alone() -> None:
    """In its type, but for what is exported. Docstrings name the default."""
    found = [
        f"{path.relative_to(PACKAGE)}: {node.value}"
        for folder in ("curves", "rules", "results")
        for path in (PACKAGE / folder).rglob("*.py")
        if path.name != "__init__.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in RULES
    ]
    assert set(found) == {f"rules/table.py: {name}" for name in get_args(RuleName)}


def test_the_type_lists_the_names_of_the_table_in_their_order() -> None:
    assert get_args(RuleName) == tuple(RULES)


def test_the_first_line_is_the_default() -> None:
    assert next(iter(RULES)) == table.DEFAULT_RULE == "median_of_three"


@pytest.mark.parametrize("name", RULES)
def test_a_rule_may_be_named_called_or_passed(name: str) -> None:
    entry = RULES[name]
    assert entry_of(name) is entry_of(entry) is entry_of(entry.function) is entry
    assert entry(LRS, valley(LRS)) == table.suggest(LRS, valley(LRS), name)
    assert check_rule(name) == check_rule(entry) == check_rule(entry.function) == name


@pytest.mark.parametrize("wrong", ["min_grad", "", "x" * 1000])
def test_an_unknown_name_is_refused_with_those_that_are_known(wrong: str) -> None:
    with pytest.raises(ValueError, match="There is no rule") as refusal:
        check_rule(wrong)
    assert ", ".join(RULES) in str(refusal.value)
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("wrong", [3, None, ["valley"], 0.5])
def test_what_is_neither_name_nor_function_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="rule must be a name or a function"):
        check_rule(wrong)
    with pytest.raises(TypeError, match="rule must be a name or a function"):
        result().suggestion(wrong)


def test_a_suggestion_of_ones_own_keeps_the_name_it_has() -> None:
    own = Suggestion(1.0, "Mine.", "mine")
    assert table.suggest(LRS, valley(LRS), lambda lrs, losses: own) is own
    unnamed = table.suggest(LRS, valley(LRS), lambda lrs, losses: Suggestion(1.0, "Mine."))
    assert unnamed.rule == "your rule"


def test_an_object_that_can_be_called_is_a_rule() -> None:
    class Own:
        def __call__(self, lrs: np.ndarray, losses: np.ndarray) -> float:
            return 2.0

    assert result().suggestion(Own()) == Suggestion(2.0, "What Own returned for this curve.", "Own")
