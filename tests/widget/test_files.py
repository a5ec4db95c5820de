"""What a page saves is what Python saves, made on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lrfind_widget import LRFinderWidget
from lrfind_widget.outcomes import Status
from lrfind_widget.results import figures
from lrfind_widget.view.files import MOST_WAITING, file_of
from tests.waiting import eventually
from tests.widget.hands import drag
from tests.widget.messages import custom, put, tell, updates
from tests.widget.shown import bars, chart

KINDS = ["png", "svg", "csv", "json"]


@pytest.fixture
def swept(make: Any) -> LRFinderWidget:
    """A widget after a sweep."""
    widget: LRFinderWidget = make(num_it=30, seed=0)
    widget.start()
    widget.wait(60)
    return widget


def answers(widget: LRFinderWidget) -> list[tuple[dict[str, Any], list[Any]]]:
    """Return what the settings have answered, with the bytes that came along."""
    return [
        (message["data"]["content"], message["buffers"])
        for message in bars(widget).settings.comm.published
        if message["data"].get("method") == "custom"
    ]


def ask(widget: LRFinderWidget, kind: str, page: str = "one") -> tuple[dict[str, Any], bytes]:
    """Ask for a file as a page does, and return the answer when it is there."""
    count = len(answers(widget))
    tell(bars(widget).settings, event="save", kind=kind, page=page)
    assert bars(widget).settings.refused_messages == 0
    assert eventually(lambda: len(answers(widget)) > count)
    content, buffers = answers(widget)[count]
    return content, bytes(buffers[0]) if buffers else b""


def saved_by_python(widget: LRFinderWidget, path: Path) -> bytes:
    result = widget.result
    assert result is not None
    (widget.save_figure if path.suffix in (".png", ".svg") else result.save)(path)
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stored", [False, True], ids=["swept", "stored"])
def test_is_what_python_saves(
    swept: LRFinderWidget, tmp_path: Path, kind: str, *, stored: bool
) -> None:
    widget = LRFinderWidget.from_result(swept.result) if stored else swept
    drag(widget, 0.02)
    widget.title = "My network"
    content, given = ask(widget, kind)
    assert given == saved_by_python(widget, tmp_path / f"lr.{kind}")
    assert content["name"].endswith(f".{kind}")
    assert content["page"] == "one"
    widget.close()


def test_is_made_on_a_thread_of_its_own(
    swept: LRFinderWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    may_draw = threading.Event()

    def saved(*_: Any) -> bytes:
        assert may_draw.wait(30)
        threads.append(threading.current_thread().name)
        return b"a picture"

    monkeypatch.setattr(figures, "saved", saved)
    tell(bars(swept).settings, event="save", kind="png", page="one")
    tell(bars(swept).settings, event="save", kind="csv", page="two")
    assert threads == []
    may_draw.set()
    assert eventually(lambda: len(answers(swept)) == 2)
    assert [content["page"] for content, _ in answers(swept)] == ["one", "two"]
    assert {*threads} == {"lrfind-later"}


def test_one_that_cannot_be_made_is_said_in_words(
    swept: LRFinderWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> bytes:
        raise ImportError("plot() needs matplotlib: pip install matplotlib.")

    monkeypatch.setattr(figures, "saved", fail)
    content, given = ask(swept, "png")
    said = "No PNG was made: plot() needs matplotlib: pip install matplotlib."
    assert content == {"event": "saved", "page": "one", "sentence": said}
    assert given == b""
    assert ask(swept, "csv")[1]


def test_before_the_first_curve_there_is_none(make: Any) -> None:
    widget = make(auto_start=False)
    assert {each["title"] for each in bars(widget).settings.buttons} == {
        "There is nothing to save yet."
    }
    for kind in KINDS:
        assert "There is no curve yet" in ask(widget, kind)[0]["sentence"]


@pytest.mark.parametrize("status", [Status.SWEEPING, Status.PAUSED])
def test_while_a_sweep_runs_its_buttons_wait(play: Callable[..., Any], status: Status) -> None:
    bar = play().sweep().bring_to(status).screen.settings_bar
    assert eventually(lambda: not any(each["enabled"] for each in bar.buttons))
    bar = play().sweep().screen.settings_bar
    assert all(each["enabled"] for each in bar.buttons)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "png"},
        {"page": "one"},
        {"kind": "exe", "page": "one"},
        {"kind": "../png", "page": "one"},
        {"kind": ["png"], "page": "one"},
        {"kind": "png", "page": None},
        {"kind": "png", "page": 3},
        {"kind": "png", "page": "x" * 5000},
        {"kind": {}, "page": []},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    swept: LRFinderWidget, message: dict[str, Any]
) -> None:
    tell(bars(swept).settings, event="save", **message)
    assert bars(swept).settings.refused_messages == 1
    tell(bars(swept).settings, event="press", command="save")
    assert bars(swept).settings.refused_messages == 2
    assert custom(bars(swept).settings) == []


def test_a_flood_of_wishes_is_dammed(
    swept: LRFinderWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_draw = threading.Event(), threading.Event()

    def saved(*_: Any) -> bytes:
        begun.set()
        assert may_draw.wait(30)
        return b"a picture"

    monkeypatch.setattr(figures, "saved", saved)
    tell(bars(swept).settings, event="save", kind="png", page="one")
    assert begun.wait(30)
    for _ in range(1000):
        tell(bars(swept).settings, event="save", kind="png", page="one")
    assert bars(swept).settings.refused_messages == 1000 - MOST_WAITING
    may_draw.set()
    assert eventually(lambda: len(answers(swept)) == 1 + MOST_WAITING)


@pytest.mark.parametrize(
    ("title", "begins"),
    [
        ("", "lr-range-test-Sequential-20"),
        ("ResNet-18, batch 64", "lr-range-test-ResNet-18-batch-64-20"),
        ("../../etc/passwd <b>", "lr-range-test-etc-passwd-b-20"),
        ("x" * 500, f"lr-range-test-{'x' * 60}-20"),
        ("///", "lr-range-test-20"),
    ],
)
def test_has_a_name_that_is_safe(swept: LRFinderWidget, title: str, begins: str) -> None:
    swept.title = title
    assert file_of(swept.state, "csv").name.startswith(begins)


def test_has_a_name_also_where_the_result_does_not_say_when(swept: LRFinderWidget) -> None:
    assert swept.result is not None
    undated = LRFinderWidget.from_result(replace(swept.result, created="<script>"))
    assert file_of(undated.state, "csv").name == "lr-range-test.csv"
    undated.close()


class TestTitleAndHeight:
    def test_can_be_set_in_python(self, swept: LRFinderWidget) -> None:
        swept.title, swept.height = "  My\n network ", 500
        assert (swept.title, swept.height) == ("My network", "500px")
        assert chart(swept).axes.title == bars(swept).settings.title == "My network"
        assert chart(swept).figure.layout.height == bars(swept).settings.height == "500px"
        swept.height = "30em"
        assert chart(swept).figure.layout.height == "30em"

    def test_can_be_given_at_first(self, make: Any) -> None:
        widget = make(title="My network", height=500)
        assert (widget.title, widget.height) == ("My network", "500px")
        assert chart(widget).axes.title == "My network"
        assert make().height == chart(make()).figure.layout.height == "380px"

    def test_can_be_set_by_a_page_and_observed(self, swept: LRFinderWidget) -> None:
        heard: list[tuple[str, Any]] = []
        swept.observe(lambda change: heard.append((change.name, change.new)), ["title", "height"])
        put(bars(swept).settings, title="<b>bold</b>")
        put(bars(swept).settings, height="640px")
        assert heard == [("title", "<b>bold</b>"), ("height", "640px")]
        assert chart(swept).axes.title == "<b>bold</b>"
        assert chart(swept).figure.layout.height == "640px"

    @pytest.mark.parametrize(
        "state",
        [
            *({"title": value} for value in (None, 3, ["a"], "x" * 201)),
            *({"height": value} for value in (None, 300, "30em", "0px", "19px", "99999px", "red")),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, swept: LRFinderWidget, state: dict[str, Any]
    ) -> None:
        put(bars(swept).settings, **state)
        assert bars(swept).settings.refused_messages == 1
        assert (swept.title, swept.height) == ("", "380px")
        assert updates(bars(swept).settings)[-1].keys() == state.keys()

    @pytest.mark.parametrize(("name", "value"), [("title", 3), ("height", 0), ("height", None)])
    def test_that_make_no_sense_are_refused_in_python(
        self, make: Any, name: str, value: Any
    ) -> None:
        with pytest.raises((TypeError, ValueError), match=name):
            make(**{name: value})

    def test_a_title_gets_its_room(self, swept: LRFinderWidget) -> None:
        before = chart(swept).figure.fig_margin["top"]
        swept.title = "My network"
        assert chart(swept).figure.fig_margin["top"] > before
        swept.title = ""
        assert chart(swept).figure.fig_margin["top"] == before
