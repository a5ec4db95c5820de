"""The session, without torch and without a notebook."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import Status, StopReason
from lrfind_widget.results.comparison import Comparison
from lrfind_widget.session import Session
from tests.played import RATES, PlayedTrainable, valley


def make(**given: Any) -> tuple[Session, PlayedTrainable]:
    trainable = PlayedTrainable()
    return Session(trainable, AnalysisOptions(), **given), trainable


def swept(**given: Any) -> tuple[Session, PlayedTrainable]:
    session, trainable = make(**given)
    session.start()
    trainable.latest.whole()
    session.wait(10)
    return session, trainable


def test_a_sweep_from_start_to_suggestion() -> None:
    session, trainable = make()
    assert (session.state.status, session.state.selected_lr) == (Status.WAITING, 1e-3)
    session.start(wd=0.1)
    assert session.state.status is Status.SWEEPING
    assert trainable.latest.changes == {"wd": 0.1, "beta": 0.98}
    trainable.latest.whole()
    result = session.wait(10)
    assert result is session.result
    assert session.state.status is Status.FINISHED
    assert session.state.selected_lr == session.state.analysis.suggested.lr
    assert session.runs == [result]


def test_pause_resume_and_stop_reach_the_run() -> None:
    session, trainable = make()
    session.start()
    session.pause()
    session.resume()
    session.stop()
    assert trainable.latest.asked == ["pause", "resume", "stop"]
    session.wait(10)
    assert session.state.status is Status.STOPPED


def test_waiting_for_nothing_says_how_to_start_without_a_notebook() -> None:
    session, _ = make()
    with pytest.raises(RuntimeError) as refused:
        session.wait()
    assert str(refused.value) == "Nothing was started: call start() first."


def test_it_can_be_awaited() -> None:
    session, trainable = make()

    async def cell() -> Any:
        session.start()
        threading.Timer(0.05, trainable.latest.whole).start()
        return await session

    assert asyncio.run(cell()) is session.result


def test_what_the_user_raised_is_raised_again_by_whoever_waits() -> None:
    session, trainable = make()
    session.start()
    mistake = ValueError("odd labels")
    trainable.latest.end(StopReason.FAILED, mistake)
    with pytest.raises(ValueError, match="odd labels") as caught:
        session.wait(10)
    assert caught.value is mistake
    assert session.error is mistake


def test_a_start_that_fails_changes_nothing() -> None:
    session, trainable = swept()
    before = session.state
    trainable.refusal = RuntimeError("no memory")
    for start in (session.start, session.refine, session.extend, session.compare):
        with pytest.raises(RuntimeError, match="no memory"):
            start()
        assert session.state is before
    trainable.refusal = None
    session.start()
    trainable.latest.whole()
    assert session.wait(10) is session.runs[-1]


def test_only_one_thing_runs_at_a_time() -> None:
    session, trainable = make()
    session.start()
    for start in (session.start, session.refine, session.extend, session.compare):
        with pytest.raises(RuntimeError, match="stop"):
            start()
    trainable.latest.whole()
    session.wait(10)


class TestChoosing:
    def test_a_choice_made_by_hand_outlives_the_sweep(self) -> None:
        session, trainable = make()
        session.start()
        session.select(0.2)
        trainable.latest.whole()
        session.wait(10)
        assert session.state.selected_lr == 0.2
        session.back_to_suggestion()
        assert session.state.selected_lr == session.state.analysis.suggested.lr
        assert not session.state.chosen_by_hand

    @pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "1e-3", None, True])
    def test_what_is_no_rate_is_refused(self, value: Any) -> None:
        session, _ = make()
        with pytest.raises((TypeError, ValueError), match="selected_lr"):
            session.select(value)
        assert session.state.selected_lr == 1e-3

    def test_the_choice_is_kept_in_the_result(self) -> None:
        session, _ = swept()
        session.select(0.05)
        assert session.result.selected_lr == 0.05
        stored = Session(None, AnalysisOptions(), stored=session.result)
        assert stored.state.selected_lr == 0.05

    def test_a_choice_during_a_sweep_does_not_change_the_result_before(self) -> None:
        session, trainable = swept()
        before = session.result.selected_lr
        session.start()
        session.select(0.05)
        assert session.result.selected_lr == before
        trainable.latest.whole()
        session.wait(10)
        assert [run.selected_lr for run in session.runs] == [before, 0.05]


def doubted(**given: Any) -> Session:
    """Return a session whose sweep was stopped before the loss turned up."""
    session, trainable = make(**given)
    session.start()
    trainable.latest.step(*map(valley, RATES[:42]))
    session.stop()
    session.wait(10)
    return session


class TestADoubtedSuggestion:
    def test_leaves_the_marker_where_it_is(self) -> None:
        state = doubted().state
        assert state.analysis.suggested.certainty == "unsure"
        assert (state.selected_lr, state.has_choice) == (1e-3, False)
        assert state.result.selected_lr is None

    def test_leaves_it_at_the_sure_one_of_before(self) -> None:
        session, trainable = swept()
        before = session.state.selected_lr
        session.start()
        trainable.latest.step(*map(valley, RATES[:42]))
        session.stop()
        session.wait(10)
        assert session.state.selected_lr == before

    def test_is_not_written_by_itself(self) -> None:
        assert doubted(auto_apply=True)._trainable.lr == 1e-3

    def test_is_chosen_when_that_is_asked_for(self) -> None:
        session = doubted(auto_apply=True)
        session.back_to_suggestion()
        suggested = session.state.analysis.suggested.lr
        assert session.state.selected_lr == session.result.selected_lr == suggested
        assert session._trainable.lr == suggested

    def test_of_a_stored_result_leaves_the_marker_at_the_optimizers_own_rate(self) -> None:
        stored = replace(doubted().result, own_lr=3e-3)
        assert Session(None, AnalysisOptions(), stored=stored).state.selected_lr == 3e-3


class TestApplying:
    def test_writes_the_rate_and_says_what_changed(self) -> None:
        session, trainable = swept()
        session.select(0.05)
        assert session.apply() == ([1e-3], [0.05])
        assert trainable.lr == 0.05
        assert "1e-3 to 5e-2" in session.state.message

    def test_the_message_goes_when_the_choice_moves_on(self) -> None:
        session, _ = swept()
        session.apply()
        session.select(0.05)
        assert session.state.message == ""

    @pytest.mark.parametrize("paused", [False, True])
    def test_is_refused_while_something_runs(self, paused: bool) -> None:
        session, trainable = make()
        session.start()
        if paused:
            session.pause()
        with pytest.raises(RuntimeError, match="running"):
            session.apply()
        assert trainable.lr == 1e-3
        session.stop()

    @pytest.mark.parametrize("paused", [False, True])
    def test_auto_apply_writes_at_the_end_what_was_chosen_meanwhile(self, paused: bool) -> None:
        session, trainable = make(auto_apply=True)
        session.start()
        if paused:
            session.pause()
        session.select(0.24)
        assert trainable.lr == 1e-3
        trainable.latest.whole()
        session.wait(10)
        assert trainable.lr == 0.24

    def test_auto_apply_writes_the_suggestion_at_the_end(self) -> None:
        session, trainable = swept(auto_apply=True)
        assert trainable.lr == session.state.analysis.suggested.lr

    def test_auto_apply_writes_each_choice_while_nothing_runs(self) -> None:
        session, trainable = make(auto_apply=True)
        session.select(0.3)
        assert trainable.lr == 0.3

    def test_the_optimizer_follows_no_longer_once_auto_apply_is_off(self) -> None:
        session, _ = make(auto_apply=True)
        session.select(0.3)
        assert session.state.follows
        session.set_auto_apply(False)
        assert not session.state.follows
        assert session.state.message == "Applied: lr went from 1e-3 to 3e-1."

    def test_a_refusal_while_something_ran_is_not_said_afterwards(self) -> None:
        session, trainable = make()
        session.start()
        session.try_to_apply()
        assert "running" in session.state.message
        trainable.latest.whole()
        session.wait(10)
        assert session.state.message == ""

    def test_auto_apply_leaves_the_optimizer_alone_where_nothing_was_chosen(self) -> None:
        session, trainable = make(auto_apply=True)
        trainable.lr = 7e-4  # by a cell, meanwhile
        session.start()
        trainable.latest.step(1.0, 1.0)
        session.stop()
        session.wait(10)
        assert session.state.analysis.suggested.lr is None
        assert trainable.lr == 7e-4


class TestSmoothing:
    def test_a_sweep_is_made_and_read_with_one_beta(self) -> None:
        session, trainable = make()
        session.start(beta=0.5)
        assert (trainable.latest.changes["beta"], session.state.options.beta) == (0.5, 0.5)
        trainable.latest.whole()
        session.wait(10)
        session.start()
        assert (trainable.latest.changes["beta"], session.state.options.beta) == (0.5, 0.5)
        session.stop()

    def test_a_changed_beta_counts_for_the_next_sweep(self) -> None:
        session, trainable = swept()
        session.analyse(beta=0.9)
        session.start()
        assert trainable.latest.changes["beta"] == 0.9
        session.stop()


class TestReading:
    def test_the_suggestion_is_followed(self) -> None:
        session, _ = swept()
        session.analyse(rule="min_over_10")
        assert session.state.selected_lr == session.suggestions["min_over_10"].lr

    @pytest.mark.parametrize(
        "change",
        [{"beta": 1.5}, {"rule": "valey"}, {"rule": 3}, {"skip_start": -1}, {"y_scale": 1}],
    )
    def test_an_option_that_cannot_work_is_refused(self, change: dict[str, Any]) -> None:
        session, _ = swept()
        before = session.state
        with pytest.raises((TypeError, ValueError)):
            session.analyse(**change)
        assert session.state is before

    def test_one_rule_gives_one_rate(self) -> None:
        session, _ = swept()
        session.analyse(rule="min_gradient", skip_start=0, skip_end=0)
        analysis = session.state.analysis
        rates = {analysis.min_gradient.lr, analysis.suggested.lr}
        assert rates == {session.suggestions["min_gradient"].lr}


class TestAdding:
    def test_refine_joins_the_curve_and_keeps_the_changes(self) -> None:
        session, trainable = make()
        session.start(wd=0.5)
        first = trainable.latest.whole()
        session.wait(10)
        session.refine(1e-3, 1e-2, 5)
        assert trainable.latest.changes == {
            "start_lr": 1e-3,
            "end_lr": 1e-2,
            "num_it": 5,
            "wd": 0.5,
            "beta": 0.98,
        }
        rates = trainable.latest.rates
        before = [point.loss for point in first.points if point.lr < 1e-3]
        assert len(rates) == len(before) + 5
        trainable.latest.step(*before, *[0.3] * 5)
        trainable.latest.end(StopReason.FINISHED)
        joined = session.wait(10)
        inside = (joined.lrs >= 1e-3) & (joined.lrs < 1e-2)
        assert joined.losses[inside].tolist() == [0.3] * 5
        assert [run.listed for run in session.state.runs] == [False, True]
        assert session.state.runs[1].number == 1

    def test_nothing_can_be_added_to_before_there_is_a_curve(self) -> None:
        session, _ = make()
        with pytest.raises(RuntimeError, match="Nothing was swept"):
            session.refine()
        with pytest.raises(RuntimeError, match="Nothing was swept"):
            session.extend()


class TestComparing:
    def test_takes_the_choice_a_third_and_three_times_of_it(self) -> None:
        session, trainable = swept()
        session.select(3e-2)
        session.compare(steps=4)
        assert trainable.latest.plan.lrs == pytest.approx((1e-2, 3e-2, 9e-2))
        trainable.latest.step(*[1.0] * 4, *[0.5] * 4, *[2.0] * 4)
        trainable.latest.end(StopReason.FINISHED)
        found = session.wait(10)
        assert isinstance(found, Comparison)
        assert found is session.comparison
        session.choose_best()
        assert session.state.selected_lr == pytest.approx(3e-2)

    def test_leaves_the_curve(self) -> None:
        session, trainable = swept()
        result = session.result
        session.compare([1e-3], steps=2)
        trainable.latest.step(1.0, 1.0)
        trainable.latest.end(StopReason.FINISHED)
        session.wait(10)
        assert session.result is result


def test_a_stored_result_needs_no_model() -> None:
    session, _ = swept()
    stored = Session(None, AnalysisOptions(), stored=session.result)
    assert stored.state.status is Status.FINISHED
    with pytest.raises(RuntimeError, match="no model"):
        stored.start()
    with pytest.raises(RuntimeError, match="no optimizer"):
        stored.apply()


def test_a_closed_session_says_so() -> None:
    session, trainable = make()
    session.start()
    session.close()
    assert trainable.latest.asked == ["stop"]
    with pytest.raises(RuntimeError, match="was closed"):
        session.start()


def test_neither_torch_nor_a_widget_is_imported() -> None:
    code = "import sys, lrfind_widget.session, lrfind_widget.view.view_state; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"torch", "ipywidgets", "traitlets", "bqplot"}.isdisjoint(ran.stdout.split())


def test_the_valley_of_the_played_runs_supports_a_suggestion() -> None:
    session, _ = swept()
    lr = session.state.analysis.suggested.lr
    assert RATES[0] < lr < RATES[-1]
    assert valley(lr) < valley(RATES[0])
