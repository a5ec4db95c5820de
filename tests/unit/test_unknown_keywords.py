"""A keyword that is unknown is refused with the one to use instead."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget import Sweep, compare_lrs, lr_find
from lrfind_widget.keywords import refuse_unknown
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import FindOptions, WidgetOptions
from lrfind_widget.other_words import DIFFERS, ELSEWHERE, OTHERS, OTHERWISE
from lrfind_widget.training.trainable import TorchTrainable
from tests.unit.results import result
from tests.unit.toys import batches, classifier, sgd

KNOWN = list(options_of(WidgetOptions))


def refused(name: str, known: list[str] = KNOWN) -> str:
    with pytest.raises(TypeError) as caught:
        refuse_unknown([name], known, "It")
    return str(caught.value)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("max_lr", "end_lr"),
        ("min_lr", "start_lr"),
        ("num_training", "num_it"),
        ("num_iter", "num_it"),
        ("num_iterations", "num_it"),
        ("iterations", "num_it"),
        ("max_steps", "num_it"),
        ("diverge_th", "stop_div"),
        ("diverge_threshold", "stop_div"),
        ("early_stop_threshold", "stop_div"),
        ("smooth_f", "beta"),
        ("smoothing", "beta"),
        ("smoothing_factor", "beta"),
        ("step_mode", "mode"),
        ("accumulation_steps", "accumulate"),
        ("accumulate_grad_batches", "accumulate"),
        ("criterion", "loss_fn"),
        ("val_iter", "val_loader"),
        ("weight_decay", "wd"),
        ("epochs", "num_it"),
        ("num_epochs", "num_it"),
        ("suggestion", "rule"),
        ("suggest_fn", "rule"),
        ("suggestion_method", "rule"),
        ("autostart", "auto_start"),
        ("skip_begin", "skip_start"),
    ],
)
def test_the_word_of_another_finder_is_answered_with_ours(theirs: str, ours: str) -> None:
    meaning = options_of(WidgetOptions)[ours].words.partition(".")[0]
    start = f"It does not know the keyword {theirs!r}. It is {ours!r} here: "
    assert refused(theirs).lower().startswith(f"{start}{meaning}".lower())


def test_a_word_is_answered_with_what_the_caller_takes() -> None:
    assert "It is 'auto_apply' here: write every" in refused("update_attr")
    assert "It is 'apply' here: write the rate" in refused(
        "update_attr", [*options_of(FindOptions)]
    )


@pytest.mark.parametrize(
    ("theirs", "differs"),
    [
        ("smooth_f", "beta = 1 - smooth_f"),
        ("diverge_th", "diverge_th=5 is stop_div=5; None is stop_div=False"),
        ("early_stop_threshold", "early_stop_threshold=5 is stop_div=5"),
        ("step_mode", '"exponential" and "log" are "exp"'),
        ("epochs", "Steps of the optimizer are counted, not epochs"),
        ("memory_cache", "Nothing is written to a disk"),
    ],
)
def test_a_difference_in_meaning_is_said(theirs: str, differs: str) -> None:
    assert differs in refused(theirs)


def test_every_word_in_the_table_leads_to_a_keyword_there_is() -> None:
    known = {*options_of(WidgetOptions), *options_of(FindOptions), "steps", "lr", "lrs", *OTHERS}
    assert {word for ours in ELSEWHERE for word in ours.split()} <= known


def test_what_differs_is_said_of_a_word_in_the_table() -> None:
    words = {word for theirs in ELSEWHERE.values() for word in theirs.split()}
    assert {word for differs in DIFFERS for word in differs.split()} <= words


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("to_save", "All that a sweep touches is restored"),
        ("device", "Batches are moved to the device of the model"),
        ("show_plot", r"result.plot\(\) draws the curve"),
        ("skip_start", r"A rule that skips is asked: result.suggestion\('min_gradient'"),
        ("suggest_funcs", r"The result is asked: result.suggestion\('valley'\)"),
    ],
)
def test_of_a_word_that_nothing_takes_the_place_of_the_reason_is_said(
    theirs: str, said: str
) -> None:
    with pytest.raises(TypeError, match=f"^lr_find does not know the keyword '{theirs}'. {said}"):
        refuse_unknown([theirs], options_of(FindOptions), "lr_find")


def test_every_such_reason_ends_as_a_sentence() -> None:
    sentences = [*OTHERWISE.values(), *DIFFERS.values(), *OTHERS.values()]
    assert [said for said in sentences if not said.endswith(".")] == []


def test_a_rule_answers_for_its_options() -> None:
    with pytest.raises(TypeError, match=r"^min_gradient .* 'skip_start' here: points at the start"):
        result().suggestion("min_gradient", skip_begin=10)
    with pytest.raises(TypeError, match=r"^slide .* Did you mean 'thresh'"):
        result().suggestion("slide", tresh=0.1)
    assert result().suggestion("lightning", skip_begin=10).rule == "lightning"


def test_only_keywords_of_the_caller_are_named() -> None:
    assert "'steps' here" in refused("num_iter", ["steps", "wd"])
    assert "Known are wd, amp" in refused("max_lr", ["wd", "amp"])
    assert "Did you mean 'wda'" in refused("wd", ["wda"])


@pytest.mark.parametrize("name", ["height", "layout", "rule", "auto_start"])
def test_what_is_known_is_not_refused(name: str) -> None:
    refuse_unknown([name], options_of(WidgetOptions), "It")


def test_each_entry_point_answers_for_itself() -> None:
    model = classifier()
    given: Any = (model, batches(), sgd(model))
    trainable = TorchTrainable(*given, WidgetOptions())
    calls: list[tuple[str, Any]] = [
        ("Sweep", lambda **k: Sweep(*given, **k)),
        ("lr_find", lambda **k: lr_find(*given, **k)),
        ("compare_lrs", lambda **k: compare_lrs(*given, [0.1], **k)),
        ("start", trainable.sweep),
        ("compare", lambda **k: trainable.compare([0.1], 5, **k)),
    ]
    for caller, call in calls:
        with pytest.raises(TypeError, match=f"^{caller} does not know .*'loss_fn' here"):
            call(criterion=None)
    with pytest.raises(TypeError, match=r"^compare_lrs .*'num_it'. It is 'steps' here"):
        compare_lrs(*given, [0.1], num_it=5)


def test_a_rule_of_another_finder_has_its_own_word_for_ours() -> None:
    answer = refused("skip_start", ["skip_begin", "skip_end"])
    assert "It is 'skip_begin' here: points at the start that the search leaves out." in answer
