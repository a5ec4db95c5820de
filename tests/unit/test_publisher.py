"""One thread that brings news, at a bounded pace."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from lrfind_widget.view.publisher import Publisher


class Subject:
    """Counts how often it is published and ends after `last` times."""

    def __init__(self, last: int = 1) -> None:
        self.last = last
        self.published = 0
        self.threads: set[threading.Thread] = set()
        self.once = threading.Event()

    def publish(self) -> bool:
        self.published += 1
        self.threads.add(threading.current_thread())
        self.once.set()
        return self.published >= self.last


def test_nothing_is_published_before_there_is_news() -> None:
    subject, ended = Subject(), threading.Event()
    publisher = Publisher(subject, on_end=ended.set)
    publisher.start()
    assert not subject.once.wait(0.05)
    publisher.wake()
    assert ended.wait(10)
    assert subject.published == 1


def test_many_wakes_are_one_publication() -> None:
    subject, ended = Subject(), threading.Event()
    publisher = Publisher(subject, on_end=ended.set)
    for _ in range(1000):
        publisher.wake()
    publisher.start()
    assert ended.wait(10)
    assert subject.published == 1


def test_closing_ends_the_thread_without_another_publication() -> None:
    subject, ended = Subject(), threading.Event()
    publisher = Publisher(subject, on_end=ended.set)
    publisher.start()
    publisher.close()
    assert ended.wait(10)
    assert subject.published == 0


def test_a_subject_that_nobody_wants_is_let_go() -> None:
    subject, ended = Subject(last=100), threading.Event()
    gone = weakref.ref(subject)
    publisher = Publisher(subject, interval=0.001, on_end=ended.set)
    publisher.start()
    publisher.wake()
    assert subject.once.wait(10)
    del subject
    gc.collect()
    assert ended.wait(10)
    assert gone() is None


def test_one_thread_publishes_all_and_knows_itself() -> None:
    known: list[bool] = []
    ended = threading.Event()

    class Asking(Subject):
        def publish(self) -> bool:
            known.append(publisher.is_current_thread)
            return super().publish()

    subject = Asking(last=3)
    publisher = Publisher(subject, interval=0.001, on_end=ended.set)
    publisher.start()
    while not ended.wait(0.001):
        publisher.wake()
    assert known == [True, True, True]
    assert len(subject.threads) == 1
    assert not publisher.is_current_thread


def test_an_error_while_publishing_is_told_and_the_next_news_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing(Subject):
        def publish(self) -> bool:
            ended = super().publish()
            if self.published < 3:
                raise ValueError("not this time")
            return ended

    told: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    subject, ended = Failing(last=3), threading.Event()
    publisher = Publisher(subject, interval=0.001, on_end=ended.set)
    publisher.start()
    while not ended.wait(0.001):
        publisher.wake()

    assert subject.published == 3
    assert [str(args.exc_value) for args in told] == ["not this time"]
