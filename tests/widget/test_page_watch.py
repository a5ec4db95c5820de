"""Which pages there are, and whether they have our front end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from IPython.core.events import EventManager, available_events

from lrfind_widget._version import __version__
from lrfind_widget.view import page_watch
from lrfind_widget.view.page_watch import PageWatch, is_taken
from tests.waiting import eventually
from tests.widget.messages import put, updates


class Watched:
    """A watch of pages, what it has told, and the cells of its kernel."""

    def __init__(self, events: EventManager) -> None:
        self.told: list[str] = []
        self.heard: list[bool] = []
        self.watch = PageWatch(self._tell)
        self.events = events

    def _tell(self, why: str, page_heard: bool) -> None:
        self.told.append(why)
        self.heard.append(page_heard)

    def page_comes(self) -> None:
        """Say what the link in a page says as soon as the page has made it."""
        put(self.watch._knocker, height=self.watch._knocker.width)

    def page_has_been_waited_for(self) -> bool:
        return eventually(lambda: self.watch._later._thread is None)


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> EventManager:
    """The events of a shell whose cells a test begins and ends."""
    events = EventManager(SimpleNamespace(), available_events)
    shell = SimpleNamespace(events=events)
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    return events


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, cells: EventManager) -> Iterator[Watched]:
    monkeypatch.setattr(page_watch, "ANSWER_SECONDS", 0.0)
    made = Watched(cells)
    yield made
    made.watch.close()


def test_a_page_that_has_not_our_front_end_is_told_once(watched: Watched) -> None:
    watched.page_comes()
    assert eventually(lambda: bool(watched.told))
    watched.page_comes()
    assert watched.page_has_been_waited_for()
    (said,) = watched.told
    assert f"has not loaded lrfind-widget {__version__}" in said


def test_a_page_that_has_it_is_not_told(watched: Watched) -> None:
    watched.watch.hear_ours(__version__)
    watched.page_comes()
    assert watched.page_has_been_waited_for()
    assert watched.told == []


def test_without_a_page_nothing_is_told_at_the_end_of_cells(watched: Watched) -> None:
    watched.events.trigger("post_run_cell", None)
    assert watched.page_has_been_waited_for()
    assert watched.told == []


def test_in_colab_a_page_that_gives_no_sign_is_told(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    watched.events.trigger("post_run_cell", None)
    assert eventually(lambda: watched.heard == [False])
    assert "let it reach cdn.jsdelivr.net" in watched.told[0]
    watched.watch.hear_ours(__version__)
    assert watched.told[1:] == [""]


def test_a_busy_kernel_is_given_time_after_its_cell(watched: Watched) -> None:
    watched.events.trigger("pre_run_cell", None)
    watched.page_comes()
    assert watched.page_has_been_waited_for()
    assert watched.told == []
    watched.events.trigger("post_run_cell", None)
    assert eventually(lambda: bool(watched.told))


def test_a_front_end_that_comes_late_is_shown_after_all(watched: Watched) -> None:
    watched.page_comes()
    assert eventually(lambda: bool(watched.told))
    watched.watch.hear_ours(__version__)
    assert watched.told[1:] == [""]
    watched.watch.hear_ours(__version__)
    assert watched.told[2:] == []


def test_a_front_end_of_another_version_counts_as_none(watched: Watched) -> None:
    watched.watch.hear_ours("99.0.0")
    (said,) = watched.told
    assert f"99.0.0 in place of {__version__}" in said
    assert "Reload the page" in said


def test_each_page_is_heard_anew(watched: Watched) -> None:
    watched.page_comes()
    assert updates(watched.watch._knocker)[-1] == {"height": None}


@pytest.mark.parametrize("end", [lambda w: w.close(), lambda w: w.hear_ours(__version__)])
def test_cells_are_left_alone_when_all_is_heard(
    watched: Watched, end: Callable[[Any], object]
) -> None:
    end(watched.watch)
    assert not any(watched.events.callbacks.values())


@pytest.mark.parametrize(
    ("kernel", "page", "fits"),
    [
        ("0.2.1", "0.2.1", True),
        ("0.2.1", "0.2.4", True),
        ("0.2.1", "0.2.0", False),
        ("0.2.1", "0.3.0", False),
        ("1.2.1", "1.3.0", True),
        ("1.2.1", "2.0.0", False),
        ("0.2.1", "", False),
    ],
)
def test_a_front_end_fits_as_a_caret_says(
    monkeypatch: pytest.MonkeyPatch, kernel: str, page: str, *, fits: bool
) -> None:
    monkeypatch.setattr(page_watch, "__version__", kernel)
    assert is_taken(page) is fits
