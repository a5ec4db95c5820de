"""Whatever a page sends to a bar, nothing breaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrfind_widget.view.bar import Bar
from lrfind_widget.view.choice_bar import ChoiceBar
from lrfind_widget.view.receipt_bar import ReceiptBar
from lrfind_widget.view.run_bar import RunBar
from lrfind_widget.view.settings_bar import SettingsBar
from tests.widget.pressing import custom, press

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(
    ["set", "run", "action", "apply", "back", "start", "stop", "beta", "rule", "runs", "show", "1"]
)
hostile = st.dictionaries(
    st.sampled_from(["event", "name", "value", "action", "id"]), json_values | words
)
messages = st.builds(custom, hostile | json_values) | json_values


def legal(bar: Bar) -> bool:
    """Whether every trait of the bar still has a value that it would accept."""
    for name, trait in bar.traits(sync=True).items():
        trait._validate(bar, getattr(bar, name))
    return True


class TestHostileMessages:
    @pytest.mark.parametrize("kind", [RunBar, ChoiceBar, SettingsBar, ReceiptBar])
    @given(message=messages)
    @settings(max_examples=150, deadline=None)
    def test_raise_nothing_and_leave_every_trait_legal(self, kind: type[Bar], message: Any) -> None:
        bar = kind()
        told = {"beta", "skip_start", "skip_end", "y_scale", "frame", "rule"}
        before = {k: v for k, v in bar.get_state().items() if k not in told}
        bar.comm.handle_msg(message)
        assert {k: v for k, v in bar.get_state().items() if k not in told} == before
        assert legal(bar)

    @given(name=words, value=json_values)
    @settings(max_examples=150, deadline=None)
    def test_never_set_more_than_a_setting(self, name: str, value: Any) -> None:
        bar = SettingsBar()
        heard: list[tuple[str, Any]] = []
        bar.on_set(lambda *told: heard.append(told))
        press(bar, event="set", name=name, value=value)
        assert [getattr(bar, setting) for setting, _ in heard] == [value for _, value in heard]
        assert legal(bar)

    def test_may_be_large(self) -> None:
        bar = SettingsBar(rules=[{"name": "valley"}])
        press(bar, event="set", name="rule", value="x" * 5_000_000)
        assert bar.rule == ""
