"""The rows of controls: what they take from Python, and what they let a page do."""

from __future__ import annotations

import math
from typing import Any

import pytest
import traitlets
from traitlets import TraitError

from lrfind_widget.points import Status
from lrfind_widget.view.bar import Bar
from lrfind_widget.view.choice_bar import ChoiceBar
from lrfind_widget.view.receipt_bar import ReceiptBar
from lrfind_widget.view.run_bar import RunBar
from lrfind_widget.view.settings_bar import SettingsBar
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget
from tests.widget.pressing import press


class FakeMarker(ThreadSafeWidget):
    """The part of the marker that the choice bar knows."""

    value = traitlets.Float(1e-3).tag(sync=True)

    @traitlets.validate("value")
    def _valid_value(self, proposal: Any) -> float:
        value: float = proposal["value"]
        if not 1e-7 <= value <= 10:
            raise TraitError(f"value must lie on the chart, got {value!r}")
        return value


def heard_by(bar: Bar) -> list[str]:
    """Return the list that the bar's commands and actions will be added to."""
    heard: list[str] = []
    bar.on_command(heard.append)
    bar.on_action(lambda action: heard.append(f"action {action}"))
    return heard


def last_update(bar: Bar) -> dict[str, Any]:
    update: dict[str, Any] = bar.comm.sent("update")[-1]["state"]
    return update


class TestRunBar:
    @pytest.mark.parametrize(
        ("status", "command"),
        [
            ("waiting", "start"),
            ("finished", "start"),
            ("diverged", "start"),
            ("stopped", "start"),
            ("failed", "start"),
            ("sweeping", "pause"),
            ("paused", "resume"),
            ("sweeping", "stop"),
            ("paused", "stop"),
        ],
    )
    def test_tells_the_command_that_was_pressed(self, status: str, command: str) -> None:
        bar = RunBar(status=status)
        heard = heard_by(bar)
        press(bar, event=command)
        assert heard == [command]

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
        ],
    )
    def test_drops_a_press_that_comes_too_late(self, status: str, command: str) -> None:
        bar = RunBar(status=status)
        heard = heard_by(bar)
        press(bar, event=command)
        assert heard == []
        assert bar.refused_messages == 0

    def test_does_not_run_what_cannot_be_run(self) -> None:
        bar = RunBar(can_run=False)
        heard = heard_by(bar)
        press(bar, event="start")
        assert heard == []

    def test_stops_telling_a_callback_that_was_removed(self) -> None:
        bar = RunBar()
        heard: list[str] = []
        bar.on_command(heard.append)
        bar.on_command(heard.append, remove=True)
        press(bar, event="start")
        assert heard == []

    def test_takes_a_status_and_sends_its_name(self) -> None:
        bar = RunBar()
        bar.status = Status.PAUSED
        assert bar.status == "paused"
        assert last_update(bar) == {"status": "paused"}

    def test_refuses_an_unknown_status(self) -> None:
        with pytest.raises(TraitError):
            RunBar(status="dancing")

    @pytest.mark.parametrize("lr", [math.nan, math.inf, None])
    def test_shows_no_rate_where_there_is_none(self, lr: float | None) -> None:
        assert RunBar(lr=lr).lr is None

    def test_lets_the_page_set_nothing(self) -> None:
        bar = RunBar(sentence="Ready", status="waiting")
        bar.comm.handle_msg(
            {
                "content": {
                    "data": {
                        "method": "update",
                        "state": {"sentence": "<b>mine</b>", "status": "failed", "done": 7},
                        "buffer_paths": [],
                    }
                },
                "buffers": [],
            }
        )
        assert (bar.sentence, bar.status, bar.done) == ("Ready", "waiting", 0)
        assert bar.refused_messages == 1


class TestActions:
    def test_are_told_by_their_id(self) -> None:
        bar = RunBar(actions=[{"id": "closer", "label": "Look closer"}])
        heard = heard_by(bar)
        press(bar, event="action", id="closer")
        assert heard == ["action closer"]

    def test_can_be_pressed_and_have_no_title_by_default(self) -> None:
        bar = ChoiceBar(actions=[{"id": "try", "label": "Try it"}])
        assert bar.actions == [{"id": "try", "label": "Try it", "title": "", "enabled": True}]

    @pytest.mark.parametrize("action", ["unknown", "off", None, 3, ["closer"], {"id": "closer"}])
    def test_are_refused_where_there_is_no_such_button(self, action: Any) -> None:
        bar = RunBar(
            actions=[
                {"id": "closer", "label": "Look closer"},
                {"id": "off", "label": "Off", "enabled": False},
            ]
        )
        heard = heard_by(bar)
        press(bar, event="action", id=action)
        assert heard == []
        assert bar.refused_messages == 1

    @pytest.mark.parametrize(
        "actions",
        [[{}], [{"id": "a"}], [{"id": 1, "label": "a"}], [{"id": "a", "label": "a", "enabled": 2}]],
    )
    def test_need_an_id_and_a_label(self, actions: list[dict[str, Any]]) -> None:
        with pytest.raises(TraitError):
            RunBar(actions=actions)


class TestChoiceBar:
    def test_applies_the_rate_that_was_seen(self) -> None:
        marker = FakeMarker(value=1e-3)
        bar = ChoiceBar(marker=marker)
        seen: list[float] = []
        bar.on_command(lambda _: seen.append(marker.value))
        press(bar, event="apply", value=3.2e-4)
        assert seen == [3.2e-4]

    @pytest.mark.parametrize(
        "value", [None, "3e-4", True, 0, -1e-3, math.nan, math.inf, 20.0, 10**400, [1e-3], {}]
    )
    def test_applies_no_rate_that_is_none(self, value: Any) -> None:
        marker = FakeMarker(value=1e-3)
        bar = ChoiceBar(marker=marker)
        heard = heard_by(bar)
        press(bar, event="apply", value=value)
        assert heard == []
        assert marker.value == 1e-3
        assert bar.refused_messages == 1

    def test_applies_nothing_without_an_optimizer(self) -> None:
        bar = ChoiceBar(marker=FakeMarker(), can_apply=False)
        heard = heard_by(bar)
        press(bar, event="apply", value=1e-3)
        assert heard == []

    def test_goes_back_to_the_suggestion_and_says_so(self) -> None:
        marker = FakeMarker(value=1.0)
        bar = ChoiceBar(marker=marker, suggested_lr=6.3e-3)
        heard = heard_by(bar)
        press(bar, event="back")
        assert heard == ["back"]
        assert marker.value == 6.3e-3

    def test_stays_where_it_is_without_a_suggestion(self) -> None:
        marker = FakeMarker(value=1.0)
        bar = ChoiceBar(marker=marker)
        heard = heard_by(bar)
        press(bar, event="back")
        assert heard == []
        assert marker.value == 1.0

    def test_survives_a_press_without_a_marker(self) -> None:
        bar = ChoiceBar()
        press(bar, event="apply", value=1e-3)
        assert bar.refused_messages == 1

    def test_says_none_where_a_rule_found_no_rate(self) -> None:
        bar = ChoiceBar(
            suggestions=[
                {"rule": "slide", "label": "slide", "lr": math.nan, "reason": "It never falls."}
            ]
        )
        assert bar.suggestions[0]["lr"] is None
        assert bar.suggestions[0]["active"] is False

    def test_refuses_a_suggestion_that_is_no_number(self) -> None:
        with pytest.raises(TraitError):
            ChoiceBar(suggestions=[{"rule": "slide", "label": "slide", "lr": "fast"}])


def setting_cases(good: bool) -> list[tuple[str, Any]]:
    if good:
        return [
            ("beta", 0.5),
            ("beta", 0),
            ("beta", 0.99),
            ("skip_start", 0),
            ("skip_end", 30),
            ("y_scale", "log"),
            ("frame", "all"),
            ("rule", "valley"),
        ]
    return [
        ("beta", 1.0),
        ("beta", -0.1),
        ("beta", math.nan),
        ("beta", "0.5"),
        ("beta", True),
        ("beta", None),
        ("beta", 10**400),
        ("skip_start", -1),
        ("skip_start", 1.5),
        ("skip_start", 10**9),
        ("skip_end", False),
        ("y_scale", "loglog"),
        ("y_scale", ["log"]),
        ("frame", ""),
        ("rule", "unknown"),
        ("rule", None),
        ("actions", []),
        ("layout", {}),
        ("_view_name", "Other"),
        ("unknown", 1),
        (None, 1),
        ([], 1),
    ]


class TestSettingsBar:
    def make(self) -> tuple[SettingsBar, list[tuple[str, Any]]]:
        bar = SettingsBar(
            rule="min_gradient",
            rules=[{"name": "min_gradient"}, {"name": "valley", "label": "Valley"}],
            runs=[
                {"id": "1", "name": "wd=0.1"},
                {"id": "2", "name": "now", "removable": False},
            ],
        )
        heard: list[tuple[str, Any]] = []
        bar.on_set(lambda name, value: heard.append((name, value)))
        bar.on_run(lambda action, run: heard.append((action, run)))
        return bar, heard

    @pytest.mark.parametrize(("name", "value"), setting_cases(good=True))
    def test_takes_a_setting_and_tells_it(self, name: str, value: Any) -> None:
        bar, heard = self.make()
        press(bar, event="set", name=name, value=value)
        assert heard == [(name, value)]
        assert getattr(bar, name) == value

    @pytest.mark.parametrize(("name", "value"), setting_cases(good=False))
    def test_refuses_a_setting_that_makes_no_sense(self, name: Any, value: Any) -> None:
        bar, heard = self.make()
        before = bar.get_state()
        press(bar, event="set", name=name, value=value)
        assert heard == []
        assert bar.get_state() == before
        assert bar.refused_messages == 1

    def test_tells_the_page_the_true_value_of_what_it_refused(self) -> None:
        bar, _ = self.make()
        press(bar, event="set", name="beta", value=7)
        assert last_update(bar) == {"beta": 0.98}

    def test_has_set_the_trait_when_it_tells(self) -> None:
        bar = SettingsBar()
        seen: list[float] = []
        bar.on_set(lambda *_: seen.append(bar.beta))
        press(bar, event="set", name="beta", value=0.25)
        assert seen == [0.25]

    def test_does_not_tell_what_python_changes(self) -> None:
        bar, heard = self.make()
        bar.beta = 0.5
        assert heard == []

    @pytest.mark.parametrize("action", ["show", "hide", "remove"])
    def test_tells_what_to_do_with_a_run(self, action: str) -> None:
        bar, heard = self.make()
        press(bar, event="run", action=action, id="1")
        assert heard == [(action, "1")]

    @pytest.mark.parametrize(
        ("action", "run"),
        [("remove", "2"), ("show", "3"), ("delete", "1"), (None, "1"), ("hide", 1), ([], [])],
    )
    def test_refuses_what_no_run_allows(self, action: Any, run: Any) -> None:
        bar, heard = self.make()
        press(bar, event="run", action=action, id=run)
        assert heard == []
        assert bar.refused_messages == 1

    def test_labels_a_rule_by_its_name(self) -> None:
        bar, _ = self.make()
        assert bar.rules[0] == {"name": "min_gradient", "label": "min_gradient", "title": ""}


class TestReceiptBar:
    def test_shows_what_was_compared(self) -> None:
        row = {
            "category": "parameters",
            "compared": 8,
            "how": "bit for bit",
            "identical": True,
            "detail": "",
            "by_sweep": True,
        }
        bar = ReceiptBar(receipt={"sentence": "As before.", "identical": True, "rows": [row]})
        assert bar.receipt["rows"] == [row]

    def test_is_empty_without_a_receipt(self) -> None:
        assert ReceiptBar(receipt={}).receipt == {}

    @pytest.mark.parametrize(
        "receipt",
        [
            {"rows": []},
            {"sentence": 3},
            {"sentence": "a", "rows": "b"},
            {"sentence": "a", "rows": [1]},
            {"sentence": "a", "rows": [{"category": "a"}]},
            {"sentence": "a", "rows": [{"category": "a", "identical": True, "compared": -1}]},
        ],
    )
    def test_refuses_what_is_no_receipt(self, receipt: dict[str, Any]) -> None:
        with pytest.raises(TraitError):
            ReceiptBar(receipt=receipt)
