"""Every keyword once: defaults, checks, and what the kinds of options share."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from lrfind_widget.option_fields import options_of
from lrfind_widget.options import (
    MOST_SEED,
    AnalysisOptions,
    CompareOptions,
    FindOptions,
    SweepOptions,
    WidgetOptions,
)
from lrfind_widget.rules.table import DEFAULT_RULE, RULES

KINDS = (AnalysisOptions, SweepOptions, FindOptions, CompareOptions, WidgetOptions)
ONLY_SWEEPS = {"start_lr", "end_lr", "num_it", "stop_div", "mode", "repeats", "beta"}


def names(kind: Any) -> set[str]:
    return set(options_of(kind))


def test_a_keyword_is_the_same_wherever_it_is_taken() -> None:
    """To the object: so it is written once."""
    for name in set().union(*map(names, KINDS)):
        fields = [f for kind in KINDS for f in dataclasses.fields(kind) if f.name == name]
        assert len({(id(field.type), field.default) for field in fields}) == 1, name


def test_who_takes_what() -> None:
    assert names(CompareOptions) == names(FindOptions) - ONLY_SWEEPS - {"apply"} | {"steps"}
    assert names(FindOptions) == names(SweepOptions) | {"progress", "apply"}
    assert names(WidgetOptions) == names(SweepOptions) | names(AnalysisOptions) | {
        "auto_start",
        "auto_apply",
        "height",
        "layout",
        "screen",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_are_values_that_pass(kind: Any) -> None:
    options = kind()
    assert options == kind(**{f.name: f.default for f in dataclasses.fields(kind)})


def test_the_defaults_are_those_of_fastai() -> None:
    options = WidgetOptions()
    assert (options.start_lr, options.end_lr, options.num_it) == (1e-7, 10.0, 100)
    assert (options.beta, options.skip_start, options.skip_end) == (0.98, 10, 5)
    assert options.rule == DEFAULT_RULE


def test_options_cannot_be_set() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        AnalysisOptions().beta = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"beta": 1.0}, ValueError, "beta must be at least 0 and below 1"),
        ({"skip_start": -1}, ValueError, "skip_start=-1, expected at least 0"),
        ({"skip_end": 2.5}, TypeError, "skip_end=2.5"),
        ({"rule": "balancd"}, ValueError, 'no rule "balancd". Did you mean "balanced"'),
        ({"rule": 3}, TypeError, "rule must be a name or a function, got int"),
        ({"rule": None}, TypeError, "rule must be a name or a function, got NoneType"),
        ({"y_scale": "cubic"}, ValueError, "y_scale='cubic', expected 'linear' or 'log'"),
        ({"y_range": 1}, ValueError, "y_range=1, expected 'focus' or 'all'"),
    ],
)
def test_a_change_is_checked(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    for change in (AnalysisOptions().changed, WidgetOptions().changed, AnalysisOptions):
        with pytest.raises(error, match=words):
            change(**changes)


def test_a_change_leaves_the_others_and_the_original() -> None:
    before = AnalysisOptions(skip_end=7)
    after = before.changed(rule="valley", y_scale="log")
    assert after == AnalysisOptions(skip_end=7, rule="valley", y_scale="log")
    assert before.rule == "median_of_three"


@pytest.mark.parametrize("rule", [*RULES, max])
def test_a_name_or_a_function_is_a_rule(rule: Any) -> None:
    assert AnalysisOptions(rule=rule).rule == rule


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"auto_start": 1}, TypeError),
        ({"auto_apply": "no"}, TypeError),
        ({"height": 0}, ValueError),
        ({"height": 1.5}, TypeError),
    ],
)
def test_what_the_widget_alone_takes_is_checked(given: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(given))):
        WidgetOptions(**given)


def test_numbers_of_numpy_become_plain_ones() -> None:
    options = SweepOptions(
        start_lr=np.float64(1e-3), end_lr=np.array(1.0), num_it=np.int64(7), seed=np.int64(3)
    )  # type: ignore[arg-type]
    kinds = [type(getattr(options, n)) for n in ("start_lr", "end_lr", "num_it", "seed")]
    assert kinds == [float, float, int, int]


def test_numbers_of_any_kind_are_taken_by_every_keyword() -> None:
    given = {"beta": np.float32(0.5), "stop_div": np.False_, "seed": torch.tensor(3)}
    options = WidgetOptions(**given, wd=Decimal("0.5"), start_lr=Fraction(1, 2))  # type: ignore[arg-type]
    found = [options.beta, options.stop_div, options.seed, options.wd, options.start_lr]
    assert repr(found) == "[0.5, False, 3, 0.5, 0.5]"


def test_the_first_repeat_has_the_options_themselves_and_the_others_the_next_seeds() -> None:
    options = SweepOptions(seed=MOST_SEED, repeats=3)
    assert options.of_repeat(0) is options
    assert [options.of_repeat(n).seed for n in (1, 2)] == [0, 1]
    assert SweepOptions().of_repeat(0).seed is None
    assert SweepOptions().of_repeat(1).seed is not None


def test_settings_are_those_of_the_sweep_alone() -> None:
    assert set(WidgetOptions().settings()) == set(FindOptions().settings()) == names(SweepOptions)


def test_neither_torch_nor_jupyter_is_imported() -> None:
    code = (
        "import sys, lrfind_widget.options, lrfind_widget.keywords, lrfind_widget.messages\n"
        "names = ('torch', 'traitlets', 'ipywidgets')\n"
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
