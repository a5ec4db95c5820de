"""Messages that no page of ours sends, to every widget of the tree."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrfind_widget import LRFinderWidget
from lrfind_widget._version import __version__
from lrfind_widget.state import LINES
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget
from tests.widget.messages import put, tell
from tests.widget.recording import RecordingComm
from tests.widget.shown import SETTINGS, chart, hurried
from tests.widget.training import adam, batches, classifier

CHOICES = {
    "Marker": {"value"},
    "Axes": {"y_range"},
    "Curve": {*LINES},
    "Bands": {"shown"},
    "Spread": {"shown"},
    "SettingsBar": {*SETTINGS, "title", "height", "auto_apply"},
}
"""What a page may choose, by the kind of widget; the rest of the state is the kernel's."""

leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.just("<img src=x onerror=alert(1)>")
    | st.just("IPY_MODEL_nobody")
    | st.just(10**400)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def patched_comms() -> Iterator[list[RecordingComm]]:
    """Record what the widget of this module sends; one widget serves all examples."""
    made: list[RecordingComm] = []

    def create_comm(*args: object, **kwargs: object) -> RecordingComm:
        made.append(RecordingComm(*args, **kwargs))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("comm.create_comm", create_comm)
        yield made


@pytest.fixture(scope="module")
def tree(patched_comms: list[RecordingComm]) -> Iterator[tuple[LRFinderWidget, list[Any]]]:
    """A widget after a sweep and a comparison, and every widget that is part of it."""
    model = classifier()
    with hurried():
        widget = LRFinderWidget(model, batches(), adam(model), num_it=30)
        widget.start()
        widget.wait(60)
        widget.compare([1e-3, 1e-2], steps=5)
        widget.wait(60)
        # The page has our front end; one without would be shown the plain screen after a while.
        tell(widget._screens.shown.run_bar, event="here", version=__version__)
        parts = list(widgets_of(patched_comms))
        yield widget, parts
        widget.close()


def widgets_of(comms: list[RecordingComm]) -> Iterator[Any]:
    from ipywidgets.widgets.widget import _instances

    for comm in comms:
        if comm.comm_id in _instances:
            yield _instances[comm.comm_id]


def kinds(tree: tuple[LRFinderWidget, list[Any]]) -> set[str]:
    return {type(part).__name__ for part in tree[1]}


def chosen(part: Any) -> set[str]:
    """Return what a page may choose of a widget."""
    return CHOICES.get(type(part).__name__, set())


def state_of(part: Any) -> str:
    """Return a widget's state as text, without what a page may choose."""
    kept = {name: value for name, value in part.get_state().items() if name not in chosen(part)}
    return json.dumps(kept, default=lambda value: bytes(value).hex(), sort_keys=True)


def test_the_tree_holds_every_kind_of_widget(tree: Any) -> None:
    assert kinds(tree) >= {
        *("LRFinderWidget", "RunBar", "ChoiceBar", "SettingsBar", "HowBar", "ComparisonBar"),
        *("Figure", "LogScale", "LinearScale"),
        *("Curve", "Marker", "Annotations", "Bands", "Runs", "Spread", "Axes"),
        *("ComparisonCurves", "OwnLayout"),
    }


def test_every_widget_of_the_tree_is_one_that_a_page_cannot_change(tree: Any) -> None:
    assert {
        type(part).__name__ for part in tree[1] if not isinstance(part, ThreadSafeWidget)
    } == set()


def test_a_valid_state_of_what_is_the_kernels_changes_nothing(tree: Any) -> None:
    widget, parts = tree
    for part in parts:
        before = state_of(part)
        for name, value in part.get_state().items():
            for other in another(value) if name not in chosen(part) else []:
                put(part, **{name: other})
        assert state_of(part) == before
    is_sound(widget)


def another(value: Any) -> list[Any]:
    """Return values that a trait with such a value might take."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value + 1, 0.5]
    if isinstance(value, str):
        return ["7px", value + "x"]
    if isinstance(value, list):
        return [[], value + value]
    return [{}] if isinstance(value, dict) else ["7px", 1, {}, []]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_state_of_nonsense_changes_nothing(tree: Any, data: st.DataObject) -> None:
    _, parts = tree
    part = data.draw(st.sampled_from(parts), label="widget")
    names = st.sampled_from(sorted(part.keys)) | st.text(max_size=10)
    state = data.draw(st.dictionaries(names, values, max_size=4), label="state")
    before = state_of(part)
    put(part, **copy.deepcopy(state))
    assert state_of(part) == before
    is_sound(tree[0])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_message_of_nonsense_changes_nothing(tree: Any, data: st.DataObject) -> None:
    widget, parts = tree
    part = data.draw(st.sampled_from(parts), label="widget")
    message = data.draw(
        values
        | st.fixed_dictionaries({"method": values}, optional={"state": values, "content": values})
        | st.fixed_dictionaries({"method": st.just("custom"), "content": values})
        | st.fixed_dictionaries(
            {
                "method": st.just("update"),
                "state": st.just({}),
                "buffer_paths": st.lists(st.lists(values, max_size=3), max_size=3),
            }
        ),
        label="message",
    )
    before = [state_of(each) for each in parts]
    part.comm.receive(message, buffers=[b"x" * 7])
    assert [state_of(each) for each in parts] == before
    is_sound(widget)


@pytest.mark.parametrize("size", [1_000_000])
def test_an_oversized_message_changes_nothing(tree: Any, size: int) -> None:
    widget, parts = tree
    for part in parts:
        before = state_of(part)
        put(part, **dict.fromkeys(part.keys, "9" * size))
        assert state_of(part) == before
    is_sound(widget)


def is_sound(widget: LRFinderWidget) -> None:
    """Whether the choice is a rate on the axis, the same everywhere, and nothing runs."""
    assert chart(widget).marker.value == widget.selected_lr == widget.value
    assert 0 < widget.selected_lr < float("inf")
    assert not widget.status.is_running
