"""What a screen shows of each state, by its values."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lrfind_widget.curves.formatting import format_lr
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.session import Session
from lrfind_widget.view.view_state import ViewState, view_state
from tests.played import RATES
from tests.unit.views import (
    BELOW,
    KINDS,
    LOSSES,
    Play,
    buttons,
    compare,
    primary,
    rates,
    reasons,
    refine,
    search,
)
from tests.waiting import eventually


@pytest.mark.parametrize("kind", KINDS)
class TestEveryRun:
    def begin(self, kind: Callable[[Play], None], steps: int = 3) -> Play:
        play = Play()
        kind(play)
        play.trainable.latest.step(*LOSSES[:steps])
        return play

    def until(self, play: Play, status: Status) -> ViewState:
        while play.session.state.status is not status:
            play.session._publish(play.trainable.latest)
        return play.view

    def test_sweeping(self, kind: Any) -> None:
        play = self.begin(kind)
        play.session._publish(play.trainable.latest)
        view = play.view
        assert view.run_bar["status"] == "sweeping"
        assert f"3 of {play.trainable.latest.plan.steps} steps" in view.run_bar["sentence"]
        assert view.run_bar["done"] == 3
        assert view.run_bar["rate"].startswith("Rate now ")
        enabled = {label for label, can in buttons(view).items() if can}
        assert enabled == {"Pause", "Stop"}
        assert all("running" in why for why in reasons(view).values())
        assert (view.how_bar["summary"], view.how_bar["facts"]) == ("", [])
        if kind in BELOW:
            assert view.compared is play.trainable.latest
            assert view.growing is None
        else:
            assert view.growing is play.trainable.latest
            assert view.annotations["annotations"] == []
            assert (view.bands, view.spread, view.line) == ({"bands": []}, {"area": {}}, None)
            assert rates(view) == [None] * 4

    def test_paused(self, kind: Any) -> None:
        play = self.begin(kind)
        play.session.pause()
        view = self.until(play, Status.PAUSED)
        assert view.run_bar["sentence"].startswith("Paused after 3 of")
        assert {label for label, can in buttons(view).items() if can} == {"Resume", "Stop"}

    @pytest.mark.parametrize(
        "reason", [StopReason.FINISHED, StopReason.DIVERGED, StopReason.NON_FINITE]
    )
    def test_ended_by_itself(self, kind: Any, reason: StopReason) -> None:
        play = self.begin(kind, steps=20)
        play.trainable.latest.end(reason)
        play.session.wait(10)
        view = play.view
        assert view.run_bar["status"] == Status.after(reason)
        assert view.run_bar["done"] <= view.run_bar["total"]
        assert view.run_bar["rate"] == ""
        assert view.growing is None
        assert buttons(view)["Run" if kind in BELOW else "Run again"]
        assert not buttons(view)["Stop"]
        assert reasons(view)["Pause"] == "Nothing is running."

    def test_stopped(self, kind: Any) -> None:
        play = self.begin(kind)
        play.session.stop()
        play.session.wait(10)
        assert play.view.run_bar["status"] == "stopped"
        assert "Played: stopped." in play.view.how_bar["facts"][0]
        assert play.view.how_bar["summary"] == "How this was run · Played"

    def test_failed(self, kind: Any) -> None:
        play = self.begin(kind)
        play.trainable.latest.end(StopReason.FAILED, ValueError("<b>odd</b> labels"))
        with pytest.raises(ValueError, match="odd"):
            play.session.wait(10)
        view = play.view
        noun = {compare: "comparison", search: "search"}.get(kind, "sweep")
        assert view.run_bar["sentence"] == (
            f"The {noun} failed in step 4. ValueError: <b>odd</b> labels"
        )
        assert "ValueError: <b>odd</b> labels" in view.how_bar["traceback"]
        assert view.how_bar["summary"] == "How this was run · failed in step 4"

    def test_refused(self, kind: Any) -> None:
        play = Play()
        play.session.refuse(RuntimeError("the model is being swept"))
        assert play.view.run_bar["status"] == "failed"
        assert play.view.run_bar["sentence"].endswith("RuntimeError: the model is being swept")
        kind(play)
        assert play.view.run_bar["status"] == "sweeping"
        assert play.view.how_bar["traceback"] == ""


def test_waiting() -> None:
    view = Play().view
    assert view.run_bar["sentence"] == "Ready: press Run to start the range test."
    assert buttons(view) == {
        "Pause": False,
        "Stop": False,
        "Run": True,
        "Refine": False,
        "Extend": False,
        "Apply": True,
        "Search": True,
    }
    assert primary(view) == ["Run"]
    assert rates(view) == [None] * 4
    assert view.marker["value"] == 1e-3
    assert (view.line, view.growing, view.compared) == (None, None, None)


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


def test_a_curve_without_a_suggestion() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.step(*[2.0] * 40)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    view = play.view
    assert view.run_bar["sentence"].startswith("No recommendation")
    assert "No steepest fall is marked" not in view.run_bar["sentence"]
    assert view.run_bar["certainty"] == "none"
    assert view.annotations["annotations"] == []
    assert {band["kind"] for band in view.bands["bands"]} == {"skipped"}
    assert view.marker["value"] == 1e-3
    assert reasons(view)["Refine"]
    assert rates(view) == [None] * 4
    play.session.analyse(skip_start=0, skip_end=0)
    assert play.view.bands == {"bands": []}


def test_a_curve_without_a_steepest_fall_says_why_among_what_else_is_known() -> None:
    play = Play().sweep()
    play.session.analyse(skip_start=1000)
    [said] = [fact for fact in play.view.choice_bar["about"] if "steepest" in fact]
    assert said.startswith("No steepest fall is marked: 0 points are left of the curve after")
    assert "No recommendation" not in said


def test_a_first_loss_that_is_nan_is_blamed_on_no_rate() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.step(float("nan"))
    play.trainable.latest.end(StopReason.NON_FINITE)
    play.session.wait(10)
    assert rates(play.view) == [None] * 4
    assert play.view.run_bar["sentence"] == (
        "No recommendation. The loss is NaN or infinite before the first update, which no learning "
        "rate changes. Check the batches, the weights and the loss function."
    )


def test_an_error_in_the_first_step_is_said_once_and_nothing_is_advised() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.end(StopReason.FAILED, ValueError("odd labels"))
    with pytest.raises(ValueError, match="odd"):
        play.session.wait(10)
    view = play.view
    assert view.run_bar["sentence"] == "The sweep failed in step 1. ValueError: odd labels"
    assert rates(view) == [None] * 4
    assert "odd" not in " ".join(view.how_bar["facts"])
    assert primary(view) == []


def test_an_error_in_mid_sweep_is_not_said_to_be_a_stop_of_the_persons() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.step(*LOSSES[:40])
    play.trainable.latest.end(StopReason.FAILED, ValueError("odd labels"))
    with pytest.raises(ValueError, match="odd"):
        play.session.wait(10)
    assert "ended at" in " ".join(play.view.choice_bar["about"])


def test_what_could_not_start_is_not_said_to_be_a_sweep() -> None:
    play = Play()
    play.session.refuse(TypeError("dataloader is a generator"))
    assert play.view.run_bar["sentence"] == "Not started. TypeError: dataloader is a generator"


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


def test_no_number_that_json_cannot_carry() -> None:
    play = Play()
    play.session.start()
    play.trainable.latest.step(float("nan"))
    play.trainable.latest.end(StopReason.NON_FINITE)
    play.session.wait(10)
    (dot,) = play.view.annotations["annotations"]
    assert dot["loss"] is None
    assert_carried(play.view)


@pytest.mark.parametrize("losses", [[], LOSSES, [2.0] * 40, [*LOSSES[:30], float("inf")]])
@pytest.mark.parametrize("rule", ["balanced", "ignite", lambda lrs, losses: float("nan")])
def test_json_carries_whatever_is_shown(losses: list[float], rule: Any) -> None:
    play = Play()
    play.session.analyse(rule=rule)
    assert_carried(play.view)
    play.session.start()
    assert_carried(play.view)
    play.trainable.latest.step(*losses)
    play.trainable.latest.end(StopReason.STOPPED)
    play.session.wait(10)
    assert_carried(play.view)


def assert_carried(view: ViewState) -> None:
    """Check that JSON carries all but the arrays and the points, and nothing becomes another."""
    parts = [view.run_bar, view.choice_bar, view.settings_bar, view.how_bar, view.axes]
    parts += [view.marker, view.annotations, view.bands, view.curve, view.comparison_axes]
    parts += [view.comparison_curves, view.comparison_bar]
    for part in parts:
        assert json.loads(json.dumps(part, allow_nan=False)) == part
        assert type(part.get("status", "")) is str


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


def test_a_closer_look_says_that_it_takes_steps_once_more() -> None:
    play = Play()
    refine(play)
    play.trainable.latest.step(*[0.5] * 5)
    said = "5 of 50 steps, as before up to 1e-3, "
    assert eventually(lambda: said in play.view.run_bar["sentence"])


def test_a_comparison_has_a_line_for_each_rate_and_a_verdict() -> None:
    play = Play()
    compare(play)
    play.trainable.latest.step(*[1.0] * 30, *[0.5 + 0.01 * (n % 2) for n in range(30)])
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    view = play.view
    assert view.comparison_curves["names"] == ["1e-3", "1e-2"]
    assert view.comparison_curves["fates"] == ["chosen", ""]
    assert view.comparison_axes == {
        "lo": 1.0,
        "hi": 30.0,
        "x_label": "step",
        "wheel_zoom": "ctrl",
    }
    assert view.comparison_bar["sentence"] == play.session.comparison.verdict
    assert view.comparison_bar["evidence"] == play.session.comparison.evidence
    assert view.comparison_bar["note"] == ""
    assert [b["label"] for b in view.comparison_bar["buttons"]] == ["Use 1e-2"]


def test_each_rate_within_the_noise_is_offered() -> None:
    play = Play()
    play.session.compare([1e-3, 1e-2, 1e-1], steps=40)
    noise = [0.1 * (-1) ** n for n in range(40)]
    losses = [1 + n / 10 for n in noise], [1 - n for n in noise], [2 + n for n in noise]
    play.trainable.latest.step(*itertools.chain(*losses))
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    labels = {b["command"]: b["label"] for b in play.view.comparison_bar["buttons"]}
    assert sorted(labels.values()) == ["Use 1e-2", "Use 1e-3"]
    assert list(labels) == ["choose_0", "choose_1"]
    play.session.choose_best(1)
    assert f"Use {format_lr(play.session.state.selected_lr)}" == labels["choose_1"]
    play.session.choose_best(2)
    assert f"Use {format_lr(play.session.state.selected_lr)}" == labels["choose_1"]


def test_a_comparison_says_which_run_it_belongs_to_where_another_is_shown() -> None:
    play = Play()

    def note() -> str:
        return str(play.view.comparison_bar["note"])

    assert note() == ""
    compare(play)
    play.session.stop()
    play.session.wait(10)
    assert note() == ""
    play.session.start()
    assert note() == "Compared before the first run; run 1 is shown above."
    play.trainable.latest.whole()
    play.session.wait(10)
    assert note() == "Compared before the first run; run 1 is shown above."
    compare(play)
    play.session.stop()
    play.session.wait(10)
    assert note() == ""
    play.session.refine(1e-3, 1e-2, 20)
    play.trainable.latest.whole()
    play.session.wait(10)
    assert note() == ""  # it is still the curve of run 1
    play.sweep()
    assert note() == "Compared after run 1; run 2 is shown above."


def test_the_row_above_does_not_say_how_a_comparison_has_ended() -> None:
    play = Play().sweep()
    said = play.view.run_bar["sentence"]
    compare(play)
    assert play.view.run_bar["sentence"] != said
    play.trainable.latest.step(*[1.0] * 30, *[0.5] * 30)
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    assert play.view.run_bar["sentence"] == said


@pytest.mark.parametrize("ended", [False, True])
def test_a_rate_that_ended_early_is_marked_so_while_others_go_on_and_after(ended: bool) -> None:
    play = Play()
    search(play)
    run = play.trainable.latest
    run.plan = run.plan._replace(fates=("", "dropped", "diverged"))
    run.step(1.0)
    if ended:
        run.end(StopReason.FINISHED)
    view = play.view
    assert view.comparison_curves["fates"] == ["", "dropped", "diverged"]
    names = ["1e-2", "3.3e-3 dropped", "3e-2 diverged"]
    assert view.comparison_curves["names"] == names
    assert "3.3e-3 fell behind and ended early" in view.comparison_curves["label"]


def test_a_rate_that_is_tried_is_a_tick_at_the_axis_of_the_curve() -> None:
    play = Play().sweep()
    assert play.view.annotations["tried"] == []
    compare(play)
    assert play.view.annotations["tried"] == [
        {"lr": 1e-3, "name": "1e-3", "fate": ""},
        {"lr": 1e-2, "name": "1e-2", "fate": ""},
    ]
    play.session.select(1e-2)
    assert [each["fate"] for each in play.view.annotations["tried"]] == ["", "chosen"]
    assert play.view.comparison_curves["fates"] == ["", "chosen"]


def test_a_stored_result_offers_nothing_that_needs_a_model() -> None:
    stored = Session(None, AnalysisOptions(), stored=Play().sweep().session.result)
    view = view_state(stored.state)
    assert buttons(view) == {}
    assert view.run_bar["sentence"].startswith("Recommended")
    assert view.how_bar["facts"] == ["Played: finished."]
    assert view.line is not None


def test_a_stored_result_shows_no_progress_and_speaks_of_no_training() -> None:
    result = replace(Play().sweep().session.result, isolation="Trained on a copy.")
    view = view_state(Session(None, AnalysisOptions(), stored=result).state)
    assert (view.run_bar["total"], view.run_bar["detail"]) == (0, "")
    assert "Trained on a copy." not in view.how_bar["facts"]


@pytest.mark.parametrize("name", ["beta", "skip_start", "skip_end", "y_scale", "y_range", "rule"])
def test_each_setting_is_shown_as_it_is(name: str) -> None:
    play = Play().sweep()
    value = {"beta": 0.995, "y_scale": "log", "y_range": "all", "rule": "valley"}.get(name, 3)
    play.session.analyse(**{name: value})
    assert play.view.settings_bar[name] == value
    shown = {"y_scale": play.view.y_kind, "y_range": play.view.axes["y_range"]}
    assert shown.get(name, value) == value


def test_equal_states_give_equal_views() -> None:
    play = Play().sweep()
    one, other = view_state(play.session.state), view_state(play.session.state)
    assert one.line is other.line
    assert one.run_bar == other.run_bar
    assert one.annotations == other.annotations


def test_the_view_of_a_state_does_not_depend_on_how_it_came_about() -> None:
    straight, roundabout = Play().sweep(), Play()
    roundabout.session.analyse(beta=0.5, y_scale="log")
    roundabout.session.start()
    roundabout.session.analyse(beta=0.98)
    roundabout.trainable.latest.whole()
    roundabout.session.wait(10)
    roundabout.session.analyse(y_scale="linear")
    for part in ("run_bar", "choice_bar", "settings_bar", "annotations", "bands", "axes", "marker"):
        assert getattr(straight.view, part) == getattr(roundabout.view, part)


def test_what_is_asked_of_a_long_step_is_said_until_it_has_happened() -> None:
    play = Play()
    play.session.start()
    run = play.trainable.latest
    run.stop = lambda: None  # its step takes long
    play.session.stop()
    assert play.view.run_bar["sentence"].startswith("Stopping after this step. ")
    run.end(StopReason.STOPPED)
    play.session.wait(10)
    assert "Stopping" not in play.view.run_bar["sentence"]


def test_the_rate_of_the_optimizer_is_known_as_such_and_changes_when_it_is_written() -> None:
    play = Play().sweep()
    assert play.view.marker["own"] == 1e-3
    play.session.select(2e-2)
    assert play.view.marker["own"] == 1e-3
