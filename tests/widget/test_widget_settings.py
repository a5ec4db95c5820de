"""How the curves are read and drawn, set in Python and on the page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import traitlets
from traitlets import TraitError

from lrfind_widget import LRFinderWidget
from lrfind_widget.curves.smoothing import exponential_average
from tests.waiting import eventually
from tests.widget.hands import drag, set_setting
from tests.widget.messages import put, updates
from tests.widget.shown import SETTINGS, bars, chart, shown
from tests.widget.training import Gate

pytestmark = pytest.mark.usefixtures("quick")

CHANGES: dict[str, Any] = {
    "beta": 0.5,
    "skip_start": 0,
    "skip_end": 0,
    "y_scale": "log",
    "y_range": "all",
    "rule": "valley",
}
NONSENSE: list[tuple[str, Any]] = [
    *(("beta", value) for value in (1, 1.5, -0.1, math.nan, "0.5", True, None, [0.5], 10**400)),
    *(("skip_start", value) for value in (-1, 1.5, True, None, "3", [1])),
    *(("skip_end", value) for value in (-1, 1.5, False, None)),
    *(("y_scale", value) for value in ("cube", None, 1, ["log"])),
    *(("y_range", value) for value in ("", None, True, {})),
    *(("rule", value) for value in ("valey", "", None, 3, ["valley"])),
]


@pytest.fixture
def swept(make: Any) -> LRFinderWidget:
    """A widget after a sweep."""
    widget: LRFinderWidget = make(num_it=60, start_lr=1e-5, seed=0)
    widget.start()
    widget.wait(60)
    return widget


def bands(widget: LRFinderWidget) -> list[str]:
    return [band["kind"] for band in chart(widget).bands.bands]


def settings_of(widget: LRFinderWidget) -> dict[str, Any]:
    """Return the settings as Python, the session and the page have them, which must agree."""
    in_python = {name: getattr(widget, name) for name in SETTINGS}
    assert in_python == {name: getattr(widget.state.options, name) for name in SETTINGS}
    assert in_python == {name: getattr(bars(widget).settings, name) for name in SETTINGS}
    return in_python


class TestFromPython:
    def test_are_those_that_the_widget_was_made_with(self, make: Any) -> None:
        assert settings_of(make(**CHANGES)) == CHANGES

    @pytest.mark.parametrize("name", CHANGES)
    @pytest.mark.parametrize("when", ["before a sweep", "after it"])
    def test_are_shown_on_the_page(self, make: Any, when: str, name: str) -> None:
        widget = make(num_it=30)
        if when == "after it":
            widget.start()
            widget.wait(60)
        before = settings_of(widget)
        setattr(widget, name, CHANGES[name])
        assert settings_of(widget) == before | {name: CHANGES[name]}

    def test_a_smoothing_draws_the_curve_anew(self, swept: LRFinderWidget) -> None:
        swept.beta = 0.5
        np.testing.assert_array_equal(
            chart(swept).curve.smoothed, exponential_average(swept.result.losses, 0.5)
        )
        assert swept.min_grad_lr == swept.result.suggestion("min_gradient", beta=0.5).lr

    def test_a_smoothing_counts_for_the_next_sweep(self, swept: LRFinderWidget) -> None:
        swept.beta = 0.5
        swept.start()
        assert swept.wait(60).beta == 0.5

    def test_a_rule_says_another_rate_and_the_marker_follows(self, swept: LRFinderWidget) -> None:
        swept.rule = "min_over_10"
        assert swept.suggested_lr == swept.suggestions["min_over_10"].lr
        assert swept.selected_lr == chart(swept).marker.value == swept.suggested_lr
        active = [chip["rule"] for chip in bars(swept).choice.suggestions if chip["active"]]
        assert active == ["min_over_10"]

    def test_a_rule_leaves_a_marker_that_somebody_moved(self, swept: LRFinderWidget) -> None:
        drag(swept, 0.02)
        swept.rule = "min_over_10"
        assert swept.selected_lr == 0.02
        [active] = [chip for chip in bars(swept).choice.suggestions if chip["active"]]
        assert active["lr"] == swept.suggestions["min_over_10"].lr

    def test_a_function_can_be_the_rule(self, swept: LRFinderWidget) -> None:
        def mine(lrs: Any, losses: Any) -> float:
            return 0.015

        swept.rule = mine
        assert swept.rule is mine
        assert swept.selected_lr == swept.suggested_lr == 0.015
        assert bars(swept).choice.suggestions[0]["rule"] == "mine"
        assert swept.suggestions["mine"].lr == 0.015

    def test_a_function_made_for_fastai_v2_can_be_the_rule(self, swept: LRFinderWidget) -> None:
        def second(lrs: Any, losses: Any, num_it: int) -> Any:
            return lrs[1], (lrs[1], losses[1])

        swept.rule = second
        lrs = swept.result.lrs
        assert swept.suggested_lr == pytest.approx(lrs[swept.result.settings["num_it"] // 10 + 1])

    def test_a_function_stays_among_the_rules_that_the_page_offers(
        self, swept: LRFinderWidget
    ) -> None:
        def mine(lrs: Any, losses: Any) -> float:
            return 0.015

        settings = bars(swept).settings
        swept.rule = mine
        assert settings.rule == settings.rules[-1]["name"] == "mine"
        put(settings, rule="valley")
        assert swept.rule == settings.rule == "valley"
        assert settings.rules[-1]["name"] == "mine"
        put(settings, rule="mine")
        assert swept.rule is mine
        put(settings, rule="another")
        assert swept.rule is mine

    @pytest.mark.parametrize("name", ["skip_start", "skip_end"])
    def test_no_skipped_end_is_no_band(self, swept: LRFinderWidget, name: str) -> None:
        assert bands(swept).count("skipped") == 2
        setattr(swept, name, 0)
        assert bands(swept).count("skipped") == 1
        assert getattr(chart(swept).curve, name) == 0

    @pytest.mark.parametrize("count", [1000, 10**6 + 1, 10**9])
    def test_more_may_be_skipped_than_there_are_points(
        self, swept: LRFinderWidget, count: int
    ) -> None:
        swept.skip_start = count
        assert swept.skip_start == count
        assert swept.min_grad_lr is None
        swept.skip_start = 3
        assert settings_of(swept)["skip_start"] == 3

    @pytest.mark.parametrize("count", [10**6 + 1, 10**9])
    def test_a_widget_may_be_made_that_skips_more_than_there_are_points(
        self, make: Any, count: int
    ) -> None:
        widget = make(skip_start=count, skip_end=count, num_it=20)
        widget.start()
        assert widget.wait(60) is not None
        assert widget.min_grad_lr is None

    def test_the_loss_axis_can_be_logarithmic(self, swept: LRFinderWidget) -> None:
        swept.y_scale = "log"
        assert shown(swept)["axes"]["loss"]["kind"] == "log"
        swept.y_scale = "linear"
        assert shown(swept)["axes"]["loss"]["kind"] == "linear"

    def test_the_loss_axis_can_show_all(self, swept: LRFinderWidget) -> None:
        swept.y_range = "all"
        assert chart(swept).axes.y_range == "all"

    @pytest.mark.parametrize("name", CHANGES)
    def test_observers_hear_of_each_once(self, swept: LRFinderWidget, name: str) -> None:
        heard: list[Any] = []
        swept.observe(lambda change: heard.append(change.new), name)
        setattr(swept, name, CHANGES[name])
        setattr(swept, name, CHANGES[name])
        assert heard == [CHANGES[name]]

    def test_a_setting_is_one_message_to_each_widget_that_it_changes(
        self, swept: LRFinderWidget
    ) -> None:
        bar = bars(swept).settings
        bar.comm.published.clear()
        swept.skip_start = 3
        assert updates(bar) == [{"skip_start": 3}]

    def test_two_widgets_can_share_a_setting(self, swept: LRFinderWidget, make: Any) -> None:
        other = make()
        with_link = traitlets.link((swept, "beta"), (other, "beta"))
        set_setting(swept, "beta", 0.25)
        assert settings_of(other)["beta"] == 0.25
        set_setting(other, "beta", 0.75)
        assert settings_of(swept)["beta"] == 0.75
        with_link.unlink()

    @pytest.mark.parametrize("name", CHANGES)
    def test_can_be_changed_during_a_sweep(self, make: Any, name: str) -> None:
        gate = Gate(3)
        widget = make(data=gate, num_it=30)
        widget.start()
        assert eventually(lambda: chart(widget).curve.length == 3)
        setattr(widget, name, CHANGES[name])
        assert settings_of(widget)[name] == CHANGES[name]
        assert chart(widget).curve.length == 3
        gate.let(100)
        widget.wait(60)
        assert settings_of(widget)[name] == CHANGES[name]

    @pytest.mark.parametrize("name", CHANGES)
    def test_of_a_stored_result_can_be_changed(self, swept: LRFinderWidget, name: str) -> None:
        stored = LRFinderWidget.from_result(swept.result)
        setattr(stored, name, CHANGES[name])
        assert settings_of(stored)[name] == CHANGES[name]
        stored.close()


class TestNonsense:
    @pytest.mark.parametrize(("name", "value"), NONSENSE, ids=lambda value: str(value)[:10])
    def test_is_refused_and_changes_nothing(self, make: Any, name: str, value: Any) -> None:
        widget = make()
        before, heard = settings_of(widget), []
        widget.observe(lambda change: heard.append(change.new), name)
        with pytest.raises(TraitError):
            setattr(widget, name, value)
        assert settings_of(widget) == before
        assert heard == []

    @pytest.mark.parametrize(("name", "value"), NONSENSE, ids=lambda value: str(value)[:10])
    def test_of_a_page_is_refused_and_the_true_value_sent(
        self, make: Any, name: str, value: Any
    ) -> None:
        widget = make()
        before, bar = settings_of(widget), bars(widget).settings
        put(bar, **{name: value})
        assert settings_of(widget) == before
        assert updates(bar) == [{name: before[name]}]
        assert bar.refused_messages == 1

    def test_in_a_refusal_the_words_say_what_is_expected(self, make: Any) -> None:
        with pytest.raises(TraitError, match='Did you mean "valley"'):
            make().rule = "valey"
        with pytest.raises(TraitError, match="'linear' or 'log'"):
            make().y_scale = "logarithmic"


class TestFromThePage:
    @pytest.mark.parametrize("name", CHANGES)
    def test_are_heard_in_python_once(self, swept: LRFinderWidget, name: str) -> None:
        heard: list[Any] = []
        swept.observe(lambda change: heard.append(change.new), name)
        set_setting(swept, name, CHANGES[name])
        assert heard == [CHANGES[name]]
        assert settings_of(swept)[name] == CHANGES[name]

    @pytest.mark.parametrize("name", CHANGES)
    def test_are_not_answered(self, swept: LRFinderWidget, name: str) -> None:
        bar = bars(swept).settings
        bar.comm.published.clear()
        set_setting(swept, name, CHANGES[name])
        assert updates(bar) == []

    def test_show_all_losses_and_the_setting_agree(self, swept: LRFinderWidget) -> None:
        heard: list[str] = []
        swept.observe(lambda change: heard.append(change.new), "y_range")
        put(chart(swept).axes, y_range="all")
        assert settings_of(swept)["y_range"] == "all"
        set_setting(swept, "y_range", "focus")
        assert chart(swept).axes.y_range == "focus"
        swept.y_range = "all"
        assert chart(swept).axes.y_range == settings_of(swept)["y_range"] == "all"
        assert heard == ["all", "focus", "all"]

    def test_an_observer_that_corrects_the_page_has_the_last_word(
        self, swept: LRFinderWidget
    ) -> None:
        swept.observe(lambda change: setattr(swept, "beta", max(change.new, 0.9)), "beta")
        set_setting(swept, "beta", 0.1)
        assert settings_of(swept)["beta"] == 0.9
        assert updates(bars(swept).settings)[-1] == {"beta": 0.9}


@pytest.mark.parametrize("name", ["suggested_lr", "min_grad_lr", "status"])
@pytest.mark.parametrize("value", [1, 1e-3, None, "finished"])
def test_what_is_found_can_only_be_read(swept: LRFinderWidget, name: str, value: Any) -> None:
    before = getattr(swept, name)
    with pytest.raises(TraitError, match="read-only"):
        setattr(swept, name, value)
    assert getattr(swept, name) == before
