"""One thread that brings news, at a bounded pace."""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref
from typing import Any

import pytest

from lrfind_widget import publisher as module
from lrfind_widget.publisher import Publisher
from tests.forked import exit_code_of_a_fork, forks

RUN = object()
"""What is published."""


class Reader:
    """Counts how often it was called and says that the last of `last` times has been."""

    def __init__(self, last: int = 1) -> None:
        self.last = last
        self.published = 0
        self.runs: set[object] = set()
        self.threads: set[threading.Thread] = set()
        self.once = threading.Event()

    def publish(self, run: object) -> bool:
        self.published += 1
        self.runs.add(run)
        self.threads.add(threading.current_thread())
        self.once.set()
        return self.published >= self.last


def started(publisher: Publisher) -> None:
    publisher.start()
    publisher.release()


def test_nothing_is_published_before_there_is_news() -> None:
    reader = Reader()
    publisher = Publisher(reader.publish, RUN, 0.0)
    started(publisher)
    assert not reader.once.wait(0.05)
    publisher.wake()
    assert publisher.completion.wait(10)
    assert reader.published == 1


def test_what_is_published_is_the_run() -> None:
    reader = Reader()
    publisher = Publisher(reader.publish, RUN, 0.0)
    publisher.wake()
    started(publisher)
    assert publisher.completion.wait(10)
    assert reader.runs == {RUN}


def test_many_wakes_are_one_publication() -> None:
    reader = Reader()
    publisher = Publisher(reader.publish, RUN, 0.0)
    for _ in range(1000):
        publisher.wake()
    started(publisher)
    assert publisher.completion.wait(10)
    assert reader.published == 1


def test_it_is_not_called_again_without_news() -> None:
    reader = Reader(last=2)
    publisher = Publisher(reader.publish, RUN, 0.001)
    publisher.wake()
    started(publisher)
    assert reader.once.wait(10)
    assert not publisher.completion.wait(0.05)
    assert reader.published == 1
    publisher.wake()
    assert publisher.completion.wait(10)
    assert reader.published == 2


def test_nothing_is_published_before_it_is_released() -> None:
    """So that whoever starts a run is the first to say so."""
    reader = Reader()
    publisher = Publisher(reader.publish, RUN, 0.0)
    publisher.wake()
    publisher.start()
    assert not reader.once.wait(0.05)
    publisher.release()
    assert publisher.completion.wait(10)
    assert reader.published == 1


def test_one_that_is_never_released_publishes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HOLD_SECONDS", 0.01)
    reader = Reader()
    publisher = Publisher(reader.publish, RUN, 0.0)
    publisher.wake()
    publisher.start()
    assert publisher.completion.wait(10)
    assert reader.published == 1


@pytest.mark.parametrize("start", [started, Publisher.start])
def test_closing_ends_the_thread_without_another_publication(start: Any) -> None:
    reader = Reader()
    publisher = Publisher(reader.publish, RUN, 0.0)
    start(publisher)
    publisher.close()
    assert publisher.completion.wait(10)
    assert reader.published == 0


def test_a_reader_that_nobody_wants_is_let_go() -> None:
    reader = Reader(last=100)
    gone, once = weakref.ref(reader), reader.once
    publisher = Publisher(reader.publish, RUN, 0.001)
    started(publisher)
    publisher.wake()
    assert once.wait(10)
    del reader
    gc.collect()
    assert publisher.completion.wait(10)
    assert gone() is None


def test_one_thread_publishes_all_and_knows_itself() -> None:
    known: list[bool] = []

    class Asking(Reader):
        def publish(self, run: object) -> tuple[bool, bool]:
            known.append(publisher.is_current_thread)
            return super().publish(run)

    reader = Asking(last=3)
    publisher = Publisher(reader.publish, RUN, 0.001)
    started(publisher)
    while not publisher.completion.wait(0.001):
        publisher.wake()
    assert known == [True, True, True]
    assert len(reader.threads) == 1
    assert not publisher.is_current_thread


def test_an_error_while_publishing_is_told_and_the_next_news_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing(Reader):
        def publish(self, run: object) -> tuple[bool, bool]:
            ending = super().publish(run)
            if self.published < 3:
                raise ValueError("not this time")
            return ending

    told: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    reader = Failing(last=3)
    publisher = Publisher(reader.publish, RUN, 0.001)
    started(publisher)
    while not publisher.completion.wait(0.001):
        publisher.wake()

    assert reader.published == 3
    assert [str(args.exc_value) for args in told] == ["not this time"]


@forks
def test_a_forked_process_tells_a_thread_that_it_has_not_nothing() -> None:
    """The thread that waits for an event may hold its lock in the moment of the fork."""
    publisher = Publisher(Reader().publish, RUN, 0.0)
    started(publisher)
    events = publisher._released, publisher._news, publisher._closed

    def tell() -> None:
        publisher.release()
        publisher.wake()
        publisher.close()

    with contextlib.ExitStack() as held:
        for event in events:
            held.enter_context(event._cond)  # type: ignore[attr-defined]
        exited = exit_code_of_a_fork(tell)
    publisher.close()
    assert exited == 0
