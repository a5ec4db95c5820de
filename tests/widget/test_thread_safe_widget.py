"""The widget base that several threads may touch and that a page cannot break."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st

from lrfind_widget.view.marks import Rate
from lrfind_widget.view.thread_safe_widget import ThreadSafeWidget


class Example(ThreadSafeWidget):
    _page_may_set: ClassVar[tuple[str, ...]] = ("rate",)
    rate = Rate(1e-3).tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    private = traitlets.Int(0)


def update(widget: Example, **state: Any) -> None:
    widget.comm.receive({"method": "update", "state": state, "buffer_paths": []})


def test_the_page_sets_what_it_may_set() -> None:
    widget = Example()
    update(widget, rate=0.1)
    assert widget.rate == 0.1
    assert widget.refused_messages == 0


def test_a_value_from_the_page_is_echoed_and_not_sent_back() -> None:
    widget = Example()
    update(widget, rate=0.1)
    assert [data["state"] for data in widget.comm.sent("echo_update")] == [{"rate": 0.1}]
    assert widget.comm.sent("update") == []


def test_an_observer_that_corrects_the_page_is_sent() -> None:
    widget = Example()
    widget.observe(lambda change: setattr(widget, "rate", 0.5), "rate")
    update(widget, rate=0.1)
    assert widget.rate == 0.5
    assert [data["state"] for data in widget.comm.sent("update")] == [{"rate": 0.5}]


@pytest.mark.parametrize("value", [0, -1, "1e-3", None, [1], {"a": 1}, True, float("nan")])
def test_a_refused_value_changes_nothing_and_the_page_is_told_the_true_one(value: Any) -> None:
    widget = Example()
    update(widget, rate=value)
    assert widget.rate == 1e-3
    assert widget.refused_messages == 1
    assert widget.comm.sent("update")[-1]["state"] == {"rate": 1e-3}


@pytest.mark.parametrize("name", ["sentence", "private", "_view_name", "comm", "keys", "close"])
def test_the_page_cannot_set_anything_else(name: str) -> None:
    widget = Example()
    before = getattr(widget, name)
    update(widget, **{name: "hostile"})
    assert getattr(widget, name) == before
    assert widget.refused_messages == 1


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(data=json)
def test_no_message_whatever_its_shape_raises_or_changes_what_is_not_the_pages(data: Any) -> None:
    widget = Example()
    widget.comm.receive(data)
    assert widget.sentence == ""
    assert widget.rate > 0


@given(state=st.dictionaries(st.sampled_from(["rate", "sentence", "private", "x"]), json))
def test_no_state_whatever_it_holds_raises_or_changes_what_is_not_the_pages(state: Any) -> None:
    widget = Example()
    widget.comm.receive({"method": "update", "state": state})
    assert (widget.sentence, widget.private) == ("", 0)
    assert widget.rate > 0


def test_an_error_of_the_persons_own_observer_is_not_taken_for_a_refusal() -> None:
    widget = Example()

    def refuse(change: Any) -> None:
        raise ValueError("mine")

    widget.observe(refuse, "rate")
    with pytest.raises(ValueError, match="mine"):
        widget.set_state({"rate": 0.1})
    assert widget.rate == 0.1
    assert widget.refused_messages == 0


def test_what_a_page_sets_is_told_once_and_after_the_trait_is_set() -> None:
    widget = Example()
    told: list[tuple[float, float]] = []
    widget.page_handlers["rate"] = lambda value: told.append((value, widget.rate))
    update(widget, rate=0.1)
    assert told == [(0.1, 0.1)]


def test_what_python_sets_is_not_told_as_if_a_page_had_set_it() -> None:
    widget = Example()
    told: list[float] = []
    widget.page_handlers["rate"] = told.append
    widget.rate = 0.1
    widget.set_together(rate=0.2)
    assert told == []


def test_a_refused_value_is_not_told() -> None:
    widget = Example()
    told: list[float] = []
    widget.page_handlers["rate"] = told.append
    update(widget, rate=-1)
    assert told == []


def test_the_good_values_of_a_state_are_taken_and_the_others_refused() -> None:
    widget = Example()
    update(widget, sentence="hostile", rate=0.1)
    assert (widget.rate, widget.sentence, widget.refused_messages) == (0.1, "", 1)
    assert [data["state"] for data in widget.comm.sent("update")] == [{"sentence": ""}]


def test_several_traits_are_one_message() -> None:
    widget = Example()
    widget.set_together(rate=0.1, sentence="Sweeping")
    assert [data["state"] for data in widget.comm.sent("update")] == [
        {"rate": 0.1, "sentence": "Sweeping"}
    ]


def test_setting_together_sends_nothing_where_nothing_changes() -> None:
    widget = Example()
    widget.set_together(rate=1e-3, sentence="")
    assert widget.comm.sent("update") == []


def test_threads_that_set_one_widget_at_once_lose_no_notification() -> None:
    widget = Example()
    heard: list[str] = []
    errors: list[BaseException] = []
    widget.observe(lambda change: heard.append(change["new"]), "sentence")
    start = threading.Barrier(3)
    count = 300

    def run(action: Any) -> None:
        try:
            start.wait()
            for index in range(count):
                action(index)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=(action,))
        for action in (
            lambda index: setattr(widget, "sentence", f"step {index}"),
            lambda index: widget.set_state({"rate": 1.0 + index}),
            lambda index: widget.set_together(rate=1e-3 * (index + 1)),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert heard == [f"step {index}" for index in range(count)]
    assert [
        data["state"]["sentence"]
        for data in widget.comm.sent("update")
        if "sentence" in data["state"]
    ] == heard
