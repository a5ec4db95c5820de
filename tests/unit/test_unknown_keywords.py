"""A keyword that is unknown is refused with the one to use instead."""

from __future__ import annotations

from typing import Any

import pytest

from lrfind_widget import Sweep, compare_lrs, lr_find
from lrfind_widget.keywords import _OURS, refuse_unknown
from lrfind_widget.option_fields import options_of
from lrfind_widget.options import WidgetOptions
from lrfind_widget.training.trainable import TorchTrainable
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


@pytest.mark.parametrize(
    ("theirs", "differs"),
    [
        ("smooth_f", "beta = 1 - smooth_f"),
        ("diverge_th", "four times the best loss; the factor cannot be changed"),
        ("early_stop_threshold", "the factor cannot be changed"),
        ("epochs", "Steps of the optimizer are counted, not epochs"),
        ("memory_cache", "Nothing is written to a disk"),
    ],
)
def test_a_difference_in_meaning_is_said(theirs: str, differs: str) -> None:
    assert differs in refused(theirs)


def test_every_word_in_the_table_leads_to_a_keyword_there_is() -> None:
    known = {*options_of(WidgetOptions), "steps", "progress", "dataloader"}
    assert {word for ours in _OURS.values() for word in ours.split()} <= known


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
