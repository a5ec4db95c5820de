"""Whatever a page sends to a bar, nothing breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lrfind_widget.view.bars import (
    Bar,
    ChoiceBar,
    ComparisonBar,
    HowBar,
    RunBar,
    SettingsBar,
)
from lrfind_widget.view.marks import Marker
from tests.widget.messages import put, tell

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just(10**400)
    | st.just(-(10**400)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
events = ("press", "run", "show", "remove", "save", "png", "type", "num_it")
commands = ("apply", "back", "start", "stop")
words = st.sampled_from([*events, *commands, "beta", "rule", "runs", "valley", "1", "2"])
hostile = st.dictionaries(
    st.sampled_from(["event", "command", "value", "action", "id", "name", "kind", "page", "text"]),
    json_values | words,
)
messages = (
    st.builds(lambda content: {"method": "custom", "content": content}, hostile | json_values)
    | json_values
)


def button(command: str, *, enabled: bool = True) -> dict[str, Any]:
    return {"id": command, "command": command, "label": "", "title": "", "enabled": enabled}


def run(number: str, *, removable: bool) -> dict[str, Any]:
    return {"id": number, "name": "a run", "visible": True, "removable": removable}


def nothing(*_: Any) -> None:
    """Do nothing that was asked for."""


MAKE: dict[str, Callable[[], Bar]] = {
    "run bar": lambda: RunBar(buttons=[button("start"), button("stop", enabled=False)]),
    "choice bar": lambda: ChoiceBar(
        marker=Marker(value=1e-3),
        suggestions=[{"active": True, "lr": 1e-2}],
        buttons=[button("apply")],
    ),
    "settings bar": lambda: SettingsBar(
        rule="valley",
        runs=[run("1", removable=True), run("2", removable=False)],
        buttons=[button("save") | {"id": "png"}],
        next_sweep=[{"name": "num_it", "enabled": True}],
    ),
    "how bar": HowBar,
    "comparison bar": lambda: ComparisonBar(buttons=[button("choose_best")]),
}
SETTINGS = {"beta", "skip_start", "skip_end", "y_scale", "y_range", "rule", "title", "height"}


def made(kind: str) -> Bar:
    bar = MAKE[kind]()
    bar.commands = dict.fromkeys(
        ["start", "stop", "apply", "back", "choose_best", "run", "save", "type"], nothing
    )
    return bar


def kernels(bar: Bar) -> dict[str, Any]:
    """Return the state that is the kernel's alone."""
    return {name: value for name, value in bar.get_state().items() if name not in SETTINGS}


def legal(bar: Bar) -> bool:
    """Whether every trait of the bar still has a value that it would accept."""
    for name, trait in bar.traits(sync=True).items():
        trait._validate(bar, getattr(bar, name))
    return True


@given(kind=st.sampled_from(sorted(MAKE)), message=messages)
@settings(max_examples=400, deadline=None)
def test_messages_raise_nothing_and_leave_every_trait_legal(kind: str, message: Any) -> None:
    bar = made(kind)
    before = kernels(bar)
    bar.comm.receive(message)
    assert kernels(bar) == before
    assert legal(bar)


@given(
    kind=st.sampled_from(sorted(MAKE)),
    state=st.dictionaries(words | st.sampled_from(sorted(SETTINGS)), json_values),
)
@settings(max_examples=200, deadline=None)
def test_states_set_no_trait_that_is_the_kernels(kind: str, state: dict[str, Any]) -> None:
    bar = made(kind)
    before = kernels(bar)
    put(bar, **state)
    assert kernels(bar) == before
    assert legal(bar)


@given(name=st.sampled_from(sorted(SETTINGS)), value=json_values | words)
@settings(max_examples=150, deadline=None)
def test_never_set_more_than_a_setting(name: str, value: Any) -> None:
    bar = SettingsBar(rule="valley")
    heard: list[tuple[str, Any]] = []
    for each in SETTINGS:
        bar.page_handlers[each] = lambda new, each=each: heard.append((each, new))
    put(bar, **{name: value})
    assert heard in ([], [(name, value)])
    assert not heard or getattr(bar, name) == value
    assert bar.refused_messages == (not heard)
    assert legal(bar)


def test_a_value_may_be_large() -> None:
    bar = SettingsBar(rule="valley")
    put(bar, rule="x" * 5_000_000)
    assert bar.rule == "valley"
    assert bar.refused_messages == 1


def test_a_message_may_be_large() -> None:
    bar = made("run bar")
    tell(bar, event="press", command="x" * 5_000_000)
    assert bar.refused_messages == 1
