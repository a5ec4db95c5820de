"""Every word of the other finders is on the page, and answered where it is typed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from fastai.callback import schedule
from fastai.learner import Learner, Recorder
from ignite.handlers import FastaiLRFinder
from lightning.pytorch.callbacks import LearningRateFinder as LightningCallback
from lightning.pytorch.tuner import Tuner
from lightning.pytorch.tuner.lr_finder import _LRFinder
from monai.optimizers import LearningRateFinder
from torch_lr_finder import LRFinder

from lrfind_widget import LRFinderWidget, SweepResult, lr_find
from lrfind_widget.results.plotted_curve import READING
from lrfind_widget.rules import slide
from tests.peers.page import SECTIONS, rows, run

FASTAI_V1 = {
    "LRFinder": "learn start_lr end_lr num_it stop_div wd",
    "plot": "skip_start skip_end suggestion return_fig show_grid k",
}
"""What cannot be imported here: `lr_find` and `Recorder.plot` of fastai 1.0.61."""

SWEEPS: dict[str, list[Callable[..., Any]]] = {
    "torch-lr-finder": [LRFinder.__init__, LRFinder.range_test],
    "Ignite": [FastaiLRFinder.attach],
    "Lightning": [Tuner.lr_find, LightningCallback.__init__],
    "fastai v2": [Learner.lr_find],
    "MONAI": [LearningRateFinder.__init__, LearningRateFinder.range_test],
}
PLOTS: dict[str, list[Callable[..., Any]]] = {
    "torch-lr-finder": [LRFinder.plot],
    "Ignite": [FastaiLRFinder.plot],
    "Lightning": [_LRFinder.plot],
    "fastai v2": [Recorder.plot_lr_find],
    "MONAI": [LearningRateFinder.plot],
}
OTHER_CALLS: dict[str, list[Callable[..., Any]]] = {
    "Ignite": [FastaiLRFinder.apply_suggested_lr],
    "Lightning": [_LRFinder.suggestion],
    "fastai v2": [schedule.slide],
    "MONAI": [LearningRateFinder.get_steepest_gradient, LearningRateFinder.get_lrs_and_losses],
}


def words(calls: dict[str, list[Callable[..., Any]]]) -> list[tuple[str, str]]:
    """Return the parameters of some calls, each with its finder."""
    return [
        (finder, name)
        for finder, functions in calls.items()
        for function in functions
        for name, parameter in inspect.signature(function).parameters.items()
        if name != "self" and parameter.kind is not parameter.VAR_KEYWORD
    ]


IN_SWEEPS = [*words(SWEEPS), *(("fastai v1", name) for name in FASTAI_V1["LRFinder"].split())]
IN_PLOTS = [*words(PLOTS), *(("fastai v1", name) for name in FASTAI_V1["plot"].split())]
GIVEN_BY_FASTAI = {"lrs", "losses", "num_it"}


def test_every_word_is_on_the_page() -> None:
    others = [each for each in words(OTHER_CALLS) if each[1] not in GIVEN_BY_FASTAI]
    missing = [
        (finder, name)
        for finder, name in [*IN_SWEEPS, *IN_PLOTS, *others]
        if not any(re.search(rf"\b{name}\b", theirs) for theirs, _ in rows(finder))
    ]
    assert missing == []


def answered(call: Callable[..., Any], known: list[str], name: str) -> bool:
    """Return whether a word is one of ours too, or the refusal says what to do instead."""
    if name in known:
        return True
    with pytest.raises(TypeError, match=f"does not know the keyword '{name}'") as refusal:
        call(**{name: None})
    return not re.search("Did you mean|Known are", str(refusal.value))


@pytest.mark.parametrize("ours", [lr_find, LRFinderWidget])
def test_every_word_of_a_sweep_is_answered(ours: Callable[..., Any]) -> None:
    known = [name for name in inspect.signature(ours).parameters if name != "options"]
    names = {name for _, name in IN_SWEEPS}
    assert {name for name in names if not answered(ours, known, name)} == set()


def test_every_word_of_a_plot_is_answered() -> None:
    plot = run("result = lr_find(model, loader, optimizer, num_it=30)")["result"].plot
    known = [*inspect.signature(SweepResult.plot).parameters, *READING]
    names = {name for _, name in IN_PLOTS} - {"kwargs"}
    assert {name for name in names if not answered(plot, known, name)} == set()


def test_the_options_of_rules_are_called_alike() -> None:
    theirs = set(inspect.signature(schedule.slide).parameters) - {"lrs", "losses"}
    assert theirs <= set(inspect.signature(slide).parameters)
    run(
        "lr_find(model, loader, optimizer, num_it=50)"
        ".suggestion('lightning', skip_begin=5, skip_end=2)"
    )


@pytest.mark.parametrize("theirs", [theirs for theirs, _ in rows("Others")])
def test_a_line_of_the_smaller_finders_runs(theirs: str) -> None:
    (code,) = re.findall("`(.+)`", dict(rows("Others"))[theirs])
    run(code)


def test_every_finder_has_its_section() -> None:
    assert [*SECTIONS] == [
        *("torch-lr-finder", "Ignite", "Lightning", "fastai v2", "fastai v1", "MONAI", "Others")
    ]
