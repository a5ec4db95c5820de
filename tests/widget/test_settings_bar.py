"""The settings: what a page may set, and what of runs it may ask for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lrfind_widget.rules.table import RULES
from lrfind_widget.view.bars import SettingsBar
from tests.widget.messages import put, tell, updates


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
