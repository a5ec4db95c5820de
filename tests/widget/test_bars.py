"""The rows of controls: what they let a page do."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
from traitlets import TraitError

from lrfind_widget.outcomes import Status
from lrfind_widget.view.bars import (
    Bar,
    ChoiceBar,
    ComparisonBar,
    HowBar,
    RunBar,
    SettingsBar,
)
from lrfind_widget.view.marks import Marker
from tests.widget.messages import put, tell, updates

BARS = [RunBar, ChoiceBar, SettingsBar, HowBar, ComparisonBar]


def button(command: str, *, enabled: bool = True) -> dict[str, Any]:
    return {
        "id": command,
        "command": command,
        "label": command.title(),
        "title": "",
        "enabled": enabled,
    }


def heard_by(bar: Bar, *commands: str) -> list[str]:
    """Return the list that the bar's commands will be added to."""
    heard: list[str] = []
    bar.commands = {command: partial(heard.append, command) for command in commands}
    return heard


class TestButtons:
    @pytest.mark.parametrize("kind", BARS)
    def test_do_their_command_when_they_are_pressed(self, kind: type[Bar]) -> None:
        bar = kind(buttons=[button("refine"), button("stop")])
        heard = heard_by(bar, "refine", "stop")
        tell(bar, event="press", command="stop")
        assert heard == ["stop"]
        assert bar.refused_messages == 0

    def test_do_their_command_at_each_press(self) -> None:
        bar = RunBar(buttons=[button("stop")])
        heard = heard_by(bar, "stop")
        for _ in range(3):
            tell(bar, event="press", command="stop")
        assert heard == ["stop"] * 3

    def test_that_are_disabled_do_nothing_and_a_press_of_them_is_no_mistake(self) -> None:
        bar = RunBar(buttons=[button("stop", enabled=False)])
        heard = heard_by(bar, "stop")
        tell(bar, event="press", command="stop")
        assert heard == []
        assert bar.refused_messages == 0

    def test_that_were_taken_away_do_nothing_and_a_press_of_them_is_no_mistake(self) -> None:
        bar = RunBar(buttons=[button("pause")])
        heard = heard_by(bar, "pause", "resume")
        bar.buttons = [button("resume")]
        tell(bar, event="press", command="pause")
        assert heard == []
        assert bar.refused_messages == 0

    @pytest.mark.parametrize(
        "command", ["unknown", "__class__", "", None, 3, True, ["stop"], {"id": "stop"}]
    )
    def test_are_refused_where_there_is_no_such_button(self, command: Any) -> None:
        bar = RunBar(buttons=[button("stop")])
        heard = heard_by(bar, "stop")
        tell(bar, event="press", command=command)
        assert heard == []
        assert bar.refused_messages == 1

    @pytest.mark.parametrize("event", ["stop", "", None, 3, ["press"], {"event": "press"}])
    def test_are_pressed_by_one_word_alone(self, event: Any) -> None:
        bar = RunBar(buttons=[button("stop")])
        heard = heard_by(bar, "stop")
        tell(bar, event=event, command="stop")
        assert heard == []
        assert bar.refused_messages == 1

    def test_cannot_be_set_by_the_page(self) -> None:
        bar = RunBar(buttons=[button("stop", enabled=False)])
        put(bar, buttons=[button("stop")])
        assert bar.buttons == [button("stop", enabled=False)]
        assert bar.refused_messages == 1


class TestRunBar:
    @pytest.mark.parametrize(
        ("status", "command", "does"),
        [
            ("waiting", "start", "started"),
            ("finished", "start", "started"),
            ("diverged", "start", "started"),
            ("stopped", "start", "started"),
            ("failed", "start", "started"),
            ("sweeping", "pause", "pause"),
            ("paused", "resume", "resume"),
            ("sweeping", "stop", "stop"),
            ("paused", "stop", "stop"),
        ],
    )
    def test_does_the_command_that_was_pressed(
        self, play: Any, status: str, command: str, does: str
    ) -> None:
        played = play().bring_to(Status(status))
        made = len(played.trainable.made)
        tell(played.screen.run_bar, event="press", command=command)
        if does == "started":
            assert len(played.trainable.made) == made + 1
        else:
            assert played.run.asked[-1] == does
        assert played.screen.run_bar.refused_messages == 0

    @pytest.mark.parametrize(
        ("status", "command"),
        [
            ("sweeping", "start"),
            ("paused", "start"),
            ("paused", "pause"),
            ("finished", "pause"),
            ("sweeping", "resume"),
            ("waiting", "resume"),
            ("finished", "stop"),
            ("sweeping", "refine"),
            ("waiting", "extend"),
        ],
    )
    def test_drops_a_press_that_comes_too_late(self, play: Any, status: str, command: str) -> None:
        played = play().bring_to(Status(status))
        before = len(played.trainable.made), [list(run.asked) for run in played.trainable.made]
        tell(played.screen.run_bar, event="press", command=command)
        assert (
            len(played.trainable.made),
            [list(run.asked) for run in played.trainable.made],
        ) == before
        assert played.screen.run_bar.status == status
        assert played.screen.run_bar.refused_messages == 0

    def test_sends_the_name_of_a_status(self) -> None:
        bar = RunBar()
        bar.status = Status.PAUSED
        assert bar.status == "paused"
        assert updates(bar) == [{"status": "paused"}]

    def test_refuses_an_unknown_status(self) -> None:
        with pytest.raises(TraitError):
            RunBar(status="dancing")

    def test_lets_the_page_set_nothing(self) -> None:
        bar = RunBar(sentence="Ready", status="waiting")
        put(bar, sentence="<b>mine</b>", status="failed", done=7)
        assert (bar.sentence, bar.status, bar.done) == ("Ready", "waiting", 0)
        assert bar.refused_messages == 1
        assert updates(bar) == [{"sentence": "Ready", "status": "waiting", "done": 0}]


class TestChoiceBar:
    def make(self, **given: Any) -> tuple[ChoiceBar, list[str]]:
        """Return a bar whose marker stands at 1e-3, and the list of the commands heard."""
        traits = {"marker": Marker(value=1e-3), "buttons": [button("apply")], **given}
        bar = ChoiceBar(**traits)
        return bar, heard_by(bar, "apply", "back", "search")

    def test_applies_the_rate_that_was_seen(self) -> None:
        bar, _ = self.make()
        seen: list[float] = []
        bar.commands["apply"] = lambda: seen.append(bar.marker.value)
        tell(bar, event="press", command="apply", value=3.2e-4)
        assert seen == [3.2e-4]

    def test_tells_the_kernel_of_the_rate_before_it_applies_it(self) -> None:
        bar, _ = self.make()
        told: list[Any] = []
        bar.marker.page_handlers["value"] = told.append
        bar.commands["apply"] = lambda: told.append("apply")
        tell(bar, event="press", command="apply", value=3.2e-4)
        assert told == [3.2e-4, "apply"]

    @pytest.mark.parametrize("command", ["apply", "search"])
    @pytest.mark.parametrize(
        "value",
        [None, "3e-4", True, 0, -1e-3, math.nan, math.inf, 20.0, 10**400, [1e-3], {}],
        ids=lambda value: str(value)[:8],
    )
    def test_takes_no_rate_that_is_none(self, value: Any, command: str) -> None:
        bar, heard = self.make(buttons=[button(command)])
        tell(bar, event="press", command=command, value=value)
        assert heard == []
        assert bar.marker.value == 1e-3
        assert bar.refused_messages == 1

    def test_a_press_without_a_rate_applies_nothing(self) -> None:
        bar, heard = self.make()
        tell(bar, event="press", command="apply")
        assert heard == []
        assert bar.refused_messages == 1

    def test_without_its_button_a_press_neither_applies_nor_moves_the_marker(self) -> None:
        bar, heard = self.make(buttons=[])
        tell(bar, event="press", command="apply", value=0.5)
        assert heard == []
        assert bar.marker.value == 1e-3

    def test_a_disabled_button_applies_nothing(self) -> None:
        bar, heard = self.make(buttons=[button("apply", enabled=False)])
        tell(bar, event="press", command="apply", value=1e-3)
        assert heard == []
        assert bar.marker.value == 1e-3
        assert bar.refused_messages == 0

    def test_survives_a_press_without_a_marker(self) -> None:
        bar, heard = self.make(marker=None)
        tell(bar, event="press", command="apply", value=1e-3)
        assert heard == []
        assert bar.refused_messages == 1

    def test_says_that_one_goes_back_to_the_suggestion(self) -> None:
        chip = {"active": True, "lr": 6.3e-3}
        bar, heard = self.make(suggestions=[chip | {"active": False}, chip])
        tell(bar, event="press", command="back")
        assert heard == ["back"]

    def test_does_not_go_back_without_a_suggestion(self) -> None:
        bar, heard = self.make(suggestions=[{"active": True, "lr": None}])
        tell(bar, event="press", command="back")
        assert heard == []
        assert bar.marker.value == 1e-3

    def test_going_back_moves_the_marker_and_follows_later_suggestions(self, play: Any) -> None:
        played = play().sweep()
        played.session.select(0.3)
        tell(played.screen.choice_bar, event="press", command="back")
        assert played.screen.chart.marker.value == played.session.state.analysis.suggested.lr
        played.session.analyse(rule="min_over_10")
        assert played.screen.chart.marker.value == played.session.suggestions["min_over_10"].lr


class TestHowBar:
    def test_lets_the_page_set_nothing(self) -> None:
        bar = HowBar(summary="As before.", identical=False)
        put(bar, summary="All is well.", identical=True, rows=[{"category": "files"}])
        assert (bar.summary, bar.identical, bar.rows) == ("As before.", False, [])
        assert bar.refused_messages == 1


class TestComparisonBar:
    def test_lets_the_page_set_nothing(self) -> None:
        bar = ComparisonBar(sentence="1e-2 did best.")
        put(bar, sentence="mine", buttons=[button("choose_best")])
        assert (bar.sentence, bar.buttons) == ("1e-2 did best.", [])
        assert bar.refused_messages == 1
