"""The rows of controls: what they let a page do."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
from traitlets import TraitError

from lrfind_widget.outcomes import Status
from lrfind_widget.rules.table import RULES
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


def briefly(value: Any) -> str:
    """Return the name of a test's value."""
    return str(value)[:12]


def setting_cases(*, good: bool) -> list[tuple[str, Any]]:
    if good:
        return [
            ("beta", 0.5),
            ("beta", 0),
            ("beta", 0.99),
            ("beta", 0.999),
            ("skip_start", 0),
            ("skip_end", 30),
            ("y_scale", "log"),
            ("y_range", "all"),
            ("rule", "valley"),
        ]
    return [
        ("beta", 1.0),
        ("beta", -0.1),
        ("beta", math.nan),
        ("beta", math.inf),
        ("beta", "0.5"),
        ("beta", True),
        ("beta", None),
        ("beta", [0.5]),
        ("beta", 10**400),
        ("skip_start", -1),
        ("skip_start", 1.5),
        ("skip_start", 10**9),
        ("skip_start", True),
        ("skip_start", None),
        ("skip_start", "3"),
        ("skip_end", False),
        ("skip_end", 10**400),
        ("y_scale", "loglog"),
        ("y_scale", ["log"]),
        ("y_scale", None),
        ("y_range", ""),
        ("y_range", True),
        ("rule", "unknown"),
        ("rule", ""),
        ("rule", None),
        ("rule", 3),
        ("rule", ["valley"]),
        ("rule", {"name": "valley"}),
    ]


NOT_THE_PAGES = [
    ("buttons", []),
    ("layout", {}),
    ("_view_name", "Other"),
    ("rules", []),
    ("runs", []),
    ("unknown", 1),
]


class TestSettingsBar:
    def make(self) -> tuple[SettingsBar, list[tuple[Any, Any]]]:
        bar = SettingsBar(
            rule="min_gradient",
            rules=[{"name": "min_gradient", "label": "steepest fall", "title": ""}],
            runs=[
                {"id": "1", "name": "wd=0.1", "visible": True, "removable": True},
                {"id": "2", "name": "now", "visible": True, "removable": False},
            ],
        )
        heard: list[tuple[Any, Any]] = []
        for name, _ in setting_cases(good=True):
            bar.page_handlers[name] = lambda value, name=name: heard.append((name, value))
        bar.commands["run"] = lambda number, action: heard.append((number, action))
        return bar, heard

    @pytest.mark.parametrize(("name", "value"), setting_cases(good=True), ids=briefly)
    def test_takes_a_setting_and_tells_it(self, name: str, value: Any) -> None:
        bar, heard = self.make()
        put(bar, **{name: value})
        assert heard == [(name, value)]
        assert getattr(bar, name) == value
        assert bar.refused_messages == 0

    @pytest.mark.parametrize(
        ("name", "value"), [*setting_cases(good=False), *NOT_THE_PAGES], ids=briefly
    )
    def test_refuses_a_setting_that_makes_no_sense(self, name: str, value: Any) -> None:
        bar, heard = self.make()
        before = bar.get_state()
        put(bar, **{name: value})
        assert heard == []
        assert bar.get_state() == before
        assert bar.refused_messages == 1

    @pytest.mark.parametrize(("name", "value"), setting_cases(good=False), ids=briefly)
    def test_tells_the_page_the_true_value_of_what_it_refused(self, name: str, value: Any) -> None:
        bar, _ = self.make()
        put(bar, **{name: value})
        assert updates(bar) == [{name: getattr(bar, name)}]

    def test_takes_the_good_ones_among_several(self) -> None:
        bar, heard = self.make()
        put(bar, beta=0.5, skip_start=-1, y_scale="log")
        assert heard == [("beta", 0.5), ("y_scale", "log")]
        assert (bar.beta, bar.skip_start, bar.y_scale) == (0.5, 10, "log")
        assert bar.refused_messages == 1

    def test_has_set_the_trait_when_it_tells(self) -> None:
        bar = SettingsBar()
        seen: list[float] = []
        bar.page_handlers["beta"] = lambda _: seen.append(bar.beta)
        put(bar, beta=0.25)
        assert seen == [0.25]

    def test_does_not_tell_what_python_changes(self) -> None:
        bar, heard = self.make()
        bar.beta = 0.5
        assert heard == []

    @pytest.mark.parametrize("name", ["beta", "rule", "skip_start", "y_range"])
    def test_no_setting_is_a_message_of_another_kind(self, name: str) -> None:
        bar, heard = self.make()
        value = dict(setting_cases(good=True))[name]
        tell(bar, event="set", name=name, value=value)
        assert heard == []
        assert bar.refused_messages == 1

    @pytest.mark.parametrize("action", ["show", "hide", "remove"])
    def test_tells_what_to_do_with_a_run(self, action: str) -> None:
        bar, heard = self.make()
        tell(bar, event="run", action=action, id="1")
        assert heard == [(1, action)]

    @pytest.mark.parametrize(
        ("action", "run"),
        [
            ("remove", "2"),
            ("show", "3"),
            ("delete", "1"),
            (None, "1"),
            ("hide", 1),
            ("hide", None),
            ([], []),
            ({}, {}),
        ],
    )
    def test_refuses_what_no_run_allows(self, action: Any, run: Any) -> None:
        bar, heard = self.make()
        tell(bar, event="run", action=action, id=run)
        assert heard == []
        assert bar.refused_messages == 1

    def test_labels_the_rules_by_their_names(self, play: Any) -> None:
        rules = play().screen.settings_bar.rules
        title = (
            "The rate at which the smoothed loss falls most steeply (fastai v1's red dot). "
            'In Python rule="min_gradient".'
        )
        assert rules[2] == {"name": "min_gradient", "label": "steepest fall", "title": title}
        assert rules[0]["label"] == "recommended (median of three)"
        assert [each["label"] for each in rules[1:]] == [
            entry.label for entry in [*RULES.values()][1:]
        ]
        assert all(entry.meaning.endswith(".") for entry in RULES.values())


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
