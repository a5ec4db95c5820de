"""What the chart shows of each state, by its values."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lrfind_widget.outcomes import StopReason
from lrfind_widget.view.view_state import view_state
from tests.played import RATES
from tests.unit.views import (
    LOSSES,
    Play,
    refine,
)
from tests.waiting import eventually


def test_the_marker_stays_where_it_is_when_another_range_is_swept() -> None:
    play = Play().sweep()
    play.session.select(0.3)
    play.session.start(start_lr=1e-6, end_lr=1e-2)
    assert play.view.marker == {"value": 0.3, "own": 1e-3, "lo": 1e-6, "hi": 1e-2}
    assert (play.view.axes["lo"], play.view.axes["hi"]) == (1e-6, 1e-2)
    play.session.stop()


def test_the_axis_is_the_plans() -> None:
    play = Play()
    play.session.start()
    assert (play.view.x_kind, play.view.axes["x_label"]) == ("exp", "learning rate")
    run = play.trainable.latest
    run.plan = run.plan._replace(mode="linear", label="learning rate of group 0")
    assert (play.view.x_kind, play.view.axes["x_label"]) == ("linear", "learning rate of group 0")
    play.session.stop()


def test_a_sweep_that_was_stopped_before_its_first_point_marks_nothing() -> None:
    play = Play()
    play.session.start()
    play.session.stop()
    play.session.wait(10)
    view = play.view
    assert view.annotations["annotations"] == []
    assert view.bands == {"bands": []}
    assert view.spread == {"area": {}}
    assert view.settings_bar["runs"] == []
    assert (view.run_bar["done"], view.run_bar["rate"]) == (0, "")


def test_skipped_ends_are_bands_over_their_points() -> None:
    play = Play().sweep()
    play.session.analyse(skip_start=7, skip_end=0)
    (skipped,) = (band for band in play.view.bands["bands"] if band["kind"] == "skipped")
    assert (skipped["start"], skipped["stop"]) == (RATES[0], RATES[7])
    assert (play.view.curve["skip_start"], play.view.curve["skip_end"]) == (7, 0)
    play.session.analyse(skip_start=0, skip_end=5)
    (skipped,) = (band for band in play.view.bands["bands"] if band["kind"] == "skipped")
    assert (skipped["start"], skipped["stop"]) == (RATES[-6], RATES[-1])
    play.session.analyse(skip_start=1000, skip_end=1000)
    bands = {(b["start"], b["stop"]) for b in play.view.bands["bands"] if b["kind"] == "skipped"}
    assert bands == {(RATES[0], RATES[-1])}


def test_one_dot_where_the_rule_is_the_red_dots() -> None:
    play = Play().sweep()
    play.session.analyse(rule="min_gradient")
    assert [dot["kind"] for dot in play.view.annotations["annotations"]] == ["min_gradient"]


def test_an_early_end_is_marked_but_not_that_of_a_part() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.step(*LOSSES[:30])
    play.session.stop()
    play.session.wait(10)
    dot = play.view.annotations["annotations"][-1]
    assert (dot["kind"], dot["label"], dot["lr"]) == ("end", "stopped", RATES[29])
    refined = Play()
    refine(refined)
    refined.trainable.latest.step(*LOSSES[:5])
    refined.session.stop()
    refined.session.wait(10)
    kinds = [dot["kind"] for dot in refined.view.annotations["annotations"]]
    assert "end" not in kinds


def test_a_loss_that_is_not_finite_before_the_first_update_is_no_divergence() -> None:
    for losses, label in (((math.nan,), "not finite"), ((1.0, math.nan), "diverged")):
        play = Play()
        play.session.start()
        play.trainable.latest.step(*losses)
        play.trainable.latest.end(StopReason.NON_FINITE)
        play.session.wait(10)
        assert play.view.annotations["annotations"][-1]["label"] == label


def test_earlier_runs_are_named_by_what_differs_and_can_be_hidden_and_removed() -> None:
    play = Play()
    for wd in (0.0, 0.5):
        play.session.start(wd=wd)
        play.trainable.latest.whole()
        play.session.wait(10)
    names = [run["name"] for run in play.view.settings_bar["runs"]]
    assert names == ["Run 1: wd 0", "Run 2: wd 0.5"]
    assert [run["removable"] for run in play.view.settings_bar["runs"]] == [True, False]
    play.session.change_run(1, "hide")
    assert [run["visible"] for run in play.view.runs["runs"]] == [False]
    play.session.change_run(2, "hide")
    assert play.view.curve["shown"] is False
    play.session.change_run(1, "remove")
    assert (play.view.runs["runs"], play.view.settings_bar["runs"]) == ([], [])
    assert len(play.session.runs) == 2


def test_an_earlier_run_of_another_group_stands_over_the_rate_of_the_axis() -> None:
    play = Play()
    for _ in range(2):
        play.session.start()
        play.trainable.latest.whole()
        play.session.wait(10)
    first, last = play.session.state.runs
    ratio = {"axis_label": "learning rate of group 0 (group 1 at 10 times)"}
    fixed = {"axis_label": "learning rate of group 1 (group 0 fixed)", "multipliers": (0.0, 1.0)}
    first = replace(first, result=replace(first.result, **ratio, multipliers=(1.0, 10.0)))
    last = replace(last, result=replace(last.result, **fixed))
    unmoved = replace(play.session.state, sweep=None)
    lines = [view_state(unmoved).runs["runs"][0]["lr"] for _ in range(2)]
    assert lines[0] is lines[1]
    shown = view_state(replace(unmoved, runs=(first, last)))
    assert shown.axes["x_label"] == "learning rate of group 1"
    assert shown.runs["runs"][0]["lr"][0] == pytest.approx(10 * RATES[0])
    again = view_state(replace(play.session.state, runs=(first, last), sweep=None))
    assert again.runs["runs"][0]["lr"] is shown.runs["runs"][0]["lr"]  # another would be sent
    shown = view_state(replace(play.session.state, runs=(last, first), sweep=None))
    assert shown.axes["x_label"] == "learning rate"
    named = [run["name"] for run in shown.settings_bar["runs"]]
    assert "group 1 (group 0 fixed)" in named[0]
    assert "group 0 (group 1 at 10 times)" in named[1]


def test_the_axis_says_whose_rate_a_running_sweep_has_where_earlier_runs_have_others() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.whole()
    play.session.wait(10)
    (run,) = play.session.state.runs
    other = replace(run.result, axis_label="learning rate of group 1 (group 0 fixed)")
    play.session.start()
    shown = view_state(replace(play.session.state, runs=(replace(run, result=other),)))
    assert shown.axes["x_label"] == "learning rate [this sweep: all groups]"
    assert shown.runs["runs"][0]["name"].endswith("[group 1 (group 0 fixed)]")


def test_repeats_have_a_spread() -> None:
    play = Play(repeats=2)
    play.session.start()
    play.trainable.latest.step(*LOSSES, *LOSSES)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    assert set(play.view.spread["area"]) == {"lr", "low", "high"}
    assert play.view.run_bar["total"] == 2 * len(RATES)


def test_a_refined_range_keeps_the_whole_axis_and_counts_its_own_steps() -> None:
    play = Play()
    refine(play)
    assert (play.view.axes["lo"], play.view.axes["hi"]) == (RATES[0], RATES[-1])
    steps = len(play.trainable.latest.rates)
    play.trainable.latest.step(*[0.5] * (steps - 20))
    said = f"{steps - 20} of {steps} steps, 2 s left"
    assert eventually(lambda: said in play.view.run_bar["sentence"])
    play.trainable.latest.step(*[0.5] * 20)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    assert (play.view.run_bar["done"], play.view.run_bar["total"]) == (steps, steps)


def test_the_rate_of_the_optimizer_is_known_as_such_and_changes_when_it_is_written() -> None:
    play = Play().sweep()
    assert play.view.marker["own"] == 1e-3
    play.session.select(2e-2)
    assert play.view.marker["own"] == 1e-3
