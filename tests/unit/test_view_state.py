"""What a screen shows of each state, by its values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lrfind_widget.messages import FAILED_BEFORE, applied
from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Applied, Status, StopReason
from lrfind_widget.session import Session
from lrfind_widget.view.view_state import ViewState, view_state
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
        assert view.run_bar["rate"] == ""  # the headline says it
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
    assert [label for label, can in buttons(view).items() if can] == ["Run again", "Apply"]
    assert {reasons(view)[label] for label in ("Search", "Refine", "Extend")} == {FAILED_BEFORE}
    play.sweep()
    assert buttons(play.view)["Search"]


def test_a_search_that_has_failed_can_be_tried_again() -> None:
    play = Play()
    search(play)
    play.trainable.latest.end(StopReason.FAILED, ValueError("odd labels"))
    with pytest.raises(ValueError, match="odd"):
        play.session.wait(10)
    assert buttons(play.view)["Search"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([1e-3], [1e-2], "Applied: lr went from 1e-3 to 1e-2."),
        ([1e-3], [1e-3], "The optimizer's rate is 1e-3 already."),
        ([1.04e-3], [1e-3], "Applied: lr is 1e-3, as before to two digits."),
        ([1e-3, 1e-2], [1e-3, 1e-2], "The optimizer's rates are these already."),
        ([1e-3, 1e-2], [1e-3, 1e-1], "Applied to 2 parameter groups: 1e-3 to 1e-3, 1e-2 to 1e-1."),
    ],
)
def test_it_is_said_what_was_applied_and_where_that_was_nothing(
    before: list[float], after: list[float], said: str
) -> None:
    assert applied(after[0], Applied(before, after)) == said


def test_another_optimizer_is_called_so() -> None:
    def said(before: list[float], after: list[float]) -> str:
        return applied(after[0], Applied(before, after, is_other=True))

    assert said([1e-3], [1e-2]) == "Applied to another optimizer: lr went from 1e-3 to 1e-2."
    assert said([1e-3], [1e-3]) == "The other optimizer's rate is 1e-3 already."
    assert said([1e-3, 1e-2], [1e-2, 1e-1]) == (
        "Applied to 2 parameter groups of another optimizer: 1e-3 to 1e-2, 1e-2 to 1e-1."
    )


def test_apply_is_not_pointed_out_where_the_optimizer_has_the_rate() -> None:
    play = Play().sweep()
    assert primary(play.view) == ["Apply"]
    play.session.apply(object())  # another one
    assert primary(play.view) == ["Apply"]
    play.session.apply()
    play.session.apply()
    assert "already" in play.view.choice_bar["message"]
    assert primary(play.view) == []


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


def test_a_closer_look_says_that_it_takes_steps_once_more() -> None:
    play = Play()
    refine(play)
    play.trainable.latest.step(*[0.5] * 5)
    said = "5 of 50 steps, as before up to 1e-3, "
    assert eventually(lambda: said in play.view.run_bar["sentence"])


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
