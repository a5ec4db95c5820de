"""The whole screen, over runs that a test plays: no torch, no thread that trains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from lrfind_widget.options import AnalysisOptions
from lrfind_widget.outcomes import StopReason
from lrfind_widget.rules.suggestion import Advice, Suggestion
from lrfind_widget.session import Session
from lrfind_widget.view.screen import Screen
from tests.played import RATES, PlayedTrainable, valley
from tests.waiting import eventually
from tests.widget.messages import custom, put, tell
from tests.widget.recording import RecordingComm


class Play:
    """A screen over a session of played runs."""

    def __init__(self, comms: list[RecordingComm]) -> None:
        self.comms = comms
        self.trainable = PlayedTrainable()
        self.session = Session(self.trainable, AnalysisOptions())
        self.screen = Screen(self.session)
        self.session.listen(self.screen.tick)

    def sweep(self) -> None:
        self.session.start()
        self.trainable.latest.whole()
        self.session.wait(10)

    def compare(self) -> None:
        self.session.compare([1e-3, 1e-2], steps=4)
        self.trainable.latest.step(*[1.0] * 4, *[0.5] * 4)
        self.trainable.latest.end(StopReason.FINISHED)
        self.session.wait(10)

    def sent(self) -> Counter[str]:
        """Return how many messages each widget has sent since the last call."""
        counted = Counter(
            comm.comm_id
            for comm in self.comms
            for message in comm.published
            if "method" in message["data"]
        )
        for comm in self.comms:
            comm.published.clear()
        return counted


@pytest.fixture
def play(recording_comms: list[RecordingComm]) -> Iterator[Play]:
    made = Play(recording_comms)
    yield made
    made.session.close()
    made.screen.close()


def test_a_played_sweep_is_drawn_with_its_suggestion(play: Play) -> None:
    play.sweep()
    chart = play.screen.chart
    np.testing.assert_array_equal(chart.curve.lr, RATES)
    assert chart.curve.loss[0] == valley(RATES[0])
    assert [dot["kind"] for dot in chart.annotations.annotations] == ["min_gradient", "suggestion"]
    assert chart.marker.value == play.session.state.selected_lr
    assert play.screen.run_bar.status == "finished"
    assert play.screen.run_bar.sentence.startswith("Recommended")


def test_a_played_comparison_is_drawn_below(play: Play) -> None:
    play.compare()
    curves = play.screen.comparison_chart.curves
    assert curves.names == ["1e-3", "1e-2"]
    assert curves.number.tolist() == [0.0] * 4 + [1.0] * 4
    assert curves.step.tolist() == [1, 2, 3, 4] * 2
    press(play.screen.comparison_bar, "choose_0")
    assert play.session.state.selected_lr == 1e-2


def test_points_of_both_are_appended_and_never_sent_again(play: Play) -> None:
    play.sweep()
    play.compare()
    for mark in (play.screen.chart.curve, play.screen.comparison_chart.curves):
        appended = [message for message in custom(mark) if message["event"] == "append"]
        assert [message["offset"] for message in appended] == sorted(
            {message["offset"] for message in appended}
        )
        names = {name for update in mark.comm.sent("update") for name in update["state"]}
        assert names.isdisjoint(mark.COLUMNS)
    assert len(play.screen.chart.curve.comm.sent("update")) <= 1  # that the whole line stands


def test_what_is_said_of_the_steps_travels_with_their_points(play: Play) -> None:
    play.session.start()
    run_bar, curve = play.screen.run_bar, play.screen.chart.curve
    play.trainable.latest.step(valley(RATES[0]))  # with which its loss is known
    assert eventually(lambda: run_bar.done == 1)
    said = len(run_bar.comm.sent("update"))
    play.trainable.latest.step(*map(valley, RATES[1:]))
    assert eventually(lambda: curve.length == len(RATES))
    assert eventually(lambda: run_bar.done == len(RATES))
    along = [message["along"][run_bar.model_id] for message in custom(curve) if "along" in message]
    assert along[-1]["done"] == run_bar.done == len(RATES)
    assert along[-1]["sentence"] == run_bar.sentence
    assert run_bar.comm.sent("update")[said:] == []
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    assert run_bar.comm.sent("update")[-1]["state"]["status"] == "finished"


def test_a_change_is_at_most_one_message_a_widget(play: Play) -> None:
    play.session.start()
    axes = play.screen.chart.axes.comm.comm_id  # which is asked to show the whole axis besides
    assert all(count == 1 for each, count in play.sent().items() if each != axes)
    play.trainable.latest.step(*map(valley, RATES))
    while play.screen.chart.curve.length < len(RATES):
        pass
    play.sent()
    play.trainable.latest.end(StopReason.FINISHED)
    play.session.wait(10)
    assert set(play.sent().values()) == {1}
    play.session.analyse(beta=0.5)
    assert set(play.sent().values()) == {1}


def test_where_nothing_changes_nothing_is_sent(play: Play) -> None:
    play.sweep()
    play.compare()
    play.sent()
    for _ in range(3):
        play.screen.tick()
    assert not play.sent()


def test_a_drag_is_answered_by_no_message_but_its_echo(play: Play) -> None:
    play.sweep()
    play.session.set_auto_apply(True)
    put(play.screen.chart.marker, value=0.01)
    play.sent()
    for lr in (0.02, 0.03, 0.04):
        put(play.screen.chart.marker, value=lr)
    assert play.trainable.lr == 0.04
    sent = {m["data"]["method"] for comm in play.comms for m in comm.published}
    assert sent == {"echo_update"}


@pytest.mark.parametrize("paused", [False, True])
def test_a_late_press_of_apply_does_nothing(play: Play, paused: bool) -> None:
    play.session.start()
    if paused:
        play.session.pause()
    tell(play.screen.choice_bar, event="press", command="apply", value=0.2)
    assert play.trainable.lr == 1e-3
    play.session.stop()


def test_stop_reaches_the_run_from_the_page(play: Play) -> None:
    play.session.start()
    press(play.screen.run_bar, "stop")
    assert play.trainable.latest.asked == ["stop"]


def test_the_setting_and_the_button_of_the_chart_are_one(play: Play) -> None:
    put(play.screen.chart.axes, y_range="all")
    assert play.screen.settings_bar.y_range == "all"
    put(play.screen.settings_bar, y_range="focus")
    assert play.screen.chart.axes.y_range == "focus"
    play.session.analyse(y_range="all")
    assert play.screen.chart.axes.y_range == play.screen.settings_bar.y_range == "all"


def test_what_cannot_start_is_shown(play: Play) -> None:
    play.trainable.refusal = RuntimeError("the model is being swept")
    press(play.screen.run_bar, "start")
    assert play.screen.run_bar.status == "failed"
    assert "the model is being swept" in play.screen.run_bar.sentence
    assert "the model is being swept" in play.screen.how_bar.traceback


@pytest.mark.parametrize(
    ("advice", "command", "changes"),
    [
        (Advice("sweep", 400), "advise", {"num_it": 400}),
        (Advice("sweep"), "start", {}),
        (Advice("extend", 20.0), "advise", None),
    ],
)
def test_the_button_that_is_pointed_out_does_what_settles_the_doubt(
    play: Play, advice: Advice, command: str, changes: dict[str, Any] | None
) -> None:
    play.sweep()
    found = Suggestion(3e-3, "Why.", caveats=("A doubt.",), advice=advice)
    play.session.analyse(rule=lambda lrs, losses: found)
    [button] = [each for each in play.screen.run_bar.buttons if each["primary"]]
    assert button["command"] == command
    press(play.screen.run_bar, command)
    assert play.session.state.is_sweeping
    if changes is None:
        assert play.trainable.latest.plan.lrs[1] >= 20.0
    else:
        assert play.session.state.changed == changes
    play.session.stop()


def test_a_page_switches_a_line_off_everywhere(play: Play) -> None:
    play.sweep()
    put(play.screen.chart.curve, show_average=False)
    assert not play.session.state.options.show_average
    assert [dot["kind"] for dot in play.screen.chart.annotations.annotations] == ["suggestion"]
    assert [band["kind"] for band in play.screen.chart.bands.bands] == ["usable"]


def press(bar: Any, command: str) -> None:
    tell(bar, event="press", command=command)
